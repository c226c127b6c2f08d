/**
 * The delivery of one run: claims due messages, hands them to routes as fast as paces allow, and ends when nobody is
 * waiting or nothing more can be done for now. This is the only place that waits; what it decides is in `policy`.
 */

import { FencedError, type Journal, type Lease } from '../journal/journal.ts'
import type { Chance, Clock } from '../model/clock.ts'
import type { QueuedMessage } from '../model/message.ts'
import type { Ending, Notice, StopCause, WaitCause } from '../model/notice.ts'
import type { Run } from '../model/run.ts'
import type { Disposition } from '../policy/disposition.ts'
import { byShare } from '../policy/routing.ts'
import { type AttemptDoors, type AttemptResult, attempt, type Fill, settledMessage } from './attempt.ts'
import { GuardWatch } from './guard-watch.ts'
import { Happening } from './happening.ts'
import { IntakeWindow } from './intake-window.ts'
import { Lanes, type Parcel } from './lanes.ts'
import { LeaseKeeper } from './lease-keeper.ts'
import { worst } from './lesson.ts'
import { Recorder } from './recorder.ts'
import type { Route } from './route.ts'

export interface Delivery {
  readonly run: Run
  readonly lease: Lease
  readonly journal: Journal
  readonly routes: readonly Route[]
  readonly fill: Fill
  readonly clock: Clock
  readonly chance: Chance
  /** How long it may sit idle, with nothing in flight, before it stops and leaves the rest to a later `resume`. */
  readonly patienceMs: number
  /** Aborted: take no new message, finish what is in flight. */
  readonly stopping: AbortSignal
  /** Aborted: end open calls at once. */
  readonly abort: AbortSignal
  readonly notify: (notice: Notice) => void
}

/** Messages held in memory, at least and at most. Between the two it follows what the routes can have in flight. */
const windowMin = 1000
const windowMax = 5000
/** How often due retries are looked for while other messages are on their way. */
const lookEveryMs = 1000

/**
 * Delivers until the run is finished or must stop. Rejects only for what makes going on impossible (the journal cannot be
 * written); every open call has ended by then, and what is not recorded is in doubt for the next process.
 */
export async function deliver(delivery: Delivery): Promise<Ending> {
  return new Delivering(delivery).run()
}

class Delivering {
  readonly #delivery: Delivery
  readonly #lanes: Lanes
  readonly #window: IntakeWindow
  readonly #happening = new Happening()
  readonly #doors: AttemptDoors
  readonly #lease: LeaseKeeper
  readonly #guard: GuardWatch
  #openCalls = 0
  #lookAtMs = 0
  #toldUntilMs = 0
  #stop: { readonly why: StopCause; readonly detail: string } | null = null
  #failure: { readonly error: unknown } | null = null

