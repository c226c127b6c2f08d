/**
 * The contract of the journal: the durable record of every run, and the only truth. Each method's comment is a promise
 * that its callers rely on; one suite holds every implementation to all of them.
 *
 * All methods are synchronous: they return when what they write is durable. They throw UserError where the operator can
 * mend it (no space, read-only) and InvariantError where a caller broke the contract.
 */

import type { Address } from '../model/address.ts'
import type { DeliverySettings } from '../model/campaign.ts'
import type { Edition } from '../model/edition.ts'
import type {
  Counts,
  FrozenFile,
  MessageRecord,
  MessageState,
  QueuedMessage,
  RunId,
  Settlement,
} from '../model/message.ts'
import type { Cause, FailureClass } from '../model/outcome.ts'
import type { Fields, RowProblem, SkipReason } from '../model/recipient.ts'
import type { Owner, Run, RunOverview } from '../model/run.ts'
import type { Suppression } from '../model/suppression.ts'

export interface Journal {
  // --- Owning a key -------------------------------------------------------------------------------------------------

  /**
   * Makes this process the owner of a key. Fails, naming the owner, while another live process holds it: one whose lease
   * has not run out, unless it ran on this host and is dead. Nobody can own one key twice at a time.
   */
  acquire(
    key: string,
    claimant: Claimant,
  ): { readonly ok: true; readonly lease: Lease } | { readonly ok: false; readonly owner: Owner }
  /** Prolongs the lease; false if the key has another owner by now, and then nothing may be sent any more. */
  renew(lease: Lease, untilMs: number): boolean
  /** Gives the key back; does nothing if it has another owner by now. */
  release(lease: Lease): void

  // --- A run's beginning --------------------------------------------------------------------------------------------

  /** Creates a run in state `preparing`; the edition and each payload are stored once, by their hash. */
  createRun(draft: RunDraft): Run
  /** What is already known of these addresses under this key; addresses of which nothing is known are left out. */
  known(run: RunId, addresses: readonly Address[]): ReadonlyMap<Address, KnownAddress>
  /**
   * Adds rows of the list to a run that is preparing, all or none. Idempotent by (run, address): an address that the run
   * already has is not added a second time and not counted. A row left out that is the same in everything is not either.
   */
  enqueue(run: RunId, rows: EnqueuedRows): void
  /** Records where the rows that did not become recipients were written. */
  setRejectsFile(run: RunId, path: string): void
  /**
   * From `preparing` to `open`: from here on the run can be resumed. What waits in earlier runs of the key becomes skipped
   * (`superseded`), in the same transaction, so that no two open runs of one key ever have waiting messages. Calls that
   * those runs still had open are given up first, as by `recover`; and who was accepted or came in doubt under the key
   * since this list was screened is skipped here.
   */
  openRun(run: RunId): void
  /** Removes a run that was never opened, with all its rows. */
  discardRun(run: RunId): void
  /** Removes what `send`s that died while preparing left behind under this key. Returns how many there were. */
  discardPreparing(key: string): number

  // --- Sending ------------------------------------------------------------------------------------------------------

