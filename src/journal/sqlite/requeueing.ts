/**
 * Gives people another chance: those who failed, and those in doubt of whom it is said that they were not reached, or may
 * be reached twice. Whoever was or may have been reached by another run of the key is left as she is.
 */

import { UserError } from '../../model/errors.ts'
import type { FailureClass } from '../../model/outcome.ts'
import { notStopped, type RunNumbers } from './run-rows.ts'
import type { Store } from './store.ts'

/** All of it is to be used inside a write. */
export interface Requeueing {
  /** Throws UserError while another open run of the key has waiting messages: no two ever have. */
  mustNotCompete(run: RunNumbers): void
  /** Queues those who failed, of these classes or of all. Returns how many. */
  failed(run: RunNumbers, classes: readonly FailureClass[] | null, nowMs: number): number
  /** Queues somebody in doubt; false if she may not be. */
  doubtful(run: RunNumbers, messageId: number, by: 'asked' | 'resent', nowMs: number): boolean
  open(run: RunNumbers): void
}

export function requeueing(store: Store): Requeueing {
  const findWaitingRun = store.statement<[RunNumbers], { id: string }>(`
    SELECT id FROM runs JOIN run_counts ON run_counts.run = runs.number
    WHERE runs.key = :key AND runs.number <> :number AND state = 'open' AND queued > 0 LIMIT 1`)
  // That it was sent again at the operator's risk stays known; his word that it had failed is history.
  const queueFailed = store.statement<[RunNumbers & { readonly classes: string | null; readonly nowMs: number }]>(
    requeueSql({
      who: "state = 'failed' AND (:classes IS NULL OR class IN (SELECT value FROM json_each(:classes)))",
      settledBy: "nullif(settled_by, 'operator')",
    }),
  )
  const queueDoubtful = store.statement<[RunNumbers & { readonly id: number; by: string | null; nowMs: number }]>(
    requeueSql({ who: "state = 'in doubt' AND id = :id", settledBy: ':by' }),
  )
  const reopen = store.statement<[number]>(
    `UPDATE runs SET state = 'open', finished_at = NULL, ${notStopped} WHERE number = ?`,
  )

  return {
    mustNotCompete(run) {
      const waiting = findWaitingRun.get(run)
      if (waiting === undefined) return
      throw new UserError(`run ${waiting.id} of the same key is still waiting to be sent`, {
        remedy: `finish it with \`mailblast resume ${waiting.id}\` or give it up with \`mailblast cancel ${waiting.id}\``,
      })
    },
    failed: (run, classes, nowMs) =>
      queueFailed.run({ ...run, classes: classes === null ? null : JSON.stringify(classes), nowMs }).changes,
    doubtful: (run, id, by, nowMs) =>
      queueDoubtful.run({ ...run, id, by: by === 'resent' ? by : null, nowMs }).changes === 1,
    open(run) {
      reopen.run(run.number)
    },
  }
}

/**
 * Any other run of the key counts, not only a later one: where two runs failed for the same address and the later one
 * was retried with success, retrying the earlier one must not mail it again.
 */
const requeueSql = ({ who, settledBy }: { readonly who: string; readonly settledBy: string }) => `
  UPDATE messages SET
    state = 'queued', due_at = 0, ages_from = NULL, changed_at = :nowMs, attempts = 0, refused_routes = NULL,
    attempt = NULL, class = NULL, code = NULL, status = NULL, text = NULL, settled_by = ${settledBy}
  WHERE run = :number AND ${who}
    AND NOT EXISTS (SELECT 1 FROM suppressions WHERE suppressions.address = lower(messages.address))
    AND NOT EXISTS (
      SELECT 1 FROM messages AS other INDEXED BY messages_accepted
      WHERE other.key = messages.key AND other.address = messages.address AND other.state = 'accepted')
    AND NOT EXISTS (
      SELECT 1 FROM messages AS other INDEXED BY messages_in_doubt
      WHERE other.key = messages.key AND other.address = messages.address AND other.state = 'in doubt'
        AND other.id <> messages.id)
    AND NOT EXISTS (
      SELECT 1 FROM runs CROSS JOIN messages AS other INDEXED BY messages_of_run
      ON other.run = runs.number AND other.address = messages.address
      WHERE runs.key = :key AND runs.number <> :number AND other.state = 'queued')`
