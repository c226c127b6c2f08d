/**
 * A live route: an open provider with its pace, its breaker, its health and its turn. It says when it may be given a parcel
 * and how large; the waiting is the delivery's.
 */

import pLimit, { type LimitFunction } from 'p-limit'
import { domainOf } from '../model/address.ts'
import type { RoutePace, RouteSettings } from '../model/campaign.ts'
import type { QueuedMessage } from '../model/message.ts'
import type { Cause, FailureClass } from '../model/outcome.ts'
import type { Rate } from '../model/rate.ts'
import type { RouteStanding } from '../model/run.ts'
import type { WaitCause } from '../model/wait.ts'
import type { PaceChange } from '../policy/adaptation.ts'
import { type Breaker, closed, gate, routeBreaker, trying } from '../policy/breaker.ts'
import type { Lesson } from '../policy/disposition.ts'
import { healthy, observed, scoreOf } from '../policy/health.ts'
import { accountOf, parcelMax, serves, stride } from '../policy/routing.ts'
import { sharedRate } from '../policy/sharing.ts'
import { type SpentWindow, spentWindow } from '../policy/spent-window.ts'
import type { Provider } from '../providers/provider.ts'
import type { DayQuota } from './day-quota.ts'
import { forever } from './lane.ts'
import { heardOf, type LearnedCall, learned } from './lesson.ts'
import { Pace } from './pace.ts'
import type { Use } from './pace-memory.ts'

/** What there is to say of a route that has learned something. */
export interface RouteChange {
  /** Until when it rests, if it begins to rest by this. */
  readonly restsUntilMs: number | undefined
  /** Whether it is used again by this, after a rest. */
  readonly isBack: boolean
  /** Until when its provider's quota is used up, if that is new. */
  readonly spentUntilMs: number | undefined
  readonly pace: PaceChange | null
  /** Why it is not to be used any more, if it has just been stopped. */
  readonly stopped: Cause | null
}

export class Route {
  readonly settings: RouteSettings
  readonly provider: Provider
  /** The provider account behind it. */
  readonly account: string
  /** Messages given to it in this process, each divided by its weight and health of then. */
  passed = 0
  readonly #calls: LimitFunction
  readonly #parcelMax: number
  #parcelGuess: number
  readonly #pace: Pace
  #breaker: Breaker
  #stopped: Cause | null = null
  #restedFor: FailureClass = 'transient'
  #health = healthy
  readonly #quota: DayQuota | null
  #spent: SpentWindow | null
  /** What part of the account is this run's: from 0 to 1. */
  #share = 1
  #rates: readonly Rate[]
  #concurrency: number
  /** Whether a call has gone well yet. Until one has, there is one at a time: a wrong key or address must not meet many. */
  #proven = false

  constructor(
    settings: RouteSettings,
    provider: Provider,
    given: {
      /** What is known of its account from before. */
      readonly known: Use | undefined
      /** Null: as many a day as its rates allow. */
      readonly quota: DayQuota | null
      readonly nowMs: number
    },
  ) {
    this.settings = settings
    this.provider = provider
    this.account = accountOf(settings)
    this.#rates = settings.rates
    this.#concurrency = settings.concurrency
    this.#calls = pLimit(settings.concurrency)
    this.#parcelMax = parcelMax(settings, provider.profile)
    this.#parcelGuess = this.#parcelMax
    this.#breaker = given.known?.breaker ?? closed
    this.#spent = given.known?.spent ?? null
    this.#quota = given.quota
    this.#pace = new Pace(settings.rates, { known: given.known?.pace, calls: this.#callLimits, nowMs: given.nowMs })
  }

  get name(): string {
    return this.settings.name
  }

  get weight(): number {
    return this.settings.weight
  }

