/**
 * The live line of messages for one receiving site, with its pace. A lane knows how long it must wait and why; it never
 * waits itself, and it is gone from memory as soon as it is empty and nothing need be remembered of it.
 */

import type { SitePace } from '../model/campaign.ts'
import type { FilledMessage } from '../model/edition.ts'
import type { QueuedMessage } from '../model/message.ts'
import type { LaneStanding } from '../model/run.ts'
import type { WaitCause } from '../model/wait.ts'
import type { PaceChange } from '../policy/adaptation.ts'
import { type Breaker, closed, gate, laneBreaker, trying } from '../policy/breaker.ts'
import { heardOf, type LearnedCall, learned } from './lesson.ts'
import type { LaneRoutes } from './offers.ts'
import { Pace } from './pace.ts'
import type { Use } from './pace-memory.ts'

/** A time that never comes: what waits for it waits for the operator. Unlike infinity it is not the end of an open call. */
export const forever = Number.MAX_SAFE_INTEGER

/** How much of a paced lane's future is held in memory. */
const heldMs = 2000
/** Messages, and calls' worth of them, that any lane holds at first. */
const heldFirst = 16
const callsHeldFirst = 2
/** A lane that asks for more within this time holds twice as many from then on, one that has not for so long half as many. */
const soonMs = 250
const lateMs = 2000

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
  /** One of the site's domains. */
  readonly domain: string
  readonly routes: LaneRoutes
  /** How many of its messages some route has refused. */
  refused = 0
  readonly #queue: Claimed[] = []
  #concurrency = Number.POSITIVE_INFINITY
  #mostHeld = 1
  /** By how fast it has sent so far. */
  #held: number
  readonly #leastHeld: number
  #askedAtMs: number
  readonly #pace: Pace
  #breaker: Breaker
  /** Calls that are open now and carry messages of this lane. */
  openCalls = 0
  /** How many messages were taken from it. */
  taken = 0

  constructor(
    site: string,
    domain: string,
    pace: SitePace,
    given: {
      readonly capacity: number
      /** Messages in one call, at most. */
      readonly perCall: number
      readonly routes: LaneRoutes
      /** What is known of its site from before. */
      readonly known: Use | undefined
      readonly nowMs: number
    },
  ) {
    this.site = site
    this.domain = domain
    this.routes = given.routes
    this.#leastHeld = Math.max(heldFirst, callsHeldFirst * given.perCall)
    this.#held = this.#leastHeld
    this.#askedAtMs = given.nowMs
    this.#breaker = given.known?.breaker ?? closed
    this.#pace = new Pace(pace.rates, { known: given.known?.pace, calls: oneEach, nowMs: given.nowMs })
    this.setPace(pace, given)
  }

  setPace(
    pace: SitePace,
    given: { readonly capacity: number; readonly perCall: number; readonly nowMs: number },
  ): void {
    const perMs = pace.rates.reduce((least, rate) => Math.min(least, rate.count / rate.perMs), Number.POSITIVE_INFINITY)
    const inCalls = 2 * (pace.concurrency ?? Number.POSITIVE_INFINITY) * given.perCall
    this.#mostHeld = Math.max(1, Math.min(given.capacity, inCalls, Math.ceil(perMs * heldMs)))
    this.#concurrency = pace.concurrency ?? Number.POSITIVE_INFINITY
    this.#pace.setRates(pace.rates, oneEach, given.nowMs)
  }

  /** Messages that it may hold: no more than it can send soon. */
  get capacity(): number {
    const adapted = this.#pace.adaptedPerSecond ?? Number.POSITIVE_INFINITY
    return Math.min(this.#mostHeld, this.#held, Math.max(1, Math.ceil((adapted * heldMs) / 1000)))
  }

  /**
   * It has sent half of what it may hold, and asks for more. A site that takes its time so comes to hold little, and leaves
   * the room to others; one that is fast is not asked for at every message.
   */
  asks(nowMs: number): void {
    const sinceMs = nowMs - this.#askedAtMs
    this.#askedAtMs = nowMs
    if (sinceMs <= soonMs) this.#held = Math.min(this.#mostHeld, 2 * this.#held)
    else if (sinceMs >= lateMs) this.#held = Math.max(this.#leastHeld, Math.floor(this.#held / 2))
  }

  get standing(): LaneStanding {
    const { limitPerSecond, adaptedPerSecond } = this.#pace
    return { site: this.site, held: this.length, openCalls: this.openCalls, limitPerSecond, adaptedPerSecond }
  }

  get use(): Use {
    return { pace: this.#pace.state, breaker: this.#breaker }
  }

  /** Whether its receiver has said something that should be remembered when it is gone. */
  get hasLearned(): boolean {
    return this.#pace.adaptedPerSecond !== null || this.#breaker.kind !== 'closed'
  }

  get length(): number {
    return this.#queue.length
  }

  append(message: QueuedMessage): void {
    this.#queue.push({ message, filled: null })
    this.refused += refusedAmong([message])
  }

  /** Messages that were taken and not sent after all go back to the front, and their tokens too. */
  putBack(claimed: readonly Claimed[], nowMs: number): void {
    this.#queue.unshift(...claimed)
    this.refused += refusedAmong(claimed.map(each => each.message))
    this.#pace.pay(-claimed.length, nowMs)
  }

  /** Leaves it so many messages; the others are to be given back to the journal. */
  unload(left: number): readonly QueuedMessage[] {
    const messages = this.#queue.splice(left).map(claimed => claimed.message)
    this.refused -= refusedAmong(messages)
    return messages
  }

  /** Takes out those that are not to go now. */
  remove(isOut: (message: QueuedMessage) => boolean): readonly QueuedMessage[] {
    const [out, left] = [[] as QueuedMessage[], [] as Claimed[]]
    for (const claimed of this.#queue) {
      if (isOut(claimed.message)) out.push(claimed.message)
      else left.push(claimed)
    }
    this.#queue.splice(0, this.#queue.length, ...left)
    this.refused -= refusedAmong(out)
    return out
  }

  /** When its site lets the next message leave: `nowMs` if at once, infinity if only the end of an open call can tell. */
  readyAtMs(nowMs: number, joinsOpenParcel: boolean): number {
    if (!joinsOpenParcel && this.openCalls >= this.#concurrency) return Number.POSITIVE_INFINITY
    const allowed = gate(this.#breaker, nowMs)
    return allowed.kind === 'wait' ? allowed.untilMs : this.#pace.readyAtMs(1, nowMs)
  }

  /** When nothing is lost by forgetting it, as far as it has not learned anything. */
  asNewAtMs(nowMs: number): number {
    return this.#pace.asNewAtMs(nowMs)
  }

  /** Why its site does not let the next message leave now. */
  waitCause(nowMs: number): WaitCause {
    if (this.openCalls >= this.#concurrency) return 'concurrency'
    return gate(this.#breaker, nowMs).kind === 'wait' ? 'breaker' : this.#pace.waitCause(1, nowMs)
  }

  /** Takes the first message that `accepts`; the caller has asked `readyAtMs`. */
  takeFirst(accepts: (message: QueuedMessage) => boolean, nowMs: number): Claimed | undefined {
    const index = this.#queue.findIndex(each => accepts(each.message))
    if (index === -1) return undefined
    const [claimed] = this.#queue.splice(index, 1)
    if (claimed !== undefined) this.refused -= refusedAmong([claimed.message])
    this.taken += 1
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

function refusedAmong(messages: readonly QueuedMessage[]): number {
  return messages.reduce((sum, message) => sum + (message.refusedRoutes.length > 0 ? 1 : 0), 0)
}
