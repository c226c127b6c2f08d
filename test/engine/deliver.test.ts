import { afterEach, describe, expect, test } from 'vitest'
import type { Outcome, Scope } from '../../src/model/outcome.ts'
import { accepted, address, type BenchSettings, DeliveryBench, hour, minute, route } from '../support/delivery-bench.ts'

let bench: DeliveryBench

afterEach(() => bench.close())

function people(count: number, domain = 'example.org'): string[] {
  return Array.from({ length: count }, (_, index) => `p${index}@${domain}`)
}

function start(addresses: readonly string[], settings: BenchSettings = {}): DeliveryBench {
  bench = new DeliveryBench(addresses, settings)
  return bench
}

/** The largest first: parcels that are made at the same time leave in the order in which they are ready. */
function parcelSizes(): number[] {
  return bench.calls.map(call => call.to.length).sort((a, b) => b - a)
}

const deferred = (scope: Scope, retryAfterMs?: number): Outcome => ({
  kind: 'deferred',
  scope,
  cause: { class: scope === 'route' ? 'throttled' : 'soft', text: 'not now' },
  ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
})
const refused = (scope: Scope, failureClass: 'hard' | 'block' | 'auth' = 'hard'): Outcome => ({
  kind: 'refused',
  scope,
  cause: { class: failureClass, text: 'no' },
})
const inDoubt: Outcome = { kind: 'in-doubt', cause: { class: 'unknown', text: 'answer lost' } }

describe('the plain way', () => {
  test('everybody is handed over once, and the run is finished', async () => {
    start(people(2500))
    expect(await bench.deliver(() => accepted)).toEqual({ kind: 'finished' })
    expect(bench.figures()).toBe('accepted 2500, failed 0, in doubt 0, waiting 0, skipped 0')
    expect(new Set(bench.calls.flatMap(call => call.to)).size).toBe(2500)
    expect(bench.calls.length).toBe(2500)
  })

  test('a batch provider gets full parcels', async () => {
    start(people(2500), { profile: { batchMax: 1000 } })
    await bench.deliver(() => accepted)
    expect(parcelSizes()).toEqual([1000, 1000, 499, 1])
  })

  test('a campaign may make parcels smaller, or switch them off', async () => {
    start(people(10), { profile: { batchMax: 1000 }, routes: [route('alpha', { batch: 4 })] })
    await bench.deliver(() => accepted)
    expect(parcelSizes()).toEqual([4, 4, 1, 1])
    bench.close()
    start(people(3), { profile: { batchMax: 1000 }, routes: [route('alpha', { batch: 'off' })] })
    await bench.deliver(() => accepted)
    expect(parcelSizes()).toEqual([1, 1, 1])
  })

  test('no more calls are open than the route allows', async () => {
    start(people(100), { routes: [route('alpha', { concurrency: 3 })] })
    let open = 0
    let most = 0
    await bench.deliver(async () => {
      open += 1
      most = Math.max(most, open)
      await bench.clock.sleep(100)
      open -= 1
      return accepted
    })
    expect(most).toBe(3)
  })
})

