/** Which route gets whom: by order, by weight and health, and never one after another has perhaps delivered. */

import { afterEach, describe, expect, test } from 'vitest'
import type { Outcome } from '../../src/model/outcome.ts'
import {
  accepted,
  type BenchSettings,
  type Call,
  DeliveryBench,
  hour,
  minute,
  route,
} from '../support/delivery-bench.ts'

let bench: DeliveryBench

afterEach(() => bench.close())

const startMs = Date.UTC(2026, 0, 1)
const cause = { class: 'transient', text: 'connection refused' } as const
const unreachable: Outcome = { kind: 'deferred', scope: 'route', cause }

function people(count: number, domain = 'example.org'): string[] {
  return Array.from({ length: count }, (_, index) => `p${index}@${domain}`)
}

const twoASecond: BenchSettings['sites'] = { default: { rates: [{ count: 2, perMs: 1000 }], concurrency: null } }

/** How many calls each route had within seconds, as `alpha 3, beta 0`. */
function calls(fromSecond = 0, toSecond = Number.POSITIVE_INFINITY): string {
  const within = (call: Call): boolean =>
    call.atMs >= startMs + fromSecond * 1000 && call.atMs < startMs + toSecond * 1000
  return bench.run.delivery.routes
    .map(({ name }) => `${name} ${bench.calls.filter(call => call.route === name && within(call)).length}`)
    .join(', ')
}

describe('a route of a later order', () => {
  const ordered = [route('alpha', { order: 1 }), route('beta', { order: 2 })]
  const isBetween = (call: Call, fromSecond: number, toSecond: number): boolean =>
    call.atMs >= startMs + fromSecond * 1000 && call.atMs < startMs + toSecond * 1000

  test('is given nothing while the first is in use, however busy that is', async () => {
    bench = new DeliveryBench(people(200), {
      routes: [route('alpha', { concurrency: 1 }), route('beta', { order: 2 })],
    })
    await bench.deliver(() => accepted)
    expect(calls()).toBe('alpha 200, beta 0')
  })

  test('nor while that is held to its rate', async () => {
    const rates = [{ count: 1, perMs: 1000 }]
    bench = new DeliveryBench(people(20), { routes: [route('alpha', { rates }), route('beta', { order: 2 })] })
    await bench.deliver(() => accepted)
    expect(calls()).toBe('alpha 20, beta 0')
  })

  test('stands in while the first rests, and leaves it all again when that is back', async () => {
    bench = new DeliveryBench(people(300), { routes: ordered, sites: twoASecond })
    await bench.deliver(call => (call.route === 'alpha' && isBetween(call, 60, 100) ? unreachable : accepted))
    expect(calls(0, 60)).toBe('alpha 120, beta 0')
    expect(calls(65, 100)).toBe('alpha 4, beta 66')
    expect(calls(130)).toBe('alpha 48, beta 0')
  })

  test('stands in also while a call that is to try the first waits for its answer', async () => {
    bench = new DeliveryBench(people(400), { routes: ordered, sites: twoASecond })
    await bench.deliverFor(3 * minute, async call => {
      if (call.route === 'beta' || isBetween(call, 0, 60)) return accepted
      await bench.clock.sleep(25_000)
      return unreachable
    })
    expect(calls(90, 180)).toBe('alpha 2, beta 178')
  })

  test('takes over for good from one that is not to be used any more', async () => {
    bench = new DeliveryBench(people(50), { routes: ordered })
    await bench.deliver(call => (call.route === 'alpha' ? { kind: 'refused', scope: 'route', cause } : accepted))
    expect(calls()).toBe('alpha 1, beta 50')
    expect(bench.figures()).toBe('accepted 50, failed 0, in doubt 0, waiting 0, skipped 0')
  })

  test('takes what the first has no quota for on this day', async () => {
    const warmup = { startPerDay: 30, growth: 2, untilPerDay: 1000 }
    bench = new DeliveryBench(people(50), { routes: [route('alpha', { warmup }), route('beta', { order: 2 })] })
    await bench.deliver(() => accepted)
    expect(calls()).toBe('alpha 30, beta 20')
  })

  test('takes those of whom the site has refused the first, and those whom that does not serve', async () => {
    const routes = [route('alpha', { sites: ['example.org', 'google'] }), route('beta', { order: 2 })]
    bench = new DeliveryBench([...people(10), ...people(10, 'gmail.com'), ...people(10, 'example.com')], { routes })
    const blocked: Outcome = { kind: 'refused', scope: 'lane', cause: { class: 'block', text: 'listed' } }
    await bench.deliver(({ route, to }) => (route === 'alpha' && to[0]?.endsWith('gmail.com') ? blocked : accepted))
    expect(bench.calls.filter(call => call.route === 'beta').map(call => call.to[0]?.split('@')[1])).toEqual(
      expect.arrayContaining([...Array(10).fill('gmail.com'), ...Array(10).fill('example.com')]),
    )
    expect(bench.figures()).toBe('accepted 30, failed 0, in doubt 0, waiting 0, skipped 0')
  })

  test('is in line: each stands in for all before it, and those of one order share', async () => {
    const routes = [
      route('alpha'),
      route('beta', { order: 2 }),
      route('gamma', { order: 2 }),
      route('delta', { order: 3 }),
    ]
    bench = new DeliveryBench(people(400), { routes, sites: twoASecond })
    const from: Readonly<Record<string, number>> = { alpha: 40, beta: 80, gamma: 120 }
    await bench.deliverFor(190_000, ({ route, atMs }) =>
      atMs >= startMs + (from[route] ?? 200) * 1000 ? unreachable : accepted,
    )
    expect(calls(0, 40)).toBe('alpha 80, beta 0, gamma 0, delta 0')
    expect(calls(50, 80)).toBe('alpha 2, beta 29, gamma 29, delta 0')
    expect(calls(85, 120)).toMatch(/^alpha \d, beta \d, gamma 6\d, delta 0$/)
    expect(calls(130, 190)).toMatch(/^alpha \d, beta \d, gamma \d, delta 11\d$/)
  })
})

