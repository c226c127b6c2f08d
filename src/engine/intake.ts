/**
 * Who may be sent to now: brings due messages from the journal into the lanes, leaves out who has been suppressed meanwhile,
 * and keeps to the schedule, for the run as a whole and for recipients in their own zones.
 */

import type { QueuedMessage } from '../model/message.ts'
import type { Pause } from '../model/run.ts'
import { overText } from './attempt.ts'
import { windowSize } from './delivery.ts'
import { idsOf } from './delivery-lanes.ts'
import { Hours } from './hours.ts'
import { IntakeWindow } from './intake-window.ts'
import type { Lanes } from './lanes.ts'
import type { LiveDelivery } from './live-delivery.ts'
import { type RunGate, runGate } from './run-gate.ts'

/** How often it is looked at the least whether somebody who waits has been suppressed meanwhile. */
const screenEveryMs = 60_000
/** How many expire in one transaction. */
const expiredAtOnce = 10_000

export class Intake {
  readonly hours: Hours
  readonly #delivery: LiveDelivery
  readonly #lanes: Lanes
  readonly #window: IntakeWindow
  #screenedAtMs: number | null = null

  constructor(delivery: LiveDelivery, lanes: Lanes) {
    const { journal, run, routes } = delivery
    this.#delivery = delivery
    this.#lanes = lanes
    this.hours = new Hours(run.delivery.schedule)
    this.#window = new IntakeWindow(journal, run.id, lanes, {
      size: windowSize(routes),
      calls: routes.reduce((sum, route) => sum + route.settings.concurrency, 0),
      sift: (messages, nowMs) => this.#sift(messages, nowMs),
    })
  }

  gate(paused: Pause | null, nowMs: number): RunGate {
    return runGate(paused, this.hours.gate(nowMs))
  }

  /** Whether a refill would look for more now. */
  get wantsMore(): boolean {
    return this.#window.wantsMore
  }

  get nextLookMs(): number {
    return this.#window.nextLookMs
  }

  bringIn(nowMs: number): void {
    const { journal, run } = this.#delivery
    const isOld = this.#screenedAtMs === null || nowMs >= this.#screenedAtMs + screenEveryMs
    // Nobody may leave even a moment after it has closed for her.
    if (isOld || nowMs >= this.hours.closesAtMs) {
      this.#screenedAtMs = nowMs
      journal.skipSuppressed(run.id, nowMs)
      this.hours.lookAgain()
      const closed = this.#lanes.remove(message => !this.hours.mayGo(message, nowMs), nowMs)
      this.#sift(closed, nowMs)
    }
    this.#lanes.wake(nowMs)
    this.#window.refill(nowMs)
  }

  /** Whether the last look was one at everybody who waits, which is seldom. */
  screensNow(nowMs: number): boolean {
    return this.#screenedAtMs === nowMs
  }

  /** A message will be due at a time. */
  expect(dueAtMs: number): void {
    this.#window.expect(dueAtMs)
  }

  /** Looks at everything anew: something has become due that nobody could know of. */
  lookAgain(): void {
    this.#window.lookAgain()
  }

  /** It is too late for everybody: those who wait fail as expired. To be used while no call is open. */
  expireAll(nowMs: number): void {
    const { journal, run } = this.#delivery
    journal.giveBack(idsOf(this.#lanes.remove(() => true, nowMs)))
    while (journal.expireWaiting(run.id, { text: overText, nowMs, limit: expiredAtOnce }) > 0);
  }

  /** Puts off who may not go now, lets those expire for whom it is too late, and gives the others. */
  #sift(messages: readonly QueuedMessage[], nowMs: number): readonly QueuedMessage[] {
    const { journal, run } = this.#delivery
    const { going, putOff, over } = this.hours.sift(messages, nowMs)
    if (over.length > 0) journal.expire(run.id, idsOf(over), { text: overText, nowMs })
    for (const [dueAtMs, others] of putOff) {
      journal.putOff(run.id, idsOf(others), { dueAtMs, nowMs })
      this.#window.expect(dueAtMs)
    }
    return going
  }
}
