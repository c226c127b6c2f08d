/**
 * The delivery of one run: claims due messages, hands them to routes as fast as paces allow, and ends when nobody is
 * waiting or nothing more can be done for now. This is the only place that waits; what it decides is in `policy`.
 */

import { FencedError } from '../journal/journal.ts'
import { type Crossing, crossingWords } from '../model/crossing.ts'
import type { Ending, StopCause } from '../model/notice.ts'
import { type AttemptDoors, type AttemptResult, attempt, settledMessage } from './attempt.ts'
import { CanaryWatch } from './canary-watch.ts'
import type { Delivery } from './delivery.ts'
import { type DeliveryLanes, lanesOf } from './delivery-lanes.ts'
import { GuardWatch } from './guard-watch.ts'
import { Happening, letOthersRun } from './happening.ts'
import { Heartbeat } from './heartbeat.ts'
import { Intake } from './intake.ts'
import type { Lane } from './lane.ts'
import { type LearnedCall, learnedCall } from './lesson.ts'
import { type LiveDelivery, liveDelivery } from './live-delivery.ts'
import { type Change, Outlook } from './outlook.ts'
import type { Parcel } from './parcel.ts'
import { PartLimits } from './part-limits.ts'
import { Recorder } from './recorder.ts'
import type { Route } from './route.ts'
import type { RunGate } from './run-gate.ts'
import { Stall } from './stall.ts'
import { standOf } from './stand.ts'
import { routeNotices, siteNotices } from './telling.ts'
import { nextTurn } from './turns.ts'

/**
 * Delivers until the run is finished or must stop. Rejects only for what makes going on impossible (the journal cannot be
 * written); every open call has ended by then, and what is not recorded is in doubt for the next process.
 */
export async function deliver(delivery: Delivery): Promise<Ending> {
  return new Delivering(liveDelivery(delivery)).run()
}

class Delivering {
  readonly #delivery: LiveDelivery
  readonly #lanes: DeliveryLanes
  readonly #intake: Intake
  readonly #outlook: Outlook
  readonly #happening = new Happening()
  readonly #doors: AttemptDoors
  readonly #guard: GuardWatch
  readonly #canary: CanaryWatch
  readonly #heartbeat: Heartbeat
  readonly #stall: Stall
  #openCalls = 0
  #toldUntilMs = 0
  #stop: { readonly why: StopCause; readonly detail: string } | null = null
  #failure: { readonly error: unknown } | null = null