describe('pace', () => {
  test('20 s at 100/s carry 2,000, and no second more than rate and burst', async () => {
    start(people(3000), { routes: [route('alpha', { rates: [{ count: 100, perMs: 1000 }], concurrency: 64 })] })
    const startMs = bench.clock.nowMs()
    const stop = bench.clock.sleep(20_000).then(() => bench.stopping.abort())
    await bench.deliver(() => accepted)
    await stop
    const times = bench.calls.map(call => call.atMs - startMs)
    expect(Math.abs(times.length - 2000)).toBeLessThanOrEqual(20)
    const busiest = Math.max(
      ...times.map((from, index) => times.slice(index, index + 201).filter(at => at < from + 1000).length),
    )
    expect(busiest).toBeLessThanOrEqual(200)
  })

  test('batches are cut to what a second allows where the provider counts messages', async () => {
    start(people(500), {
      profile: { batchMax: 1000 },
      routes: [route('alpha', { rates: [{ count: 100, perMs: 1000 }] })],
    })
    await bench.deliver(() => accepted)
    expect(bench.calls.map(call => call.to.length)).toEqual([1, 100, 100, 100, 100, 99])
  })

  test('a slow site does not hold up another', async () => {
    const slow = people(50, 'slow.example')
    const fast = people(1000, 'fast.example')
    start([...slow, ...fast], { sites: { 'slow.example': { rates: [{ count: 1, perMs: 1000 }], concurrency: null } } })
    await bench.deliver(() => accepted)
    const startMs = bench.calls[0]?.atMs ?? 0
    const lastFast = bench.calls.findLast(call => call.to[0]?.endsWith('fast.example') === true)
    const lastSlow = bench.calls.findLast(call => call.to[0]?.endsWith('slow.example') === true)
    // 1,000 messages of 10 ms through 4 calls at a time take 2.5 s; 50 messages at 1/s take 49 s.
    expect(((lastFast?.atMs ?? 0) - startMs) / 1000).toBeLessThan(3)
    expect(Math.round(((lastSlow?.atMs ?? 0) - startMs) / 1000)).toBe(49)
  })

  test('sites take turns, whatever the order of the list', async () => {
    start([...people(100, 'first.example'), ...people(100, 'second.example')], {
      routes: [route('alpha', { concurrency: 1 })],
    })
    await bench.deliver(() => accepted)
    const first20 = bench.calls.slice(0, 20).filter(call => call.to[0]?.endsWith('first.example') === true)
    expect(first20.length).toBe(10)
  })
})

describe('time that passes while it is looked', () => {
  test('does not let the moment be missed at which a route is ready', async () => {
    // More than the window holds, so that nothing else makes the delivery look again.
    start(people(1100), { routes: [route('alpha', { rates: [{ count: 200, perMs: 1000 }] })], takesMs: 1 })
    const { clock } = bench
    let looks = 0
    const passing = {
      nowMs: () => {
        clock.set(clock.nowMs() + (looks++ % 3 === 0 ? 1 : 0))
        return clock.nowMs()
      },
      sleep: (ms: number, signal?: AbortSignal) => clock.sleep(ms, signal),
    }
    expect(await bench.deliver(() => accepted, { clock: passing })).toEqual({ kind: 'finished' })
    expect(bench.figures()).toBe('accepted 1100, failed 0, in doubt 0, waiting 0, skipped 0')
  })
})