  /**
   * Takes up to `limit` due messages, in the order of their due time and number, from after `cursor` on. A message is
   * never handed out twice until it is settled or given back. `cursor` is null when the end of what is due was reached.
   * A run that is not open gives nothing.
   */
  claim(
    run: RunId,
    query: ClaimQuery,
  ): { readonly messages: readonly QueuedMessage[]; readonly cursor: ClaimCursor | null }
  /** Takes up to `limit` due messages of one site, in the same order, under the same promise. */
  claimSite(
    run: RunId,
    query: { readonly site: string; readonly dueByMs: number; readonly limit: number },
  ): readonly QueuedMessage[]
  /** Gives claimed messages back unsent; they can be claimed again at once. None may be in an open attempt. */
  giveBack(ids: readonly number[]): void
  /**
   * Records that these parcels of claimed messages are about to be handed over; no byte of theirs may leave before this
   * returns. One transaction. Throws FencedError, having written nothing, if the lease is no longer this process's, or if
   * the run was cancelled or superseded meanwhile.
   */
  begin(lease: Lease, parcels: readonly ParcelIntent[]): readonly AttemptId[]
  /**
   * Writes the outcomes of whole parcels in one transaction: every message of an attempt is settled, or none. Accepted
   * is kept even if the lease was lost meanwhile, for it is true. Hard failures marked so are suppressed in the same
   * transaction. An attempt that was given up (`recover`, `cancelRun`, `openRun`) may still be settled, once: what was
   * accepted then becomes accepted, all else stays in doubt. An address that turns out to have been accepted twice under
   * the key stays accepted in both places, and the text of its record and a cause of state `accepted` in the tally say so.
   */
  settle(parcels: readonly SettledParcel[]): void
  /**
   * What a dead owner left: messages in attempts that were never settled become in doubt, with their attempt's route.
   * To be called with the lease held, before the first claim. Returns how many.
   */
  recover(run: RunId, nowMs: number): number
  /**
   * Who has been suppressed since the list was read is skipped (`suppressed`), unless her message is handed out at this
   * moment. Returns how many.
   */
  skipSuppressed(run: RunId, nowMs: number): number
  /** Why the run stopped before its end, in words; null once it goes on. */
  setStopped(run: RunId, reason: string | null): void
  /** From `open` to `finished`, if nobody is waiting; true if it is finished then. */
  finishRun(run: RunId, nowMs: number): boolean
  /**
   * From `open` to `cancelled`: who was waiting is skipped, who is in an open call is in doubt. Returns how many were
   * skipped; 0, changing nothing, for a run that is over.
   */
  cancelRun(run: RunId, nowMs: number): number
  /**
   * Queues failed messages again, with no attempt burned and no route refused, and opens the run if there are any. Those
   * suppressed by now stay failed, and so do those whose address is queued, accepted or in doubt in another run of the
   * key. Returns how many were queued. Throws UserError while another open run of the key has waiting messages.
   */
  requeueFailed(run: RunId, query: { readonly classes: readonly FailureClass[] | null; readonly nowMs: number }): number

  // --- Reading ------------------------------------------------------------------------------------------------------

  run(id: RunId): Run | undefined
  /** Newest first. With a key, only its runs; those still preparing are not among them. */
  runs(query?: { readonly key?: string }): readonly Run[]
  overview(id: RunId, nowMs: number): RunOverview
  counts(id: RunId): Counts
  /**
   * When the next waiting message of the run is due, or the next that is due after a time; null if there is none.
   * Messages handed out are not counted.
   */
  nextDueAtMs(id: RunId, afterMs?: number): number | null
  edition(hash: string): Edition
  payload(sha256: string): Buffer
  /** Counts of the run's rows, by what the report and the plan group them by. */
  tally(id: RunId): Tally
  /** Every row of the run in the order of lines; streamed, never all in memory. */
  records(id: RunId): Iterable<MessageRecord>
  /** The first messages of the run in the order of lines, whatever their state. */
  sample(
    id: RunId,
    limit: number,
  ): readonly {
    readonly address: Address
    readonly line: number
    readonly fields: Fields
    readonly files: readonly FrozenFile[]
  }[]

  // --- Suppression --------------------------------------------------------------------------------------------------

  /** Adds suppressions, or brings their reason up to date. Returns how many addresses were new. */
  suppress(suppressions: readonly Suppression[]): number
  /** Returns how many of these were suppressed before. */
  unsuppress(addresses: readonly Address[]): number
  /** In the order of addresses; streamed. */
  suppressions(): Iterable<Suppression>

  /** 32 random bytes made with the journal, from which unsubscribe tokens are derived. */
  tokenKey(): Buffer
  close(): void
}

/** Thrown by `begin` when another process has taken the key over: this one must stop before its next attempt. */
export class FencedError extends Error {
  override readonly name = 'FencedError'
}

export interface Claimant {
  readonly host: string
  readonly pid: number
  readonly nowMs: number
  readonly untilMs: number
  /** Tells whether a process of this host still runs. */
  readonly isAlive: (pid: number) => boolean
}

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
}

export interface ClaimCursor {
  readonly dueAtMs: number
  readonly id: number
}

export interface ClaimQuery {
  readonly dueByMs: number
  readonly limit: number
  readonly after: ClaimCursor | null
}

export type AttemptId = number

export interface ParcelIntent {
  readonly run: RunId
  readonly route: string
  readonly messageIds: readonly number[]
  readonly nowMs: number
}

export interface SettledParcel {
  readonly attempt: AttemptId
  readonly settlements: readonly { readonly messageId: number; readonly settlement: Settlement }[]
  readonly nowMs: number
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
  /** Everybody in doubt, at most 1,000; `counts.inDoubt` says how many there are. */
  readonly inDoubt: readonly { readonly address: Address; readonly line: number; readonly route: string | null }[]
}

export interface StateCounts {
  readonly waiting: number
  readonly accepted: number
  readonly failed: number
  readonly inDoubt: number
}
