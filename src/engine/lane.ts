/**
 * The live line of messages for one receiving site, with its pace. A lane knows how long it must wait and why; it never
 * waits itself, and it is gone from memory as soon as it is empty and at rest.
 */

import type { SitePace } from '../model/campaign.ts'
import type { FilledMessage } from '../model/edition.ts'
import type { QueuedMessage } from '../model/message.ts'
import { type Breaker, closed, failed, gate, laneBreaker, succeeded, trying, undecided } from '../policy/breaker.ts'
import type { Lesson } from '../policy/disposition.ts'
import { allReadyAtMs, type Bucket, newBucket, take } from '../policy/pacing.ts'

/** A time that never comes: what waits for it waits for the operator. Unlike infinity it is not the end of an open call. */
export const forever = Number.MAX_SAFE_INTEGER

/** How much of a paced lane's future is held in memory. */
const heldMs = 2000

/** A claimed message; `filled` is kept when a parcel turned out too large, so that nothing is rendered twice. */
export interface Claimed {
  readonly message: QueuedMessage
  filled: FilledMessage | null
}

export class Lane {
  readonly site: string
  readonly #queue: Claimed[] = []
  readonly #concurrency: number
  #buckets: readonly Bucket[]
  #breaker: Breaker = closed
  /** Messages that it may hold; a paced lane no more than it can send soon. */
  readonly capacity: number
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
      readonly nowMs: number
    },
  ) {
    this.site = site
    this.#routesRestUntilMs = given.routesRestUntilMs
    const perMs = pace.rates.reduce((least, rate) => Math.min(least, rate.count / rate.perMs), Number.POSITIVE_INFINITY)
    const inCalls = 2 * (pace.concurrency ?? Number.POSITIVE_INFINITY) * given.perCall
    this.capacity = Math.max(1, Math.min(given.capacity, inCalls, Math.ceil(perMs * heldMs)))
    this.#concurrency = pace.concurrency ?? Number.POSITIVE_INFINITY
    this.#buckets = pace.rates.map(rate => newBucket(rate, given.nowMs))
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
    this.#buckets = this.#buckets.map(bucket => take(bucket, -claimed.length, nowMs))
  }

  /** Whether its site is given a rest; a lane that only keeps its pace is not. */
  get isResting(): boolean {
    return this.#breaker.kind !== 'closed'
  }

  /** Empties the lane; its messages are to be given back to the journal. */
  unload(): readonly QueuedMessage[] {
    return this.#queue.splice(0).map(claimed => claimed.message)
  }

  /**
   * When the next message may leave: `nowMs` if at once, infinity if only the end of an open call can tell, `forever` if no
   * route is left that may carry it.
   */
  readyAtMs(nowMs: number, joinsOpenParcel: boolean): number {
    if (!joinsOpenParcel && this.openCalls >= this.#concurrency) return Number.POSITIVE_INFINITY
    const allowed = gate(this.#breaker, nowMs)
    if (allowed.kind === 'wait') return allowed.untilMs
    return Math.max(this.#routesRestUntilMs(nowMs), allReadyAtMs(this.#buckets, 1, nowMs))
  }

  /** Takes the first message that `accepts`; the caller has asked `readyAtMs`. */
  takeFirst(accepts: (message: QueuedMessage) => boolean, nowMs: number): Claimed | undefined {
    const index = this.#queue.findIndex(each => accepts(each.message))
    if (index === -1) return undefined
    const [claimed] = this.#queue.splice(index, 1)
    this.#buckets = this.#buckets.map(bucket => take(bucket, 1, nowMs))
    this.#breaker = trying(this.#breaker)
    return claimed
  }

  /** Returns until when the lane rests if it begins to rest by this. */
  learn(lesson: Lesson, nowMs: number): number | undefined {
    const before = this.#breaker
    if (lesson.kind === 'went well') this.#breaker = succeeded(before, nowMs)
    else if (lesson.kind === 'none') this.#breaker = undecided(before, nowMs)
    else {
      const retryAfterMs = lesson.kind === 'slow down' ? lesson.retryAfterMs : undefined
      this.#breaker = failed(before, laneBreaker, { nowMs, retryAfterMs })
    }
    const after = this.#breaker
    return after.kind === 'open' && before.kind !== 'open' && after.untilMs > nowMs ? after.untilMs : undefined
  }
}