describe('deferred', () => {
  test('a full mailbox is tried on schedule and expires with its last words', async () => {
    start(['full@example.org', 'ok@example.org'], {
      retry: { delaysMs: [minute, 10 * minute], maxAgeMs: hour, classes: {} },
    })
    await bench.deliver(call => (call.to[0] === 'full@example.org' ? deferred('recipient') : accepted))
    expect(bench.minutesOf('full@example.org')).toEqual([0, 1, 11, 21, 31, 41, 51])
    expect(bench.figures()).toBe('accepted 1, failed 1, in doubt 0, waiting 0, skipped 0')
    expect(bench.journal.tally(bench.run.id).causes).toMatchObject([{ cause: { class: 'expired', text: 'not now' } }])
  })

  test('a throttled route rests as long as it was told, and burns no attempt', async () => {
    start(people(20), { routes: [route('alpha', { concurrency: 4 })] })
    const startMs = bench.clock.nowMs()
    await bench.deliver(call => (call.atMs < startMs + 30_000 ? deferred('route', 30_000) : accepted))
    expect(bench.figures()).toBe('accepted 20, failed 0, in doubt 0, waiting 0, skipped 0')
    expect(bench.calls.filter(call => call.atMs < startMs + 30_000).length).toBe(1)
    expect([...bench.journal.records(bench.run.id)].every(record => record.attempts === 1)).toBe(true)
  })

  test('a site that asks for patience rests; the other goes on', async () => {
    start([...people(30, 'grumpy.example'), ...people(30, 'kind.example')], {
      routes: [route('alpha', { concurrency: 2 })],
    })
    const startMs = bench.clock.nowMs()
    const resting = (call: { atMs: number }): boolean => call.atMs < startMs + 5000
    await bench.deliver(call => (call.to[0]?.endsWith('grumpy.example') && resting(call) ? deferred('lane') : accepted))
    expect(bench.figures()).toBe('accepted 60, failed 0, in doubt 0, waiting 0, skipped 0')
    expect(
      bench.calls.filter(call => resting(call) && call.to[0]?.endsWith('grumpy.example')).length,
    ).toBeLessThanOrEqual(2)
    expect(bench.calls.filter(call => resting(call) && call.to[0]?.endsWith('kind.example')).length).toBe(30)
  })

  test('what is due later than the patience is left to resume', async () => {
    start(people(1), { retry: { delaysMs: [hour], maxAgeMs: 72 * hour, classes: {} } })
    const ending = await bench.deliver(() => deferred('recipient'))
    expect(ending).toMatchObject({ kind: 'stopped', why: 'due later' })
    expect(bench.figures()).toBe('accepted 0, failed 0, in doubt 0, waiting 1, skipped 0')
    expect(bench.calls.length).toBe(1)
  })

  test('a neighbour of a refused address goes out at once, and burns no attempt', async () => {
    start(people(10), { profile: { batchMax: 10 } })
    await bench.deliver(call => {
      if (!call.to.includes('p3@example.org')) return accepted
      return call.to.map(to => (to === 'p3@example.org' ? refused('recipient') : deferred('message', 0)))
    })
    expect(bench.figures()).toBe('accepted 9, failed 1, in doubt 0, waiting 0, skipped 0')
    expect(bench.calls.map(call => call.to.length)).toEqual([1, 9, 8])
  })
})

describe('refused', () => {
  test('no such user: failed and suppressed; the others are not touched', async () => {
    start(people(5))
    await bench.deliver(call => (call.to[0] === 'p2@example.org' ? refused('recipient') : accepted))
    expect(bench.figures()).toBe('accepted 4, failed 1, in doubt 0, waiting 0, skipped 0')
    expect([...bench.journal.suppressions()].map(each => each.address)).toEqual(['p2@example.org'])
  })

  test('a bad API key stops the route and fails nobody', async () => {
    start(people(1000))
    const ending = await bench.deliver(() => refused('route', 'auth'))
    expect(ending).toMatchObject({ kind: 'stopped', why: 'no route left', detail: 'alpha: no' })
    expect(bench.figures()).toBe('accepted 0, failed 0, in doubt 0, waiting 1000, skipped 0')
    expect(bench.calls.length).toBeLessThanOrEqual(4)
  })

  test('with a second route, the run goes on by that one', async () => {
    start(people(100), { routes: [route('alpha'), route('beta')] })
    await bench.deliver(call => (call.route === 'alpha' ? refused('route', 'auth') : accepted))
    expect(bench.figures()).toBe('accepted 100, failed 0, in doubt 0, waiting 0, skipped 0')
  })

  test('blocked by the site: the next route tries, and only then it has failed', async () => {
    start(people(10), { routes: [route('alpha'), route('beta')] })
    await bench.deliver(() => refused('lane', 'block'), { patienceMs: 24 * hour })
    expect(bench.figures()).toBe('accepted 0, failed 10, in doubt 0, waiting 0, skipped 0')
    expect([...bench.journal.suppressions()]).toEqual([])
    for (const who of people(10)) {
      const routes = bench.calls.filter(call => call.to.includes(who)).map(call => call.route)
      expect(routes.sort()).toEqual(['alpha', 'beta'])
    }
  })
})

