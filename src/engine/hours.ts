/**
 * When a run's messages may leave, by its schedule. Where everybody is in one zone the run as a whole waits; where recipients
 * have zones of their own, each message that may not go now is put off until it may.
 */

import type { QueuedMessage } from '../model/message.ts'
import type { Schedule } from '../model/schedule.ts'
import type { WaitCause } from '../model/wait.ts'
import { type Calendar, calendarFor, type Gate } from '../policy/calendar.ts'

/** Messages that may go, those that must be put off, by the time until when, and those for whom it is too late. */
export interface Sifted {
  readonly going: readonly QueuedMessage[]
  readonly putOff: ReadonlyMap<number, readonly QueuedMessage[]>
  readonly over: readonly QueuedMessage[]
}

const always: Gate = { open: true, untilMs: Number.POSITIVE_INFINITY }

export class Hours {
  readonly #schedule: Schedule | null
  readonly #calendar: Calendar | null
  #closesAtMs = Number.POSITIVE_INFINITY

  constructor(schedule: Schedule | null) {
    this.#schedule = schedule
    this.#calendar = schedule === null ? null : calendarFor(schedule)
  }

  /** For the run as a whole; always open where recipients have zones of their own. */
  gate(nowMs: number): Gate {
    if (this.#schedule === null || this.#calendar === null || this.#schedule.zoneColumn !== null) return always
    return this.#calendar.gate(this.#schedule.zone, nowMs)
  }

  mayGo(message: QueuedMessage, nowMs: number): boolean {
    return this.#gateOf(message, nowMs).open
  }

  /** Whether it is too late for a message. */
  isOver(message: QueuedMessage, nowMs: number): boolean {
    const gate = this.#gateOf(message, nowMs)
    return !gate.open && gate.cause === 'over'
  }

  /**
   * When it closes for the first of those for whom it was open since `lookAgain`, where they have zones of their own: who has
   * not left by then is to be looked at again.
   */
  get closesAtMs(): number {
    return this.#closesAtMs
  }

  lookAgain(): void {
    this.#closesAtMs = Number.POSITIVE_INFINITY
  }

  sift(messages: readonly QueuedMessage[], nowMs: number): Sifted {
    if (this.#schedule?.zoneColumn == null) return { going: messages, putOff: new Map(), over: [] }
    const going: QueuedMessage[] = []
    const putOff = new Map<number, QueuedMessage[]>()
    const over: QueuedMessage[] = []
    for (const message of messages) {
      const gate = this.#gateOf(message, nowMs)
      if (gate.open) going.push(message)
      else if (gate.cause === 'over') over.push(message)
      else {
        const others = putOff.get(gate.opensAtMs)
        if (others === undefined) putOff.set(gate.opensAtMs, [message])
        else others.push(message)
      }
    }
    return { going, putOff, over }
  }

  /** When somebody who is due then may leave, and why not before. `zoneDueAt` is asked for her own zone where there are any. */
  departure(
    dueAtMs: number,
    nowMs: number,
    zoneDueAt: (dueAtMs: number) => string | null,
  ): { readonly atMs: number; readonly cause: WaitCause } {
    const atMs = Math.max(dueAtMs, nowMs)
    if (this.#schedule?.zoneColumn == null) {
      const gate = this.gate(atMs)
      return isClosed(gate) ? { atMs: gate.opensAtMs, cause: gate.cause } : { atMs, cause: 'retry due' }
    }
    const gate = this.#gateIn(zoneDueAt(dueAtMs), nowMs)
    // Whoever was put off for her hours was put off until they open.
    return { atMs, cause: isClosed(gate) && gate.opensAtMs === dueAtMs ? gate.cause : 'retry due' }
  }

  #gateOf(message: QueuedMessage, nowMs: number): Gate {
    const gate = this.#gateIn(message.zone, nowMs)
    if (gate.open) this.#closesAtMs = Math.min(this.#closesAtMs, gate.untilMs)
    return gate
  }

  #gateIn(zone: string | null, nowMs: number): Gate {
    if (this.#schedule?.zoneColumn == null || this.#calendar === null) return always
    return this.#calendar.gate(zone ?? this.#schedule.zone, nowMs)
  }
}

/** Closed, and to be opened. */
function isClosed(gate: Gate): gate is Gate & { open: false; cause: WaitCause } {
  return !gate.open && gate.cause !== 'over'
}
