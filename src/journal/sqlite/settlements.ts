/**
 * Writes what a call said of one message. The truth wins: that a message was accepted is recorded whatever state it was
 * in; a failure or a deferral moves only who is still waiting for this very call.
 */

import type { AttemptCost, Settlement } from '../../model/message.ts'
import type { AttemptId } from '../journal.ts'
import { acceptances } from './acceptance.ts'
import { type CauseColumns, causeValues, setCause } from './cause-columns.ts'
import { bounded, wholeMs } from './columns.ts'
import type { Store } from './store.ts'
import { hardBounces } from './suppressing.ts'

/** An attempt that waits for its outcome. */
export interface Attempt {
  readonly id: AttemptId
  readonly run: string
  readonly route: string
  readonly messageIds: ReadonlySet<number>
  /** It was given up: its messages came in doubt then, and the attempt was counted. */
  readonly wasGivenUp: boolean
}

/** Settles, inside a write, one message of an attempt. */
export function settlementWriter(
  store: Store,
): (attempt: Attempt, messageId: number, settlement: Settlement, nowMs: number) => void {
  const accept = acceptances(store)
  const noteAgain = repetitions(store)
  const suppress = hardBounces(store)
  const fail = store.statement<[Ending]>(`
    UPDATE messages SET state = 'failed', due_at = NULL, ${burned}, ${setCause}
    WHERE id = :id AND state = 'queued'`)
  const doubt = store.statement<[Ending]>(`
    UPDATE messages SET
      state = 'in doubt', settled_by = NULL, due_at = NULL, skip_reason = NULL, ${burned}, ${setCause}
    WHERE id = :id AND state <> 'accepted'`)
  const doubtLate = store.statement<[Omit<Ending, 'burns'>]>(`
    UPDATE messages SET changed_at = :nowMs, ${setCause}
    WHERE id = :id AND state = 'in doubt' AND attempt = :attempt`)
  const queue = store.statement<[Ending & { readonly dueAtMs: number; readonly ages: 0 | 1 }]>(`
    UPDATE messages SET due_at = :dueAtMs, ${burned}, ${setCause},
      ages_from = CASE WHEN :ages > 0 THEN coalesce(ages_from, :nowMs) ELSE ages_from END
    WHERE id = :id AND state = 'queued'`)
  const refuse = store.statement<[{ readonly id: number; readonly route: string }]>(`
    UPDATE messages SET refused_routes = json_insert(coalesce(refused_routes, '[]'), '$[#]', :route)
    WHERE id = :id AND state = 'queued'
      AND NOT EXISTS (SELECT 1 FROM json_each(coalesce(refused_routes, '[]')) WHERE value = :route)`)

  /** An attempt that was given up was counted then, and what it says moves nobody but those it has had accepted. */
  const settleLate = (attempt: Attempt, id: number, settlement: Exclude<Settlement, Accepted>, nowMs: number) => {
    if (settlement.to === 'in doubt')
      doubtLate.run({ id, attempt: attempt.id, nowMs, ...causeValues(settlement.cause) })
    if (settlement.to === 'failed' && settlement.suppress) suppress(id, attempt.run, settlement.cause, nowMs)
  }

  return (attempt, id, settlement, nowMs) => {
    if (settlement.to === 'accepted') {
      const { providerId } = settlement
      const burns = attempt.wasGivenUp ? 0 : 1
      const isNew = accept({ id, attempt: attempt.id, burns, providerId, by: null, nowMs })
      if (!isNew) noteAgain(attempt, id, providerId, nowMs)
      return
    }
    if (attempt.wasGivenUp) return settleLate(attempt, id, settlement, nowMs)
    const ending = { id, attempt: attempt.id, burns: 1, nowMs, ...causeValues(settlement.cause) }
    switch (settlement.to) {
      case 'failed':
        fail.run(ending)
        if (settlement.suppress) suppress(id, attempt.run, settlement.cause, nowMs)
        return
      case 'in doubt':
        doubt.run(ending)
        return
      case 'queued':
        queue.run({ ...ending, ...costColumns[settlement.costs], dueAtMs: wholeMs(settlement.dueAtMs) })
        if (settlement.refuseRoute) refuse.run({ id, route: attempt.route })
    }
  }
}

type Accepted = Settlement & { readonly to: 'accepted' }

/** Whether an attempt is counted, and whether the message's age counts from then on. */
const costColumns = {
  attempt: { burns: 1, ages: 1 },
  time: { burns: 0, ages: 1 },
  nothing: { burns: 0, ages: 0 },
} as const satisfies Record<AttemptCost, object>

const burned = 'attempts = attempts + :burns, attempt = :attempt, changed_at = :nowMs'

interface Ending extends CauseColumns {
  readonly id: number
  readonly attempt: number
  readonly burns: number
  readonly nowMs: number
}

/** For a message that is known to be accepted when its call says so. Another call has mailed it twice; the same one has not. */
function repetitions(store: Store): (attempt: Attempt, id: number, providerId: string, nowMs: number) => void {
  const note = store.statement<[string, number, number, AttemptId]>(
    "UPDATE messages SET text = ?, changed_at = ? WHERE id = ? AND state = 'accepted' AND attempt IS NOT ?",
  )
  const complete = store.statement<[string, number]>(
    'UPDATE messages SET provider_id = ? WHERE id = ? AND provider_id IS NULL',
  )
  return (attempt, id, providerId, nowMs) => {
    const words = bounded(`mailed twice: accepted again by ${attempt.route} as ${providerId}`)
    if (note.run(words, nowMs, id, attempt.id).changes === 0) complete.run(bounded(providerId), id)
  }
}