describe('another route tries only whom the first has surely not delivered', () => {
  const soft = { class: 'soft', text: 'no' } as const
  const outcomes: readonly Outcome[] = [
    accepted,
    { kind: 'deferred', scope: 'recipient', cause: soft },
    { kind: 'deferred', scope: 'message', cause: soft },
    { kind: 'deferred', scope: 'lane', cause: soft },
    { kind: 'deferred', scope: 'lane', cause: { class: 'throttled', text: 'no' } },
    { kind: 'deferred', scope: 'route', cause },
    { kind: 'deferred', scope: 'route', cause: { class: 'throttled', text: 'no' }, retryAfterMs: 10 * hour },
    { kind: 'refused', scope: 'recipient', cause: { class: 'hard', text: 'no' } },
    { kind: 'refused', scope: 'message', cause: { class: 'content', text: 'no' } },
    { kind: 'refused', scope: 'lane', cause: { class: 'block', text: 'no' } },
    { kind: 'refused', scope: 'route', cause: { class: 'auth', text: 'no' } },
    { kind: 'in-doubt', cause: { class: 'unknown', text: 'no' } },
  ]

  /** Who tried her, and what became of her, after this was the first answer of the first route, and of that alone. */
  async function story(outcome: Outcome): Promise<string> {
    bench = new DeliveryBench(['ada@example.org'], { routes: [route('alpha'), route('beta')] })
    await bench.deliver(() => (bench.calls.length === 1 ? outcome : accepted))
    const [record] = bench.journal.records(bench.run.id)
    const tries = bench.calls.map(({ route, atMs }) => `${route} at ${(atMs - startMs) / 1000} s`)
    bench.close()
    return `${tries.join(', ')}: ${record?.state} after ${record?.attempts}`
  }

  test('by what its answer was', async () => {
    const lines: string[] = []
    for (const outcome of outcomes) {
      const { kind, scope, cause } = { scope: '', cause: { class: '' }, ...outcome }
      lines.push(`${[kind, scope, cause.class].join(' ').padEnd(26)}${await story(outcome)}`)
    }
    expect(lines.join('\n')).toMatchInlineSnapshot(`
      "accepted                  alpha at 0 s: accepted after 1
      deferred recipient soft   alpha at 0 s, beta at 60.01 s: accepted after 2
      deferred message soft     alpha at 0 s, beta at 0.01 s: accepted after 1
      deferred lane soft        alpha at 0 s, beta at 60.01 s: accepted after 2
      deferred lane throttled   alpha at 0 s, beta at 1.01 s: accepted after 1
      deferred route transient  alpha at 0 s, beta at 0.01 s: accepted after 1
      deferred route throttled  alpha at 0 s, beta at 0.01 s: accepted after 1
      refused recipient hard    alpha at 0 s: failed after 1
      refused message content   alpha at 0 s: failed after 1
      refused lane block        alpha at 0 s, beta at 10.01 s: accepted after 1
      refused route auth        alpha at 0 s, beta at 0.01 s: accepted after 1
      in-doubt  unknown         alpha at 0 s: in doubt after 1"
    `)
  })

  test('and nobody in a parcel of which the answer was lost', async () => {
    const routes = [route('alpha', { concurrency: 1 }), route('beta', { concurrency: 1, order: 2 })]
    bench = new DeliveryBench(people(100), { routes, profile: { batchMax: 20 } })
    await bench.deliver(({ route, to }) =>
      route === 'alpha' && to.length > 1 ? { kind: 'in-doubt', cause: { class: 'unknown', text: 'lost' } } : accepted,
    )
    const called = bench.calls.flatMap(call => call.to)
    expect(new Set(called).size).toBe(called.length)
  })
})