describe('routes', () => {
  test('share by weight while none of them is busy', async () => {
    start(people(400), {
      routes: [route('alpha', { weight: 3 }), route('beta', { weight: 1 })],
      sites: { default: { rates: [{ count: 50, perMs: 1000 }], concurrency: null } },
    })
    await bench.deliver(() => accepted)
    expect(bench.calls.filter(call => call.route === 'alpha').length).toBe(300)
    expect(bench.calls.filter(call => call.route === 'beta').length).toBe(100)
  })

  test('share the work as fast as they can when all of them are busy', async () => {
    start(people(400), { routes: [route('alpha', { weight: 3 }), route('beta', { weight: 1 })] })
    await bench.deliver(() => accepted)
    expect(bench.calls.filter(call => call.route === 'beta').length).toBeGreaterThan(195)
  })

  test('carry only the sites they are for', async () => {
    start([...people(5, 'gmail.com'), ...people(5, 'example.org')], {
      routes: [route('alpha', { sites: ['google'] }), route('beta', { sites: ['*.org'] })],
    })
    await bench.deliver(() => accepted)
    const carried = new Set(bench.calls.map(call => `${call.route} ${call.to[0]?.split('@')[1]}`))
    expect([...carried].sort()).toEqual(['alpha gmail.com', 'beta example.org'])
  })
})

describe('in doubt', () => {
  test('is held, named and not tried again', async () => {
    start(people(10))
    expect(await bench.deliver(call => (call.to[0] === 'p4@example.org' ? inDoubt : accepted))).toEqual({
      kind: 'finished',
    })
    expect(bench.figures()).toBe('accepted 9, failed 0, in doubt 1, waiting 0, skipped 0')
    expect([...bench.journal.inDoubt(bench.run.id)]).toMatchObject([{ address: 'p4@example.org', route: 'alpha' }])
    expect(bench.minutesOf('p4@example.org').length).toBe(1)
  })

  test('whoever was in flight when a process died is in doubt for the next, and nobody else is', async () => {
    start(people(10))
    const claimed = bench.journal.claim(bench.run.id, { dueByMs: bench.clock.nowMs(), limit: 3, after: null }).messages
    const intent = {
      run: bench.run.id,
      route: 'alpha',
      messageIds: claimed.map(each => each.id),
      nowMs: bench.clock.nowMs(),
    }
    bench.journal.begin(bench.lease, [intent])
    expect(bench.journal.recover(bench.run.id, bench.clock.nowMs())).toBe(3)
    await bench.deliver(() => accepted)
    expect(bench.figures()).toBe('accepted 7, failed 0, in doubt 3, waiting 0, skipped 0')
  })
})

describe('between the claim and the call', () => {
  test('whoever is suppressed is not sent to, however long she has been in hand', async () => {
    start(people(5), { routes: [route('alpha', { rates: [{ count: 1, perMs: 10 * minute }], concurrency: 1 })] })
    const [, , third = ''] = people(5)
    const said = bench.clock
      .sleep(15 * minute)
      .then(() =>
        bench.journal.suppress([
          { address: address(third), reason: 'unsubscribed', source: 'a note', atMs: bench.clock.nowMs() },
        ]),
      )
    await bench.deliver(() => accepted)
    await said
    expect(bench.calls.map(call => call.to[0])).toEqual(people(5).filter(each => each !== third))
    expect(bench.figures()).toBe('accepted 4, failed 0, in doubt 0, waiting 0, skipped 1')
  })

  test('a process that stood still makes no call: what was asked about it meanwhile stays true', async () => {
    start(people(3))
    const { journal, clock } = bench
    let stoodStill = false
    const suspended = {
      ...journal,
      begin(...given: Parameters<typeof journal.begin>) {
        const begun = journal.begin(...given)
        if (!stoodStill) clock.set(clock.nowMs() + minute)
        stoodStill = true
        return begun
      },
    }
    await bench.deliver(() => accepted, { journal: suspended })
    expect(bench.calls.map(call => call.to[0]).sort()).toEqual(people(3))
    expect(bench.figures()).toBe('accepted 3, failed 0, in doubt 0, waiting 0, skipped 0')
    const said = bench.notices.flatMap(notice => (notice.type === 'settled' ? notice.messages : []))
    expect(said.filter(each => each.cause?.text.startsWith('the process stood still')).length).toBe(1)
  })
})

