/**
 * One schedule: a few days in the life of an operator and a campaign, all drawn from one number. Then calm weather, in which
 * everything that is left over must come to its end.
 */

import { createHash } from 'node:crypto'
import type { Address } from '../../../src/model/address.ts'
import { ask, cancel, resume, retryFailed, send, settle, suppress, unsuppress } from './commands.ts'
import type { Violation } from './law.ts'
import { delivery, list, people } from './people.ts'
import { makeJournal, removeJournal } from './place.ts'
import { type Command, SimulatedProcess } from './process.ts'
import type { Seeded } from './seeded.ts'
import { type Figures, noTrouble, type Sabotage, type Trouble, World } from './world.ts'

export interface ScheduleResult {
  readonly seed: number
  readonly violation: Violation | null
  readonly trace: readonly string[]
  readonly figures: Figures
}

/** Runs the schedule of a seed; its journal is kept in the folder for as long as that takes. */
export async function runSchedule(seed: number, folder: string, sabotage: Sabotage = {}): Promise<ScheduleResult> {
  const world = new World(seed, makeJournal(folder, seed), sabotage)
  try {
    let done = false
    const operator = new Operator(world)
    const work = operator.work().finally(() => {
      done = true
    })
    work.catch(() => undefined)
    const ended = await world.time.run(() => done || world.violation !== null)
    world.must(
      ended,
      'nobody waits for what never comes',
      world.processes.map(each => `${each.name} ${each.life.state}`).join(', '),
    )
    if (done) await work
  } finally {
    for (const process of world.processes) if (process.life.state !== 'over') process.kill()
    world.close()
    removeJournal(world.path)
  }
  const figures = { ...world.figures, steps: world.time.steps }
  return { seed, violation: world.violation, trace: world.trace, figures }
}

/** What tells two traces apart. */
export function traceHash({ trace }: ScheduleResult): string {
  return createHash('sha256').update(trace.join('\n')).digest('hex').slice(0, 16)
}

const secondMs = 1000
const minuteMs = 60 * secondMs
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs
/** How often what is left over is resumed in calm weather until it must have come to its end. */
const calmRounds = 100

class Operator {
  readonly #world: World
  readonly #chance: Seeded
  readonly #people: readonly Address[]
  readonly #keys: readonly string[]
  /** Nothing is done to a process by another one in the middle of what another one did to it. */
  #isIntruding = false

  constructor(world: World) {
    this.#world = world
    this.#chance = world.chance('operator')
    this.#people = people(world.chance('people'))
    this.#keys = this.#chance.has(0.2) ? ['november', 'december'] : ['november']
  }

