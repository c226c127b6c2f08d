/**
 * What happens to calls whose owner will not say how they ended. Their messages may have been taken, so they are in doubt
 * by name; they are never queued again, for that would be to mail somebody twice by hoping. And due times that a wrong
 * clock has written are put right.
 */

import type { Journal } from '../journal.ts'
import { storedJson, wholeMs } from './columns.ts'
import type { HandedOut } from './handed-out.ts'
import { ownRunFinder } from './run-rows.ts'
import type { Store } from './store.ts'

export function recovery(store: Store, handedOut: HandedOut): Pick<Journal, 'recover'> {
  const findRun = ownRunFinder(store)
  const recoverAttempts = attemptRecovery(store)
  // Who was put off by a clock that was ahead of now waits as long from now on as she was told to wait then.
  const countAnew = store.statement<[{ readonly run: number; readonly nowMs: number }]>(`
    UPDATE messages INDEXED BY messages_due SET
      due_at = :nowMs + due_at - changed_at, ages_from = min(ages_from, :nowMs), changed_at = :nowMs
    WHERE run = :run AND state = 'queued' AND due_at > :nowMs AND changed_at > :nowMs`)

  return {
    recover(id, nowMs) {
      const { attempts, inDoubt } = store.write(() => {
        const run = findRun(id).number
        countAnew.run({ run, nowMs: wholeMs(nowMs) })
        return recoverAttempts(run, wholeMs(nowMs))
      })
      for (const attempt of attempts) handedOut.settled(attempt.id, attempt.messageIds)
      return inDoubt
    },
  }
}

/** An attempt that nobody has settled. */
export interface OpenAttempt {
  readonly id: number
  readonly messageIds: readonly number[]
}

/** Lists, inside a transaction, the open attempts of a run. */
export function openAttempts(store: Store): (runNumber: number) => readonly OpenAttempt[] {
  const list = store.statement<[number], { id: number; messages: string }>(`
    SELECT attempts.id, attempts.messages
    FROM routes JOIN attempts INDEXED BY attempts_open ON attempts.route = routes.number
    WHERE routes.run = ? AND settled_at IS NULL AND recovered_at IS NULL`)
  return runNumber =>
    list.all(runNumber).map(({ id, messages }) => ({ id, messageIds: storedJson<readonly number[]>(messages) }))
}

/**
 * Gives up, inside a write, the open attempts of a run. An answer that comes after all can still be settled: an attempt
 * that was given up may be settled once, and what was accepted is then recorded.
 */
export function attemptRecovery(
  store: Store,
): (runNumber: number, nowMs: number) => { readonly attempts: readonly OpenAttempt[]; readonly inDoubt: number } {
  const listOpen = openAttempts(store)
  const doubt = store.statement<[number, number, number]>(`
    UPDATE messages SET
      state = 'in doubt', settled_by = NULL, attempts = attempts + 1, due_at = NULL, attempt = ?, provider_id = NULL,
      class = 'unknown', code = NULL, status = NULL, text = 'the process ended while the call was open', changed_at = ?
    WHERE id = ? AND state = 'queued'`)
  const giveUp = store.statement<[number, number]>('UPDATE attempts SET recovered_at = ? WHERE id = ?')

  return (runNumber, nowMs) => {
    const attempts = listOpen(runNumber)
    let inDoubt = 0
    for (const { id, messageIds } of attempts) {
      for (const messageId of messageIds) inDoubt += doubt.run(id, nowMs, messageId).changes
      giveUp.run(nowMs, id)
    }
    return { attempts, inDoubt }
  }
}
