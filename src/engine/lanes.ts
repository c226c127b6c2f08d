/**
 * All live lanes, and whose turn it is. Lanes give one message at a time in turn, so a parcel mixes sites fairly, and a
 * lane that must wait stands aside without being asked again before its time. What is held here is bounded: a lane that
 * is full leaves the rest of its messages in the journal.
 */

import { domainOf } from '../model/address.ts'
import type { DeliverySettings } from '../model/campaign.ts'
import type { QueuedMessage } from '../model/message.ts'
import { type Adaptation, unadapted } from '../policy/adaptation.ts'
import { paceOf } from '../policy/sites.ts'
import { type Claimed, forever, Lane, type LaneChange } from './lane.ts'
import type { LearnedCall } from './lesson.ts'

/** Claimed messages of one call, and the lanes they came from. */
export interface Parcel {
  readonly claimed: readonly Claimed[]
  readonly lanes: ReadonlySet<Lane>
}

/** A lane that has learned something from a call that there is something to say of. */
export interface ChangedLane {
  readonly lane: Lane
  readonly call: LearnedCall
  readonly change: LaneChange
}

/** A lane that waits longer than this gives its messages back to the journal, so that they do not fill the window. */
const longWaitMs = 1000

/** Sites without a live lane whose lowered pace is kept in mind, at most; the longest forgotten goes first. */
const rememberedMax = 10_000

export interface LanesSettings {
  readonly sites: DeliverySettings['sites']
  /** Messages that one lane may hold, at most. */
  readonly laneCapacity: number
  /** Messages in one call, at most. */
  readonly perCall: number
  /** Returns claimed messages to the journal unsent. */
  readonly giveBack: (messages: readonly QueuedMessage[]) => void
  /** Until when all routes rest that may carry messages like this one. */
  readonly routesRestUntilMs: (message: QueuedMessage, nowMs: number) => number
}

export class Lanes {
  readonly #settings: LanesSettings
  readonly #lanes = new Map<string, Lane>()
  /** Lanes with messages, in the order of their turn. */
  readonly #ready = new Set<Lane>()
  /** Lanes that wait, and until when; empty ones are kept that long so that their pace is not forgotten. */
  readonly #waiting = new Map<Lane, number>()
  /** No waiting lane's time comes before this. */
  #nextWakeMs = Number.POSITIVE_INFINITY
  /** Lanes with due messages that were left in the journal. */
  readonly #behind = new Set<Lane>()
  /** Lowered paces of sites that have no lane just now. */
  readonly #remembered = new Map<string, Adaptation>()
  /** How many messages are held. */
  held = 0

  constructor(settings: LanesSettings) {
    this.#settings = settings
  }

  /** Takes claimed messages in; those whose lane is full or waits long go back, and the lane asks for them later. */
  add(messages: readonly QueuedMessage[], nowMs: number): void {
    const unwanted: QueuedMessage[] = []
    for (const message of messages) {
      const lane = this.#laneOf(message, nowMs)
      const waitsUntilMs = this.#waiting.get(lane)
      if (lane.length >= lane.capacity || isLong(waitsUntilMs, nowMs)) {
        this.#behind.add(lane)
        unwanted.push(message)
        continue
      }
      lane.append(message)
      this.held += 1
      if (waitsUntilMs === undefined) this.#ready.add(lane)
    }
    if (unwanted.length > 0) this.#settings.giveBack(unwanted)
  }

