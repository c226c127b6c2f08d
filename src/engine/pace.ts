/**
 * How fast a lane or route may be used: the rates that are set, and the pace that its receivers and providers leave it. It
 * says when, and never waits.
 */

import type { Rate } from '../model/rate.ts'
import { type Adaptation, adapt, type Heard, isFromBefore, type PaceChange, unadapted } from '../policy/adaptation.ts'
import {
  allReadyAtMs,
  asNewAtMs,
  type Bucket,
  emptied,
  newBucket,
  readyAtMs,
  restored,
  smallestBurst,
  take,
  withRate,
} from '../policy/pacing.ts'

/** What the calls of a lane or route can carry: each at most, as the rates count it, and how many may be open. */
export interface CallLimits {
  readonly largest: number
  readonly open: number
}

/** What is to be known of a pace to go on with it, as plain data. */
export interface PaceState {
  readonly buckets: readonly Bucket[]
  /** What is saved up of the lowered pace; null: nothing, or there is none. */
  readonly adapted: Bucket | null
  readonly adaptation: Adaptation
}

export class Pace {
  #set: readonly Bucket[]
  #adapted: Bucket | null = null
  #adaptation: Adaptation
  /** Given since the last lesson. */
  #given = 0
  #calls: CallLimits
  /** How long calls take, as a moving average. */
  #callMs = 0
  /** What one call may cost at the adapted pace. */
  #largestAdapted = 1

  constructor(
    rates: readonly Rate[],
    given: { readonly known: PaceState | undefined; readonly calls: CallLimits; readonly nowMs: number },
  ) {
    const { known, calls, nowMs } = given
    this.#set = bucketsFor(rates, known?.buckets ?? [], nowMs)
    this.#adapted = known?.adapted ? { ...known.adapted, atMs: Math.min(known.adapted.atMs, nowMs) } : null
    this.#adaptation = known?.adaptation ?? unadapted
    this.#calls = calls
    this.#follow(nowMs)
  }

  get state(): PaceState {
    return { buckets: this.#set, adapted: this.#adapted, adaptation: this.#adaptation }
  }

  /** So many a second at most, by what receivers and providers have said; null if they have not. */
  get adaptedPerSecond(): number | null {
    return this.#adaptation.pace?.perSecond ?? null
  }

  /** What the strictest of its rates comes to; null if it has none. */
  get limitPerSecond(): number | null {
    const rates = this.#set.map(({ rate }) => (rate.count * 1000) / rate.perMs)
    return rates.length === 0 ? null : Math.min(...rates)
  }

  /** The most that one call may cost now. */
  get largestCost(): number {
    const set = smallestBurst(this.#set)
    return this.#adapted === null ? set : Math.min(set, this.#largestAdapted)
  }

  /** Other rates from now on; what has been used of those before counts. */
  setRates(rates: readonly Rate[], calls: CallLimits, nowMs: number): void {
    this.#set = bucketsFor(rates, this.#set, nowMs)
    this.#calls = calls
    this.#follow(nowMs)
  }

  readyAtMs(cost: number, nowMs: number): number {
    const setMs = allReadyAtMs(this.#set, cost, nowMs)
    return this.#adapted === null ? setMs : Math.max(setMs, readyAtMs(this.#adapted, cost, nowMs))
  }

  /** When nothing is lost by forgetting what has been used of the rates. */
  asNewAtMs(nowMs: number): number {
    return this.#set.reduce((latestMs, bucket) => Math.max(latestMs, asNewAtMs(bucket, nowMs)), nowMs)
  }

  /** Which of the two a call of that cost waits for. */
  waitCause(cost: number, nowMs: number): 'rate' | 'adapted down' {
    if (this.#adapted === null) return 'rate'
    return readyAtMs(this.#adapted, cost, nowMs) > allReadyAtMs(this.#set, cost, nowMs) ? 'adapted down' : 'rate'
  }

  /** Pays for what is given; a negative cost for what was not given after all. */
  pay(cost: number, nowMs: number): void {
    this.#set = this.#set.map(bucket => take(bucket, cost, nowMs))
    if (this.#adapted !== null) this.#adapted = take(this.#adapted, cost, nowMs)
    this.#given += cost
  }

  /** What a rest has saved up is not spent at once: the adapted pace begins again with a single call. */
  restart(nowMs: number): void {
    if (this.#adapted !== null) this.#adapted = emptied(this.#adapted, nowMs)
  }

  /** Whether a call is too old to say anything of the pace as it is now. */
  outdates(begunAtMs: number): boolean {
    return isFromBefore(this.#adaptation, begunAtMs)
  }

  learn(heard: Omit<Heard, 'given'>, nowMs: number): PaceChange | null {
    const { adaptation, change } = adapt(this.#adaptation, { ...heard, given: this.#given }, nowMs)
    this.#given = 0
    this.#adaptation = adaptation
    this.#callMs += (Math.max(0, nowMs - heard.begunAtMs) - this.#callMs) / 4
    this.#follow(nowMs)
    return change
  }

  /**
   * Besides what one call costs, a tenth of a second is saved up at most, for whoever counts what comes in any second finds the
   * rate and that much more; but two rather than one, so that a timer that is late does not lower the pace further.
   */
  #follow(nowMs: number): void {
    const perSecond = this.#adaptation.pace?.perSecond
    if (perSecond === undefined) {
      this.#adapted = null
      return
    }
    this.#largestAdapted = this.#largestAt(perSecond)
    const savings = Math.max(1, Math.min(2, Math.floor(perSecond)), Math.floor(perSecond / 10))
    const burst = Math.min(this.#largestAdapted - 1 + savings, Math.max(1, Math.floor(perSecond)))
    const before = this.#adapted
    if (before !== null && before.rate.count === perSecond && before.burst === burst) return
    const rate: Rate = { count: perSecond, perMs: 1000 }
    const bucket = withRate(before ?? newBucket(rate, nowMs), rate, burst, nowMs)
    this.#adapted = before === null || perSecond < before.rate.count ? emptied(bucket, nowMs) : bucket
  }

  /**
   * As much as a call must carry for all calls together to reach the rate (Little's law), with a quarter to spare, and no more
   * than a second's worth.
   */
  #largestAt(perSecond: number): number {
    const { largest, open } = this.#calls
    const perCall = Math.ceil((1.25 * perSecond * this.#callMs) / 1000 / open)
    return Math.max(1, Math.min(largest, perCall, Math.floor(perSecond)))
  }
}

/** A bucket for each rate; one that was there for the same length of time is gone on with. */
function bucketsFor(rates: readonly Rate[], before: readonly Bucket[], nowMs: number): readonly Bucket[] {
  return rates.map(rate => {
    const known = before.find(bucket => bucket.rate.perMs === rate.perMs)
    return known === undefined ? newBucket(rate, nowMs) : restored(known, rate, nowMs)
  })
}
