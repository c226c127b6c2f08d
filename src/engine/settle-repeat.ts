/**
 * Repeats calls whose answer was lost, where the provider has an idempotency key: the same parcel has the same key, so the
 * provider either remembers the first call and says again what it said, or has never had it and takes it now. Either way
 * nobody is mailed twice, but only while the provider remembers, and only if the parcel is the same to the last message.
 * Whatever makes either doubtful leaves people as they are.
 */

import pLimit, { type LimitFunction } from 'p-limit'
import type { DoubtfulCall } from '../journal/journal.ts'
import type { FilledMessage } from '../model/edition.ts'
import { InvariantError } from '../model/errors.ts'
import type { Outcome } from '../model/outcome.ts'
import type { RunState } from '../model/run.ts'
import { duration } from '../model/words.ts'
import { allReadyAtMs, type Bucket, newBucket, smallestBurst, take } from '../policy/pacing.ts'
import type { DoubtSettling, OpenRoute, StillInDoubt } from './settle.ts'
import type { SettleTally } from './settle-tally.ts'

/** More at once would gain little: few calls are left without an answer, and each holds its messages in memory. */
const concurrencyMax = 10

export class Repeating {
  readonly #settling: DoubtSettling
  readonly #open: OpenRoute
  readonly #tally: SettleTally
  readonly #limit: LimitFunction
  #buckets: readonly Bucket[]
  /** Why this route repeats nothing more. */
  #ended: string | null = null

  constructor(settling: DoubtSettling, open: OpenRoute, tally: SettleTally) {
    const { concurrency, rates } = open.settings
    this.#settling = settling
    this.#open = open
    this.#tally = tally
    this.#limit = pLimit(Math.min(concurrency, concurrencyMax))
    this.#buckets = rates.map(rate => newBucket(rate, settling.clock.nowMs()))
  }

  /** Repeats a call for those in doubt after it; `taken` are those whom its provider was just found to have. */
  async repeat(call: DoubtfulCall, still: readonly StillInDoubt[], taken: ReadonlySet<number>): Promise<void> {
    const { journal, run, lease, clock } = this.#settling
    const said = await this.#limit(() => this.#handOver(call, still, taken))
    if ('outcomes' in said) {
      const settlements = still.flatMap(({ doubt: { message } }) => {
        const outcome = said.outcomes.get(message.id)
        if (outcome?.kind !== 'accepted') return []
        const { providerId } = outcome
        return [{ messageId: message.id, settlement: { to: 'accepted', by: 'repeated', providerId } as const }]
      })
      if (settlements.length > 0)
        this.#tally.acceptedByRepeating += journal.settleDoubts(lease, run.id, settlements, clock.nowMs())
    }
    for (const { doubt, reason } of still) {
      const why = 'outcomes' in said ? reasonAfter(said.outcomes.get(doubt.message.id)) : said.left
      if (why === null) continue
      this.#tally.leave(call.route, doubt.message.address, reason === null ? why : `${reason}; ${why}`)
    }
    this.#tally.tell()
  }

