/**
 * The delivery of one run: claims due messages, hands them to routes as fast as paces allow, and ends when nobody is
 * waiting or nothing more can be done for now. This is the only place that waits; what it decides is in `policy`.
 */

import { FencedError } from '../journal/journal.ts'
import { type Crossing, crossingWords } from '../model/crossing.ts'
import type { Ending, StopCause } from '../model/notice.ts'
import { pacesInForce } from '../policy/built-in-paces.ts'
import { byShare } from '../policy/routing.ts'
import { type AttemptDoors, type AttemptResult, attempt, settledMessage } from './attempt.ts'
import { type Delivery, windowSize } from './delivery.ts'
import { GuardWatch } from './guard-watch.ts'
import { Happening, letOthersRun } from './happening.ts'
import { IntakeWindow } from './intake-window.ts'
import { forever, type Lane } from './lane.ts'
import { Lanes, type Parcel } from './lanes.ts'
import { type LearnedCall, learnedCall } from './lesson.ts'
import { type Change, Outlook } from './outlook.ts'
import { Recorder } from './recorder.ts'
import type { Route } from './route.ts'
import { routeNotices, siteNotices } from './telling.ts'

/** How often due retries are looked for while other messages are on their way. */
const lookEveryMs = 1000
/** How often it is looked whether somebody who waits has been suppressed meanwhile. */
const screenEveryMs = 60_000

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
  readonly #outlook: Outlook
  readonly #happening = new Happening()
  readonly #doors: AttemptDoors
  readonly #guard: GuardWatch
  #openCalls = 0
  #lookAtMs = 0
  #screenAtMs = 0
  #toldUntilMs = 0
  #stop: { readonly why: StopCause; readonly detail: string } | null = null
  #failure: { readonly error: unknown } | null = null

  constructor(delivery: Delivery) {
    const { journal, run, routes, clock } = delivery
    const size = windowSize(routes)
    this.#delivery = delivery
    this.#lanes = new Lanes({
      sites: pacesInForce(
        run.delivery.sites,
        routes.filter(route => route.provider.profile.receiversSeePace === true).map(route => route.settings),
      ),
      laneCapacity: Math.ceil(size / 2),
      perCall: Math.max(...routes.map(route => route.parcelMax)),
      giveBack: messages => journal.giveBack(messages.map(message => message.id)),
      routesRestUntilMs: (message, nowMs) =>
        routes
          .filter(route => route.carries(message))
          .reduce((earliestMs, route) => Math.min(earliestMs, route.restsUntilMs(nowMs)), forever),
    })
    this.#window = new IntakeWindow(journal, run.id, this.#lanes, size)
    this.#outlook = new Outlook(delivery, this.#lanes, this.#window)
    const beganMs = clock.nowMs()
    this.#guard = new GuardWatch(run.delivery.guard.stopWhen, () => journal.complaints(run.id, beganMs))
    this.#doors = {
      run: run.id,
      clock,
      chance: delivery.chance,
      recorder: new Recorder(journal, delivery.lease, clock),
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
    while (true) {
      this.#happening.clear()
      // One moment for the whole look: what becomes ready between two of them would be seen by neither, and waited for for ever.
      const nowMs = this.#delivery.clock.nowMs()
      const ending = this.#round(nowMs)
      if (ending !== undefined) return ending
      await this.#wait(nowMs)
    }
  }

  /** One look at the state of things. Gives the end, or nothing while there is something to wait for. */
  #round(nowMs: number): Ending | undefined {
    // A journal that fails here must not end the process's interest in the calls that are open: they are waited for first.
    try {
      if (this.#goesOn) {
        this.#bringIn(nowMs)
        // A guard may have seen in what came in that nothing more is to be sent.
        if (this.#goesOn) this.#launch(nowMs)
      }
      if (this.#openCalls === 0 && this.#failure === null) return this.#ending(nowMs)
    } catch (error) {
      this.#failure ??= { error }
    }
    if (this.#failure !== null && this.#openCalls === 0) throw this.#failure.error
    return undefined
  }

  /** False once no new call is to be made. */
  get #goesOn(): boolean {
    return this.#stop === null && this.#failure === null
  }

  #bringIn(nowMs: number): void {
    const { journal, run } = this.#delivery
    if (nowMs >= this.#screenAtMs) {
      this.#screenAtMs = nowMs + screenEveryMs
      journal.skipSuppressed(run.id, nowMs)
      this.#stopAt(this.#guard.look(), nowMs)
    }
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
      const call = route.give(parcel.claimed.length, nowMs, () => attempt(route, parcel.claimed, this.#doors))
      const result = await call.finally(() => {
        this.#openCalls -= 1
      })
      this.#observe(route, parcel, result, nowMs)
    } catch (error) {
      if (error instanceof FencedError) this.#stopFor('taken over', 'another process has taken this run over')
      else this.#failure ??= { error }
    } finally {
      this.#happening.tell()
    }
  }

  #observe(route: Route, parcel: Parcel, result: AttemptResult, begunAtMs: number): void {
    const { clock, notify } = this.#delivery
    const nowMs = clock.nowMs()
    const { settled, leftOver, tookMs } = result
    this.#lanes.putBack(leftOver, nowMs)
    for (const { disposition } of settled) {
      if (disposition.settlement.to === 'queued') this.#window.expect(disposition.settlement.dueAtMs)
    }
    const messages = settled.map(({ message, disposition }) => settledMessage(message, disposition.settlement))
    notify({ type: 'settled', atMs: nowMs, route: route.name, tookMs: tookMs ?? 0, messages })
    this.#learn(route, parcel, { settled: tookMs === null ? [] : settled, begunAtMs, nowMs })
    const settlements = settled.map(each => each.disposition.settlement)
    this.#stopAt(this.#guard.observe(settlements, tookMs), nowMs)
  }

  #learn(
    route: Route,
    parcel: Parcel,
    ended: { readonly settled: AttemptResult['settled']; readonly begunAtMs: number; readonly nowMs: number },
  ): void {
    const { settled, begunAtMs, nowMs } = ended
    const call = learnedCall(
      settled.map(({ disposition }) => disposition.route),
      begunAtMs,
    )
    const notices = routeNotices(route, call, route.learn(call, nowMs), nowMs)
    const bySite = Map.groupBy(settled, ({ message }) => message.site)
    const callOf = (lane: Lane): LearnedCall => {
      const lessons = (bySite.get(lane.site) ?? []).map(({ disposition }) => disposition.lane)
      return learnedCall(lessons, begunAtMs)
    }
    for (const each of this.#lanes.ended(parcel.lanes, callOf, nowMs))
      notices.push(...siteNotices(each.lane, each.call, each.change, nowMs))
    for (const notice of notices) this.#delivery.notify(notice)
  }

  #stopAt(crossing: Crossing | undefined, nowMs: number): void {
    if (crossing === undefined || this.#stop !== null) return
    this.#delivery.notify({ type: 'guard', atMs: nowMs, ...crossing })
    this.#stopFor('guard', crossingWords(crossing))
  }

  #stopFor(why: StopCause, detail: string): void {
    if (this.#stop !== null) return
    this.#stop = { why, detail }
    this.#delivery.notify({ type: 'stopping', atMs: this.#delivery.clock.nowMs(), why, openCalls: this.#openCalls })
  }

  #ending(nowMs: number): Ending | undefined {
    const { journal, run } = this.#delivery
    if (this.#stop === null) return this.#outlook.ending(nowMs)
    return { kind: 'stopped', ...this.#stop, nextDueAtMs: journal.nextDueAtMs(run.id) }
  }

  async #wait(nowMs: number): Promise<void> {
    const change = this.#goesOn ? this.#outlook.nextChange(nowMs, this.#openCalls) : undefined
    if (change !== undefined && this.#openCalls === 0) this.#tellWait(change, nowMs)
    const wakeMs = Math.min(
      change?.atMs ?? Number.POSITIVE_INFINITY,
      this.#goesOn ? this.#nextLookMs() : Number.POSITIVE_INFINITY,
    )
    if (wakeMs <= nowMs) return letOthersRun()
    const timer = new AbortController()
    const woken = this.#happening.wait()
    await (wakeMs === Number.POSITIVE_INFINITY
      ? woken
      : Promise.race([woken, this.#delivery.clock.sleep(wakeMs - nowMs, timer.signal)]))
    timer.abort()
  }

  /** Retries that become due while other messages are on their way are found by looking now and then. */
  #nextLookMs(): number {
    if (!this.#window.walked || (this.#openCalls === 0 && this.#outlook.holdsNothing)) return Number.POSITIVE_INFINITY
    return this.#lookAtMs
  }

  #tellWait(change: Change, nowMs: number): void {
    // A rate that does not divide a second moves the end of the same wait by a millisecond at each look.
    if (change.atMs - nowMs <= 1000 || Math.abs(change.atMs - this.#toldUntilMs) < 1000) return
    this.#toldUntilMs = change.atMs
    this.#delivery.notify({ type: 'waiting', atMs: nowMs, untilMs: change.atMs, why: change.why })
  }
}
