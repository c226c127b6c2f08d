/**
 * The time of a simulated world and the order of what happens in it. Time passes only from one sleeper to the next; which
 * of several goes first, and how far the work has come by then, is drawn from the seed. It must never ask the real clock.
 */

import type { Seeded } from './seeded.ts'

/** Whether what waits may go on: a process that was killed never does, one that is suspended does when it is woken. */
export class Life {
  state: 'running' | 'suspended' | 'over' = 'running'
  /** When it was last woken. */
  wokenAtMs = 0
  readonly parked: (() => void)[] = []
}

interface Sleeper {
  readonly atMs: number
  readonly order: number
  readonly life: Life | null
  readonly wake: () => void
}

/** Turns of the event loop after which everything has happened that can happen without time passing. */
const quietTurns = 5
/** A process may be so slow that this much time passes before it has done what it could do at once. */
const hurryMs = 30

export class WorldTime {
  nowMs = Date.UTC(2026, 0, 1)
  /** How often time has passed. */
  steps = 0
  readonly #chance: Seeded
  readonly #sleepers = new Set<Sleeper>()

  constructor(chance: Seeded) {
    this.#chance = chance
  }

  /** As the clock's `sleep`; what is slept for a life that is over never ends. */
  sleep(ms: number, life: Life | null, signal?: AbortSignal): Promise<void> {
    return new Promise(resolve => {
      if (signal?.aborted === true) return resolve()
      const sleeper = { atMs: this.nowMs + Math.max(0, ms), order: this.#chance.fraction(), life, wake: resolve }
      this.#sleepers.add(sleeper)
      signal?.addEventListener('abort', () => {
        this.#sleepers.delete(sleeper)
        goOn(life, resolve)
      })
    })
  }

  /** Wakes what a suspended life has slept through, in an order of its own. */
  wake(life: Life): void {
    if (life.state !== 'suspended') return
    life.state = 'running'
    life.wokenAtMs = this.nowMs
    for (const each of this.#chance.shuffled(life.parked.splice(0))) each()
  }

  /** Lets time pass until it is over. False if everybody waits for what time does not bring. */
  async run(over: () => boolean): Promise<boolean> {
    let idle = 0
    while (true) {
      const gapMs = (this.#next()?.atMs ?? Number.POSITIVE_INFINITY) - this.nowMs
      await turns(gapMs > hurryMs ? quietTurns : this.#chance.between(1, quietTurns))
      if (over()) return true
      const next = this.#next()
      if (next === undefined) {
        // Work that goes round several times sleeps on nothing, but comes to an end.
        idle += 1
        if (idle > 200) return false
        continue
      }
      idle = 0
      this.steps += 1
      this.nowMs = Math.max(this.nowMs, next.atMs)
      this.#sleepers.delete(next)
      goOn(next.life, next.wake)
    }
  }

  #next(): Sleeper | undefined {
    let next: Sleeper | undefined
    for (const each of this.#sleepers) {
      if (each.life?.state === 'over') this.#sleepers.delete(each)
      else if (next === undefined || each.atMs < next.atMs || (each.atMs === next.atMs && each.order < next.order))
        next = each
    }
    return next
  }
}

function goOn(life: Life | null, wake: () => void): void {
  if (life === null || life.state === 'running') wake()
  else if (life.state === 'suspended') life.parked.push(wake)
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise(resolve => setImmediate(resolve))
}