describe('routes of one order', () => {
  const unhealthy = (call: Call, index: number): Outcome =>
    call.route === 'alpha' && index % 2 === 0 ? unreachable : accepted

  test.each([
    { priority: 'bulk', shares: 'alpha 30, beta 105' },
    { priority: 'transactional', shares: 'alpha 30, beta 105' },
    { priority: 'critical', shares: 'alpha 1, beta 120' },
  ] as const)('where every second call by the first fails, a $priority run: $shares', async ({ priority, shares }) => {
    bench = new DeliveryBench(people(120), {
      routes: [route('alpha'), route('beta')],
      sites: twoASecond,
      delivery: { priority },
    })
    let byAlpha = 0
    await bench.deliver(call => unhealthy(call, call.route === 'alpha' ? byAlpha++ : 0))
    expect(calls()).toBe(shares)
  })

  test('all healthy: a critical run keeps to the one that is named first, and to the next only while that is busy', async () => {
    const settings = { sites: twoASecond, delivery: { priority: 'critical' } } as const
    bench = new DeliveryBench(people(40), { ...settings, routes: [route('alpha'), route('beta', { weight: 5 })] })
    await bench.deliver(() => accepted)
    expect(calls()).toBe('alpha 40, beta 0')
    bench.close()
    const routes = [route('alpha', { concurrency: 1 }), route('beta', { concurrency: 1 })]
    bench = new DeliveryBench(people(40), { delivery: settings.delivery, routes })
    await bench.deliver(() => accepted)
    expect(calls()).toBe('alpha 20, beta 20')
  })

  test.each([
    { weights: [1, 1], shares: 'alpha 60, beta 60' },
    { weights: [3, 1], shares: 'alpha 90, beta 30' },
    { weights: [1, 9], shares: 'alpha 12, beta 108' },
  ])('share by their weights $weights: $shares', async ({ weights: [one = 1, other = 1], shares }) => {
    const routes = [route('alpha', { weight: one }), route('beta', { weight: other })]
    bench = new DeliveryBench(people(120), { routes, sites: twoASecond })
    await bench.deliver(() => accepted)
    expect(calls()).toBe(shares)
  })

  test('one that has become slow is given less', async () => {
    bench = new DeliveryBench(people(240), { routes: [route('alpha'), route('beta')], sites: twoASecond })
    await bench.deliver(async call => {
      if (call.route === 'alpha' && call.atMs > startMs + minute) await bench.clock.sleep(200)
      return accepted
    })
    expect(calls(0, 60)).toBe('alpha 60, beta 60')
    expect(calls(60, 120)).toBe('alpha 24, beta 96')
  })
})
