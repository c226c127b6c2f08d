/**
 * The contract of the journal: the durable record of every run, and the only truth. Each method's comment is a promise
 * that its callers rely on; one suite holds every implementation to all of them.
 *
 * All methods are synchronous: they return when what they write is durable. They throw UserError where the operator can
 * mend it (no space, read-only) and InvariantError where a caller broke the contract. Once this journal has acquired a key,
 * every method that changes one of the key's runs throws FencedError, having written nothing, when another process has
 * taken the key over; only `settle` goes on, for what a provider has said is true.
 */

import type { Address } from '../model/address.ts'
import type { PacingChange } from '../model/campaign.ts'
import type { Edition } from '../model/edition.ts'
import { UserError } from '../model/errors.ts'
import type { Counts, DoubtSettlement, FrozenFile, MessageRecord, QueuedMessage, RunId } from '../model/message.ts'
import type { FailureClass } from '../model/outcome.ts'
import type { Fields } from '../model/recipient.ts'
import type { CanaryPhase, Pause, Run, RunOverview, Standing } from '../model/run.ts'
import type { Suppression } from '../model/suppression.ts'
import type { Course } from './course.ts'
import type {
  Acquired,
  AttemptId,
  Begun,
  CanaryFigures,
  Claimant,
  ClaimCursor,
  ClaimQuery,
  DoubtfulCall,
  DoubtfulMessage,
  EnqueuedRows,
  FailedMessage,
  KnownAddress,
  Lease,
  ParcelIntent,
  RememberedPace,
  RunDraft,
  SettledParcel,
  Stop,
  Tally,
} from './shapes.ts'
import type { Story } from './story.ts'

export type * from './course.ts'
export type * from './shapes.ts'
export type * from './story.ts'

export interface Journal {
  // --- Owning a key -------------------------------------------------------------------------------------------------

