/** How a run ends, and how it is taken up again for those who failed. */

import { InvariantError, UserError } from '../../model/errors.ts'
import type { Journal } from '../journal.ts'
import { boundedOrNull, wholeMs } from './columns.ts'
import { attemptRecovery } from './recovery.ts'
import { type RunNumbers, runFinder } from './run-rows.ts'
import type { Store } from './store.ts'

type Endings = Pick<Journal, 'setStopped' | 'finishRun' | 'cancelRun' | 'requeueFailed'>

export function endings(store: Store): Endings {
  const findRun = runFinder(store)
  const recoverAttempts = attemptRecovery(store)
  const setStopped = store.statement<[string | null, number]>('UPDATE runs SET stopped = ? WHERE number = ?')
  const finish = store.statement<[number, number]>(`
    UPDATE runs SET state = 'finished', finished_at = ?, stopped = NULL
    WHERE number = ? AND state = 'open' AND (SELECT queued FROM run_counts WHERE run = runs.number) = 0`)
  const cancel = store.statement<[number, number]>(
    "UPDATE runs SET state = 'cancelled', finished_at = ?, stopped = NULL WHERE number = ?",
  )
  const skipWaiting = store.statement<[number, number]>(`
    UPDATE messages SET state = 'skipped', skip_reason = 'cancelled', due_at = NULL, changed_at = ?
    WHERE run = ? AND state = 'queued'`)
  const findWaitingRun = store.statement<[RunNumbers], { id: string }>(`
    SELECT id FROM runs JOIN run_counts ON run_counts.run = runs.number
    WHERE runs.key = :key AND runs.number <> :number AND state = 'open' AND queued > 0 LIMIT 1`)
  const requeue = store.statement<[Requeue]>(requeueSql)
  const reopen = store.statement<[number]>(
    "UPDATE runs SET state = 'open', finished_at = NULL, stopped = NULL WHERE number = ?",
  )

  return {
    setStopped(id, reason) {
      store.write(() => setStopped.run(boundedOrNull(reason), findRun(id).number))
    },
    finishRun(id, nowMs) {
      return store.write(() => {
        const run = findRun(id)
        return run.state === 'finished' || finish.run(wholeMs(nowMs), run.number).changes === 1
      })
    },
    cancelRun(id, nowMs) {
      return store.write(() => {
        const run = findRun(id)
        if (run.state === 'preparing') throw new InvariantError(`run ${id} was never opened: discard it`)
        if (run.state !== 'open') return 0
        recoverAttempts(run.number, wholeMs(nowMs))
        cancel.run(wholeMs(nowMs), run.number)
        return skipWaiting.run(wholeMs(nowMs), run.number).changes
      })
    },
    requeueFailed(id, { classes, nowMs }) {
      return store.write(() => {
        const run = findRun(id)
        if (run.state === 'preparing') throw new InvariantError(`run ${id} was never opened`)
        const waiting = findWaitingRun.get(run)
        if (waiting !== undefined)
          throw new UserError(`run ${waiting.id} of the same key is still waiting to be sent`, {
            remedy: `finish it with \`mailblast resume ${waiting.id}\` or give it up with \`mailblast cancel ${waiting.id}\``,
          })
        const classList = classes === null ? null : JSON.stringify(classes)
        const queued = requeue.run({ ...run, classes: classList, nowMs: wholeMs(nowMs) }).changes
        if (queued > 0) reopen.run(run.number)
        return queued
      })
    },
  }
}

interface Requeue extends RunNumbers {
  readonly classes: string | null
  readonly nowMs: number
}

/**
 * Any other run of the key counts, not only a later one: where two runs failed for the same address and the later one
 * was retried with success, retrying the earlier one must not mail it again.
 */
const requeueSql = `
  UPDATE messages SET
    state = 'queued', due_at = 0, queued_at = :nowMs, changed_at = :nowMs, attempts = 0, refused_routes = NULL,
    attempt = NULL, class = NULL, code = NULL, status = NULL, text = NULL
  WHERE run = :number AND state = 'failed'
    AND (:classes IS NULL OR class IN (SELECT value FROM json_each(:classes)))
    AND NOT EXISTS (SELECT 1 FROM suppressions WHERE suppressions.address = messages.address)
    AND NOT EXISTS (
      SELECT 1 FROM messages AS other INDEXED BY messages_accepted
      WHERE other.key = messages.key AND other.address = messages.address AND other.state = 'accepted')
    AND NOT EXISTS (
      SELECT 1 FROM messages AS other INDEXED BY messages_in_doubt
      WHERE other.key = messages.key AND other.address = messages.address AND other.state = 'in doubt')
    AND NOT EXISTS (
      SELECT 1 FROM runs CROSS JOIN messages AS other INDEXED BY messages_of_run
      ON other.run = runs.number AND other.address = messages.address
      WHERE runs.key = :key AND runs.number <> :number AND other.state = 'queued')`
