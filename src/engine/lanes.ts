/**
 * All live lanes. They give one message at a time in turn (deficit round robin with a quantum of one message, for every
 * message costs the same), so a parcel mixes sites fairly, and a lane that must wait stands aside without being asked again
 * before its time. What is held here is bounded in messages and in lanes: a lane that is full leaves the
 * rest of its messages in the journal, and where there are too many lanes, those that wait longest are left there whole.
 */

import { domainOf } from '../model/address.ts'
import type { QueuedMessage } from '../model/message.ts'
import type { Wait } from '../model/wait.ts'
import { Backlog, type HungryLane } from './backlog.ts'
import { type Claimed, forever, Lane } from './lane.ts'
import { isLong, longestIdle, readyAtMs, waitOf } from './lane-wait.ts'
import type { LanesDoors } from './lanes-doors.ts'
import type { LearnedCall } from './lesson.ts'
import type { ChangedLane, Parcel } from './parcel.ts'
import { ReadyLanes } from './ready-lanes.ts'
import { comes, TimeQueue } from './time-queue.ts'

export class Lanes {
  readonly #doors: LanesDoors
  readonly #lanes = new Map<string, Lane>()
  /** Lanes with messages that may go. */
  readonly #ready = new ReadyLanes<Lane>()
  /** Lanes with messages, here or in the journal, that wait. */
  readonly #waiting = new TimeQueue<Lane>()
  /** Empty lanes that are kept until nothing is lost by forgetting them. */
  readonly #cooling = new TimeQueue<Lane>()
  readonly #backlog = new Backlog()
  /** How many messages are held. */
  held = 0

  constructor(doors: LanesDoors) {
    this.#doors = doors
  }