describe('stopping', () => {
  test('the first interrupt finishes what is in flight and leaves the rest waiting', async () => {
    start(people(100))
    const stop = bench.clock.sleep(55).then(() => bench.stopping.abort())
    const ending = await bench.deliver(() => accepted)
    await stop
    expect(ending).toMatchObject({ kind: 'stopped', why: 'interrupted' })
    expect(bench.figures()).toBe('accepted 21, failed 0, in doubt 0, waiting 79, skipped 0')
    expect(bench.calls.length).toBe(21)
  })

  test('the second ends open calls at once', async () => {
    start(people(100), { takesMs: 10 * minute })
    const stop = bench.clock.sleep(11 * minute).then(() => {
      bench.stopping.abort()
      bench.abort.abort()
    })
    await bench.deliver((_, signal) => (signal.aborted ? inDoubt : accepted))
    await stop
    expect(bench.figures()).toBe('accepted 1, failed 0, in doubt 4, waiting 95, skipped 0')
  })

  test('a guard stops the run before more harm is done', async () => {
    const stopWhen = [
      { text: 'hard_bounce_rate > 5% of 20', metric: 'hard_bounce_rate' as const, share: 0.05, atLeast: 20 },
    ]
    start(people(1000), { stopWhen })
    const ending = await bench.deliver(() => refused('recipient'))
    expect(ending).toMatchObject({
      kind: 'stopped',
      why: 'guard',
      detail: 'hard_bounce_rate > 5% of 20 was crossed: 100.0% of 20',
    })
    expect(bench.calls.length).toBeLessThan(30)
    expect(bench.notices.filter(notice => notice.type === 'guard')).toMatchObject([
      { threshold: 'hard_bounce_rate > 5% of 20', share: 1, of: 20 },
    ])
  })

  test('a guard stops a run whose calls have become slow', async () => {
    const stopWhen = [{ text: 'p95_latency > 2s of 50', metric: 'p95_latency' as const, limitMs: 2000, atLeast: 50 }]
    start(people(1000), { stopWhen })
    const ending = await bench.deliver(async () => {
      if (bench.calls.length > 100) await bench.clock.sleep(3000)
      return accepted
    })
    expect(ending).toMatchObject({ why: 'guard', detail: 'p95_latency > 2s of 50 was crossed: 3.01 s over 103 calls' })
    expect(bench.notices.filter(notice => notice.type === 'guard')).toMatchObject([{ latencyMs: 3010, calls: 103 }])
    expect(bench.figures()).toBe('accepted 106, failed 0, in doubt 0, waiting 894, skipped 0')
  })

  test('a guard looks once a minute who has complained, and whoever goes on has seen it', async () => {
    const stopWhen = [
      { text: 'complaint_rate > 1% of 50', metric: 'complaint_rate' as const, share: 0.01, atLeast: 50 },
    ]
    start(people(300), { stopWhen, routes: [route('alpha', { rates: [{ count: 1, perMs: 1000 }] })] })
    const ending = await bench.deliver(() => {
      if (bench.calls.length === 90) complain('P0@example.org', 'p1@example.org', 'p299@example.org')
      return accepted
    })
    expect(ending).toMatchObject({
      kind: 'stopped',
      why: 'guard',
      detail: 'complaint_rate > 1% of 50 was crossed: 1.7% of 120',
    })
    expect(bench.figures()).toBe('accepted 120, failed 0, in doubt 0, waiting 179, skipped 1')
    // A process that resumes has nothing in hand.
    bench.journal.giveBack(Array.from({ length: 300 }, (_, index) => index + 1))
    expect(await bench.deliver(() => accepted)).toEqual({ kind: 'finished' })
    expect(bench.figures()).toBe('accepted 299, failed 0, in doubt 0, waiting 0, skipped 1')
  })

  function complain(...addresses: readonly string[]): void {
    const atMs = bench.clock.nowMs()
    const reason = 'complaint' as const
    bench.journal.suppress(addresses.map(each => ({ address: address(each), reason, source: 'test', atMs })))
  }

  test('a process that has been taken over sends nothing more', async () => {
    start(people(100))
    let takenOver = false
    const ending = await bench.deliver(() => {
      if (!takenOver) {
        bench.clock.set(bench.clock.nowMs() + hour)
        bench.acquire(2)
        takenOver = true
      }
      return accepted
    })
    expect(ending).toMatchObject({ kind: 'stopped', why: 'taken over' })
    expect(bench.calls.length).toBe(1)
    expect(bench.figures()).toBe('accepted 1, failed 0, in doubt 0, waiting 99, skipped 0')
  })

  test('a journal that cannot be read stops the sending, when the open calls have ended and are recorded', async () => {
    start(people(5000), { routes: [route('alpha', { concurrency: 4 })] })
    const claim = bench.journal.claim
    let claims = 0
    bench.journal.claim = (...query) => {
      claims += 1
      if (claims > 1) throw new Error('disk I/O error')
      return claim.apply(bench.journal, query)
    }
    await expect(bench.deliver(() => accepted)).rejects.toThrow('disk I/O error')
    expect(bench.journal.counts(bench.run.id).accepted).toBe(bench.calls.length)
    expect(bench.journal.recover(bench.run.id, bench.clock.nowMs())).toBe(0)
  })

  test('a journal that cannot be written for a moment costs nobody', async () => {
    start(people(50))
    const settle = bench.journal.settle
    let tries = 0
    bench.journal.settle = parcels => {
      tries += 1
      if (tries === 3 || tries === 4) throw new Error('database is locked')
      settle.call(bench.journal, parcels)
    }
    expect(await bench.deliver(() => accepted)).toEqual({ kind: 'finished' })
    expect(bench.figures()).toBe('accepted 50, failed 0, in doubt 0, waiting 0, skipped 0')
  })

  test('a journal that cannot be written stops the sending, and what is not recorded is in doubt for the next', async () => {
    start(people(100))
    const settle = bench.journal.settle
    let settled = 0
    bench.journal.settle = parcels => {
      settled += 1
      if (settled > 3) throw new Error('no space left on device')
      settle.call(bench.journal, parcels)
    }
    await expect(bench.deliver(() => accepted)).rejects.toThrow('no space left')
    const sent = bench.calls.length
    expect(sent).toBeLessThan(30)
    const recorded = bench.journal.counts(bench.run.id).accepted
    expect(bench.journal.recover(bench.run.id, bench.clock.nowMs())).toBe(sent - recorded)
  })
})