  /**
   * Makes this process the owner of a key. Fails, naming the owner, while another live process holds it: one whose lease
   * has not run out, unless it can be seen to be dead. Fails too where the file is not the one in which the key was last
   * owned but a copy of it (or restored from one), for the other may know of mails that this one does not; a key without
   * runs is no matter. `takeOver` is the operator's word that both may be passed over, except an owner that can be seen
   * to live; the file counts as the original from then on. Nobody can own one key twice at a time.
   */
  acquire(key: string, claimant: Claimant): Acquired
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
   * never handed out twice until it is settled or given back. A call looks at a bounded number of messages, so it may give
   * fewer than there are, or none: `cursor` says from where to go on, and is null when the end of what is due was reached.
   * A run that is not open gives nothing, and one in a canary phase gives canaries only, here and in `claimSite`.
   */
  claim(
    run: RunId,
    query: ClaimQuery,
  ): { readonly messages: readonly QueuedMessage[]; readonly cursor: ClaimCursor | null }
  /**
   * Takes up to `limit` due messages of one site, in the same order, under the same promise; with `putOff` only those that
   * were put off before.
   */
  claimSite(
    run: RunId,
    query: { readonly site: string; readonly dueByMs: number; readonly limit: number; readonly putOff?: boolean },
  ): readonly QueuedMessage[]
  /** Gives claimed messages back unsent; they can be claimed again at once. None may be in an open attempt. */
  giveBack(ids: readonly number[]): void
  /**
   * Gives claimed messages back unsent, and puts them off until a time; no attempt is counted, and no age begins. None may
   * be in an open attempt.
   */
  putOff(run: RunId, ids: readonly number[], query: { readonly dueAtMs: number; readonly nowMs: number }): void
  /**
   * Puts off all messages of sites that are due and not handed out, each site until its own time, in one transaction.
   * Returns how many messages.
   */
  putOffSites(run: RunId, sites: readonly { readonly site: string; readonly dueAtMs: number }[], nowMs: number): number
  /**
   * Claimed messages fail unsent (class `expired`, with this text); no attempt is counted. None may be in an open attempt.
   */
  expire(run: RunId, ids: readonly number[], query: { readonly text: string; readonly nowMs: number }): void
  /**
   * Those who wait and are not handed out fail (class `expired`, with this text), at most `limit` of them. Returns how many.
   */
  expireWaiting(run: RunId, query: { readonly text: string; readonly nowMs: number; readonly limit: number }): number
  /**
   * Records that these parcels of claimed messages are about to be handed over; no byte of theirs may leave before this
   * returns. One transaction. What is to be counted by the day is counted with those who go. Gives for each who of it may go: left out, and not handed out any more, are those who have
   * been suppressed since (they are skipped now) and those who wait no more, such as by a former owner's late answer; null
   * if nobody is left. Throws FencedError, having written nothing, if the lease is no longer this process's, or if
   * the run was cancelled or superseded meanwhile. Throws UserError, having written nothing, if the journal's file is gone
   * from its place or another one is there; `close` then saves what is known.
   */
  begin(lease: Lease, parcels: readonly ParcelIntent[]): readonly (Begun | null)[]
  /**
   * Writes the outcomes of whole parcels in one transaction: every message of an attempt is settled, or none. Accepted
   * is kept even if the lease was lost meanwhile, for it is true. Hard failures marked so are suppressed in the same
   * transaction. An attempt that was given up (`recover`, `cancelRun`, `openRun`) may still be settled, once: what was
   * accepted then becomes accepted, and who is not in doubt any more by then (`settleDoubts`) stays as she is; all else stays
   * in doubt. An address that turns out to have been accepted twice under
   * the key stays accepted in both places, and the text of its record and a cause of state `accepted` in the tally say so.
   */
  settle(parcels: readonly SettledParcel[]): void
  /**
   * What a dead owner left: messages in attempts that were never settled become in doubt, with their attempt's route.
   * To be called with the lease held, before the first claim. Returns how many. Who was put off while the clock was ahead
   * of `nowMs` is due as long after `nowMs` as she was told to wait then: a clock that was wrong and has been set right
   * keeps nobody waiting for the difference.
   */
  recover(run: RunId, nowMs: number): number
  /**
   * Who has been suppressed since the list was read is skipped (`suppressed`), unless her message is handed out at this
   * moment. Returns how many.
   */
  skipSuppressed(run: RunId, nowMs: number): number
  /** Why the run stopped before its end; null once it goes on. */
  setStopped(run: RunId, stop: Stop | null): void
  /** What the process that sends the run says of itself. It is forgotten when the run is over. */
  setStanding(run: RunId, standing: Standing, nowMs: number): void
  /** What the senders of all runs have said of themselves since a time. */
  standings(sinceMs: number): readonly { readonly run: RunId; readonly atMs: number; readonly standing: Standing }[]
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

  // --- Canaries -----------------------------------------------------------------------------------------------------

  /**
   * Chooses who of a run that is preparing goes first: one message in every `oneIn`, spread evenly over the sites, and at
   * least one if there is any. The run is in phase `sending` from then on. Returns how many were chosen.
   */
  chooseCanaries(run: RunId, oneIn: number): number
  /** What has become of the run's canaries so far. */
  canaries(run: RunId): CanaryFigures
  /** Null: everybody may be mailed. */
  setCanaryPhase(run: RunId, phase: CanaryPhase | null): void

  // --- Asked of a run from outside, by whatever process; its owner looks now and then ------------------------------

  /** Null: it may go on. Returns false, changing nothing, for a run that is not open. */
  setPaused(run: RunId, pause: Pause | null): boolean
  /** Returns false, changing nothing, for a run that is not open. It is forgotten when the run is over or opened again. */
  askToCancel(run: RunId): boolean
  setPacing(run: RunId, pacing: PacingChange): void

  // --- Remembered over all runs ------------------------------------------------------------------------------------

  rememberPaces(paces: readonly RememberedPace[]): void
  pace(what: RememberedPace['what'], name: string): RememberedPace | undefined
  /** Forgets what has not been brought up to date since a time. */
  forgetPaces(beforeMs: number): void
  /**
   * What was handed to a provider account, by the days that `begin` was told: how many messages on this day, and on how many
   * earlier days any at all.
   */
  sentOn(account: string, day: string): { readonly messages: number; readonly earlierDays: number }
  /** The receiving sites of these domains that were found earlier and may still be believed. */
  knownSites(domains: readonly string[], nowMs: number): ReadonlyMap<string, string>
  rememberSites(found: readonly { readonly domain: string; readonly site: string; readonly untilMs: number }[]): void

