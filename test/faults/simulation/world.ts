/**
 * One simulated world: its time, its journal's file, its hosts and processes, and what goes wrong in it. Everything that
 * happens is written to its trace; the first violation of the law ends it.
 */

import type { Journal } from '../../../src/journal/journal.ts'
import type { ProcessMark } from '../../../src/model/run.ts'
import { Law, type Violation } from './law.ts'
import type { SimulatedProcess } from './process.ts'
import { Account } from './providers.ts'
import { Seeded } from './seeded.ts'
import { WorldTime } from './time.ts'
import { Truth } from './truth.ts'

/** A machine, whose clock may be wrong and may be set. */
export interface Host {
  readonly name: string
  /** What its clock is ahead of the world's time. */
  clockAheadMs: number
  /** For how long it has slept in all. */
  sleptMs: number
}

/** How often what goes wrong, from 0 to 1, at each chance that it has. */
export interface Trouble {
  /** A process is killed just before or after a call of the journal. */
  killed: number
  /** Another process does something just before or after a call of the journal. */
  intruded: number
  /** A write fails, having written nothing. */
  unwritten: number
  /** A provider does not behave as it should. */
  provider: number
}

export const noTrouble: Trouble = { killed: 0, intruded: 0, unwritten: 0, provider: 0 }

/** What a test breaks, to see that the law notices. */
export interface Sabotage {
  /** Puts something wrong between the processes and their journal. */
  readonly journal?: (journal: Journal, world: World) => Journal
  /** Has the provider take everybody so often. */
  readonly takes?: number
}

export interface Figures {
  schedules: number
  steps: number
  writes: number
  calls: number
  kills: number
  takeOvers: number
  doubts: number
  resends: number
  asks: number
  holds: number
}

export const noFigures: Figures = {
  schedules: 0,
  steps: 0,
  writes: 0,
  calls: 0,
  kills: 0,
  takeOvers: 0,
  doubts: 0,
  resends: 0,
  asks: 0,
  holds: 0,
}

export class World {
  readonly seed: number
  readonly path: string
  readonly time: WorldTime
  readonly truth = new Truth()
  readonly sabotage: Sabotage
  readonly hosts: readonly Host[]
  readonly figures: Figures = { ...noFigures, schedules: 1 }
  readonly trace: string[] = []
  /** Every process that there ever was, by number from 1. */
  readonly processes: SimulatedProcess[] = []
  readonly accounts: readonly Account[]
  /** Chance for what goes wrong around calls of the journal. */
  readonly mishaps: Seeded
  /** Has another process do something at a moment of its choice; set by whoever runs the world. */
  intrude: (into: SimulatedProcess, when: string) => void = () => undefined
  trouble: Trouble = noTrouble
  /** The disk takes nothing until then. */
  diskFullUntilMs = 0
  /** The highest fence of each key, and so the only one that may begin a call. */
  readonly fences = new Map<string, number>()
  /** The process that holds a key, as far as it has not given it back. */
  readonly holders = new Map<string, number>()
  /** A journal for short commands that keep nothing in memory: to open one for each takes longer than they do. */
  desk: Journal | null = null
  violation: Violation | null = null
  #law: Law | null = null

  constructor(seed: number, path: string, sabotage: Sabotage) {
    this.seed = seed
    this.path = path
    this.sabotage = sabotage
    this.time = new WorldTime(this.chance('time'))
    this.mishaps = this.chance('mishaps')
    this.accounts = ['alpha', 'beta', 'gamma'].map(name => new Account(name, this))
    const chance = this.chance('hosts')
    this.hosts = ['oslo', 'rome'].map(name => ({
      name,
      clockAheadMs: chance.has(0.8) ? chance.between(-2000, 2000) : chance.between(-90_000_000, 90_000_000),
      sleptMs: 0,
    }))
  }

  /** Chance for one purpose. */
  chance(purpose: string): Seeded {
    return Seeded.for(this.seed, purpose)
  }

  /** Known once the journal's file is there. */
  get law(): Law {
    this.#law ??= new Law(this.path, this.truth, violation => this.broken(violation))
    return this.#law
  }

  isLiving(process: number): boolean {
    return this.processes[process - 1]?.life.state !== 'over'
  }

  broken(violation: Violation): void {
    if (this.violation !== null) return
    this.violation = violation
    this.say(`VIOLATION: ${violation.law}: ${violation.detail}`)
  }

  must(holds: boolean, law: string, detail: string): void {
    if (!holds) this.broken({ law, detail })
  }

  say(what: string): void {
    const seconds = (this.time.nowMs - Date.UTC(2026, 0, 1)) / 1000
    this.trace.push(`${seconds.toFixed(3)} ${what}`)
  }

  close(): void {
    this.desk?.close()
    this.#law?.close()
  }
}

export function markOf(host: Host, pid: number): ProcessMark {
  return { host: host.name, space: host.name, pid, started: `${pid}` }
}