  /** Whether a site takes no more messages for now; what it leaves in the journal it asks for later. */
  leavesAside(site: string, nowMs: number): boolean {
    const lane = this.#lanes.get(site)
    if (lane === undefined || !this.#isFull(lane, nowMs)) return false
    this.#backlog.leaves(lane)
    return true
  }

  /** Takes claimed messages in; those whose lane is full or waits long go back, and the lane asks for them later. */
  add(messages: readonly QueuedMessage[], nowMs: number): void {
    const unwanted: QueuedMessage[] = []
    for (const message of messages) {
      if (this.#isStranded(message, nowMs)) {
        this.#backlog.strands()
        unwanted.push(message)
        continue
      }
      const lane = this.#laneOf(message, nowMs)
      if (this.#isFull(lane, nowMs)) {
        this.#backlog.leaves(lane)
        unwanted.push(message)
        continue
      }
      lane.append(message)
      this.held += 1
      this.#takesTurns(lane, nowMs)
    }
    if (unwanted.length > 0) this.#doors.giveBack(unwanted)
  }

  /** Lanes that left messages in the journal and have room for some of them again. */
  hungry(nowMs: number): Iterable<HungryLane> {
    return this.#backlog.hungry(lane => isLong(this.#waiting.timeOf(lane), nowMs), nowMs)
  }

  /** A hungry lane has been fed; `more` if the journal may hold further due messages of its site. */
  fed(site: string, more: boolean, nowMs: number): void {
    const lane = this.#lanes.get(site)
    if (lane === undefined) return
    if (more) {
      this.#backlog.leaves(lane)
      this.#backlog.hungers(lane)
    } else if (lane.length === 0) this.#coolDown(lane, nowMs)
  }

  /** Whether any lane left due messages in the journal. */
  get isBehind(): boolean {
    return !this.#backlog.isEmpty
  }

  /** Lanes with messages that may go, and no open call. */
  get unused(): number {
    return this.#ready.unused
  }

  /** Lanes with messages, here or in the journal. */
  *holding(): Iterable<Lane> {
    for (const lane of this.#lanes.values()) if (lane.length > 0 || this.#backlog.has(lane)) yield lane
  }

  get count(): number {
    return this.#lanes.size
  }

  /** Takes up to `limit` messages that a route `accepts`, one from each lane in turn. Empty if none may go now. */
  take(route: string, limit: number, accepts: (message: QueuedMessage) => boolean, nowMs: number): Parcel {
    const claimed: Claimed[] = []
    const lanes = new Set<Lane>()
    for (const lane of this.#ready.of(route)) {
      if (claimed.length >= limit) break
      const atMs = readyAtMs(lane, this.#doors, nowMs, lanes.has(lane))
      if (atMs > nowMs) {
        this.#wait(lane, atMs, nowMs)
        continue
      }
      const taken = lane.takeFirst(accepts, nowMs)
      if (taken === undefined) continue
      claimed.push(taken)
      if (!lanes.has(lane)) {
        lanes.add(lane)
        lane.openCalls += 1
      }
      if (lane.length > 0) this.#ready.goLast(lane, this.#doors.offers.of(lane))
      else this.#ready.delete(lane)
      this.#backlog.hungers(lane)
    }
    this.held -= claimed.length
    return { claimed, lanes }
  }

  /** Some of a parcel's messages were not sent after all: they are next again. */
  putBack(claimed: readonly Claimed[], nowMs: number): void {
    for (const [lane, ofLane] of Map.groupBy(claimed, each => this.#laneOf(each.message, nowMs))) {
      lane.putBack(ofLane, nowMs)
      this.held += ofLane.length
      this.#takesTurns(lane, nowMs)
    }
  }

  /** A call has ended: its lanes may have room for another, and have learned something. */
  ended(lanes: Iterable<Lane>, callOf: (lane: Lane) => LearnedCall, nowMs: number): readonly ChangedLane[] {
    const changed: ChangedLane[] = []
    for (const lane of lanes) {
      lane.openCalls -= 1
      const call = callOf(lane)
      const change = lane.learn(call, nowMs)
      if (change.restsUntilMs !== undefined || change.pace !== null) {
        changed.push({ lane, call, change })
        this.#doors.keep(lane, { nowMs, isExact: false })
      }
      if (lane.length > lane.capacity) this.#unload(lane, lane.capacity)
      this.#waiting.delete(lane)
      this.#goesOn(lane, nowMs)
    }
    return changed
  }

  /** Lanes whose time has come take turns again, or are forgotten. */
  wake(nowMs: number): void {
    for (let lane = this.#waiting.takeDue(nowMs); lane !== undefined; lane = this.#waiting.takeDue(nowMs))
      this.#goesOn(lane, nowMs)
    for (let lane = this.#cooling.takeDue(nowMs); lane !== undefined; lane = this.#cooling.takeDue(nowMs))
      this.#coolDown(lane, nowMs)
  }

  /** When the first waiting lane's time comes, and why it waits; undefined if none waits for a time that comes. */
  nextReady(nowMs: number): { readonly atMs: number; readonly wait: Wait } | undefined {
    const first = this.#waiting.first()
    return first && { atMs: first.atMs, wait: waitOf(first.item, this.#doors, nowMs) }
  }

  /** Whether any lane waits so for a time that comes. */
  someWaits(isSo: (wait: Wait) => boolean, nowMs: number): boolean {
    for (const [lane, untilMs] of this.#waiting.items())
      if (comes(untilMs) && isSo(waitOf(lane, this.#doors, nowMs))) return true
    return false
  }

  /** Why lanes with messages wait for their sites, of the longest waits first; at most so many. */
  waits(most: number, nowMs: number): readonly Wait[] {
    const waits = this.#waiting.latest(most).map(lane => waitOf(lane, this.#doors, nowMs))
    return waits.filter(({ what }) => what === 'site')
  }

  /** Takes out all messages that are not to go now, and gives them to its caller. */
  remove(isOut: (message: QueuedMessage) => boolean, nowMs: number): readonly QueuedMessage[] {
    const out: QueuedMessage[] = []
    for (const lane of this.#lanes.values()) {
      const removed = lane.remove(isOut)
      if (removed.length === 0) continue
      out.push(...removed)
      this.held -= removed.length
      if (lane.length === 0 && this.#ready.delete(lane)) this.#coolDown(lane, nowMs)
    }
    return out
  }

  /** The paces of these sites have been changed. */
  repace(isChanged: (site: string) => boolean, nowMs: number): void {
    const { laneCapacity: capacity, perCall, paceOf } = this.#doors
    for (const lane of this.#lanes.values()) {
      if (!isChanged(lane.site)) continue
      lane.setPace(paceOf(lane.site), { capacity, perCall, nowMs })
      if (lane.length > lane.capacity) this.#unload(lane, lane.capacity)
      this.#waiting.delete(lane)
      this.#cooling.delete(lane)
      this.#goesOn(lane, nowMs)
    }
  }

  /** Routes have come into use, or out of it. */
  offerAnew(nowMs: number): void {
    for (const lane of this.#ready.all()) this.#join(lane, nowMs)
  }

  /** Has everything remembered that would be lost with this process. */
  keepAll(nowMs: number): void {
    for (const lane of this.#lanes.values())
      if (lane.hasLearned || lane.asNewAtMs(nowMs) > nowMs) this.#doors.keep(lane, { nowMs, isExact: true })
  }

  /** Whether it would be the first of a lane that could never send it. */
  #isStranded({ site, address }: QueuedMessage, nowMs: number): boolean {
    if (this.#lanes.has(site)) return false
    return this.#doors.routesRest({ site, domain: domainOf(address) }, nowMs).untilMs === forever
  }

  #isFull(lane: Lane, nowMs: number): boolean {
    return lane.length >= lane.capacity || isLong(this.#waiting.timeOf(lane), nowMs)
  }

  /** It has messages now, and takes turns unless it waits. */
  #takesTurns(lane: Lane, nowMs: number): void {
    this.#cooling.delete(lane)
    if (this.#waiting.timeOf(lane) === undefined) this.#join(lane, nowMs)
  }

  /** It is offered to its routes, or waits until one of them is of use. */
  #join(lane: Lane, nowMs: number): void {
    const { offers, routesRest } = this.#doors
    const untilMs = offers.isServed(lane) ? nowMs : routesRest(lane, nowMs).untilMs
    if (untilMs > nowMs) this.#wait(lane, untilMs, nowMs)
    else this.#ready.join(lane, offers.of(lane))
  }

  /** It waits for nothing any more that is known of here. */
  #goesOn(lane: Lane, nowMs: number): void {
    this.#backlog.hungers(lane)
    if (lane.length > 0) this.#join(lane, nowMs)
    else this.#coolDown(lane, nowMs)
  }

  /** It is passed over until then; what it holds would fill the window for long. */
  #wait(lane: Lane, untilMs: number, nowMs: number): void {
    this.#ready.delete(lane)
    this.#waiting.set(lane, untilMs)
    if (isLong(untilMs, nowMs)) this.#unload(lane, 0)
  }

  /** A lane that waits for an open call only is not unloaded: it goes on as soon as that call ends. */
  #unload(lane: Lane, left: number): void {
    const messages = lane.unload(left)
    this.held -= messages.length
    this.#backlog.leaves(lane)
    this.#doors.giveBack(messages)
  }

  /** A lane without messages in hand: it asks for those in the journal, cools down, or is forgotten. */
  #coolDown(lane: Lane, nowMs: number): void {
    if (lane.openCalls > 0) return
    // Whether the journal holds more for it is found out by asking, before anybody waits for it.
    if (this.#backlog.has(lane)) {
      this.#backlog.hungers(lane)
      return
    }
    const untilMs = Math.max(lane.asNewAtMs(nowMs), lane.readyAtMs(nowMs, false))
    if (untilMs > nowMs) {
      this.#cooling.set(lane, untilMs)
      return
    }
    this.#lanes.delete(lane.site)
    if (lane.hasLearned) this.#doors.keep(lane, { nowMs, isExact: true })
  }

  #laneOf(message: QueuedMessage, nowMs: number): Lane {
    const known = this.#lanes.get(message.site)
    if (known !== undefined) return known
    const { lanesMax, laneCapacity: capacity, perCall, paceOf, offers, recall } = this.#doors
    if (this.#waiting.size + this.#cooling.size >= lanesMax) this.#evict(nowMs)
    const domain = domainOf(message.address)
    const lane = new Lane(message.site, domain, paceOf(message.site), {
      capacity,
      perCall,
      routes: offers.routesFor(message.site, domain),
      known: recall(message.site, nowMs),
      nowMs,
    })
    this.#lanes.set(message.site, lane)
    return lane
  }

  /** Leaves the lanes that wait longest to the journal: their messages are due when their time comes, if it ever does. */
  #evict(nowMs: number): void {
    const putOff: { site: string; dueAtMs: number }[] = []
    for (const [lane, untilMs] of longestIdle([this.#waiting, this.#cooling], this.#doors.lanesMax)) {
      if (lane.length > 0) this.#unload(lane, 0)
      if (this.#backlog.forget(lane)) {
        if (comes(untilMs)) putOff.push({ site: lane.site, dueAtMs: untilMs })
        else this.#backlog.strands()
      }
      this.#waiting.delete(lane)
      this.#cooling.delete(lane)
      this.#lanes.delete(lane.site)
      this.#doors.keep(lane, { nowMs, isExact: true })
    }
    if (putOff.length > 0) this.#doors.putOff(putOff, nowMs)
  }
}
