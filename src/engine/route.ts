/**
 * A live route: an open provider with its pace, its breaker and its share of the work. It says when it may be given a
 * parcel and how large; the waiting is the delivery's.
 */

import pLimit, { type LimitFunction } from 'p-limit'
import { domainOf } from '../model/address.ts'
import type { RouteSettings } from '../model/campaign.ts'
import type { QueuedMessage } from '../model/message.ts'
import type { Cause } from '../model/outcome.ts'
import { type Breaker, closed, failed, gate, routeBreaker, succeeded, trying, undecided } from '../policy/breaker.ts'
import type { Lesson } from '../policy/disposition.ts'
import { allReadyAtMs, type Bucket, newBucket, smallestBurst, take } from '../policy/pacing.ts'
import { parcelMax, serves } from '../policy/routing.ts'
import type { Provider } from '../providers/provider.ts'
import { forever } from './lane.ts'

/** How a route's rest or end is told: nothing new, resting until a time, or not to be used any more. */
export type RouteChange =
  | { readonly kind: 'none' }
  | { readonly kind: 'resting'; readonly untilMs: number; readonly cause: Cause }
  | { readonly kind: 'stopped'; readonly cause: Cause }

export class Route {
  readonly settings: RouteSettings
  readonly provider: Provider
  readonly weight: number
  /** Messages given to it in this process. */
  given = 0
  readonly #calls: LimitFunction
  readonly #parcelMax: number
  #parcelGuess: number
  #buckets: readonly Bucket[]
  #breaker: Breaker = closed
  #stopped: Cause | null = null
  /** Whether a call has gone well yet. Until one has, there is one at a time: a wrong key or address must not meet many. */
  #proven = false

  constructor(settings: RouteSettings, provider: Provider, nowMs: number) {
    this.settings = settings
    this.provider = provider
    this.weight = settings.weight
    this.#calls = pLimit(settings.concurrency)
    this.#parcelMax = parcelMax(settings, provider.profile)
    this.#parcelGuess = this.#parcelMax
    this.#buckets = settings.rates.map(rate => newBucket(rate, nowMs))
  }

  get name(): string {
    return this.settings.name
  }

  get stopped(): Cause | null {
    return this.#stopped
  }

  get isResting(): boolean {
    return this.#breaker.kind !== 'closed'
  }

  /** Until when it rests: `nowMs` if it does not, for ever if it is stopped. Pace and open calls do not count as rest. */
  restsUntilMs(nowMs: number): number {
    if (this.#stopped !== null) return forever
    return this.#breaker.kind === 'open' ? Math.max(nowMs, this.#breaker.untilMs) : nowMs
  }

  get openCalls(): number {
    return this.#calls.activeCount + this.#calls.pendingCount
  }

  /** Whether it may carry the message at all, now or later. */
  carries(message: QueuedMessage): boolean {
    if (this.#stopped !== null || message.refusedRoutes.includes(this.name)) return false
    return serves(this.settings, message.site, domainOf(message.address))
  }

  /**
   * When it may be given a parcel out of `held` messages: `nowMs` if at once, infinity if only the end of an open call
   * can tell. It waits for as many tokens as there are messages to go, for a call with one of them would waste the rest.
   */
  readyAtMs(held: number, nowMs: number): number {
    const concurrency = this.#proven ? this.settings.concurrency : 1
    if (this.#stopped !== null || this.openCalls >= concurrency) return Number.POSITIVE_INFINITY
    const allowed = gate(this.#breaker, nowMs)
    if (allowed.kind === 'wait') return allowed.untilMs
    return allReadyAtMs(this.#buckets, this.#cost(Math.min(held, this.parcelLimit())), nowMs)
  }

  /** Messages in one call, at most, now or later. */
  get parcelMax(): number {
    return this.#parcelMax
  }

  /** How many messages the next parcel may have. */
  parcelLimit(): number {
    return this.#proven && this.#breaker.kind === 'closed' ? Math.min(this.#parcelGuess, this.#largestParcel()) : 1
  }

  /** Counts a parcel that is being given to it, and runs its call when the window has room. */
  give<Result>(count: number, nowMs: number, call: () => Promise<Result>): Promise<Result> {
    this.#pay(this.#cost(count), nowMs)
    this.given += count
    this.#breaker = trying(this.#breaker)
    return this.#calls(call)
  }

  /** Of `count` given messages only `sent` went: the rest costs nothing. */
  giveBack(count: number, sent: number, nowMs: number): void {
    this.given -= count - sent
    this.#pay(this.#cost(sent) - this.#cost(count), nowMs)
  }

  /** Of `count` messages in a parcel, so many fitted one call: the next parcel is made to fit. */
  fitted(count: number, fitted: number): void {
    const full = count === this.#parcelGuess
    const next = fitted < count ? fitted + Math.ceil(fitted / 4) : full ? count * 2 : this.#parcelGuess
    this.#parcelGuess = Math.min(this.#parcelMax, next)
  }

  learn(lesson: Lesson, nowMs: number): RouteChange {
    switch (lesson.kind) {
      case 'went well':
        this.#proven = true
        this.#breaker = succeeded(this.#breaker, nowMs)
        return { kind: 'none' }
      case 'none':
        this.#breaker = undecided(this.#breaker, nowMs)
        return { kind: 'none' }
      case 'slow down': {
        const before = this.#breaker
        this.#breaker = failed(before, routeBreaker, { nowMs, retryAfterMs: lesson.retryAfterMs })
        if (this.#breaker.kind !== 'open' || before.kind === 'open') return { kind: 'none' }
        return { kind: 'resting', untilMs: this.#breaker.untilMs, cause: lesson.cause }
      }
      case 'stop':
        if (this.#stopped !== null) return { kind: 'none' }
        this.#stopped = lesson.cause
        return { kind: 'stopped', cause: lesson.cause }
    }
  }

  #largestParcel(): number {
    return this.provider.profile.rateCounts === 'calls'
      ? this.#parcelMax
      : Math.min(this.#parcelMax, smallestBurst(this.#buckets))
  }

  #cost(messages: number): number {
    return this.provider.profile.rateCounts === 'calls' ? Math.min(1, messages) : messages
  }

  #pay(cost: number, nowMs: number): void {
    this.#buckets = this.#buckets.map(bucket => take(bucket, cost, nowMs))
  }
}
