/**
 * Writes that a message was accepted. It is the truth wherever it comes from: the answer of its call, however late, or
 * what was found out about it while it was in doubt; and nothing takes it back.
 */

import type { SettledBy } from '../../model/message.ts'
import type { AttemptId } from '../journal.ts'
import { boundedOrNull } from './columns.ts'
import { isUniqueViolation } from './failure.ts'
import type { Store } from './store.ts'

export interface Acceptance {
  readonly id: number
  /** By which call; null: by the one after which it was in doubt. */
  readonly attempt: AttemptId | null
  /** Attempts to be counted now. */
  readonly burns: number
  readonly providerId: string | null
  /** Null for the answer of the call itself. */
  readonly by: SettledBy | null
  readonly nowMs: number
}

/**
 * Records, inside a write, that a message was accepted; false, writing nothing, if that was known. If its address had been
 * accepted under the key before, then somebody was mailed twice: too late to prevent, so it is recorded as accepted too,
 * set apart from the unique law by `doubled`, and its text says so in every report.
 */
export function acceptances(store: Store): (acceptance: Acceptance) => boolean {
  // What an operator has said is not worth keeping once the call has answered; that it was sent again, by whom or not, is.
  const columns = `
    state = 'accepted', due_at = NULL, skip_reason = NULL, attempts = attempts + :burns,
    attempt = coalesce(:attempt, attempt), provider_id = :providerId, class = NULL, code = NULL, status = NULL,
    settled_by = coalesce(:by, nullif(settled_by, 'operator')), changed_at = :nowMs`
  const accept = store.statement<[Acceptance]>(`
    UPDATE messages SET ${columns}, text = NULL WHERE id = :id AND state <> 'accepted'`)
  const acceptDoubled = store.statement<[Acceptance]>(`
    UPDATE messages SET ${columns}, doubled = id, text = (
      SELECT 'mailed twice under this key: also in run ' || runs.id || ', line ' || first.line
      FROM messages AS first INDEXED BY messages_accepted JOIN runs ON runs.number = first.run
      WHERE first.key = messages.key AND first.address = messages.address AND first.state = 'accepted'
        AND first.doubled = 0)
    WHERE id = :id`)

  return acceptance => {
    const values = { ...acceptance, providerId: boundedOrNull(acceptance.providerId) }
    try {
      return accept.run(values).changes === 1
    } catch (error) {
      if (!isUniqueViolation(error)) throw error
      return acceptDoubled.run(values).changes === 1
    }
  }
}