  async work(): Promise<void> {
    const { time } = this.#world
    const chance = this.#chance
    this.#world.intrude = (into, when) => this.#intrude(into, when)
    const days = chance.between(1, 3)
    for (let day = 0; day < days; day++) {
      this.#world.trouble = this.#troubleOfTheDay()
      for (const account of this.#world.accounts) account.changeWeather()
      const main = this.#start('send', day === 0 ? this.#send(true) : this.#anything())
      const mishaps = Array.from({ length: chance.between(0, 3) }, () => this.#mishap(chance.spread(10, 20 * minuteMs)))
      const asks = Array.from({ length: chance.has(0.5) ? chance.between(1, 4) : 0 }, () => this.#askOfWhoeverSends())
      await Promise.all([main.ended, ...mishaps, ...asks])
      await time.sleep(chance.spread(secondMs, dayMs), null)
    }
    this.#world.trouble = noTrouble
    await this.#bringToAnEnd()
  }

  #troubleOfTheDay(): Trouble {
    const chance = this.#chance
    const some = (most: number): number => (chance.has(0.5) ? chance.fraction() * most : 0)
    return { killed: some(0.02), intruded: some(0.02), unwritten: some(0.04), provider: chance.pick([0.5, 0.8, 1]) }
  }

  /** Calm weather: whoever is suspended wakes, and what can be resumed is resumed until nobody waits. */
  async #bringToAnEnd(): Promise<void> {
    const world = this.#world
    const { time, law } = world
    for (const account of world.accounts) account.changeWeather()
    for (const process of world.processes) process.wake()
    await Promise.all(world.processes.map(process => process.ended))
    world.say('calm weather')
    const openRuns = () => law.runs().filter(run => run.state === 'open')
    for (let round = 0; openRuns().length > 0 && round < calmRounds; round++) {
      // A lease of somebody dead on another host has to run out first; then whoever waits is due. Schedules, quotas and
      // canaries may ask for some days more, and for another time of the day.
      const dueInMs = (law.lastDueAtMs() ?? 0) - Math.min(...world.hosts.map(host => time.nowMs + host.clockAheadMs))
      await time.sleep(Math.max(2 * minuteMs, dueInMs + 1, round < 2 ? 0 : 7 * hourMs), null)
      for (const { id: run } of openRuns()) await this.#start('resume', resume({ run, takeOver: round > 0 })).ended
    }
    law.check()
    for (const run of openRuns()) {
      const { id } = run
      world.broken({
        law: 'whoever waits comes to an end',
        detail: `run ${id} is ${run.state} after ${calmRounds} rounds`,
      })
    }
  }

  #start(name: string, command: Command, host = this.#chance.pick(this.#world.hosts)): SimulatedProcess {
    const chance = this.#chance
    const process = new SimulatedProcess(this.#world, name, host)
    void process.run(command)
    void this.#superviseTo(process, chance.has(0.2) ? chance.spread(secondMs, hourMs) : 2 * hourMs)
    return process
  }

  /** Nobody waits for ever: a process that takes too long is told to stop, then to break off, and then it must end. */
  async #superviseTo(process: SimulatedProcess, limitMs: number): Promise<void> {
    const { time } = this.#world
    await time.sleep(limitMs, null)
    while (process.life.state !== 'over') {
      process.wake()
      process.interrupt()
      await time.sleep(this.#chance.spread(secondMs, 5 * minuteMs), null)
      const told = process.abort.signal.aborted
      if (!told) continue
      await time.sleep(5 * minuteMs, null)
      const isOver = process.life.state !== 'running'
      this.#world.must(isOver, 'who is told to break off ends', `${process.name} still runs`)
      if (process.life.state === 'running') return
    }
  }

  #anything(takeOver = this.#chance.has(0.2)): Command {
    const states = new Set(this.#world.law.states().values())
    const what = this.#chance.weighted({
      resume: states.has('queued') ? 5 : 0.5,
      send: 3,
      retry: states.has('failed') ? 3 : 0.5,
      settle: states.has('in doubt') ? 5 : 0.2,
      cancel: 0.5,
    })
    return what === 'send' ? this.#send(takeOver) : this.#go(what, takeOver)
  }

  #send(takeOver = false): Command {
    const chance = this.#chance
    return send({
      key: chance.pick(this.#keys),
      delivery: delivery(chance),
      batches: list(this.#people, chance),
      thinksMs: chance.has(0.05) ? -1000 : chance.spread(100, 3 * minuteMs),
      takeOver,
    })
  }

  /** A command on a run that fits; a process that finds none has nothing to do. */
  #go(what: 'resume' | 'retry' | 'settle' | 'cancel', takeOver: boolean): Command {
    const chance = this.#chance
    const fits =
      what === 'settle'
        ? ['open', 'finished', 'cancelled', 'superseded']
        : what === 'retry'
          ? ['open', 'finished']
          : ['open']
    const runs = this.#world.law.runs().filter(run => fits.includes(run.state))
    if (runs.length === 0) return async () => undefined
    const plan = { run: chance.pick(runs).id, takeOver }
    if (what === 'resume') return resume(plan)
    if (what === 'retry') return retryFailed(plan)
    if (what === 'cancel') return cancel(plan)
    return settle({ ...plan, says: chance.weighted({ ask: 4, accepted: 1, failed: 1, resend: 2 }) })
  }

  #ask(): Command {
    const chance = this.#chance
    const runs = this.#world.law.runs().filter(run => run.state === 'open')
    if (runs.length === 0) return async () => undefined
    return ask(chance.pick(runs).id, chance.weighted({ pause: 3, 'go on': 2, cancel: 0.5, 'other paces': 3 }))
  }

  /** Something is asked of a run while it is sent, if there is one before long. */
  async #askOfWhoeverSends(): Promise<void> {
    const { time, law } = this.#world
    for (let looks = 0; looks < 40 && !law.runs().some(run => run.state === 'open'); looks++)
      await time.sleep(this.#chance.spread(secondMs, 20 * secondMs), null)
    await time.sleep(this.#chance.spread(20, 30 * secondMs), null)
    await this.#start('asker', this.#ask()).ended
  }

  #few(): readonly Address[] {
    return [this.#chance.pick(this.#people), this.#chance.pick(this.#people)]
  }

  /** Something happens after a while. */
  async #mishap(afterMs: number): Promise<void> {
    const { time } = this.#world
    const chance = this.#chance
    await time.sleep(afterMs, null)
    const running = this.#world.processes.filter(each => each.life.state === 'running')
    const victim = running.length === 0 ? undefined : chance.pick(running)
    const host = chance.pick(this.#world.hosts)
    const what = chance.weighted({
      kill: 3,
      suspend: 3,
      interrupt: 2,
      'break off': 1,
      'set clock': 2,
      sleep: 1,
      'disk full': 1,
      command: 2,
      suppress: 2,
      unsuppress: 1,
    })
    switch (what) {
      case 'kill':
        return victim?.kill()
      case 'suspend':
        victim?.suspend()
        await time.sleep(chance.spread(secondMs, dayMs), null)
        return victim?.wake()
      case 'interrupt':
        return victim?.interrupt()
      case 'break off':
        victim?.interrupt()
        return victim?.interrupt()
      case 'set clock':
        host.clockAheadMs += chance.pick([-dayMs, -hourMs, hourMs, dayMs])
        return this.#world.say(`the clock of ${host.name} is set ${host.clockAheadMs / secondMs} s ahead`)
      case 'sleep':
        return this.#sleepMachine(chance.spread(minuteMs, dayMs))
      case 'disk full':
        this.#world.say('the disk is full')
        this.#world.diskFullUntilMs = time.nowMs + chance.spread(secondMs, 5 * minuteMs)
        return
      case 'command':
        return this.#start('other', this.#anything()).ended
      case 'suppress':
        return this.#start('suppress', suppress(this.#few())).ended
      case 'unsuppress':
        return this.#start('unsuppress', unsuppress(this.#few())).ended
    }
  }

  /** All processes of a machine stand still, and its ticks with them. */
  async #sleepMachine(ms: number): Promise<void> {
    const { time, processes, hosts } = this.#world
    const host = this.#chance.pick(hosts)
    const asleep = processes.filter(each => each.host === host && each.life.state === 'running')
    for (const each of asleep) each.suspend()
    const fromMs = time.nowMs
    await time.sleep(ms, null)
    host.sleptMs += time.nowMs - fromMs
    for (const each of asleep) each.wake()
  }

  /**
   * Another process does something while this one is in the middle of it: at once, or when this one has stood still for so
   * long that its lease has run out.
   */
  #intrude(into: SimulatedProcess, when: string): void {
    if (this.#isIntruding) return
    this.#isIntruding = true
    const { time, mishaps: chance } = this.#world
    into.say(`is disturbed ${when}`)
    const standsStill = chance.has(0.4)
    if (standsStill) {
      into.suspend()
      void this.#wakeLater(into, chance.spread(2 * minuteMs, hourMs))
    }
    const what = chance.weighted({ command: 3, suppress: 0.7, unsuppress: 0.3, ask: 1 })
    if (what === 'ask') this.#start('intruder', this.#ask())
    else if (what !== 'command')
      this.#start('intruder', what === 'suppress' ? suppress(this.#few()) : unsuppress(this.#few()))
    else if (standsStill) void time.sleep(chance.between(61, 100) * secondMs, null).then(() => this.#overtake(into))
    else this.#overtake(into)
    this.#isIntruding = false
  }

  async #wakeLater(process: SimulatedProcess, afterMs: number): Promise<void> {
    await this.#world.time.sleep(afterMs, null)
    process.wake()
  }

  /** Another process does something under the same key, from where this one cannot be seen to live, and says so. */
  #overtake(former: SimulatedProcess): void {
    if (former.life.state === 'over') return
    const host = this.#world.hosts.find(each => each !== former.host)
    this.#start('intruder', this.#anything(true), host)
  }
}