  constructor(delivery: LiveDelivery) {
    const { journal, run, routes, clock } = delivery
    const nowMs = clock.nowMs()
    this.#delivery = delivery
    this.#lanes = lanesOf(delivery)
    this.#intake = new Intake(delivery, this.#lanes.lanes)
    this.#guard = new GuardWatch(run.delivery.guard.stopWhen, () => journal.complaints(run.id, nowMs))
    this.#canary = new CanaryWatch(delivery, () => this.#guard.figures)
    this.#outlook = new Outlook(delivery, this.#lanes.lanes, this.#intake, this.#canary)
    this.#heartbeat = new Heartbeat(delivery)
    this.#stall = new Stall(nowMs)
    this.#doors = {
      run: run.id,
      clock,
      chance: delivery.chance,
      recorder: new Recorder(journal, delivery.lease, clock),
      fill: delivery.fill,
      retry: run.delivery.retry,
      partLimits: new PartLimits(),
      abort: delivery.abort,
      hasOtherRoute: (route, message) => routes.some(other => other !== route && other.carries(message)),
      isOver: (message, atMs) => this.#intake.hours.isOver(message, atMs),
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
      if (this.#goesOn) this.#beat(nowMs)
      if (this.#goesOn) this.#goOn(nowMs)
      if (this.#openCalls === 0 && this.#failure === null && this.#stop?.why !== 'taken over')
        return this.#ended(this.#ending(nowMs), nowMs)
    } catch (error) {
      this.#fail(error)
    }
    if (this.#openCalls > 0) return undefined
    if (this.#failure !== null) throw this.#failure.error
    // What is asked of a journal that is another process's now says nothing.
    return this.#stop?.why === 'taken over' ? { kind: 'stopped', ...this.#stop, nextDueAtMs: null } : undefined
  }

  #goOn(nowMs: number): void {
    const gate = this.#gate(nowMs)
    if (gate.kind !== 'go') return
    this.#lanes.lookAtRoutes(nowMs)
    this.#intake.bringIn(nowMs)
    if (this.#intake.screensNow(nowMs)) this.#stopAt(this.#guard.look(), nowMs)
    // A guard may have seen in what came in that nothing more is to be sent.
    if (this.#goesOn) this.#launch(nowMs)
  }

  /** False once no new call is to be made. */
  get #goesOn(): boolean {
    return this.#stop === null && this.#failure === null
  }

  #gate(nowMs: number): RunGate {
    return this.#intake.gate(this.#heartbeat.paused, nowMs)
  }

  /** Looks at what is asked of the run from outside, and says how it stands. */
  #beat(nowMs: number): void {
    const heard = this.#heartbeat.look(nowMs)
    if (heard === undefined) return
    for (const what of heard.told) {
      if (what === 'other paces') this.#lanes.repace(this.#heartbeat.pacing, nowMs)
      this.#delivery.notify({ type: 'asked', atMs: nowMs, what, openCalls: this.#openCalls })
    }
    if (heard.stop !== null) this.#stopFor(heard.stop.why, heard.stop.detail)
    const gate = this.#gate(nowMs)
    const waits = this.#outlook.waits(gate, nowMs)
    const stand = standOf(this.#lanes, this.#intake, gate, nowMs)
    this.#heartbeat.say({ ...stand, openCalls: this.#openCalls, waits }, nowMs)
    const sinceMs = this.#stall.toTell(nowMs)
    if (sinceMs !== undefined) this.#delivery.notify({ type: 'stalled', atMs: nowMs, sinceMs, waits })
  }

  /** Gives parcels to routes until none has room or no message may go. */
  #launch(nowMs: number): void {
    const { routes, run } = this.#delivery
    let idle = new Set<Route>()
    for (;;) {
      // A call may have used up what its route has for the day.
      this.#lanes.lookAtRoutes(nowMs)
      const turn = nextTurn(routes, this.#lanes.lanes, run.delivery.priority, idle, nowMs)
      if (turn === undefined) return
      idle = new Set()
      for (const other of routes) if (!other.isUp(nowMs)) other.restsWhile(turn.route)
      void this.#call(turn.route, turn.parcel, nowMs)
    }
  }

  async #call(route: Route, parcel: Parcel, nowMs: number): Promise<void> {
    this.#openCalls += 1
    this.#heartbeat.moved(nowMs)
    try {
      const call = route.give(parcel.claimed.length, nowMs, () => attempt(route, parcel.claimed, this.#doors))
      const result = await call.finally(() => {
        this.#openCalls -= 1
      })
      this.#observe(route, parcel, result, nowMs)
    } catch (error) {
      this.#fail(error)
    } finally {
      this.#happening.tell()
    }
  }

  #fail(error: unknown): void {
    if (!(error instanceof FencedError)) {
      this.#failure ??= { error }
      return
    }
    const detail = 'another process has taken this run over'
    this.#stopFor('taken over', detail)
    // It overrides whatever else it was to stop for.
    this.#stop = { why: 'taken over', detail }
  }

  #observe(route: Route, parcel: Parcel, result: AttemptResult, begunAtMs: number): void {
    const { clock, notify } = this.#delivery
    const nowMs = clock.nowMs()
    const { settled, leftOver, tookMs } = result
    this.#heartbeat.moved(nowMs)
    this.#lanes.lanes.putBack(leftOver, nowMs)
    for (const { disposition } of settled) {
      if (disposition.settlement.to === 'queued') this.#intake.expect(disposition.settlement.dueAtMs)
    }
    const messages = settled.map(({ message, disposition }) => settledMessage(message, disposition.settlement))
    notify({ type: 'settled', atMs: nowMs, route: route.name, tookMs: tookMs ?? 0, messages })
    if (messages.some(message => message.state !== 'queued')) this.#stall.progress(nowMs)
    this.#learn(route, parcel, { settled: tookMs === null ? [] : settled, tookMs, begunAtMs, nowMs })
    const settlements = settled.map(each => each.disposition.settlement)
    this.#stopAt(this.#guard.observe(settlements, tookMs), nowMs)
  }

  #learn(
    route: Route,
    parcel: Parcel,
    ended: Pick<AttemptResult, 'settled' | 'tookMs'> & { readonly begunAtMs: number; readonly nowMs: number },
  ): void {
    const { settled, tookMs, begunAtMs, nowMs } = ended
    const call = learnedCall(
      settled.map(({ disposition }) => disposition.route),
      begunAtMs,
      tookMs,
    )
    const notices = routeNotices(route, call, route.learn(call, nowMs), nowMs)
    const bySite = Map.groupBy(settled, ({ message }) => message.site)
    const callOf = (lane: Lane): LearnedCall => {
      const lessons = (bySite.get(lane.site) ?? []).map(({ disposition }) => disposition.lane)
      return learnedCall(lessons, begunAtMs, tookMs)
    }
    for (const each of this.#lanes.lanes.ended(parcel.lanes, callOf, nowMs))
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
    const gate = this.#gate(nowMs)
    if (this.#stop === null && gate.kind === 'over') {
      this.#intake.expireAll(nowMs)
      return { kind: 'finished' }
    }
    if (this.#stop === null) this.#stepCanary(nowMs)
    if (this.#stop !== null) return { kind: 'stopped', ...this.#stop, nextDueAtMs: journal.nextDueAtMs(run.id) }
    return this.#outlook.ending(gate, this.#stall.sinceMs, nowMs)
  }

  #stepCanary(nowMs: number): void {
    const step = this.#canary.step(nowMs)
    if (step === undefined) return
    if (step.kind === 'failed') {
      this.#stopAt(step.crossing, nowMs)
      return
    }
    if (step.kind === 'over') this.#intake.lookAgain()
    const { kind: what, count } = step
    const untilMs = step.kind === 'holding' ? step.untilMs : nowMs
    this.#delivery.notify({ type: 'canary', atMs: nowMs, what, count, untilMs })
  }

  /** What is known of paces outlives this process, whichever end it comes to. */
  #ended(ending: Ending | undefined, nowMs: number): Ending | undefined {
    if (ending === undefined) return ending
    const { routes, memory } = this.#delivery
    this.#lanes.lanes.keepAll(nowMs)
    for (const route of routes) memory.keep('account', route.account, route.use, { nowMs, isExact: true })
    memory.save()
    this.#heartbeat.leave(nowMs)
    return ending
  }

  async #wait(nowMs: number): Promise<void> {
    const gate = this.#gate(nowMs)
    const change = this.#goesOn ? this.#outlook.nextChange(gate, nowMs, this.#openCalls) : undefined
    if (change !== undefined && this.#openCalls === 0) this.#tellWait(change, nowMs)
    const wakeMs = change === undefined ? Number.POSITIVE_INFINITY : Math.min(change.atMs, this.#nextLookMs(gate))
    if (wakeMs <= nowMs) return letOthersRun()
    const timer = new AbortController()
    const woken = this.#happening.wait()
    await (wakeMs === Number.POSITIVE_INFINITY
      ? woken
      : Promise.race([woken, this.#delivery.clock.sleep(wakeMs - nowMs, timer.signal)]))
    // Without a reason of its own, each would make an error with a stack.
    timer.abort('over')
  }

  /** Retries that become due while other messages are on their way, and what is asked from outside, are found by looking. */
  #nextLookMs(gate: RunGate): number {
    const looks = gate.kind === 'go' && (this.#openCalls > 0 || !this.#outlook.holdsNothing)
    return Math.min(this.#heartbeat.nextMs, looks ? this.#intake.nextLookMs : Number.POSITIVE_INFINITY)
  }

  #tellWait({ atMs, wait }: Change, nowMs: number): void {
    // A rate that does not divide a second moves the end of the same wait by a millisecond at each look.
    const isTold = atMs === this.#toldUntilMs || Math.abs(atMs - this.#toldUntilMs) < 1000
    if (atMs - nowMs <= 1000 || isTold) return
    this.#toldUntilMs = atMs
    const { what, name, cause: why } = wait
    this.#delivery.notify({ type: 'waiting', atMs: nowMs, untilMs: atMs, what, name, why })
  }
}
