/** What is known of sites and accounts outlives a process: a restart hurries nobody, and makes nobody wait either. */

import { afterEach, describe, expect, test } from 'vitest'
import { PaceMemory, type Use } from '../../src/engine/pace-memory.ts'
import type { Outcome } from '../../src/model/outcome.ts'
import { type Adaptation, unadapted } from '../../src/policy/adaptation.ts'
import { type Breaker, closed } from '../../src/policy/breaker.ts'
import { newBucket, take } from '../../src/policy/pacing.ts'
import { accepted, type BenchSettings, DeliveryBench, hour, minute, route } from '../support/delivery-bench.ts'

let bench: DeliveryBench
let beside: DeliveryBench | undefined

afterEach(() => {
  bench.close()
  beside?.close()
  beside = undefined
})

const startMs = Date.UTC(2026, 0, 1)
const slower: Outcome = { kind: 'deferred', scope: 'lane', cause: { class: 'throttled', text: 'slower' } }
const rate = { count: 2, perMs: 1000, burst: 6 }

/** Within 30 s, the seconds at which calls begin by a process that is over after so long, and by the next. */
async function schedule(settings: BenchSettings, firstMs: number, how: 'stopped' | 'killed'): Promise<number[]> {
  const people = Array.from({ length: 100 }, (_, index) => `p${index}@example.org`)
  bench = new DeliveryBench(people, { takesMs: 100, ...settings })
  const script = (): Outcome => (bench.calls.length === 15 ? slower : accepted)
  if (how === 'killed') await bench.deliverUntilKilled(script, firstMs)
  else {
    await bench.deliverFor(firstMs, script)
    bench.restart()
  }
  await bench.deliverFor(startMs + 30_000 - bench.clock.nowMs(), script)
  bench.close()
  return bench.calls.map(call => Math.round((call.atMs - startMs) / 10) / 100)
}

describe('a process that goes on', () => {
  const paced: readonly [string, BenchSettings][] = [
    ['by a route', { routes: [route('alpha', { rates: [rate] })] }],
    ['at a site', { sites: { default: { rates: [rate], concurrency: null } } }],
  ]

  test.each(paced)('where one has stopped makes each call when that would have made it: %s', async (_, settings) => {
    const whole = await schedule(settings, 29_900, 'stopped')
    expect(await schedule(settings, 12_300, 'stopped')).toEqual(whole)
    expect(whole.length).toBeGreaterThan(50)
  })

  test.each(paced)('where one was killed makes no burst: %s', async (_, settings) => {
    const whole = await schedule(settings, 29_900, 'stopped')
    for (const diesAtMs of [300, 1300, 12_300]) {
      const calls = await schedule(settings, diesAtMs, 'killed')
      const after = calls.filter(second => second > diesAtMs / 1000)
      const soon = after.filter(second => second <= diesAtMs / 1000 + 1)
      expect(soon.length).toBeLessThanOrEqual(1 + rate.count)
      expect(calls.length).toBeLessThanOrEqual(whole.length + 1)
    }
  })

  test('of another run of the same account knows what was used of it, and only of that', async () => {
    const daily = { count: 20, perMs: hour, burst: 20 }
    beside = new DeliveryBench(people(30), { routes: [route('alpha', { rates: [daily] })] })
    await beside.deliverFor(minute, () => accepted)
    const routes = [route('alpha', { rates: [daily] }), route('beta', { rates: [daily] })]
    bench = new DeliveryBench(people(30), { routes, beside })
    await bench.deliverFor(minute, () => accepted)
    const by = Map.groupBy(bench.calls, call => call.route)
    expect([beside.calls.length, by.get('alpha')?.length ?? 0, by.get('beta')?.length]).toEqual([20, 0, 20])
  })
})

function people(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `p${index}@example.org`)
}

