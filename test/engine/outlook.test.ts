/** What a delivery that can make no call comes to: its end, or a wait that somebody can be told of. */

import { afterEach, describe, expect, test } from 'vitest'
import type { Outcome } from '../../src/model/outcome.ts'
import type { Schedule } from '../../src/model/schedule.ts'
import { accepted, type BenchSettings, DeliveryBench, hour, minute } from '../support/delivery-bench.ts'

let bench: DeliveryBench

afterEach(() => bench.close())

const startMs = Date.UTC(2026, 0, 1)

function people(count: number, domain = 'example.org'): string[] {
  return Array.from({ length: count }, (_, index) => `p${index}@${domain}`)
}

function until(minutes: number): Schedule {
  const notAfter = { kind: 'instant', atMs: startMs + minutes * minute } as const
  return { at: null, notAfter, zone: 'UTC', zoneColumn: null, windows: [], quiet: [] }
}

describe('when the time in which it might be sent is over, everybody who waits has failed and the run is finished', () => {
  const slow = { rates: [{ count: 1, perMs: 1000 }], concurrency: null }
  const soft: Outcome = { kind: 'deferred', scope: 'recipient', cause: { class: 'soft', text: 'full' } }

  test.each<[string, string[], BenchSettings, Outcome, string]>([
    [
      'whoever is in a lane that others are behind',
      people(3000),
      { sites: { default: slow } },
      accepted,
      'accepted 120, failed 2880',
    ],
    ['whoever waits for a retry', people(50), {}, soft, 'accepted 0, failed 50'],
    [
      'whoever is held back until a canary has done well',
      people(500),
      { canaryIn: 10 },
      accepted,
      'accepted 50, failed 450',
    ],
  ])('%s', async (_, addresses, settings, outcome, figures) => {
    const canary = settings.canaryIn === undefined ? null : { share: 0.1, holdMs: hour }
    bench = new DeliveryBench(addresses, {
      retry: { delaysMs: [hour], maxAgeMs: 72 * hour, classes: {} },
      ...settings,
      delivery: { schedule: until(2), canary },
    })
    expect(await bench.deliver(() => outcome, { patienceMs: 2 * hour })).toEqual({ kind: 'finished' })
    expect(bench.clock.nowMs() - startMs).toBeLessThan(3 * minute)
    expect(bench.figures()).toBe(`${figures}, in doubt 0, waiting 0, skipped 0`)
  })
})

test('what is in hand when quiet hours begin waits there for their end, and so does the delivery', async () => {
  const slow = { rates: [{ count: 1, perMs: 1000 }], concurrency: null }
  const days = [1, 2, 3, 4, 5, 6, 7]
  const quiet = [{ days, fromMinute: 1, toMinute: 6 }]
  const schedule: Schedule = { at: null, notAfter: null, zone: 'UTC', zoneColumn: null, windows: [], quiet }
  bench = new DeliveryBench(people(100), { takesMs: 3000, sites: { default: slow }, delivery: { schedule } })
  expect(await bench.deliver(() => accepted)).toEqual({ kind: 'finished' })
  const minutes = Map.groupBy(bench.calls, call => Math.floor((call.atMs - startMs) / minute))
  expect([...minutes].map(([min, calls]) => `${min}: ${calls.length}`)).toEqual(['0: 58', '6: 42'])
})