  /** Lanes that left messages in the journal and have room for so many of them again. Each is named once. */
  *hungry(nowMs: number): Iterable<{ readonly site: string; readonly room: number }> {
    for (const lane of this.#behind) {
      if (lane.length > lane.capacity / 2 || isLong(this.#waiting.get(lane), nowMs)) continue
      this.#behind.delete(lane)
      yield { site: lane.site, room: lane.capacity - lane.length }
    }
  }

  /** A hungry lane has been fed; `more` if the journal may hold further due messages of its site. */
  fed(site: string, more: boolean, nowMs: number): void {
    const lane = this.#lanes.get(site)
    if (lane === undefined) return
    if (more) this.#behind.add(lane)
    else if (lane.length === 0) this.#forgetOrWait(lane, nowMs)
  }

  /** Whether any lane left due messages in the journal. */
  get isBehind(): boolean {
    return this.#behind.size > 0
  }

  /** Takes up to `limit` messages that `accepts`, one from each lane in turn. Empty if none may go now. */
  take(limit: number, accepts: (message: QueuedMessage) => boolean, nowMs: number): Parcel {
    const claimed: Claimed[] = []
    const lanes = new Set<Lane>()
    // A lane that is deleted and added again while the set is walked comes round again: that is the turn.
    for (const lane of this.#ready) {
      if (claimed.length >= limit) break
      const readyAtMs = lane.readyAtMs(nowMs, lanes.has(lane))
      if (readyAtMs > nowMs) {
        this.#wait(lane, readyAtMs)
        if (isLong(readyAtMs, nowMs)) this.#unload(lane, 0)
        continue
      }
      const taken = lane.takeFirst(accepts, nowMs)
      if (taken === undefined) continue
      claimed.push(taken)
      if (!lanes.has(lane)) {
        lanes.add(lane)
        lane.openCalls += 1
      }
      this.#ready.delete(lane)
      if (lane.length > 0) this.#ready.add(lane)
    }
    this.held -= claimed.length
    return { claimed, lanes }
  }

  /** Some of a parcel's messages were not sent after all: they are next again. */
  putBack(claimed: readonly Claimed[], nowMs: number): void {
    for (const [lane, ofLane] of Map.groupBy(claimed, each => this.#laneOf(each.message, nowMs))) {
      lane.putBack(ofLane, nowMs)
      this.held += ofLane.length
      if (!this.#waiting.has(lane)) this.#ready.add(lane)
    }
  }

  /** A call has ended: its lanes may have room for another, and have learned something. */
  ended(lanes: Iterable<Lane>, callOf: (lane: Lane) => LearnedCall, nowMs: number): readonly ChangedLane[] {
    const changed: ChangedLane[] = []
    for (const lane of lanes) {
      lane.openCalls -= 1
      const call = callOf(lane)
      const change = lane.learn(call, nowMs)
      if (change.restsUntilMs !== undefined || change.pace !== null) changed.push({ lane, call, change })
      if (lane.length > lane.capacity) this.#unload(lane, lane.capacity)
      this.#waiting.delete(lane)
      if (lane.length > 0) this.#ready.add(lane)
      else this.#forgetOrWait(lane, nowMs)
    }
    return changed
  }

  /** Lanes whose time has come take turns again. */
  wake(nowMs: number): void {
    if (nowMs < this.#nextWakeMs) return
    this.#nextWakeMs = Number.POSITIVE_INFINITY
    for (const [lane, untilMs] of this.#waiting) {
      if (untilMs > nowMs) {
        this.#nextWakeMs = Math.min(this.#nextWakeMs, untilMs)
        continue
      }
      this.#waiting.delete(lane)
      if (lane.length > 0) this.#ready.add(lane)
      else this.#forgetOrWait(lane, nowMs)
    }
  }

  /** The waiting lane with messages whose time comes next, and when; undefined if none waits for a time that comes. */
  nextReady(): { readonly lane: Lane; readonly atMs: number } | undefined {
    let next: { readonly lane: Lane; readonly atMs: number } | undefined
    for (const [lane, atMs] of this.#waiting) {
      const hasMessages = lane.length > 0 || this.#behind.has(lane)
      if (hasMessages && atMs < (next?.atMs ?? forever)) next = { lane, atMs }
    }
    return next
  }

  #wait(lane: Lane, untilMs: number): void {
    this.#ready.delete(lane)
    this.#waiting.set(lane, untilMs)
    this.#nextWakeMs = Math.min(this.#nextWakeMs, untilMs)
  }

  /** A lane that waits for an open call only is not unloaded: it goes on as soon as that call ends. */
  #unload(lane: Lane, left: number): void {
    const messages = lane.unload(left)
    this.held -= messages.length
    this.#behind.add(lane)
    this.#settings.giveBack(messages)
  }

  #forgetOrWait(lane: Lane, nowMs: number): void {
    if (lane.openCalls > 0 || this.#behind.has(lane)) return
    const readyAtMs = lane.readyAtMs(nowMs, false)
    if (readyAtMs > nowMs) {
      this.#wait(lane, readyAtMs)
      return
    }
    this.#lanes.delete(lane.site)
    if (lane.adaptation.pace !== null) this.#remember(lane)
  }

  #remember({ site, adaptation }: Lane): void {
    this.#remembered.set(site, adaptation)
    const [longest] = this.#remembered.keys()
    if (longest !== undefined && this.#remembered.size > rememberedMax) this.#remembered.delete(longest)
  }

  #laneOf(message: QueuedMessage, nowMs: number): Lane {
    const known = this.#lanes.get(message.site)
    if (known !== undefined) return known
    const { sites, laneCapacity: capacity, perCall, routesRestUntilMs } = this.#settings
    const lane = new Lane(message.site, paceOf(sites, message.site, domainOf(message.address)), {
      capacity,
      perCall,
      routesRestUntilMs: atMs => routesRestUntilMs(message, atMs),
      adaptation: this.#remembered.get(message.site) ?? unadapted,
      nowMs,
    })
    this.#remembered.delete(message.site)
    this.#lanes.set(message.site, lane)
    return lane
  }
}

function isLong(untilMs: number | undefined, nowMs: number): boolean {
  return untilMs !== undefined && untilMs !== Number.POSITIVE_INFINITY && untilMs - nowMs > longWaitMs
}