describe('what is known is believed', () => {
  const bucket = take(newBucket({ count: 60, perMs: hour, burst: 60 }, startMs), 20, startMs)
  const pace = {
    perSecond: 3,
    ceilingPerSecond: 4,
    loweredAtMs: startMs,
    tookSince: true,
    stepAtMs: startMs,
    stepTaken: 0,
    slackMs: 0,
    toldPerSecond: 3,
    toldAtMs: startMs,
  }
  const lowered: Adaptation = { meter: null, pace }
  const use = (breaker: Breaker): Use => ({ pace: { buckets: [bucket], adapted: null, adaptation: lowered }, breaker })

  /** What is known after so long, as `40 tokens, 3/s, closed`. */
  function recalled(memory: PaceMemory, afterMs: number): string {
    const known = memory.recall('site', 'google', startMs + afterMs)
    if (known === undefined) return 'nothing'
    const [{ tokens, atMs } = { tokens: 0, atMs: 0 }] = known.pace.buckets
    const perSecond = known.pace.adaptation.pace?.perSecond
    const { breaker } = known
    return [
      `${tokens} tokens ${atMs - startMs === 0 ? 'then' : 'now'}`,
      perSecond === undefined ? 'its full pace' : `${perSecond}/s`,
      breaker.kind === 'open' ? `open until ${(breaker.untilMs - startMs) / minute} min` : breaker.kind,
    ].join(', ')
  }

  test.each<[string, Breaker, boolean, number, string]>([
    ['exactly, a moment later', closed, true, 1000, '40 tokens then, 3/s, closed'],
    ['for an hour, what was asked for', closed, true, hour, '40 tokens then, 3/s, closed'],
    ['and no longer', closed, true, hour + 1, '40 tokens then, its full pace, closed'],
    ['but not what may have been used since', closed, false, 1000, '1 tokens now, 3/s, closed'],
    [
      'a rest',
      { kind: 'open', untilMs: startMs + 5 * minute, failures: 4 },
      true,
      minute,
      '40 tokens then, 3/s, open until 5 min',
    ],
    [
      'a rest that is over, for an hour',
      { kind: 'open', untilMs: startMs + 5 * minute, failures: 4 },
      true,
      hour,
      '40 tokens then, 3/s, open until 5 min',
    ],
    [
      'and no longer than that',
      { kind: 'open', untilMs: startMs + 5 * minute, failures: 4 },
      true,
      66 * minute,
      '40 tokens then, its full pace, closed',
    ],
    [
      'and who was to decide may try again',
      { kind: 'half-open', failures: 4 },
      false,
      minute,
      '1 tokens now, 3/s, open until 1 min',
    ],
  ])('%s', (_, breaker, isExact, afterMs, known) => {
    bench = new DeliveryBench([])
    const memory = new PaceMemory(bench.journal, startMs)
    memory.keep('site', 'google', use(breaker), { nowMs: startMs, isExact })
    expect(recalled(memory, afterMs)).toBe(known)
    expect(recalled(new PaceMemory(bench.journal, startMs), afterMs)).toBe('nothing')
    memory.save()
    expect(recalled(new PaceMemory(bench.journal, startMs), afterMs)).toBe(known)
  })

  test('for a week', () => {
    bench = new DeliveryBench([])
    const memory = new PaceMemory(bench.journal, startMs)
    memory.keep(
      'site',
      'google',
      { pace: { buckets: [], adapted: null, adaptation: unadapted }, breaker: closed },
      { nowMs: startMs, isExact: true },
    )
    memory.save()
    const week = 7 * 24 * hour
    expect(recalled(new PaceMemory(bench.journal, startMs + week), week)).not.toBe('nothing')
    expect(recalled(new PaceMemory(bench.journal, startMs + week + 1), week)).toBe('nothing')
  })

  test('and is written by itself before there is too much of it', () => {
    bench = new DeliveryBench([])
    const memory = new PaceMemory(bench.journal, startMs)
    for (let index = 0; index < 5000; index++)
      memory.keep('site', `s${index}.example`, use(closed), { nowMs: startMs, isExact: true })
    expect(new PaceMemory(bench.journal, startMs).recall('site', 's0.example', startMs)).toMatchObject(use(closed))
  })
})