  // --- In doubt -----------------------------------------------------------------------------------------------------

  /**
   * Writes what was found out or decided about people in doubt, in one transaction, under a lease that is held. Who is not
   * in doubt in the run (any more) is left as she is. `queued` opens the run again, burns no attempt and forgets refused
   * routes; it leaves in doubt whoever is suppressed, or is queued, accepted or in doubt in another run of the key. Returns
   * how many were moved. Throws FencedError, having written nothing, if the lease is no longer this process's, and
   * UserError if somebody is to be queued while another open run of the key has waiting messages.
   */
  settleDoubts(
    lease: Lease,
    run: RunId,
    settlements: readonly { readonly messageId: number; readonly settlement: DoubtSettlement }[],
    nowMs: number,
  ): number
  /** Everybody in doubt in the run, in the order of lines; streamed. */
  inDoubt(run: RunId): Iterable<DoubtfulMessage>
  /**
   * The next calls after one, in their order, at most `limit`, in which somebody of the run came in doubt and still is;
   * each with all its messages as they were handed over.
   */
  doubtfulCalls(run: RunId, query: { readonly after: AttemptId; readonly limit: number }): readonly DoubtfulCall[]

  // --- Reading ------------------------------------------------------------------------------------------------------

  run(id: RunId): Run | undefined
  /** Newest first. With a key, only its runs; those still preparing are not among them. */
  runs(query?: { readonly key?: string }): readonly Run[]
  overview(id: RunId, nowMs: number): RunOverview
  counts(id: RunId): Counts
  /**
   * When the next waiting message of the run is due, or the next that is due after a time; null if there is none.
   * Messages handed out are not counted, nor in a canary phase those who may not go yet.
   */
  nextDueAtMs(id: RunId, afterMs?: number): number | null
  /** The own zone of one of those messages that are due at exactly this time; null if she has none. */
  zoneDueAt(id: RunId, dueAtMs: number): string | null
  edition(hash: string): Edition
  payload(sha256: string): Buffer
  /** Counts of the run's rows, by what the report and the plan group them by. */
  tally(id: RunId): Tally
  /** How many wait at each of the twenty sites at which most do, in falling order; cheaper than a tally. */
  waitingSites(id: RunId): readonly { readonly site: string; readonly waiting: number }[]
  /** How the run went: what ended when, in at most `slicesMax` stretches of time, after how many attempts, how long calls took. */
  course(id: RunId, query: { readonly slicesMax: number }): Course
  /** Of how the run went, what is asked again and again; cheaper than all of it. */
  calls(id: RunId): Pick<Course, 'deferrals' | 'latency' | 'lastCallsMs'>
  /** All that is known of an address, in any case of its letters. */
  story(address: Address): Story
  /** Every row of the run in the order of lines; streamed, never all in memory. */
  records(id: RunId): Iterable<MessageRecord>
  /** Who failed in the run, of these classes or of all, in the order of lines; streamed. */
  failed(id: RunId, query: { readonly classes: readonly FailureClass[] | null }): Iterable<FailedMessage>
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
  /**
   * How many complaints of `sinceMs` or later there are about a run: suppressions with that reason whose address, in any
   * case of its letters, was accepted in the run since then. May be asked every minute: its cost grows with those
   * complaints, not with the list and not with the suppressions.
   */
  complaints(run: RunId, sinceMs: number): number

  /** 32 random bytes made with the journal, from which unsubscribe tokens are derived. */
  tokenKey(): Buffer
  /**
   * Ends its use. If the file is gone from its place, or another one is there, all that is known is saved beside it first,
   * and UserError (exit 4) says where: what was sent must not be forgotten because a file was deleted.
   */
  close(): void
}

/** Thrown by opening where there is no journal, and none was lost there. */
export class NoJournalError extends UserError {}

/** Thrown when another process has taken the key over: this one must stop before its next attempt. */
export class FencedError extends Error {
  override readonly name = 'FencedError'
}
