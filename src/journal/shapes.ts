/** What the journal is given and gives: the shapes of its contract, which callers take from `journal.ts`. */

import type { Address } from '../model/address.ts'
import type { DeliverySettings } from '../model/campaign.ts'
import type { Edition, Json } from '../model/edition.ts'
import type { Counts, FrozenFile, MessageState, QueuedMessage, RunId, SettledBy, Settlement } from '../model/message.ts'
import type { Cause, FailureClass } from '../model/outcome.ts'
import type { Fields, RowProblem, SkipReason } from '../model/recipient.ts'
import type { Owner, ProcessMark } from '../model/run.ts'

export interface Claimant {
  readonly mark: ProcessMark
  readonly nowMs: number
  readonly untilMs: number
  /** Tells whether a process of the same space still runs. */
  readonly isAlive: (mark: ProcessMark) => boolean
  /** The operator's word: see `acquire`. Default false. */
  readonly takeOver?: boolean
}

export type Acquired =
  | { readonly ok: true; readonly lease: Lease }
  | { readonly ok: false; readonly why: 'held'; readonly owner: Owner }
  | { readonly ok: false; readonly why: 'copied' }

export interface Lease {
  readonly key: string
  readonly fence: number
}

export interface RunDraft {
  readonly key: string
  readonly campaignName: string
  readonly campaignFile: string
  readonly edition: Edition
  /** The bytes of shared attachments, by SHA-256 in hexadecimal. */
  readonly payloads: ReadonlyMap<string, Buffer>
  readonly delivery: DeliverySettings
  readonly nowMs: number
}

/** What earlier runs and the suppressions say of an address. Several may hold at once. */
export interface KnownAddress {
  /** The line of this run's list on which it stood before. */
  readonly earlierLine: number | null
  readonly suppressed: string | null
  /** The most binding state of it in other runs of the key. */
  readonly underKey: 'accepted' | 'in doubt' | null
}

export interface EnqueuedRows {
  readonly recipients: readonly QueuedRecipient[]
  readonly skipped: readonly { readonly address: Address; readonly line: number; readonly reason: SkipReason }[]
  readonly problems: readonly RowProblem[]
  readonly nowMs: number
}

export interface QueuedRecipient {
  readonly address: Address
  readonly line: number
  readonly fields: Fields
  readonly site: string
  readonly files: readonly FrozenFile[]
  readonly zone: string | null
}

export interface ClaimCursor {
  readonly dueAtMs: number
  readonly id: number
}

export interface ClaimQuery {
  readonly dueByMs: number
  readonly limit: number
  readonly after: ClaimCursor | null
  /** Sites whose messages are passed over; asked for each message that is met. Default: none. */
  readonly leaveAside?: (site: string) => boolean
}

export type AttemptId = number

export interface ParcelIntent {
  readonly run: RunId
  readonly route: string
  readonly messageIds: readonly number[]
  readonly nowMs: number
  /** Where the account's messages are counted by the day: under which account, and on which day. */
  readonly counted?: { readonly account: string; readonly day: string }
}

/** That a run stopped before its end. */
export interface Stop {
  /** In words. */
  readonly reason: string
  /** As it stopped at `nowMs`, nothing could be done for it before `untilMs`; null: that is not known. */
  readonly wait: { readonly nowMs: number; readonly untilMs: number } | null
}

/** What has become of those who went first. */
export interface CanaryFigures {
  readonly chosen: number
  /** Who waits and has not been tried yet. */
  readonly untried: number
  readonly accepted: number
  readonly failed: number
  readonly failedHard: number
  /** Attempts that ended in a later attempt of the same message. */
  readonly deferrals: number
}

/** A pace that is remembered from one process to the next: of a receiving site, or of a provider account. */
export interface RememberedPace {
  readonly what: 'site' | 'account'
  readonly name: string
  /** Whatever its keeper can read again. */
  readonly content: Json
  readonly atMs: number
}

/** A call that may begin. */
export interface Begun {
  readonly attempt: AttemptId
  /** Who goes with it, in the order of the intent. */
  readonly messageIds: readonly number[]
}

export interface SettledParcel {
  readonly attempt: AttemptId
  readonly settlements: readonly { readonly messageId: number; readonly settlement: Settlement }[]
  readonly nowMs: number
}

/** Somebody in doubt. */
export interface DoubtfulMessage {
  readonly id: number
  readonly address: Address
  readonly line: number
  readonly route: string
  /** When the call began in which she came in doubt. */
  readonly sinceMs: number
  readonly cause: Cause
}

/** A call after which somebody is in doubt. */
export interface DoubtfulCall {
  readonly attempt: AttemptId
  readonly route: string
  readonly begunAtMs: number
  /** All messages of the call, in its order, whatever became of them since. */
  readonly messages: readonly QueuedMessage[]
  /** The ids of those in doubt because of it. */
  readonly inDoubt: readonly number[]
}

/** Somebody who failed. */
export interface FailedMessage {
  readonly address: Address
  readonly line: number
  readonly fields: Fields
  /** The last one by which she was called; null for somebody who was too late for any. */
  readonly route: string | null
  readonly attempts: number
  readonly cause: Cause
}

/** Counts of one run's rows. Each list is in falling order of count. */
export interface Tally {
  readonly counts: Counts
  readonly skipped: readonly { readonly reason: SkipReason; readonly count: number }[]
  readonly rowProblems: readonly { readonly reason: string; readonly count: number }[]
  /** The busiest sites; at most 20. */
  readonly sites: readonly ({ readonly site: string } & StateCounts)[]
  readonly siteCount: number
  readonly routes: readonly ({ readonly route: string; readonly attempts: number } & StateCounts)[]
  /** By class, over the messages that are in the state now. */
  readonly classes: readonly { readonly state: MessageState; readonly class: FailureClass; readonly count: number }[]
  /** The commonest causes of each state, at most 10 each, with the provider's own words and one address as an example. */
  readonly causes: readonly {
    readonly state: MessageState
    readonly cause: Cause
    readonly count: number
    readonly example: Address
  }[]
  /** How many were in doubt and are not any more, by who said so. */
  readonly settled: readonly { readonly by: SettledBy; readonly state: MessageState; readonly count: number }[]
}

export interface StateCounts {
  readonly waiting: number
  readonly accepted: number
  readonly failed: number
  readonly inDoubt: number
}
