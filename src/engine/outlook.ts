/**
 * What lies before a delivery that can make no call at this moment: whether it is at its end, and if not, when something
 * changes by itself and what it is waiting for. It looks and decides; the waiting is the delivery's.
 */

import type { Ending } from '../model/notice.ts'
import type { Wait, WaitCause } from '../model/wait.ts'
import type { CanaryWatch } from './canary-watch.ts'
import { reasonNotToWait } from './delivery.ts'
import type { Intake } from './intake.ts'
import type { Lanes } from './lanes.ts'
import type { LiveDelivery } from './live-delivery.ts'
import type { RunGate } from './run-gate.ts'
import { comes } from './time-queue.ts'

/** When something may go that may not now, and why not now. */
export interface Change {
  readonly atMs: number
  readonly wait: Pick<Wait, 'what' | 'name' | 'cause'>
}

/** How much of what waits is shown. */
const shownWaits = 20

export class Outlook {
  readonly #delivery: LiveDelivery
  readonly #lanes: Lanes
  readonly #intake: Intake
  readonly #canary: Pick<CanaryWatch, 'holdUntilMs'>

  constructor(delivery: LiveDelivery, lanes: Lanes, intake: Intake, canary: Pick<CanaryWatch, 'holdUntilMs'>) {
    this.#delivery = delivery
    this.#lanes = lanes
    this.#intake = intake
    this.#canary = canary
  }