test('a clock that jumps back by a day loses nobody', async () => {
  start(people(200))
  let jumped = false
  await bench.deliver(() => {
    if (!jumped) bench.clock.set(bench.clock.nowMs() - 24 * hour)
    jumped = true
    return accepted
  })
  expect(bench.figures()).toBe('accepted 200, failed 0, in doubt 0, waiting 0, skipped 0')
})

test('a clock that was set back by a day before the start keeps nobody waiting', async () => {
  start(people(20))
  bench.clock.set(bench.clock.nowMs() - 24 * hour)
  expect(await bench.deliver(() => accepted)).toEqual({ kind: 'finished' })
})

describe('a route that has not gone well yet', () => {
  test('is given one call with one message, so that a wrong address or key meets few', async () => {
    start(people(3000), { profile: { batchMax: 1000 }, routes: [route('alpha', { concurrency: 10 })] })
    const stop = bench.clock.sleep(5000).then(() => bench.stopping.abort())
    await bench.deliver(() => inDoubt)
    await stop
    expect(bench.calls.map(call => call.to.length)).toEqual([1, 1, 1])
    expect(bench.figures()).toBe('accepted 0, failed 0, in doubt 3, waiting 2997, skipped 0')
  })
})

describe('a slow or resting site or route leaves the others alone', () => {
  const perSecond = (count: number) => ({ rates: [{ count, perMs: 1000 }], concurrency: null })

  /** Seconds until the first message of a domain left. */
  function firstAt(domain: string): number {
    const startMs = bench.calls[0]?.atMs ?? 0
    const first = bench.calls.find(call => call.to[0]?.endsWith(domain) === true)
    return ((first?.atMs ?? Number.POSITIVE_INFINITY) - startMs) / 1000
  }

  test.each([
    ['at 1/s', perSecond(1)],
    ['at 20/s', perSecond(20)],
    ['at 20/min', { rates: [{ count: 20, perMs: 60_000 }], concurrency: null }],
    ['with one call at a time', { rates: [], concurrency: 1 }],
  ])('three large sites %s at the head of the list', async (_, pace) => {
    const large = ['one.example', 'two.example', 'three.example']
    start([...large.flatMap(domain => people(1000, domain)), ...people(100, 'last.example')], {
      sites: Object.fromEntries(large.map(domain => [domain, pace])),
      routes: [route('alpha', { concurrency: 8 })],
    })
    const stop = bench.clock.sleep(3000).then(() => bench.stopping.abort())
    await bench.deliver(() => accepted)
    await stop
    expect(firstAt('last.example')).toBeLessThan(1)
    expect(bench.calls.filter(call => call.to[0]?.endsWith('last.example')).length).toBe(100)
  })

  test('a route that rests, with its sites at the head of the list', async () => {
    start([...people(3000, 'gmail.com'), ...people(200, 'example.org')], {
      routes: [route('alpha', { sites: ['google'] }), route('beta', { sites: ['*.org'] })],
    })
    const stop = bench.clock.sleep(30_000).then(() => bench.stopping.abort())
    await bench.deliver(call => (call.route === 'alpha' ? deferred('route', 10 * minute) : accepted))
    await stop
    expect(firstAt('example.org')).toBeLessThan(1)
    expect(bench.calls.filter(call => call.route === 'beta').length).toBe(200)
  })

  test('a route that is stopped, with its sites at the head of the list', async () => {
    start([...people(3000, 'gmail.com'), ...people(3000, 'hotmail.com'), ...people(200, 'example.org')], {
      routes: [route('alpha', { sites: ['google', 'microsoft'] }), route('beta', { sites: ['*.org'] })],
    })
    const ending = await bench.deliver(call => (call.route === 'alpha' ? refused('route', 'auth') : accepted))
    expect(ending).toMatchObject({ kind: 'stopped', why: 'no route left', detail: 'alpha: no' })
    expect(bench.figures()).toBe('accepted 200, failed 0, in doubt 0, waiting 6000, skipped 0')
  })
})