  constructor(delivery: Delivery) {
    const { journal, run, routes, clock } = delivery
    const size = windowSize(routes)
    this.#delivery = delivery
    this.#lanes = new Lanes(run.delivery.sites, Math.max(100, Math.ceil(size / 2)), messages =>
      journal.giveBack(messages.map(message => message.id)),
    )
    this.#window = new IntakeWindow(journal, run.id, this.#lanes, size)
    this.#lease = new LeaseKeeper(journal, delivery.lease, clock.nowMs())
    this.#guard = new GuardWatch(run.delivery.guard.stopWhen, journal.tally(run.id))
    this.#doors = {
      run: run.id,
      clock,
      chance: delivery.chance,
      recorder: new Recorder(journal, delivery.lease),
      fill: delivery.fill,
      retry: run.delivery.retry,
      abort: delivery.abort,
      hasOtherRoute: (route, message) => routes.some(other => other !== route && other.carries(message)),
    }
  }

  async run(): Promise<Ending> {
    const { stopping } = this.#delivery
    const interrupted = (): void => {
      this.#stopFor('interrupted', 'stopped by the operator')
      this.#happening.tell()
    }
    if (stopping.aborted) interrupted()
    stopping.addEventListener('abort', interrupted, { once: true })
    try {
      return await this.#loop()
    } finally {
      stopping.removeEventListener('abort', interrupted)
    }
  }

  async #loop(): Promise<Ending> {
    const { clock } = this.#delivery
    while (true) {
      this.#happening.clear()
      const nowMs = clock.nowMs()
      if (!this.#lease.keep(nowMs)) this.#stopFor('taken over', 'another process has taken this run over')
      if (this.#stop === null && this.#failure === null) {
        this.#bringIn(nowMs)
        this.#launch(nowMs)
      }
      if (this.#openCalls === 0) {
        const ending = this.#ending(clock.nowMs())
        if (ending !== undefined) return ending
      }
      await this.#wait(clock.nowMs())
    }
  }

  #bringIn(nowMs: number): void {
    if (this.#window.walked && nowMs >= this.#lookAtMs) {
      this.#lookAtMs = nowMs + lookEveryMs
      this.#window.lookAgain(false)
    }
    this.#lanes.wake(nowMs)
    this.#window.refill(nowMs)
  }

  /** Gives parcels to routes until none has room or no message may go. */
  #launch(nowMs: number): void {
    let idle = new Set<Route>()
    while (idle.size < this.#delivery.routes.length) {
      const route = byShare(this.#delivery.routes).find(each => !idle.has(each))
      if (route === undefined) return
      const parcel = this.#takeFor(route, nowMs)
      if (parcel === undefined) {
        idle.add(route)
        continue
      }
      idle = new Set()
      void this.#call(route, parcel, nowMs)
    }
  }

  #takeFor(route: Route, nowMs: number): Parcel | undefined {
    if (this.#lanes.held === 0 || route.readyAtMs(this.#lanes.held, nowMs) > nowMs) return undefined
    const parcel = this.#lanes.take(route.parcelLimit(), message => route.carries(message), nowMs)
    return parcel.claimed.length > 0 ? parcel : undefined
  }

  async #call(route: Route, parcel: Parcel, nowMs: number): Promise<void> {
    this.#openCalls += 1
    try {
      const result = await route.give(parcel.claimed.length, nowMs, () => attempt(route, parcel.claimed, this.#doors))
      this.#observe(route, parcel, result)
    } catch (error) {
      if (error instanceof FencedError) this.#stopFor('taken over', 'another process has taken this run over')
      else this.#failure ??= { error }
    } finally {
      this.#openCalls -= 1
      this.#happening.tell()
    }
  }

  #observe(route: Route, parcel: Parcel, result: AttemptResult): void {
    const { clock, notify } = this.#delivery
    const nowMs = clock.nowMs()
    const { settled, leftOver, tookMs } = result
    this.#lanes.putBack(leftOver, nowMs)
    for (const { disposition } of settled) {
      if (disposition.settlement.to === 'queued') this.#window.expect(disposition.settlement.dueAtMs)
    }
    const messages = settled.map(({ message, disposition }) => settledMessage(message, disposition.settlement))
    notify({ type: 'settled', atMs: nowMs, route: route.name, tookMs: tookMs ?? 0, messages })
    this.#learn(route, parcel, tookMs === null ? [] : settled, nowMs)
    this.#checkGuard(settled, nowMs)
  }

  #learn(route: Route, parcel: Parcel, settled: AttemptResult['settled'], nowMs: number): void {
    const { notify } = this.#delivery
    const change = route.learn(worst(settled.map(({ disposition }) => disposition.route)), nowMs)
    if (change.kind === 'resting') {
      notify({ type: 'route-resting', atMs: nowMs, route: route.name, untilMs: change.untilMs, cause: change.cause })
    }
    if (change.kind === 'stopped')
      notify({ type: 'route-stopped', atMs: nowMs, route: route.name, cause: change.cause })
    const bySite = Map.groupBy(settled, ({ message }) => message.site)
    const lessonOf = (site: string) => worst((bySite.get(site) ?? []).map(({ disposition }) => disposition.lane))
    for (const { lane, untilMs } of this.#lanes.ended(parcel.lanes, lane => lessonOf(lane.site), nowMs)) {
      const lesson = lessonOf(lane.site)
      if (lesson.kind !== 'slow down') continue
      notify({ type: 'site-resting', atMs: nowMs, site: lane.site, untilMs, cause: lesson.cause })
    }
  }

  #checkGuard(
    settled: readonly { readonly message: QueuedMessage; readonly disposition: Disposition }[],
    nowMs: number,
  ): void {
    const crossing = this.#guard.observe(settled.map(each => each.disposition.settlement))
    if (crossing === undefined || this.#stop !== null) return
    const { threshold, share, of } = crossing
    this.#delivery.notify({ type: 'guard', atMs: nowMs, threshold: threshold.text, share, of })
    this.#stopFor('guard', `${threshold.text} was crossed: ${(share * 100).toFixed(1)}% of ${of}`)
  }

  #stopFor(why: StopCause, detail: string): void {
    if (this.#stop !== null) return
    this.#stop = { why, detail }
    this.#delivery.notify({ type: 'stopping', atMs: this.#delivery.clock.nowMs(), why, openCalls: this.#openCalls })
  }

  /** With no call open: whether this is the end, and which. */
  #ending(nowMs: number): Ending | undefined {
    const { journal, run, patienceMs } = this.#delivery
    if (this.#failure !== null) throw this.#failure.error
    if (this.#stop !== null) return { kind: 'stopped', ...this.#stop, nextDueAtMs: journal.nextDueAtMs(run.id) }
    if (this.#window.wantsMore) return undefined
    const nextDueAtMs = this.#holdsNothing ? journal.nextDueAtMs(run.id) : null
    if (this.#holdsNothing && nextDueAtMs === null) return { kind: 'finished' }
    // Something is due that the walk has not met: the clock went back, or another process queued it again.
    if (nextDueAtMs !== null && nextDueAtMs <= nowMs && this.#hasRoute) {
      this.#window.lookAgain(true)
      return undefined
    }
    const { atMs } = this.#nextChange(nowMs)
    if (atMs === Number.POSITIVE_INFINITY) {
      return { kind: 'stopped', why: 'no route left', detail: this.#noRouteDetail(), nextDueAtMs }
    }
    if (atMs - nowMs > patienceMs) {
      return { kind: 'stopped', why: 'retry due later', detail: 'nothing more is due for now', nextDueAtMs: atMs }
    }
    return undefined
  }

  /** When something may go that may not now, if no call ends before, and why not now. */
  #nextChange(nowMs: number): { readonly atMs: number; readonly why: WaitCause } {
    if (this.#window.wantsMore) return { atMs: nowMs, why: 'rate' }
    let first: { atMs: number; why: WaitCause } = { atMs: this.#lanes.nextReadyMs(), why: 'site resting' }
    for (const route of this.#lanes.held > 0 ? this.#delivery.routes : []) {
      const atMs = route.readyAtMs(this.#lanes.held, nowMs)
      if (atMs > nowMs && atMs < first.atMs) first = { atMs, why: route.isResting ? 'route resting' : 'rate' }
    }
    if (first.atMs !== Number.POSITIVE_INFINITY || this.#openCalls > 0 || !this.#hasRoute) return first
    const { journal, run } = this.#delivery
    const dueAtMs = this.#lanes.isBehind ? null : journal.nextDueAtMs(run.id)
    return dueAtMs === null ? first : { atMs: Math.max(nowMs, dueAtMs), why: 'retry due' }
  }

  get #holdsNothing(): boolean {
    return this.#lanes.held === 0 && !this.#lanes.isBehind
  }

  get #hasRoute(): boolean {
    return this.#delivery.routes.some(route => route.stopped === null)
  }

  async #wait(nowMs: number): Promise<void> {
    const going = this.#stop === null && this.#failure === null
    const change = going ? this.#nextChange(nowMs) : undefined
    if (change !== undefined && this.#openCalls === 0) this.#tellWait(change, nowMs)
    const wakeMs = Math.min(
      change?.atMs ?? Number.POSITIVE_INFINITY,
      this.#lease.nextMs,
      going ? this.#nextLookMs() : Number.POSITIVE_INFINITY,
    )
    if (wakeMs <= nowMs) return letOthersRun()
    const timer = new AbortController()
    await Promise.race([this.#happening.wait(), this.#delivery.clock.sleep(wakeMs - nowMs, timer.signal)])
    timer.abort()
  }

  /** Retries that become due while other messages are on their way are found by looking now and then. */
  #nextLookMs(): number {
    if (!this.#window.walked || (this.#openCalls === 0 && this.#holdsNothing)) return Number.POSITIVE_INFINITY
    return this.#lookAtMs
  }

  #tellWait(change: { readonly atMs: number; readonly why: WaitCause }, nowMs: number): void {
    if (change.atMs - nowMs <= 1000 || change.atMs === this.#toldUntilMs) return
    this.#toldUntilMs = change.atMs
    this.#delivery.notify({ type: 'waiting', atMs: nowMs, untilMs: change.atMs, why: change.why })
  }

  #noRouteDetail(): string {
    const stopped = this.#delivery.routes.filter(route => route.stopped !== null)
    if (stopped.length === 0) return 'no route may carry the messages that are left'
    return stopped.map(route => `${route.name}: ${route.stopped?.text ?? ''}`).join('; ')
  }
}

function windowSize(routes: readonly Route[]): number {
  const inFlight = routes.reduce((sum, route) => sum + route.settings.concurrency * route.parcelLimit(), 0)
  return Math.min(windowMax, Math.max(windowMin, 2 * inFlight))
}

/** What waits in the event loop has its turn before the loop goes round again. */
function letOthersRun(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
