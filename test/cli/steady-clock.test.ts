import { expect, test } from 'vitest'
import { steadyClock } from '../../src/cli/steady-clock.ts'

const second = 1000
const minute = 60 * second
const day = 24 * 60 * minute

/** A machine whose clock is set, and which sleeps, as a test says. */
class Machine {
  wall = Date.UTC(2026, 0, 1)
  tick = 5000
  uptime = 90_000

  passes(ms: number): this {
    this.wall += ms
    this.tick += ms
    this.uptime += ms
    return this
  }

  sleeps(ms: number): this {
    this.wall += ms
    this.uptime += ms
    return this
  }

  clockIsSet(byMs: number): this {
    this.wall += byMs
    return this
  }

  clock(): () => number {
    return steadyClock({ wallMs: () => this.wall, tickMs: () => this.tick, uptimeMs: () => this.uptime })
  }
}

test.each<[string, (machine: Machine) => void, number]>([
  ['nothing but time happens', machine => machine.passes(minute), minute],
  [
    'the clock is set back by a day',
    machine => machine.passes(minute).clockIsSet(-day).passes(second),
    minute + second,
  ],
  [
    'the clock is set forth by a day',
    machine => machine.passes(minute).clockIsSet(day).passes(second),
    minute + second,
  ],
  ['the machine sleeps for ten minutes', machine => machine.passes(minute).sleeps(10 * minute), 11 * minute],
  [
    'it sleeps, and the clock is set back meanwhile',
    machine => machine.sleeps(10 * minute).clockIsSet(-day),
    10 * minute,
  ],
  ['the clock is corrected by half a second', machine => machine.passes(minute).clockIsSet(500), minute + 500],
  ['the clock is corrected back by half a second', machine => machine.passes(minute).clockIsSet(-500), minute - 500],
])('%s', (_, happens, passedMs) => {
  const machine = new Machine()
  const now = machine.clock()
  const startMs = now()
  happens(machine)
  expect(now() - startMs).toBe(passedMs)
})

test('a clock that is set forth and back again and again is followed by nobody', () => {
  const machine = new Machine()
  const now = machine.clock()
  const startMs = now()
  const seen: number[] = []
  for (const byMs of [day, -day, -day, day, 3 * day, -3 * day]) {
    machine.passes(second).clockIsSet(byMs)
    seen.push((now() - startMs) / second)
  }
  expect(seen).toEqual([1, 2, 3, 4, 5, 6])
})

test('it never goes back, whatever the system says', () => {
  const machine = new Machine()
  const now = machine.clock()
  let lastMs = now()
  for (const byMs of [10, -300, 200, -900, 5, -day, 40, day, -1]) {
    machine.passes(7).clockIsSet(byMs)
    const nowMs = now()
    expect(nowMs).toBeGreaterThanOrEqual(lastMs)
    lastMs = nowMs
  }
})
