/** How a run ends, and how it is taken up again for those who failed. */

import { InvariantError } from '../../model/errors.ts'
import type { Journal } from '../journal.ts'
import { boundedOrNull, wholeMs } from './columns.ts'
import { attemptRecovery } from './recovery.ts'
import { requeueing } from './requeueing.ts'
import { askedOfNobody, ownRunFinder } from './run-rows.ts'
import { standingSweeper } from './standings.ts'
import type { Store } from './store.ts'

type Endings = Pick<Journal, 'setStopped' | 'finishRun' | 'cancelRun' | 'requeueFailed'>

export function endings(store: Store): Endings {
  const findRun = ownRunFinder(store)
  const recoverAttempts = attemptRecovery(store)
  const setStopped = store.statement<[string | null, number]>('UPDATE runs SET stopped = ? WHERE number = ?')
  const finish = store.statement<[number, number]>(`
    UPDATE runs SET state = 'finished', finished_at = ?, stopped = NULL, ${askedOfNobody}
    WHERE number = ? AND state = 'open' AND (SELECT queued FROM run_counts WHERE run = runs.number) = 0`)
  const cancel = store.statement<[number, number]>(
    `UPDATE runs SET state = 'cancelled', finished_at = ?, stopped = NULL, ${askedOfNobody} WHERE number = ?`,
  )
  const skipWaiting = store.statement<[number, number]>(`
    UPDATE messages SET state = 'skipped', skip_reason = 'cancelled', due_at = NULL, changed_at = ?
    WHERE run = ? AND state = 'queued'`)
  const requeue = requeueing(store)
  const forgetStanding = standingSweeper(store)

  return {
    setStopped(id, reason) {
      store.write(() => setStopped.run(boundedOrNull(reason), findRun(id).number))
    },
    finishRun(id, nowMs) {
      return store.write(() => {
        const run = findRun(id)
        if (run.state === 'finished') return true
        const isFinished = finish.run(wholeMs(nowMs), run.number).changes === 1
        if (isFinished) forgetStanding(run.number)
        return isFinished
      })
    },
    cancelRun(id, nowMs) {
      return store.write(() => {
        const run = findRun(id)
        if (run.state === 'preparing') throw new InvariantError(`run ${id} was never opened: discard it`)
        if (run.state !== 'open') return 0
        recoverAttempts(run.number, wholeMs(nowMs))
        cancel.run(wholeMs(nowMs), run.number)
        forgetStanding(run.number)
        return skipWaiting.run(wholeMs(nowMs), run.number).changes
      })
    },
    requeueFailed(id, { classes, nowMs }) {
      return store.write(() => {
        const run = findRun(id)
        if (run.state === 'preparing') throw new InvariantError(`run ${id} was never opened`)
        requeue.mustNotCompete(run)
        const queued = requeue.failed(run, classes, wholeMs(nowMs))
        if (queued > 0) requeue.open(run)
        return queued
      })
    },
  }
}
