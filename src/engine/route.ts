/**
 * A live route: an open provider with its pace, its breaker and its share of the work. It says when it may be given a
 * parcel and how large; the waiting is the delivery's.
 */

import pLimit, { type LimitFunction } from 'p-limit'
import { domainOf } from '../model/address.ts'
import type { RouteSettings } from '../model/campaign.ts'
import type { QueuedMessage } from '../model/message.ts'
import type { Cause } from '../model/outcome.ts'
import { type PaceChange, unadapted } from '../policy/adaptation.ts'
import { type Breaker, closed, gate, routeBreaker, trying } from '../policy/breaker.ts'
import { parcelMax, serves } from '../policy/routing.ts'
import type { Provider } from '../providers/provider.ts'
import { forever } from './lane.ts'
import { heardOf, type LearnedCall, learned } from './lesson.ts'
import { Pace } from './pace.ts'

/** What there is to say of a route that has learned something. */
export interface RouteChange {
  /** Until when it rests, if it begins to rest by this. */
  readonly restsUntilMs: number | undefined
  readonly pace: PaceChange | null
  /** Why it is not to be used any more, if it has just been stopped. */
  readonly stopped: Cause | null
}

export class Route {
  readonly settings: RouteSettings
  readonly provider: Provider
  readonly weight: number
  /** Messages given to it in this process. */
  given = 0
  readonly #calls: LimitFunction
  readonly #parcelMax: number
  #parcelGuess: number
  readonly #pace: Pace
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
    const calls = { largest: this.#cost(this.#parcelMax), open: settings.concurrency }
    this.#pace = new Pace(settings.rates, { adaptation: unadapted, calls, nowMs })
  }

  get name(): string {
    return this.settings.name
  }

  get stopped(): Cause | null {
    return this.#stopped
  }

  /** Why a parcel out of `held` messages waits, where it waits for a time. */
  waitCause(held: number, nowMs: number): 'route resting' | 'rate' | 'adapted' {
    return gate(this.#breaker, nowMs).kind === 'wait'
      ? 'route resting'
      : this.#pace.waitCause(this.#costOf(held), nowMs)
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
    return this.#pace.readyAtMs(this.#costOf(held), nowMs)
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
    this.#pace.pay(this.#cost(count), nowMs)
    this.given += count
    if (this.#breaker.kind === 'open') this.#pace.restart(nowMs)
    this.#breaker = trying(this.#breaker)
    return this.#calls(call)
  }

  /** Of `count` given messages only `sent` went: the rest costs nothing. */
  giveBack(count: number, sent: number, nowMs: number): void {
    this.given -= count - sent
    this.#pace.pay(this.#cost(sent) - this.#cost(count), nowMs)
  }

  /** Of `count` messages in a parcel, so many fitted one call: the next parcel is made to fit. */
  fitted(count: number, fitted: number): void {
    const full = count === this.#parcelGuess
    const next = fitted < count ? fitted + Math.ceil(fitted / 4) : full ? count * 2 : this.#parcelGuess
    this.#parcelGuess = Math.min(this.#parcelMax, next)
  }

  /** `taken` counts messages here, whatever the rates count. */
  learn(call: LearnedCall, nowMs: number): RouteChange {
    const { lesson, begunAtMs } = call
    if (lesson.kind === 'stop') return this.#stop(lesson.cause)
    if (lesson.kind === 'went well') this.#proven = true
    const before = this.#breaker
    this.#breaker = learned(before, { settings: routeBreaker, call, isOutdated: this.#pace.outdates(begunAtMs) }, nowMs)
    const pace = this.#pace.learn(heardOf({ ...call, taken: this.#cost(call.taken) }), nowMs)
    const after = this.#breaker
    const begins = after.kind === 'open' && before.kind !== 'open' && after.untilMs > nowMs
    return { restsUntilMs: begins ? after.untilMs : undefined, pace, stopped: null }
  }

  #stop(cause: Cause): RouteChange {
    const isNew = this.#stopped === null
    this.#stopped ??= cause
    return { restsUntilMs: undefined, pace: null, stopped: isNew ? cause : null }
  }

  #largestParcel(): number {
    return this.provider.profile.rateCounts === 'calls'
      ? this.#parcelMax
      : Math.min(this.#parcelMax, this.#pace.largestCost)
  }

  #cost(messages: number): number {
    return this.provider.profile.rateCounts === 'calls' ? Math.min(1, messages) : messages
  }

  /** Of the next parcel, if there are so many messages for it. */
  #costOf(held: number): number {
    return this.#cost(Math.min(held, this.parcelLimit()))
  }
}
