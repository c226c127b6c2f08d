/** What the hours of a schedule mean to a delivery under way, where they are most easily missed: at their edges. */

import { afterEach, describe, expect, test } from 'vitest'
import type { Outcome } from '../../src/model/outcome.ts'
import { moment } from '../../src/model/words.ts'
import { accepted, DeliveryBench, hour, minute, route } from '../support/delivery-bench.ts'
import { schedule } from '../support/schedules.ts'

let bench: DeliveryBench

afterEach(() => bench.close())

function people(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `p${index}@example.org`)
}

describe('when it closes', () => {
  test.each([
    ['for all at once', true],
    ['for each in a zone of their own', false],
  ])('%s, nobody leaves any more, however long she has been in hand', async (_, isOneZone) => {
    bench = new DeliveryBench(people(40), {
      startMs: Date.parse('2026-10-24T19:59:25+02:00'),
      schedule: schedule({ zone: 'Europe/Berlin', isOneZone, windows: ['08:00-20:00'] }),
      routes: [route('alpha', { rates: [{ count: 6, perMs: minute }] })],
    })
    const ending = await bench.deliver(() => accepted)
    expect(bench.calls.map(call => moment(call.atMs, 'Europe/Berlin').slice(11, 19))).toEqual([
      '19:59:25',
      '19:59:35',
      '19:59:45',
      '19:59:55',
    ])
    expect(ending).toEqual({
      kind: 'stopped',
      why: 'due later',
      detail: 'no sending window is open',
      nextDueAtMs: Date.parse('2026-10-25T08:00:00+01:00'),
    })
  })
})

describe('when it is over', () => {
  test.each([
    ['for all at once', true],
    ['for each in a zone of their own', false],
  ])('%s, who is left fails without waiting for paces that she does not use', async (_, isOneZone) => {
    bench = new DeliveryBench(people(100), {
      startMs: Date.parse('2026-10-24T19:55:00+02:00'),
      schedule: schedule({ zone: 'Europe/Berlin', isOneZone, notAfter: '2026-10-24T20:00' }),
      routes: [route('alpha', { rates: [{ count: 1, perMs: minute }] })],
      sites: { default: { rates: [{ count: 1, perMs: minute }], concurrency: null } },
    })
    expect(await bench.deliver(() => accepted)).toEqual({ kind: 'finished' })
    expect(bench.figures()).toBe('accepted 5, failed 95, in doubt 0, waiting 0, skipped 0')
    expect(moment(bench.clock.nowMs(), 'Europe/Berlin')).toBe('2026-10-24 20:00:00 GMT+2')
    const [first] = bench.journal.failed(bench.run.id, { classes: ['expired'] })
    expect(first?.cause.text).toBe('schedule.not_after has passed, or nothing opens before it')
    expect(first?.attempts).toBe(0)
  })

  test('a canary is not waited for any more', async () => {
    bench = new DeliveryBench(people(10), {
      startMs: Date.parse('2026-10-24T19:55:00+02:00'),
      schedule: schedule({ zone: 'Europe/Berlin', isOneZone: true, notAfter: '2026-10-24T20:00' }),
      delivery: { canary: { share: 0.1, holdMs: hour } },
      canaryIn: 10,
    })
    expect(await bench.deliver(() => accepted, { patienceMs: 2 * hour })).toEqual({ kind: 'finished' })
    expect(bench.figures()).toBe('accepted 1, failed 9, in doubt 0, waiting 0, skipped 0')
    // It is looked every ten seconds while nothing moves.
    expect(moment(bench.clock.nowMs(), 'Europe/Berlin').slice(0, 16)).toBe('2026-10-24 20:00')
  })
})

describe('a retry', () => {
  const full: Outcome = { kind: 'deferred', scope: 'recipient', cause: { class: 'soft', text: 'mailbox full' } }

  function start(retryInMs: number): void {
    bench = new DeliveryBench(people(1), {
      startMs: Date.parse('2026-10-24T19:30:00+02:00'),
      schedule: schedule({ zone: 'Europe/Berlin', isOneZone: true, windows: ['08:00-20:00'] }),
      retry: { delaysMs: [retryInMs], maxAgeMs: 72 * hour, classes: {} },
      takesMs: 0,
    })
  }

  test('that is due when it is closed is waited for until it opens, and nobody is told to come back before', async () => {
    start(hour)
    expect(await bench.deliver(() => full)).toEqual({
      kind: 'stopped',
      why: 'due later',
      detail: 'no sending window is open',
      nextDueAtMs: Date.parse('2026-10-25T08:00:00+01:00'),
    })
  })

  test('that is due after it has opened is waited for until it is due', async () => {
    start(16 * hour)
    await bench.deliver(() => full)
    bench.clock.set(bench.clock.nowMs() + hour)
    bench.restart()
    expect(await bench.deliver(() => full)).toEqual({
      kind: 'stopped',
      why: 'due later',
      detail: 'nothing more is due for now',
      nextDueAtMs: Date.parse('2026-10-25T10:30:00+01:00'),
    })
    expect(bench.calls.length).toBe(1)
  })
})

test('whoever waits for her own hours is said to do so by every process, also by one that did not put her off', async () => {
  const zones = { 'mei@example.org': 'Asia/Tokyo', 'ada@example.org': 'Europe/Berlin' }
  bench = new DeliveryBench(Object.keys(zones), {
    zones,
    startMs: Date.parse('2026-10-24T10:30:00+09:00'),
    schedule: schedule({ windows: ['08:00-20:00'], quiet: ['10:00-12:00'] }),
  })
  const endings: unknown[] = []
  for (let process = 0; process < 3; process++) {
    const ending = await bench.deliver(() => accepted)
    endings.push(
      ending.kind === 'stopped' ? `${ending.detail} until ${moment(ending.nextDueAtMs ?? 0, 'UTC')}` : ending,
    )
    bench.restart()
    bench.clock.set(bench.clock.nowMs() + 45 * minute)
  }
  expect(endings).toEqual([
    'these are quiet hours until 2026-10-24 03:00:00 UTC',
    'these are quiet hours until 2026-10-24 03:00:00 UTC',
    'no sending window is open until 2026-10-24 06:00:00 UTC',
  ])
})
