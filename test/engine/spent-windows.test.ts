/**
 * Providers that count calls in windows of their own and say in their answers what is left: schedules in virtual time. The
 * delivery waits for a window that is used up, and learns nothing else from it.
 */

import { afterEach, describe, expect, test } from 'vitest'
import { noticeLine } from '../../src/dashboard/notice-line.ts'
import type { Delivery } from '../../src/engine/delivery.ts'
import { openJournal } from '../../src/journal/open.ts'
import type { Ending } from '../../src/model/notice.ts'
import type { Outcome } from '../../src/model/outcome.ts'
import {
  accepted,
  type BenchSettings,
  type Call,
  DeliveryBench,
  hour,
  minute,
  route,
  type Script,
} from '../support/delivery-bench.ts'

let bench: DeliveryBench

afterEach(() => bench.close())

const startMs = Date.UTC(2026, 0, 1)
const sinceMs = (): number => bench.clock.nowMs() - startMs

function start(count: number, settings: BenchSettings = {}): void {
  const people = Array.from({ length: count }, (_, index) => `p${index}@example.org`)
  bench = new DeliveryBench(people, { takesMs: 100, ...settings })
}

const takenWith = (restMs: number): Outcome => ({ ...accepted, restMs })

/** Takes so many calls in each window, and says with the last one when the next begins, in whole seconds as headers have it. */
class Windows {
  readonly #calls: number
  readonly #windowMs: number
  #window = -1
  #left = 0
  refused = 0

  constructor(calls: number, windowMs: number) {
    this.#calls = calls
    this.#windowMs = windowMs
  }