  /**
   * With no call open and nobody asking to stop: whether this is the end, and which. Nothing has been sent since
   * `stillSinceMs`.
   */
  ending(gate: RunGate, stillSinceMs: number, nowMs: number): Ending | undefined {
    const { journal, run, patienceMs } = this.#delivery
    if (gate.kind === 'go' && this.#intake.wantsMore) return undefined
    const nextDueAtMs = journal.nextDueAtMs(run.id)
    if (this.holdsNothing && nextDueAtMs === null && this.#canary.holdUntilMs === null) return { kind: 'finished' }
    if (gate.kind === 'go' && this.holdsNothing && nextDueAtMs !== null && nextDueAtMs <= nowMs && this.#hasRoute) {
      // Something is due that the walk has not met: the clock went back, or another process queued it again.
      this.#intake.lookAgain()
      return undefined
    }
    const changes = this.#changes(gate, nowMs, 0)
    const { atMs, wait } = earliest(changes)
    if (atMs === Number.POSITIVE_INFINITY && wait.cause !== 'paused') {
      return { kind: 'stopped', why: 'no route left', detail: this.#noRouteDetail(), nextDueAtMs }
    }
    const detail = reasonNotToWait(wait)
    // A route that is dead is tried again and again, each time soon: it is waited for from when it last took anything.
    const waitsFromMs = wait.cause === 'breaker' ? stillSinceMs : nowMs
    if (detail === undefined || wait.cause === 'paused' || atMs - waitsFromMs <= patienceMs) return undefined
    // A rate that is set is kept to the end of the list, also where something that is not waited for comes between.
    if (changes.some(each => comes(each.atMs) && isWaitedFor(each.wait))) return undefined
    if (gate.kind === 'go' && this.#lanes.someWaits(isWaitedFor, nowMs)) return undefined
    return { kind: 'stopped', why: 'due later', detail, nextDueAtMs: atMs }
  }

  /** The next change that comes by itself, if none of the open calls ends before; at infinity if there is none. */
  nextChange(gate: RunGate, nowMs: number, openCalls: number): Change {
    return earliest(this.#changes(gate, nowMs, openCalls))
  }

  /** Whether every message that is still to be sent is not due yet, or in an open call. */
  get holdsNothing(): boolean {
    return this.#lanes.held === 0 && !this.#lanes.isBehind
  }

  /** Everything that waits, each with its cause: the run, its routes, then the sites, the longest waits first. */
  waits(gate: RunGate, nowMs: number): readonly Wait[] {
    const { run, routes } = this.#delivery
    if (gate.kind === 'wait')
      return [{ what: 'run', name: run.id, cause: gate.cause, untilMs: timeOrNull(gate.untilMs) }]
    const held = Math.max(1, this.#lanes.held)
    const ofRoutes = routes.flatMap((route): Wait[] => {
      const atMs = route.readyAtMs(held, nowMs)
      if (atMs <= nowMs) return []
      return [{ what: 'route', name: route.name, cause: route.waitCause(held, nowMs), untilMs: timeOrNull(atMs) }]
    })
    const ofSites = this.#lanes.waits(shownWaits - ofRoutes.length, nowMs)
    if (ofSites.length > 0 || !this.holdsNothing) return [...ofRoutes, ...ofSites]
    const { atMs, wait } = earliest([this.#nextRetry(nowMs), this.#nextHold(nowMs)])
    // What is due now does not wait: it has only not been brought in yet.
    const isWaiting = atMs > nowMs && comes(atMs)
    return isWaiting ? [...ofRoutes, { ...wait, untilMs: atMs }] : ofRoutes
  }

  /** At least one; of all lanes the one whose time comes first. */
  #changes(gate: RunGate, nowMs: number, openCalls: number): readonly Change[] {
    if (gate.kind === 'wait') return [this.#nextOpening(gate, nowMs)]
    if (gate.kind === 'over') return [{ atMs: Number.POSITIVE_INFINITY, wait: this.#runWaits('concurrency') }]
    if (this.#intake.wantsMore) return [{ atMs: nowMs, wait: this.#runWaits('rate') }]
    const changes = [this.#nextLane(nowMs), ...this.#nextRoutes(nowMs)]
    if (openCalls > 0) return changes
    if (this.#hasRoute) changes.push(this.#nextRetry(nowMs))
    changes.push(this.#nextHold(nowMs))
    return changes
  }

  /** When it opens, or when the first is due after that. */
  #nextOpening({ cause, untilMs }: RunGate & { kind: 'wait' }, nowMs: number): Change {
    const opening = { atMs: untilMs, wait: this.#runWaits(cause) }
    if (cause === 'paused' || !this.holdsNothing) return opening
    const next = this.#nextRetry(nowMs)
    return comes(next.atMs) ? next : opening
  }

  #nextLane(nowMs: number): Change {
    const next = this.#lanes.nextReady(nowMs)
    return next ?? { atMs: Number.POSITIVE_INFINITY, wait: this.#runWaits('concurrency') }
  }

  #nextRoutes(nowMs: number): Change[] {
    const { held } = this.#lanes
    if (held === 0) return []
    return this.#delivery.routes.flatMap((route): Change[] => {
      const atMs = route.readyAtMs(held, nowMs)
      if (atMs <= nowMs) return []
      return [{ atMs, wait: { what: 'route', name: route.name, cause: route.waitCause(held, nowMs) } }]
    })
  }

  /** Until when everybody but the canaries waits; never if nobody does. */
  #nextHold(nowMs: number): Change {
    const { holdUntilMs } = this.#canary
    const atMs = holdUntilMs === null ? Number.POSITIVE_INFINITY : Math.max(nowMs, holdUntilMs)
    return { atMs, wait: this.#runWaits('canary') }
  }

  /** Messages that lanes left in the journal are due already; these are the next that become so. */
  #nextRetry(nowMs: number): Change {
    const { journal, run } = this.#delivery
    const dueAtMs = journal.nextDueAtMs(run.id, this.holdsNothing ? undefined : nowMs)
    if (dueAtMs === null) return { atMs: Number.POSITIVE_INFINITY, wait: this.#runWaits('retry due') }
    const zoneDueAt = (atMs: number): string | null => journal.zoneDueAt(run.id, atMs)
    const { atMs, cause } = this.#intake.hours.departure(dueAtMs, nowMs, zoneDueAt)
    const rest = this.#nextRoute(nowMs)
    return rest.atMs > atMs ? rest : { atMs, wait: this.#runWaits(cause) }
  }

  /** When the first route will be of use, if none is now; there is always one. */
  #nextRoute(nowMs: number): Change {
    const rests = this.#delivery.routes.map((route): Change => {
      const { untilMs, cause } = route.rest(nowMs)
      return { atMs: untilMs, wait: { what: 'route', name: route.name, cause } }
    })
    return earliest(rests)
  }

  #runWaits(cause: WaitCause): Change['wait'] {
    return { what: 'run', name: this.#delivery.run.id, cause }
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

/** Of one or more. */
function earliest(changes: readonly Change[]): Change {
  return changes.reduce((first, each) => (each.atMs < first.atMs ? each : first))
}

function isWaitedFor(wait: Change['wait']): boolean {
  return reasonNotToWait(wait) === undefined
}

function timeOrNull(atMs: number): number | null {
  return comes(atMs) ? atMs : null
}
