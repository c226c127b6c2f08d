/**
 * Writes what became of one message. The truth wins: that a message was accepted is recorded whatever state it was in,
 * and nothing takes that back; a failure or a deferral moves only who is still waiting.
 */

import type { Settlement } from '../../model/message.ts'
import type { Cause } from '../../model/outcome.ts'
import type { AttemptId } from '../journal.ts'
import { bounded, boundedOrNull, wholeMs } from './columns.ts'
import { isUniqueViolation } from './failure.ts'
import type { Store } from './store.ts'
import { hardBounces } from './suppressing.ts'

/** An attempt that waits for its outcome. */
export interface Attempt {
  readonly id: AttemptId
  readonly run: string
  readonly route: string
  readonly messageIds: ReadonlySet<number>
  /** A later owner has given it up: its messages are in doubt, and the attempt is already counted. */
  readonly wasGivenUp: boolean
}

/** Settles, inside a write, one message of an attempt. */
export function settlementWriter(
  store: Store,
): (attempt: Attempt, messageId: number, settlement: Settlement, nowMs: number) => void {
  const accept = acceptances(store)
  const suppress = hardBounces(store)
  const fail = store.statement<[Ending]>(`
    UPDATE messages SET state = 'failed', due_at = NULL, ${burned}, ${causeColumns}
    WHERE id = :id AND state = 'queued'`)
  const doubt = store.statement<[Ending]>(`
    UPDATE messages SET state = 'in doubt', due_at = NULL, skip_reason = NULL, ${burned}, ${causeColumns}
    WHERE id = :id AND state <> 'accepted'`)
  const queue = store.statement<[Ending & { readonly dueAtMs: number }]>(`
    UPDATE messages SET due_at = :dueAtMs, ${burned}, ${causeColumns},
      queued_at = CASE WHEN attempts = 0 AND :burns > 0 THEN :nowMs ELSE queued_at END
    WHERE id = :id AND state = 'queued'`)
  const refuse = store.statement<[{ readonly id: number; readonly route: string }]>(`
    UPDATE messages SET refused_routes = json_insert(coalesce(refused_routes, '[]'), '$[#]', :route)
    WHERE id = :id AND state = 'queued'
      AND NOT EXISTS (SELECT 1 FROM json_each(coalesce(refused_routes, '[]')) WHERE value = :route)`)

  return (attempt, id, settlement, nowMs) => {
    // An attempt that was given up was counted then.
    const burns = attempt.wasGivenUp ? 0 : 1
    if (settlement.to === 'accepted') return accept(attempt, { id, burns, nowMs, providerId: settlement.providerId })
    const ending = { id, attempt: attempt.id, nowMs, ...causeValues(settlement.cause) }
    switch (settlement.to) {
      case 'failed':
        fail.run({ ...ending, burns })
        if (settlement.suppress) suppress(id, attempt.run, settlement.cause, nowMs)
        return
      case 'in doubt':
        doubt.run({ ...ending, burns })
        return
      case 'queued':
        queue.run({ ...ending, burns: settlement.burnsAttempt ? burns : 0, dueAtMs: wholeMs(settlement.dueAtMs) })
        if (settlement.refuseRoute) refuse.run({ id, route: attempt.route })
    }
  }
}

const burned = 'attempts = attempts + :burns, attempt = :attempt, changed_at = :nowMs'
const causeColumns = 'class = :class, code = :code, status = :status, text = :text'

interface CauseValues {
  readonly class: string
  readonly code: string | null
  readonly status: string | null
  readonly text: string
}

interface Ending extends CauseValues {
  readonly id: number
  readonly attempt: number
  readonly burns: number
  readonly nowMs: number
}

function causeValues(cause: Cause): CauseValues {
  return {
    class: cause.class,
    code: boundedOrNull(cause.code),
    status: boundedOrNull(cause.status),
    text: bounded(cause.text),
  }
}

interface Acceptance {
  readonly id: number
  readonly burns: number
  readonly nowMs: number
  readonly providerId: string
}

/**
 * Records that a message was accepted. If its address had been accepted under the key before, then somebody was mailed
 * twice: too late to prevent, so it is recorded as accepted too, set apart from the unique law by `doubled`, and its
 * text says so in every report.
 */
function acceptances(store: Store): (attempt: Attempt, acceptance: Acceptance) => void {
  const columns = `
    state = 'accepted', due_at = NULL, skip_reason = NULL, ${burned}, provider_id = :providerId,
    class = NULL, code = NULL, status = NULL`
  const accept = store.statement<[Omit<Acceptance, 'providerId'> & { attempt: number; providerId: string }]>(`
    UPDATE messages SET ${columns}, text = NULL WHERE id = :id AND state <> 'accepted'`)
  const acceptDoubled = store.statement<[Acceptance & { attempt: number }]>(`
    UPDATE messages SET ${columns}, doubled = id, text = (
      SELECT 'mailed twice under this key: also in run ' || runs.id || ', line ' || first.line
      FROM messages AS first INDEXED BY messages_accepted JOIN runs ON runs.number = first.run
      WHERE first.key = messages.key AND first.address = messages.address AND first.state = 'accepted'
        AND first.doubled = 0)
    WHERE id = :id`)
  const noteRepeated = store.statement<[string, number, number]>(
    "UPDATE messages SET text = ?, changed_at = ? WHERE id = ? AND state = 'accepted'",
  )

  return (attempt, acceptance) => {
    const values = { ...acceptance, providerId: bounded(acceptance.providerId), attempt: attempt.id }
    try {
      if (accept.run(values).changes === 1) return
    } catch (error) {
      if (!isUniqueViolation(error)) throw error
      acceptDoubled.run(values)
      return
    }
    const again = bounded(`mailed twice: accepted again by ${attempt.route} as ${acceptance.providerId}`)
    noteRepeated.run(again, acceptance.nowMs, acceptance.id)
  }
}
