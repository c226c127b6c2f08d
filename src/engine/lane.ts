/**
 * The live line of messages for one receiving site, with its pace. A lane knows how long it must wait and why; it never
 * waits itself, and it is gone from memory as soon as it is empty and at rest.
 */

import type { SitePace } from '../model/campaign.ts'
import type { FilledMessage } from '../model/edition.ts'
import type { QueuedMessage } from '../model/message.ts'
import type { Adaptation, PaceChange } from '../policy/adaptation.ts'
import { type Breaker, closed, gate, laneBreaker, trying } from '../policy/breaker.ts'
import { heardOf, type LearnedCall, learned } from './lesson.ts'
import { Pace } from './pace.ts'

/** A time that never comes: what waits for it waits for the operator. Unlike infinity it is not the end of an open call. */
export const forever = Number.MAX_SAFE_INTEGER

/** How much of a paced lane's future is held in memory. */
const heldMs = 2000

/** A claimed message; `filled` is kept when a parcel turned out too large, so that nothing is rendered twice. */
export interface Claimed {
  readonly message: QueuedMessage
  filled: FilledMessage | null
}

/** Whatever a parcel carries, a lane adds its messages one by one. */
const oneEach = { largest: 1, open: 1 }

/** What there is to say of a lane that has learned something. */
export interface LaneChange {
  /** Until when it rests, if it begins to rest by this. */
  readonly restsUntilMs: number | undefined
  readonly pace: PaceChange | null
}

export class Lane {
  readonly site: string
  readonly #queue: Claimed[] = []
  readonly #concurrency: number
  readonly #pace: Pace
  readonly #mostHeld: number
  #breaker: Breaker = closed
  readonly #routesRestUntilMs: (nowMs: number) => number
  /** Calls that are open now and carry messages of this lane. */
  openCalls = 0

  /** `routesRestUntilMs` says until when all routes rest that may carry this lane's messages. */
  constructor(
    site: string,
    pace: SitePace,
    given: {
      readonly capacity: number
      /** Messages in one call, at most. */
      readonly perCall: number
      readonly routesRestUntilMs: (nowMs: number) => number
      /** What is known of its site from before. */
      readonly adaptation: Adaptation
      readonly nowMs: number
    },
  ) {
    this.site = site
    this.#routesRestUntilMs = given.routesRestUntilMs
    const perMs = pace.rates.reduce((least, rate) => Math.min(least, rate.count / rate.perMs), Number.POSITIVE_INFINITY)
    const inCalls = 2 * (pace.concurrency ?? Number.POSITIVE_INFINITY) * given.perCall
    this.#mostHeld = Math.max(1, Math.min(given.capacity, inCalls, Math.ceil(perMs * heldMs)))
    this.#concurrency = pace.concurrency ?? Number.POSITIVE_INFINITY
    this.#pace = new Pace(pace.rates, { adaptation: given.adaptation, calls: oneEach, nowMs: given.nowMs })
  }

  /** Messages that it may hold; a paced lane no more than it can send soon. */
  get capacity(): number {
    return Math.min(this.#mostHeld, Math.max(1, Math.ceil((this.#pace.adaptedPerSecond * heldMs) / 1000)))
  }

  get adaptation(): Adaptation {
    return this.#pace.adaptation
  }

  get length(): number {
    return this.#queue.length
  }

  append(message: QueuedMessage): void {
    this.#queue.push({ message, filled: null })
  }

  /** Messages that were taken and not sent after all go back to the front, and their tokens too. */
  putBack(claimed: readonly Claimed[], nowMs: number): void {
    this.#queue.unshift(...claimed)
    this.#pace.pay(-claimed.length, nowMs)
  }

  /** Why its next message waits: for the end of its site's rest, or for its pace. */
  waitCause(nowMs: number): 'site resting' | 'rate' | 'adapted' {
    return gate(this.#breaker, nowMs).kind === 'wait' ? 'site resting' : this.#pace.waitCause(1, nowMs)
  }

  /** Leaves it so many messages; the others are to be given back to the journal. */
  unload(left: number): readonly QueuedMessage[] {
    return this.#queue.splice(left).map(claimed => claimed.message)
  }

  /**
   * When the next message may leave: `nowMs` if at once, infinity if only the end of an open call can tell, `forever` if no
   * route is left that may carry it.
   */
  readyAtMs(nowMs: number, joinsOpenParcel: boolean): number {
    if (!joinsOpenParcel && this.openCalls >= this.#concurrency) return Number.POSITIVE_INFINITY
    const allowed = gate(this.#breaker, nowMs)
    if (allowed.kind === 'wait') return allowed.untilMs
    return Math.max(this.#routesRestUntilMs(nowMs), this.#pace.readyAtMs(1, nowMs))
  }

  /** Takes the first message that `accepts`; the caller has asked `readyAtMs`. */
  takeFirst(accepts: (message: QueuedMessage) => boolean, nowMs: number): Claimed | undefined {
    const index = this.#queue.findIndex(each => accepts(each.message))
    if (index === -1) return undefined
    const [claimed] = this.#queue.splice(index, 1)
    this.#pace.pay(1, nowMs)
    if (this.#breaker.kind === 'open') this.#pace.restart(nowMs)
    this.#breaker = trying(this.#breaker)
    return claimed
  }

  learn(call: LearnedCall, nowMs: number): LaneChange {
    const before = this.#breaker
    this.#breaker = learned(
      before,
      { settings: laneBreaker, call, isOutdated: this.#pace.outdates(call.begunAtMs) },
      nowMs,
    )
    const pace = this.#pace.learn(heardOf(call), nowMs)
    const after = this.#breaker
    const begins = after.kind === 'open' && before.kind !== 'open' && after.untilMs > nowMs
    return { restsUntilMs: begins ? after.untilMs : undefined, pace }
  }
}