describe('what was told is not forgotten', () => {
  test('a Retry-After holds although calls that were open before it go well', async () => {
    start(people(200), { routes: [route('alpha', { concurrency: 8 })] })
    const startMs = bench.clock.nowMs()
    let asked = false
    await bench.deliver(async call => {
      if (asked || call.atMs < startMs + 100) return accepted
      asked = true
      return deferred('route', 60_000)
    })
    const resting = bench.calls.filter(call => call.atMs > startMs + 120 && call.atMs < startMs + 60_000)
    expect(resting.length).toBe(0)
    expect(bench.figures()).toBe('accepted 200, failed 0, in doubt 0, waiting 0, skipped 0')
  })

  test('whoever is suppressed while she waits is not mailed', async () => {
    start(people(10))
    const [address] = bench.journal.sample(bench.run.id, 1)
    if (address === undefined) throw new Error('no sample')
    bench.journal.suppress([{ address: address.address, reason: 'unsubscribed', source: 'test', atMs: 0 }])
    await bench.deliver(() => accepted)
    expect(bench.figures()).toBe('accepted 9, failed 0, in doubt 0, waiting 0, skipped 1')
    expect(bench.minutesOf(address.address)).toEqual([])
  })
})

describe('patience', () => {
  test('is not for a rate: whoever sets one wants it kept', async () => {
    start(people(10), { routes: [route('alpha', { rates: [{ count: 2, perMs: 5 * minute }] })] })
    expect(await bench.deliver(() => accepted, { patienceMs: 0 })).toEqual({ kind: 'finished' })
  })

  test('is not for the rate of a site either, and the wait is called by its name', async () => {
    start(people(3), { sites: { 'example.org': { rates: [{ count: 2, perMs: 5 * minute }], concurrency: null } } })
    expect(await bench.deliver(() => accepted, { patienceMs: 0 })).toEqual({ kind: 'finished' })
    expect(bench.notices.flatMap(notice => (notice.type === 'waiting' ? [notice.why] : []))).toEqual(['rate', 'rate'])
  })

  test('does not end in the middle of a list because a retry is due before its rate allows the next', async () => {
    start(people(12), {
      retry: { delaysMs: [57_000], maxAgeMs: hour, classes: {} },
      routes: [route('alpha', { rates: [{ count: 10, perMs: minute }] })],
    })
    const script = (): Outcome => (bench.calls.length === 1 ? deferred('recipient') : accepted)
    expect(await bench.deliver(script, { patienceMs: 0 })).toEqual({ kind: 'finished' })
    expect(bench.minutesOf('p0@example.org')).toEqual([0, 1])
  })

  test('ends where the only route stays dead, however soon it is tried each time', async () => {
    start(people(100))
    const startMs = bench.clock.nowMs()
    const dead = deferred('route')
    const ending = await bench.deliver(call => (bench.calls.indexOf(call) < 50 ? accepted : dead), {
      patienceMs: 20 * minute,
    })
    expect(ending).toMatchObject({ kind: 'stopped', why: 'due later', detail: 'the route is given a rest' })
    const lastMs = (bench.calls.at(-1)?.atMs ?? 0) - startMs
    expect([Math.floor(lastMs / minute), bench.calls.length < 70]).toEqual([18, true])
    expect(bench.figures()).toBe('accepted 50, failed 0, in doubt 0, waiting 50, skipped 0')
  })

  test('nor because one site rests while others are held to their rates', async () => {
    start(['a@grumpy.example', ...people(3)], {
      sites: { 'example.org': { rates: [{ count: 1, perMs: minute }], concurrency: null } },
    })
    const script = (call: { to: readonly string[] }): Outcome =>
      call.to[0] === 'a@grumpy.example' ? deferred('lane', 50_000) : accepted
    expect(await bench.deliver(script, { patienceMs: 0 })).toMatchObject({ kind: 'stopped', why: 'due later' })
    expect(bench.figures()).toBe('accepted 3, failed 0, in doubt 0, waiting 1, skipped 0')
  })

  test('is not for a retry that no route could carry when it is due', async () => {
    start(people(2), { routes: [route('alpha', { warmup: { startPerDay: 1, growth: 2, untilPerDay: 10 } })] })
    expect(await bench.deliver(() => deferred('recipient'))).toEqual({
      kind: 'stopped',
      why: 'due later',
      detail: 'what may be sent for now has been sent',
      nextDueAtMs: bench.startMs + 24 * hour,
    })
    expect(bench.notices.filter(notice => notice.type === 'waiting')).toEqual([])
  })

  test('looks at what comes first: a retry in a minute is waited for although a site rests longer', async () => {
    start(['a@grumpy.example', 'b@example.org'])
    const ending = await bench.deliver(call => {
      if (call.to[0] === 'a@grumpy.example') return deferred('lane', 30 * minute)
      return bench.minutesOf('b@example.org').length === 1 ? deferred('recipient') : accepted
    })
    expect(bench.minutesOf('b@example.org')).toEqual([0, 1])
    expect(ending).toMatchObject({ kind: 'stopped', why: 'due later' })
  })
})

test('a message that is past its maximum age is not tried again, and one that was never tried has no age', async () => {
  start(['tried@example.org', 'fresh@example.org'], { retry: { delaysMs: [hour], maxAgeMs: 72 * hour, classes: {} } })
  await bench.deliver(call => (call.to[0] === 'tried@example.org' ? deferred('recipient') : inDoubt), { patienceMs: 0 })
  bench.clock.set(bench.clock.nowMs() + 30 * 24 * hour)
  await bench.deliver(() => accepted)
  expect(bench.minutesOf('tried@example.org').length).toBe(1)
  expect(bench.figures()).toBe('accepted 0, failed 1, in doubt 1, waiting 0, skipped 0')
})
