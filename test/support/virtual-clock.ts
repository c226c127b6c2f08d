/** Time that passes only when nothing else can happen, so that three days of retries take a moment. */

import type { Clock } from '../../src/model/clock.ts'

interface Sleeper {
  readonly untilMs: number
  readonly wake: () => void
}

export class VirtualClock implements Clock {
  #nowMs: number
  readonly #sleepers = new Set<Sleeper>()
  /** How often it was looked at. */
  #looks = 0

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#nowMs = startMs
  }

  nowMs(): number {
    this.#looks += 1
    return this.#nowMs
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise(resolve => {
      if (signal?.aborted === true) {
        resolve()
        return
      }
      const aborted = (): void => {
        this.#sleepers.delete(sleeper)
        resolve()
      }
      const wake = (): void => {
        signal?.removeEventListener('abort', aborted)
        resolve()
      }
      const sleeper = { untilMs: this.#nowMs + Math.max(0, ms), wake }
      this.#sleepers.add(sleeper)
      signal?.addEventListener('abort', aborted)
    })
  }

  /** Moves the clock without waking anybody, as when an operator sets it. */
  set(nowMs: number): void {
    this.#nowMs = nowMs
  }

  /** Lets time pass until the work is done. Fails if it waits for something that time does not bring. */
  async run<Result>(work: Promise<Result>): Promise<Result> {
    let done = false
    const over = () => {
      done = true
    }
    work.then(over, over)
    let idle = 0
    while (true) {
      await this.#quiet()
      if (done) return work
      const next = [...this.#sleepers].sort((a, b) => a.untilMs - b.untilMs)[0]
      if (next === undefined) {
        // Work that walks through a list for several turns sleeps on nothing, but comes to an end.
        idle += 1
        if (idle > 1000) throw new Error('the work waits for something that never comes')
        continue
      }
      idle = 0
      this.#nowMs = Math.max(this.#nowMs, next.untilMs)
      this.#sleepers.delete(next)
      next.wake()
    }
  }

  /**
   * Everything that can happen without time passing has happened after a few turns of the event loop in which nobody looked
   * at the clock. Who goes on looking at it goes round without waiting for anything.
   */
  async #quiet(): Promise<void> {
    for (let turn = 0, looks = -1; turn < quietTurns || looks !== this.#looks; turn++) {
      if (turn > busyTurnsMax) throw new Error('the work goes round without waiting')
      looks = this.#looks
      await new Promise(resolve => setImmediate(resolve))
    }
  }
}

/** The same time in ticks, so that what happens in half an hour, or in three days, is few events. */
export function ticking(clock: Clock, tickMs: number): Clock {
  return {
    nowMs: () => clock.nowMs(),
    sleep: (ms, signal) => {
      const untilMs = Math.ceil((clock.nowMs() + ms) / tickMs) * tickMs
      return clock.sleep(untilMs - clock.nowMs(), signal)
    },
  }
}

const quietTurns = 6
/** Work may walk through a long list for so many turns. */
const busyTurnsMax = 2000
