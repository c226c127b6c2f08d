/**
 * One mailblast process of the simulated world: its clock, its journal, its signals and its end. What it does is a command;
 * that it may be killed, suspended, interrupted or overtaken at any moment is done to it here.
 */

import { type Context, processContext } from '../../../src/cli/context.ts'
import { steadyClock } from '../../../src/cli/steady-clock.ts'
import { FencedError, type Journal } from '../../../src/journal/journal.ts'
import { openJournal } from '../../../src/journal/open.ts'
import type { Clock } from '../../../src/model/clock.ts'
import { UserError } from '../../../src/model/errors.ts'
import type { ProcessMark } from '../../../src/model/run.ts'
import type { Seeded } from './seeded.ts'
import { Life } from './time.ts'
import { Killed, unwritten, watchedJournal } from './watched-journal.ts'
import { type Host, markOf, type World } from './world.ts'

/** Doors of the real world of which nothing is used but their types. */
const unusedDoors = processContext()

/** What a process does from its beginning to its end. */
export type Command = (process: SimulatedProcess) => Promise<void>

export class SimulatedProcess {
  readonly world: World
  readonly number: number
  readonly host: Host
  readonly life = new Life()
  readonly clock: Clock
  readonly mark: ProcessMark
  readonly chance: Seeded
  readonly stopping = new AbortController()
  readonly abort = new AbortController()
  readonly name: string
  /** People who may be in open calls at a time; known once its routes are open. */
  mostInCalls = 0
  /** Whether it may hand a call over that was handed over before. */
  repeats = false
  /** What its clock is ahead of the world's time for as long as it lives: it takes no part in its host's being set. */
  readonly aheadMs: number
  readonly ended: Promise<void>
  #journal: Journal | null = null
  #end: () => void = () => undefined

  constructor(world: World, name: string, host: Host) {
    this.world = world
    this.number = world.processes.length + 1
    this.name = `${name} ${this.number}`
    this.host = host
    this.aheadMs = host.clockAheadMs
    this.mark = markOf(host, 100 + this.number)
    this.chance = world.chance(`process ${this.number}`)
    const { time } = world
    const looks = world.chance(`looks of process ${this.number}`)
    const steady = steadyClock({
      wallMs: () => time.nowMs + host.clockAheadMs,
      tickMs: () => time.nowMs - host.sleptMs,
      uptimeMs: () => time.nowMs,
    })
    this.clock = {
      nowMs: () => {
        // Between two looks at the clock time passes, and what becomes ready then must not be missed.
        if (looks.has(0.2)) time.nowMs += 1
        return steady()
      },
      sleep: (ms, signal) => time.sleep(ms, this.life, signal),
    }
    this.ended = new Promise(resolve => {
      this.#end = resolve
    })
    world.processes.push(this)
  }

  /** Runs a command to its end, or to the end of its life. */
  async run(command: Command): Promise<void> {
    this.say(`starts on ${this.host.name}`)
    try {
      await command(this)
      this.say('ends')
    } catch (error) {
      this.#failed(error)
    } finally {
      this.#over()
    }
  }

  /** Opens the journal as this process; to be called once. */
  journal(): Journal {
    const { world } = this
    const journal = this.#open()
    this.#journal = journal
    return watchedJournal(world.sabotage.journal?.(journal, world) ?? journal, this)
  }

  /** The journal that all short commands share; it is not closed with the process. */
  deskJournal(): Journal {
    const { world } = this
    world.desk ??= this.#open()
    return watchedJournal(world.desk, this)
  }

  #open(): Journal {
    this.failsToWrite('open')
    return openJournal(this.world.path, { nowMs: this.clock.nowMs, randomBytes: size => this.chance.bytes(size) })
  }

  /** For how long it could have heeded what is so since a time: while it is suspended it heeds nothing. */
  couldHeedMs(sinceMs: number): number {
    return this.world.time.nowMs - Math.max(sinceMs, this.life.wokenAtMs)
  }

  /** As much of the command line's context as owning a key takes. */
  context(): Context {
    return {
      ...unusedDoors,
      clock: this.clock,
      wallNowMs: () => this.world.time.nowMs + this.host.clockAheadMs,
      chance: this.chance,
      mark: this.mark,
      isAlive: mark => this.world.processes.some(each => each.life.state !== 'over' && each.mark.pid === mark.pid),
    }
  }

  kill(): void {
    if (this.life.state === 'over') return
    this.say('is killed')
    this.world.figures.kills += 1
    this.#over()
  }

  suspend(): void {
    if (this.life.state !== 'running') return
    this.say('is suspended')
    this.life.state = 'suspended'
  }

  wake(): void {
    if (this.life.state !== 'suspended') return
    this.say('is woken')
    this.world.time.wake(this.life)
  }

  /** The first time it stops, the second time it breaks off. */
  interrupt(): void {
    const controller = this.stopping.signal.aborted ? this.abort : this.stopping
    if (this.life.state === 'over' || controller.signal.aborted) return
    this.say(controller === this.abort ? 'is told to break off' : 'is told to stop')
    controller.abort()
  }

  /** Just before or after a call of its journal: it may be killed, or somebody else may do something. */
  disturbed(when: string): void {
    const { trouble } = this.world
    if (trouble.killed === 0 && trouble.intruded === 0) return
    if (this.world.mishaps.has(trouble.killed)) {
      this.say(`is killed ${when}`)
      this.world.figures.kills += 1
      this.#over()
      throw new Killed()
    }
    if (this.world.mishaps.has(trouble.intruded)) this.world.intrude(this, when)
  }

  /** Throws where the disk does not take what is written. */
  failsToWrite(what: string): void {
    const { world } = this
    if (world.time.nowMs < world.diskFullUntilMs) throw unwritten('no space is left')
    if ((what === 'begin' || what === 'settle') && world.mishaps.has(world.trouble.unwritten)) {
      this.say(`cannot write: ${what}`)
      throw unwritten('disk I/O error')
    }
  }

  say(what: string): void {
    this.world.say(`${this.name} ${what}`)
  }

  #failed(error: unknown): void {
    if (this.life.state === 'over' || error instanceof Killed) return
    if (!(error instanceof UserError || error instanceof FencedError)) {
      const said = error instanceof Error ? (error.stack ?? error.message) : String(error)
      this.world.broken({ law: 'no process ends by a bug', detail: `${this.name}: ${said}` })
    }
    this.say(`ends: ${error instanceof Error ? error.message : error}`)
  }

  #over(): void {
    if (this.life.state === 'over') return
    this.life.state = 'over'
    try {
      this.#journal?.close()
    } catch {
      // What a process leaves open, the system closes.
    }
    this.#end()
  }
}