  async #handOver(call: DoubtfulCall, still: readonly StillInDoubt[], taken: ReadonlySet<number>): Promise<Said> {
    const before = this.#reasonNotTo(call, still, taken)
    if (before !== null) return { left: before }
    const parcel = await this.#fill(call)
    if ('left' in parcel) return parcel
    await this.#pace(parcel.length)
    // Filling and waiting took their time, and other calls may have said something about this route.
    const after = this.#reasonNotTo(call, still, taken)
    if (after !== null) return { left: after }
    return this.#send(call, parcel)
  }

  #reasonNotTo(call: DoubtfulCall, still: readonly StillInDoubt[], taken: ReadonlySet<number>): string | null {
    const { journal, run, clock, signal } = this.#settling
    if (signal.aborted) return 'stopped before the call was repeated'
    if (this.#ended !== null) return this.#ended
    const { idempotency } = this.#open.provider.profile
    const accounted = new Set([...still.map(each => each.doubt.message.id), ...taken])
    const known = journal.known(
      run.id,
      still.map(each => each.doubt.message.address),
    )
    return reasonNotToRepeat({
      windowMs: idempotency.kind === 'key' ? idempotency.windowMs : 0,
      begunAtMs: call.begunAtMs,
      nowMs: clock.nowMs(),
      state: run.state,
      whole: call.messages.every(message => accounted.has(message.id)),
      suppressed: [...known.values()].some(each => each.suppressed !== null),
      inOtherRun: [...known.values()].some(each => each.underKey !== null),
    })
  }

  /** All messages of the call, as they were: another content under the same key would be refused, or sent again. */
  async #fill(call: DoubtfulCall): Promise<readonly FilledMessage[] | { readonly left: string }> {
    const parcel: FilledMessage[] = []
    for (const message of call.messages) {
      const filled = await this.#settling.fill(message)
      if ('kind' in filled) return { left: `the call cannot be repeated as it was: ${filled.cause.text}` }
      parcel.push(filled)
    }
    if (this.#open.provider.fits(parcel) !== parcel.length)
      return { left: 'the call cannot be repeated as it was: its messages do not fit one call any more' }
    return parcel
  }

  /** The route's rates hold for what is repeated too. */
  async #pace(messages: number): Promise<void> {
    const { clock, signal } = this.#settling
    const cost = this.#open.provider.profile.rateCounts === 'calls' ? 1 : messages
    const wanted = Math.min(cost, smallestBurst(this.#buckets))
    while (!signal.aborted) {
      const nowMs = clock.nowMs()
      const readyAtMs = allReadyAtMs(this.#buckets, wanted, nowMs)
      if (readyAtMs <= nowMs) {
        this.#buckets = this.#buckets.map(bucket => take(bucket, cost, nowMs))
        return
      }
      await clock.sleep(readyAtMs - nowMs, signal)
    }
  }

  async #send(call: DoubtfulCall, parcel: readonly FilledMessage[]): Promise<Said> {
    const { journal, lease, run, clock, signal } = this.#settling
    // Settling nobody is the journal's word that the key is still ours: a call by two processes could be two mails.
    journal.settleDoubts(lease, run.id, [], clock.nowMs())
    const outcomes = await this.#open.provider.send(parcel, signal)
    if (outcomes.length !== parcel.length)
      throw new InvariantError(`${call.route}: ${outcomes.length} outcomes for ${parcel.length} messages`)
    // What is the route's trouble meets every other call as well; nobody is hurried for the sake of old ones.
    const trouble = outcomes.find(outcome => 'scope' in outcome && outcome.scope === 'route')
    if (trouble !== undefined && 'cause' in trouble)
      this.#ended = `the call was not repeated, for another one was not taken: ${trouble.cause.text}`
    return { outcomes: new Map(parcel.map((filled, index) => [filled.id, outcomes[index]])) }
  }
}

/** What became of a repetition: outcomes by message, or why there was none. */
type Said = { readonly outcomes: ReadonlyMap<number, Outcome | undefined> } | { readonly left: string }

export interface RepeatFacts {
  /** How long the provider remembers a call. */
  readonly windowMs: number
  readonly begunAtMs: number
  readonly nowMs: number
  readonly state: RunState
  /** Whether all of the call is in doubt still, or known to be taken by it. */
  readonly whole: boolean
  /** Whether anybody of them has been suppressed since. */
  readonly suppressed: boolean
  /** Whether anybody of them is accepted or in doubt in another run of the key. */
  readonly inOtherRun: boolean
}

/**
 * Why a call must not be repeated; null if it may. A repetition is harmless if the first call was taken; each of these is
 * a way in which it could do harm if it was not, or if the provider has forgotten:
 *
 * - The provider counts its window from when the first call reached it, and the repetition must reach it within: the
 *   longest that a call may take is taken off, though never more than a quarter.
 * - A clock that stands before the call says nothing of how long ago it was.
 * - Nothing of a run that was cancelled or superseded is to be sent any more.
 * - Whoever of the call waits again, has been sent again or was settled by the operator would get what nobody counts.
 * - Whoever has been suppressed since must not be mailed, and whoever has it from another run must not get it twice.
 */
export function reasonNotToRepeat(facts: RepeatFacts): string | null {
  const { windowMs, begunAtMs, nowMs, state } = facts
  const marginMs = Math.min(callMaxMs, windowMs / 4)
  const because = (why: string) => `the call cannot be repeated: ${why}`
  if (nowMs < begunAtMs) return because('the clock stands before its beginning')
  if (nowMs - begunAtMs > windowMs - marginMs)
    return because(`the provider remembers calls for ${duration(windowMs)}, and this one is too old`)
  if (state !== 'open' && state !== 'finished') return because(`the run is ${state}`)
  if (!facts.whole) return because('something else has become of other messages in it')
  if (facts.suppressed) return because('somebody in it has been suppressed since')
  if (facts.inOtherRun) return because('somebody in it is accepted or in doubt in another run')
  return null
}

/** What providers' own limits allow a call to take as a whole. */
const callMaxMs = 5 * 60_000

/**
 * Why somebody is in doubt after a repetition; null if she is not. Only an acceptance proves anything: a refusal may be of
 * the repetition alone (a key since revoked, a body that differs, the first call still under way), and says nothing of
 * whether the first was taken.
 */
function reasonAfter(outcome: Outcome | undefined): string | null {
  if (outcome === undefined) throw new InvariantError('an outcome is missing')
  return outcome.kind === 'accepted' ? null : `the call was repeated, which proved nothing: ${outcome.cause.text}`
}
