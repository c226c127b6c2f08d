/**
 * What lies before a delivery that can make no call at this moment: whether it is at its end, and if not, when something
 * changes by itself and what it is waiting for. It looks and decides; the waiting is the delivery's.
 */

import type { Ending, WaitCause } from '../model/notice.ts'
import { type Delivery, waitDetails } from './delivery.ts'
import type { IntakeWindow } from './intake-window.ts'
import type { Lanes } from './lanes.ts'

/** When something may go that may not now, and why not now. */
export interface Change {
  readonly atMs: number
  readonly why: WaitCause
}

export class Outlook {
  readonly #delivery: Delivery
  readonly #lanes: Lanes
  readonly #window: IntakeWindow

  constructor(delivery: Delivery, lanes: Lanes, window: IntakeWindow) {
    this.#delivery = delivery
    this.#lanes = lanes
    this.#window = window
  }

  /** With no call open and nobody asking to stop: whether this is the end, and which. */
  ending(nowMs: number): Ending | undefined {
    const { journal, run, patienceMs } = this.#delivery
    if (this.#window.wantsMore) return undefined
    const nextDueAtMs = journal.nextDueAtMs(run.id)
    if (this.holdsNothing && nextDueAtMs === null) return { kind: 'finished' }
    // Something is due that the walk has not met: the clock went back, or another process queued it again.
    if (this.holdsNothing && nextDueAtMs !== null && nextDueAtMs <= nowMs && this.#hasRoute) {
      this.#window.lookAgain(true)
      return undefined
    }
    const { atMs, why } = this.nextChange(nowMs, 0)
    if (atMs === Number.POSITIVE_INFINITY) {
      return { kind: 'stopped', why: 'no route left', detail: this.#noRouteDetail(), nextDueAtMs }
    }
    // Whoever set a rate wants it to be kept, however slow it is, and a pace that was lowered moves on by itself; a rest or
    // a retry may be better waited for elsewhere.
    if (why !== 'rate' && why !== 'adapted' && atMs - nowMs > patienceMs) {
      return { kind: 'stopped', why: 'retry due later', detail: waitDetails[why], nextDueAtMs: atMs }
    }
    return undefined
  }

  /** The next change that comes by itself, if none of the open calls ends before; at infinity if there is none. */
  nextChange(nowMs: number, openCalls: number): Change {
    if (this.#window.wantsMore) return { atMs: nowMs, why: 'rate' }
    const changes: Change[] = [this.#nextLane(nowMs)]
    if (this.#lanes.held > 0) {
      for (const route of this.#delivery.routes) {
        const atMs = route.readyAtMs(this.#lanes.held, nowMs)
        if (atMs > nowMs) changes.push({ atMs, why: route.waitCause(this.#lanes.held, nowMs) })
      }
    }
    if (openCalls === 0 && this.#hasRoute) changes.push(this.#nextRetry(nowMs))
    return changes.reduce((first, each) => (each.atMs < first.atMs ? each : first))
  }

  #nextLane(nowMs: number): Change {
    const next = this.#lanes.nextReady()
    if (next === undefined) return { atMs: Number.POSITIVE_INFINITY, why: 'rate' }
    const why = next.lane.waitCause(nowMs)
    if (why === 'site resting') return { atMs: next.atMs, why }
    const resting = this.#delivery.routes.some(route => route.stopped === null && route.restsUntilMs(nowMs) > nowMs)
    return { atMs: next.atMs, why: resting ? 'route resting' : why }
  }

  /** Messages that lanes left in the journal are due already; these are the next that become so. */
  #nextRetry(nowMs: number): Change {
    const { journal, run } = this.#delivery
    const dueAtMs = journal.nextDueAtMs(run.id, this.holdsNothing ? undefined : nowMs)
    return { atMs: dueAtMs === null ? Number.POSITIVE_INFINITY : Math.max(nowMs, dueAtMs), why: 'retry due' }
  }

  /** Whether every message that is still to be sent is not due yet, or in an open call. */
  get holdsNothing(): boolean {
    return this.#lanes.held === 0 && !this.#lanes.isBehind
  }

  get #hasRoute(): boolean {
    return this.#delivery.routes.some(route => route.stopped === null)
  }

  #noRouteDetail(): string {
    const stopped = this.#delivery.routes.filter(route => route.stopped !== null)
    if (stopped.length === 0) return 'no route may carry the messages that are left'
    return stopped.map(route => `${route.name}: ${route.stopped?.text ?? ''}`).join('; ')
  }
}