  /** How well it does, from nearly 0 to 1. */
  get score(): number {
    return scoreOf(this.#health)
  }

  get stopped(): Cause | null {
    return this.#stopped
  }

  get use(): Use {
    return { pace: this.#pace.state, breaker: this.#breaker, spent: this.#spent }
  }

  get openCalls(): number {
    return this.#calls.activeCount + this.#calls.pendingCount
  }

  get standing(): RouteStanding {
    return {
      name: this.name,
      breaker: this.#breaker.kind,
      openCalls: this.openCalls,
      limitPerSecond: this.#pace.limitPerSecond,
      rateCounts: this.provider.profile.rateCounts,
      adaptedPerSecond: this.#pace.adaptedPerSecond,
      health: Math.round(this.score * 100) / 100,
    }
  }

  /** Other limits from now on, and this run's share of them; null: those that the run was frozen with. */
  setPace(pace: RoutePace | null, share: number, nowMs: number): void {
    this.#share = share
    this.#rates = (pace ?? this.settings).rates.map(rate => sharedRate(rate, share))
    this.#concurrency = Math.max(1, Math.ceil((pace?.concurrency ?? this.settings.concurrency) * share))
    this.#calls.concurrency = Math.max(1, pace?.concurrency ?? this.settings.concurrency)
    this.#pace.setRates(this.#rates, this.#callLimits, nowMs)
  }

  /** Whether it is configured for a site at all. */
  serves(site: string, domain: string): boolean {
    return serves(this.settings, site, domain)
  }

  /** Whether it may carry the message at all, now or later. */
  carries(message: QueuedMessage): boolean {
    if (this.#stopped !== null || message.refusedRoutes.includes(this.name)) return false
    return this.serves(message.site, domainOf(message.address))
  }

  /**
   * Whether it can be counted on now: it is neither stopped nor resting, nor is a call open that is to try it after a rest,
   * nor is it through with its quota.
   */
  isUp(nowMs: number): boolean {
    return this.#breaker.kind !== 'half-open' && this.rest(nowMs).untilMs <= nowMs
  }

  /**
   * Until when it is of no use, and why: `nowMs` if it is. Pace and open calls do not count as rest, nor does a window of its
   * provider's that opens again soon.
   */
  rest(nowMs: number): { readonly untilMs: number; readonly cause: WaitCause } {
    if (this.#stopped !== null) return { untilMs: forever, cause: 'stopped' }
    if (this.#breaker.kind === 'open' && this.#breaker.untilMs > nowMs)
      return { untilMs: this.#breaker.untilMs, cause: 'breaker' }
    const { untilMs, cause } = this.#opens(nowMs)
    return { untilMs: cause === 'quota' ? untilMs : nowMs, cause: 'quota' }
  }

  /**
   * When it may be given a parcel out of `held` messages: `nowMs` if at once, infinity if only the end of an open call
   * can tell. It waits for as many tokens as there are messages to go, for a call with one of them would waste the rest.
   */
  readyAtMs(held: number, nowMs: number): number {
    if (this.#stopped !== null || this.openCalls >= this.#callsAtOnce) return Number.POSITIVE_INFINITY
    const allowed = gate(this.#breaker, nowMs)
    if (allowed.kind === 'wait') return allowed.untilMs
    return Math.max(this.#opens(nowMs).untilMs, this.#pace.readyAtMs(this.#costOf(held, nowMs), nowMs))
  }

  /** Why a parcel out of `held` messages waits. */
  waitCause(held: number, nowMs: number): WaitCause {
    if (this.#stopped !== null) return 'stopped'
    if (gate(this.#breaker, nowMs).kind === 'wait') return 'breaker'
    if (this.openCalls >= this.#callsAtOnce)
      return this.#share < 1 && this.openCalls < this.#calls.concurrency ? 'priority' : 'concurrency'
    const opens = this.#opens(nowMs)
    if (opens.untilMs > nowMs) return opens.cause
    const cause = this.#pace.waitCause(this.#costOf(held, nowMs), nowMs)
    return cause === 'rate' && this.#share < 1 ? 'priority' : cause
  }

  /** Messages in one call, at most, now or later. */
  get parcelMax(): number {
    return this.#parcelMax
  }

  /** How many messages the next parcel may have. */
  parcelLimit(nowMs: number): number {
    if (!this.#proven || this.#breaker.kind !== 'closed') return 1
    const left = this.#quota === null ? Number.POSITIVE_INFINITY : Math.max(1, this.#quota.left(nowMs))
    return Math.min(this.#parcelGuess, this.#largestParcel(), left)
  }

  /** Counts a parcel that is being given to it, and runs its call when the window has room. */
  give<Result>(count: number, nowMs: number, call: () => Promise<Result>): Promise<Result> {
    this.#pace.pay(this.#cost(count), nowMs)
    this.#quota?.reserve(count)
    this.passed += count * stride(this)
    if (this.#breaker.kind === 'open') this.#pace.restart(nowMs)
    this.#breaker = trying(this.#breaker)
    return this.#calls(call)
  }

  /** Of `count` given messages only `sent` go: the rest costs nothing. */
  giveBack(count: number, sent: number, nowMs: number): void {
    this.passed -= (count - sent) * stride(this)
    this.#quota?.release(count - sent)
    this.#pace.pay(this.#cost(sent) - this.#cost(count), nowMs)
  }

  /** How a call that begins is to be counted in the journal; undefined if it need not be. */
  counted(nowMs: number): { readonly account: string; readonly day: string } | undefined {
    return this.#quota?.counted(nowMs)
  }

  /** So many messages are counted in the journal now. */
  begun(count: number): void {
    this.#quota?.release(count)
  }

  /** Of `count` messages in a parcel, so many fitted one call: the next parcel is made to fit. */
  fitted(count: number, fitted: number): void {
    const full = count === this.#parcelGuess
    const next = fitted < count ? fitted + Math.ceil(fitted / 4) : full ? count * 2 : this.#parcelGuess
    this.#parcelGuess = Math.min(this.#parcelMax, next)
  }

  /** A route that rests has no turns to make up for afterwards. */
  restsWhile(other: Route): void {
    this.passed = Math.max(this.passed, other.passed)
  }

  /** `taken` counts messages here, whatever the rates count. */
  learn(call: LearnedCall, nowMs: number): RouteChange {
    const { lesson, begunAtMs } = call
    if (lesson.kind === 'stop') return this.#stop(lesson.cause)
    if (lesson.kind === 'went well') this.#proven = true
    const before = this.#breaker
    if (saysOfHealth(lesson, before) && call.tookMs !== null)
      this.#health = observed(this.#health, { wentWell: lesson.kind === 'went well', tookMs: call.tookMs })
    const settings = this.#proven ? routeBreaker : { ...routeBreaker, opensAfter: 1 }
    this.#breaker = learned(before, { settings, call, isOutdated: this.#pace.outdates(begunAtMs) }, nowMs)
    const pace = this.#pace.learn(heardOf({ ...call, taken: this.#cost(call.taken) }), nowMs)
    const after = this.#breaker
    const begins = after.kind === 'open' && before.kind !== 'open' && after.untilMs > nowMs
    const spentUntilMs = lesson.kind === 'went well' ? this.#spend(lesson.restMs, nowMs) : undefined
    if (begins && lesson.kind === 'slow down') this.#restedFor = lesson.cause.class
    // A rest that was asked for ends as it was said; only of one for trouble nobody knew how long it would be.
    const isBack = before.kind === 'half-open' && after.kind === 'closed' && this.#restedFor !== 'throttled'
    return { restsUntilMs: begins ? after.untilMs : undefined, isBack, spentUntilMs, pace, stopped: null }
  }

  /** Nothing is left for so long; gives until when, if that is a quota and was not known. */
  #spend(restMs: number | undefined, nowMs: number): number | undefined {
    if (restMs === undefined) return undefined
    const before = this.#spent
    this.#spent = spentWindow(before, restMs, nowMs)
    const isKnown = before !== null && before.cause === 'quota' && before.untilMs > nowMs
    return this.#spent.cause === 'quota' && !isKnown ? this.#spent.untilMs : undefined
  }

  #stop(cause: Cause): RouteChange {
    const isNew = this.#stopped === null
    this.#stopped ??= cause
    const stopped = isNew ? cause : null
    return { restsUntilMs: undefined, isBack: false, spentUntilMs: undefined, pace: null, stopped }
  }

  /** When its quota of the day and its provider's window let something go: `nowMs` if they do. */
  #opens(nowMs: number): SpentWindow {
    const dayMs = this.#quota?.opensAtMs(nowMs) ?? nowMs
    return this.#spent !== null && this.#spent.untilMs > dayMs ? this.#spent : { untilMs: dayMs, cause: 'quota' }
  }

  get #callsAtOnce(): number {
    return this.#proven ? this.#concurrency : 1
  }

  get #callLimits(): { readonly largest: number; readonly open: number } {
    return { largest: this.#cost(this.#parcelMax), open: this.#concurrency }
  }

  #largestParcel(): number {
    return this.provider.profile.rateCounts === 'calls'
      ? this.#parcelMax
      : Math.max(1, Math.min(this.#parcelMax, Math.floor(this.#pace.largestCost)))
  }

  #cost(messages: number): number {
    return this.provider.profile.rateCounts === 'calls' ? Math.min(1, messages) : messages
  }

  /** Of the next parcel, if there are so many messages for it. */
  #costOf(held: number, nowMs: number): number {
    return this.#cost(Math.min(held, this.parcelLimit(nowMs)))
  }
}

/**
 * A throttle is the pace's to heed. And what fails while the breaker is not closed was open together with what opened it, or
 * was to try it: were it counted, a route that has been dead for long would hardly be used when it lives again.
 */
function saysOfHealth(lesson: Lesson, breaker: Breaker): boolean {
  if (lesson.kind !== 'slow down') return lesson.kind === 'went well'
  return lesson.cause.class !== 'throttled' && breaker.kind === 'closed'
}
