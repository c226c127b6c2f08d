/** Who is brought from the journal into the lanes, and when: those that were put off beside those not tried yet. */

import { afterEach, describe, expect, test } from 'vitest'
import type { Outcome } from '../../src/model/outcome.ts'
import type { Rate } from '../../src/model/rate.ts'
import { accepted, type Call, DeliveryBench, minute } from '../support/delivery-bench.ts'

let bench: DeliveryBench

afterEach(() => bench.close())

const mailboxFull: Outcome = { kind: 'deferred', scope: 'recipient', cause: { class: 'soft', text: 'mailbox full' } }

/** Delivers for so long at this rate to one site, putting off by a minute whoever is on a list; who has been called before. */
async function deliver(rate: Rate, minutes: number, isPutOff: (call: Call) => boolean): Promise<void> {
  const people = Array.from({ length: 2000 }, (_, index) => `p${index}@example.org`)
  bench = new DeliveryBench(people, {
    sites: { 'example.org': { rates: [rate], concurrency: null } },
    retry: { delaysMs: [minute], maxAgeMs: 72 * 60 * minute, classes: {} },
  })
  await bench.deliverFor(minutes * minute, call => (isPutOff(call) ? mailboxFull : accepted))
}

describe('at a site that has more messages than its lane may hold', () => {
  test.each<[string, Rate]>([
    ['at 1/s, a lane of two', { count: 1, perMs: 1000 }],
    ['at 10/s, a lane of twenty', { count: 10, perMs: 1000 }],
    ['at 6/min, a lane of one', { count: 6, perMs: minute }],
  ])('a retry is made when it is due, and not at the end of the list: %s', async (_, rate) => {
    const startMs = Date.UTC(2026, 0, 1)
    await deliver(rate, 2, call => call.to[0] === 'p0@example.org' && call.atMs < startMs + minute)
    expect(bench.minutesOf('p0@example.org')).toEqual([0, 1])
    expect(bench.figures()).toMatch(/, failed 0, in doubt 0, waiting \d{3,4}, skipped 0$/)
  })

  test.each<[string, Rate, number]>([
    ['at 1/s', { count: 1, perMs: 1000 }, 8],
    ['at 6/min', { count: 6, perMs: minute }, 30],
  ])('as many are tried anew as again, where everybody is put off: %s', async (_, rate, minutes) => {
    await deliver(rate, minutes, () => true)
    const later = bench.calls.slice(bench.calls.length / 2)
    const seen = new Set(bench.calls.slice(0, bench.calls.length / 2).flatMap(call => call.to))
    let fresh = 0
    for (const { to } of later) {
      if (!seen.has(to[0] ?? '')) fresh += 1
      seen.add(to[0] ?? '')
    }
    expect(fresh / later.length).toBeCloseTo(0.5, 1)
  })
})