  answer(): Outcome {
    const window = Math.floor(sinceMs() / this.#windowMs)
    if (window !== this.#window) this.#left = this.#calls
    this.#window = window
    const untilMs = Math.ceil(((window + 1) * this.#windowMs - sinceMs()) / 1000) * 1000
    if (this.#left === 0) {
      this.refused += 1
      const cause = { class: 'throttled', code: '429', text: 'too many requests' } as const
      return { kind: 'deferred', scope: 'route', cause, retryAfterMs: untilMs }
    }
    this.#left -= 1
    return this.#left === 0 ? takenWith(untilMs) : accepted
  }
}

/** One line for each step with what went by each route in it, and one for each thing that was said. */
function schedule(names: readonly string[], stepMs: number): string {
  const said = bench.notices.flatMap(notice => {
    const line = notice.type === 'settled' ? undefined : noticeLine(notice)
    return line === undefined ? [] : [{ atMs: notice.atMs - startMs, line }]
  })
  const calls = bench.calls.map(call => ({ ...call, atMs: call.atMs - startMs }))
  const endMs = Math.max(...calls.map(call => call.atMs), ...said.map(each => each.atMs))
  const lines = [`     from ${names.map(name => name.padStart(6)).join(' ')}`]
  for (let fromMs = 0; fromMs <= endMs; fromMs += stepMs) {
    const within = (each: { readonly atMs: number }): boolean => each.atMs >= fromMs && each.atMs < fromMs + stepMs
    const given = names.map(name => calls.filter(call => call.route === name && within(call)).length)
    lines.push(`${clockTime(fromMs).padStart(9)} ${given.map(each => String(each).padStart(6)).join(' ')}`)
    for (const { atMs, line } of said.filter(within)) lines.push(`          ${clockTime(atMs)} ${line}`)
  }
  return `${lines.join('\n')}\n`
}

function clockTime(ms: number): string {
  return new Date(ms).toISOString().slice(11, 21)
}

const standIn = [route('alpha', { concurrency: 1 }), route('beta', { order: 2, rates: [{ count: 1, perMs: 1000 }] })]

describe('a window that is used up', () => {
  test.each<[string, number, number, number, BenchSettings, number]>([
    // Were its route left once a second, the one that stands in for it would carry the campaign.
    ['two-a-second', 2, 1000, 21, { routes: standIn }, 1000],
    ['thirty-a-minute', 30, minute, 100, { routes: standIn }, 10_000],
    ['fifty-an-hour', 50, hour, 3700, { routes: standIn }, 10 * minute],
  ])('%s', async (name, calls, windowMs, people, settings, stepMs) => {
    start(people, settings)
    const windows = new Windows(calls, windowMs)
    const script = ({ route: by }: Call): Outcome => (by === 'alpha' ? windows.answer() : accepted)
    expect(await bench.deliver(script)).toEqual({ kind: 'finished' })
    await expect(schedule(['alpha', 'beta'], stepMs)).toMatchFileSnapshot(`../golden/spent-window-${name}.txt`)
    expect(windows.refused).toBe(0)
    expect(bench.calls.length).toBe(people)
  })
})

describe('no trace of a failure is left', () => {
  test('neither in breaker, pace or health, nor on anybody', async () => {
    start(60, { routes: [route('alpha', { concurrency: 1 })] })
    const windows = new Windows(20, 10_000)
    let seen: unknown
    await bench.deliver(() => {
      const [said] = bench.journal.standings(0)
      if (sinceMs() > 20_000) seen = said?.standing.routes[0]
      return windows.answer()
    })
    expect(seen).toMatchObject({ name: 'alpha', breaker: 'closed', adaptedPerSecond: null, health: 1 })
    expect(bench.notices.filter(notice => notice.type === 'pace-changed' || notice.type === 'route-resting')).toEqual(
      [],
    )
    expect(bench.figures()).toBe('accepted 60, failed 0, in doubt 0, waiting 0, skipped 0')
  })

  test('parcels are as large after it as before: nothing is to be tried first', async () => {
    start(61, { profile: { batchMax: 10 }, routes: [route('alpha', { concurrency: 1 })] })
    const windows = new Windows(2, 10_000)
    await bench.deliver(() => windows.answer())
    expect(bench.calls.map(call => `${call.to.length} at ${(call.atMs - startMs) / 1000} s`)).toMatchInlineSnapshot(`
      [
        "1 at 0 s",
        "10 at 0.1 s",
        "10 at 10.2 s",
        "10 at 10.3 s",
        "10 at 20.4 s",
        "10 at 20.5 s",
        "10 at 30.6 s",
      ]
    `)
  })

  test('it holds for whatever else became of the message', async () => {
    const cause = { class: 'hard', text: 'no such user' } as const
    start(2, { routes: [route('alpha', { concurrency: 1 })] })
    await bench.deliver(() => ({ kind: 'refused', scope: 'recipient', cause, restMs: 30_000 }))
    expect(gaps()).toEqual([30_100])
  })
})

describe('calls that were open together', () => {
  /** Four calls leave together after the first; each takes its time and says its own of the window. */
  const together = (...answers: readonly (readonly [takesMs: number, restMs: number | null])[]): Script => {
    return async () => {
      const [takesMs, restMs] = answers[bench.calls.length === 1 ? -1 : nextAnswer++] ?? [0, null]
      await bench.clock.sleep(takesMs)
      return restMs === null ? accepted : takenWith(restMs)
    }
  }
  let nextAnswer = 0

  test.each<[string, readonly (readonly [number, number | null])[], number]>([
    [
      'the one that ends latest is waited for',
      [
        [0, 5000],
        [10, 30_000],
        [20, 1000],
        [30, 20_000],
      ],
      30_010,
    ],
    [
      'one that says later that something is left ends nothing',
      [
        [0, 30_000],
        [50, null],
        [60, null],
        [9000, null],
      ],
      30_000,
    ],
  ])('%s', async (_, answers, expectedMs) => {
    nextAnswer = 0
    start(6, { takesMs: 0, routes: [route('alpha', { concurrency: 4 })] })
    await bench.deliver(together(...answers))
    expect(sinceFirst(5)).toBe(expectedMs)
  })

  test('one that comes back when the window has opened shuts it again', async () => {
    start(12, { takesMs: 0, routes: [route('alpha', { concurrency: 4 })] })
    await bench.deliver(async call => {
      const number = bench.calls.indexOf(call)
      await bench.clock.sleep(number === 4 ? 6000 : number > 4 ? 2000 : 0)
      return number > 0 && number <= 4 ? takenWith(5000) : accepted
    })
    expect(bench.calls.map(call => call.atMs - startMs)).toEqual([
      0, 0, 0, 0, 0, 5000, 5000, 5000, 11_000, 11_000, 11_000, 11_000,
    ])
  })

  test('a refusal that asks for longer is obeyed besides', async () => {
    nextAnswer = 0
    start(6, { takesMs: 0, routes: [route('alpha', { concurrency: 4 })] })
    const cause = { class: 'throttled', code: '429', text: 'too many requests' } as const
    const said: Outcome[] = [takenWith(5000), { kind: 'deferred', scope: 'route', cause, retryAfterMs: 40_000 }]
    await bench.deliver(() => (bench.calls.length === 1 ? accepted : (said[nextAnswer++] ?? accepted)))
    expect(sinceFirst(5)).toBe(40_000)
  })
})

describe('a rest that is longer than anybody waits', () => {
  const settings = { routes: [route('alpha', { concurrency: 1 })] }

  test('is left to resume, and the next process knows of it', async () => {
    start(3, settings)
    const opensAtMs = startMs + 100 + hour
    const script = (): Outcome => (bench.calls.length === 1 ? takenWith(hour) : accepted)
    expect(await bench.deliver(script)).toEqual({
      kind: 'stopped',
      why: 'due later',
      detail: 'what may be sent for now has been sent',
      nextDueAtMs: opensAtMs,
    })
    expect(bench.notices.flatMap(notice => noticeLine(notice) ?? [])).toEqual([
      'alpha rests for 1 h: its provider says that its quota is used up',
    ])
    expect(await nextProcess(opensAtMs - 20 * minute, script)).toMatchObject({
      why: 'due later',
      nextDueAtMs: opensAtMs,
    })
    expect(bench.calls.length).toBe(1)
    expect(await nextProcess(opensAtMs - 10 * minute, script)).toEqual({ kind: 'finished' })
    expect(bench.calls.map(call => call.atMs - opensAtMs).slice(1)).toEqual([0, 100])
  })

  test.each<[string, Outcome]>([
    ['a quota that is used up', takenWith(hour)],
    [
      'a refusal that says how long',
      { kind: 'deferred', scope: 'route', cause: { class: 'throttled', text: 'later' }, retryAfterMs: hour },
    ],
  ])('after %s lasts no longer for a clock that was ahead by a day', async (_, said) => {
    start(3, settings)
    const script = (): Outcome => (bench.calls.length === 1 ? said : accepted)
    expect(await bench.deliver(script)).toMatchObject({ why: 'due later' })
    const setBackMs = startMs + 100 - 24 * hour
    expect(await nextProcess(setBackMs, script, { patienceMs: 2 * hour })).toEqual({ kind: 'finished' })
    expect(bench.calls[1]?.atMs).toBe(setBackMs + hour)
  })

  test('is shown to whoever asks how the run stands', async () => {
    start(3, settings)
    let seen: unknown
    void bench.clock.sleep(minute).then(() => {
      seen = bench.journal.standings(0)[0]?.standing.waits
    })
    await bench.deliver(() => (bench.calls.length === 1 ? takenWith(2 * minute) : accepted))
    expect(seen).toContainEqual({ what: 'route', name: 'alpha', cause: 'quota', untilMs: startMs + 100 + 2 * minute })
  })

  test('but a window that opens soon is waited for without any patience, as a rate is', async () => {
    start(3, settings)
    expect(await bench.deliver(() => takenWith(minute), { patienceMs: 0 })).toEqual({ kind: 'finished' })
    expect(bench.notices.flatMap(notice => noticeLine(notice) ?? [])).toEqual([
      'waiting 1 min: alpha is held to its rate',
      'waiting 1 min: alpha is held to its rate',
    ])
  })
})

/** Goes on with the run at a later time, as another process does: what the last one had in memory is gone. */
async function nextProcess(atMs: number, script: Script, more: Partial<Delivery> = {}): Promise<Ending> {
  bench.clock.set(atMs)
  const journal = openJournal(bench.path, { nowMs: () => bench.clock.nowMs(), randomBytes: size => Buffer.alloc(size) })
  const acquired = journal.acquire('key', {
    mark: { host: 'here', space: 'here', pid: 2, started: '' },
    nowMs: atMs,
    untilMs: atMs + 2 * hour,
    isAlive: () => false,
  })
  if (!acquired.ok) throw new Error('the key is held')
  journal.recover(bench.run.id, atMs)
  const ending = await bench.deliver(script, { journal, lease: acquired.lease, ...more })
  journal.release(acquired.lease)
  journal.close()
  return ending
}

/** Milliseconds between calls. */
function gaps(): number[] {
  return bench.calls.slice(1).map((call, index) => call.atMs - (bench.calls[index]?.atMs ?? 0))
}

/** When a call was made, in milliseconds from the first. */
function sinceFirst(index: number): number {
  return (bench.calls[index]?.atMs ?? Number.NaN) - (bench.calls[0]?.atMs ?? 0)
}
