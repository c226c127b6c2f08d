/** One message on its way: its lifecycle, and the counts of a run that must add up. */

import type { Address } from './address.ts'
import type { Cause, FailureClass } from './outcome.ts'
import type { Fields, SkipReason } from './recipient.ts'

export type RunId = string

/**
 * The states of a message as the journal keeps them. *Sending* is not among them: a message is being sent while it is
 * queued and in an attempt that is not settled.
 */
export type MessageState = 'queued' | 'accepted' | 'failed' | 'skipped' | 'in doubt'

/** A message that may be sent now, as it is claimed from the journal. */
export interface QueuedMessage {
  readonly id: number
  readonly address: Address
  readonly line: number
  readonly fields: Fields
  /** The receiving site, as `policy/sites` names it. */
  readonly site: string
  /** How many attempts have been burned. */
  readonly attempts: number
  /**
   * From when its maximum age counts, milliseconds since 1970: when its receiver put it off for the first time. Null until
   * then, so that nobody expires of our own pace, or of a route's trouble.
   */
  readonly agesFromMs: number | null
  /** Milliseconds since 1970; 0 until it is put off for the first time. */
  readonly dueAtMs: number
  /** Routes that its receiver's site has refused, not to be tried again for this message. */
  readonly refusedRoutes: readonly string[]
  /** The files that go with this message alone, as they were when it was queued. */
  readonly files: readonly FrozenFile[]
  /** The recipient's own time zone, an IANA name; null where the schedule does not ask for it. */
  readonly zone: string | null
}

/** A recipient's own attachment, pinned by its hash so that a file changed later is never sent unnoticed. */
export interface FrozenFile {
  readonly path: string
  readonly sha256: string
}

/**
 * Who said what became of a message that was in doubt:
 * - `asked`: the provider, when it was asked
 * - `repeated`: the provider, when the call was repeated under its idempotency key
 * - `operator`: the operator, with `settle --as`
 * - `resent`: nobody; the operator had it sent again, knowing that it may arrive twice
 */
export type SettledBy = 'asked' | 'repeated' | 'operator' | 'resent'

/**
 * What is done about one message in doubt. `queued` is for a provider that says it never took it (`asked`) and for the
 * operator's word that it may arrive twice (`resent`).
 */
export type DoubtSettlement =
  | { readonly to: 'accepted'; readonly by: 'asked' | 'repeated' | 'operator'; readonly providerId: string | null }
  | { readonly to: 'failed'; readonly by: 'operator' }
  | { readonly to: 'queued'; readonly by: 'asked' | 'resent' }

/** What settling does to one message; decided by `policy/disposition`, written by the journal. */
export type Settlement =
  | { readonly to: 'accepted'; readonly providerId: string }
  | { readonly to: 'failed'; readonly cause: Cause; readonly suppress: boolean }
  | { readonly to: 'in doubt'; readonly cause: Cause }
  | {
      readonly to: 'queued'
      readonly cause: Cause
      readonly dueAtMs: number
      readonly costs: AttemptCost
      readonly refuseRoute: boolean
    }

/**
 * What an attempt after which a message waits again has cost it:
 * - `attempt`: one of its attempts, and its age counts from then on
 * - `time`: its age counts from then on, but no attempt is burned, for all that was said is to be slower
 * - `nothing`: it was a route's trouble, or another message's
 */
export type AttemptCost = 'attempt' | 'time' | 'nothing'

/** How many rows of a run's list are where. `rows` is the sum of the others: the conservation law. */
export interface Counts {
  readonly rows: number
  readonly accepted: number
  readonly failed: number
  readonly skipped: number
  readonly inDoubt: number
  readonly waiting: number
  readonly rowProblems: number
}

/** The conservation law: what every report states and every test of a run checks. */
export function countsAddUp(counts: Counts): boolean {
  const { rows, accepted, failed, skipped, inDoubt, waiting, rowProblems } = counts
  return rows === accepted + failed + skipped + inDoubt + waiting + rowProblems
}

/** One line of the detailed report: everything that is known of one row. */
export interface MessageRecord {
  readonly line: number
  readonly address: string
  readonly state: MessageState | 'row problem'
  readonly skipReason: SkipReason | null
  readonly class: FailureClass | null
  readonly code: string | null
  readonly status: string | null
  readonly text: string | null
  readonly route: string | null
  readonly providerId: string | null
  readonly attempts: number
  readonly dueAtMs: number | null
  readonly changedAtMs: number | null
  /** Null for whoever was never in doubt, or still is. */
  readonly settledBy: SettledBy | null
}
