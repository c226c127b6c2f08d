/** What others ask of a run while it is sent, how soon that is heeded, and how runs share the accounts they use. */

import { afterEach, describe, expect, test } from 'vitest'
import { noticeLine } from '../../src/dashboard/notice-line.ts'
import type { Journal } from '../../src/journal/journal.ts'
import { openJournal } from '../../src/journal/open.ts'
import type { PacingChange, Priority } from '../../src/model/campaign.ts'
import type { RunId } from '../../src/model/message.ts'
import type { Outcome } from '../../src/model/outcome.ts'
import type { Rate } from '../../src/model/rate.ts'
import type { Pause } from '../../src/model/run.ts'
import {
  accepted,
  type BenchSettings,
  type Call,
  DeliveryBench,
  hour,
  minute,
  route,
} from '../support/delivery-bench.ts'

const benches: DeliveryBench[] = []

afterEach(() => {
  for (const bench of benches.splice(0).reverse()) bench.close()
})

const startMs = Date.UTC(2026, 0, 1)

function start(count: number, settings: BenchSettings = {}): DeliveryBench {
  const people = Array.from({ length: count }, (_, index) => `p${index}@example.org`)
  const bench = new DeliveryBench(people, settings)
  benches.push(bench)
  return bench
}

/** After so long, another process asks something of the bench's run. */
function ask(bench: DeliveryBench, afterMs: number, what: (journal: Journal, run: RunId) => void): void {
  void bench.clock.sleep(afterMs).then(() => what(bench.journal, bench.run.id))
}

const pause: Pause = { by: 'operator', why: 'a typo', atMs: startMs }

function told(bench: DeliveryBench): string {
  const asked = bench.notices.filter(notice => notice.type === 'asked' || notice.type === 'stopping')
  return asked.map(notice => `${((notice.atMs - startMs) / 1000).toFixed(1)} s  ${noticeLine(notice)}`).join('\n')
}

function within(calls: readonly Call[], fromMs: number, toMs = Number.POSITIVE_INFINITY): number {
  return calls.filter(({ atMs }) => atMs >= startMs + fromMs && atMs < startMs + toMs).length
}

describe('pause', () => {
  const slowCalls: BenchSettings = { takesMs: 400, routes: [route('alpha', { concurrency: 3 })] }

  test('is heeded within a second, says how many may still leave, and its end lets the run go on', async () => {
    const bench = start(100, slowCalls)
    ask(bench, 5300, (journal, run) => journal.setPaused(run, pause))
    ask(bench, 60_000, (journal, run) => journal.setPaused(run, null))
    expect(await bench.deliver(() => accepted)).toEqual({ kind: 'finished' })
    expect(told(bench)).toMatchInlineSnapshot(`
      "6.0 s  paused; 2 calls in flight will be finished
      61.0 s  goes on"
    `)
    expect(within(bench.calls, 6300, 60_000)).toBe(0)
    expect(bench.figures()).toBe('accepted 100, failed 0, in doubt 0, waiting 0, skipped 0')
  })

  test('is heeded before any call is made, where it is asked for while nothing happens', async () => {
    const full: Outcome = { kind: 'deferred', scope: 'recipient', cause: { class: 'soft', text: 'full' } }
    const bench = start(40, { retry: { delaysMs: [2 * minute], maxAgeMs: hour, classes: {} } })
    // Shortly before the retries are due.
    ask(bench, 2 * minute - 500, (journal, run) => journal.setPaused(run, pause))
    await bench.deliver(call => (call.atMs < startMs + minute ? full : accepted))
    expect(within(bench.calls, minute)).toBe(0)
  })

  test('is waited for as long as anything else, and then left to whoever resumes the run', async () => {
    const bench = start(100, slowCalls)
    ask(bench, 1000, (journal, run) => journal.setPaused(run, pause))
    const ending = await bench.deliver(() => accepted, { patienceMs: 5 * minute })
    expect(ending).toMatchObject({ kind: 'stopped', why: 'paused', detail: 'paused: a typo' })
    expect(bench.clock.nowMs() - startMs).toBeCloseTo(5 * minute, -4)
    expect(bench.journal.run(bench.run.id)?.paused).toEqual(pause)
  })

  test('of a run that is paused already: the process that begins makes no call', async () => {
    const bench = start(10)
    bench.journal.setPaused(bench.run.id, pause)
    expect(await bench.deliver(() => accepted, { patienceMs: 0 })).toMatchObject({ why: 'paused' })
    expect(bench.calls).toEqual([])
  })

  test('twice: each is told', async () => {
    const bench = start(100, slowCalls)
    for (const seconds of [2, 12]) {
      ask(bench, seconds * 1000, (journal, run) => journal.setPaused(run, pause))
      ask(bench, (seconds + 5) * 1000, (journal, run) => journal.setPaused(run, null))
    }
    await bench.deliver(() => accepted)
    const asked = bench.notices.flatMap(notice => (notice.type === 'asked' ? [notice.what] : []))
    expect(asked).toEqual(['paused', 'goes on', 'paused', 'goes on'])
  })
})

describe('cancel', () => {
  test('is heeded within a second: what is in flight is finished, and says how many that are', async () => {
    const bench = start(100, { takesMs: 400, routes: [route('alpha', { concurrency: 3 })] })
    ask(bench, 5300, (journal, run) => journal.askToCancel(run))
    const ending = await bench.deliver(() => accepted)
    expect(ending).toMatchObject({ kind: 'stopped', why: 'cancelled' })
    expect(told(bench)).toMatchInlineSnapshot(`"6.0 s  stopping: cancelled; 2 calls in flight will be finished"`)
    expect(within(bench.calls, 6300)).toBe(0)
    expect(bench.journal.counts(bench.run.id)).toMatchObject({ accepted: bench.calls.length, inDoubt: 0 })
  })

  test('of a paused run is heeded too', async () => {
    const bench = start(100)
    bench.journal.setPaused(bench.run.id, pause)
    ask(bench, 30_000, (journal, run) => journal.askToCancel(run))
    expect(await bench.deliver(() => accepted)).toMatchObject({ why: 'cancelled' })
    expect(bench.clock.nowMs() - startMs).toBeLessThan(33_000)
  })
})

describe('another process', () => {
  test.each<[string, (bench: DeliveryBench) => void]>([
    ['while it is paused', bench => bench.journal.setPaused(bench.run.id, pause)],
    ['while it waits for its rate', () => undefined],
  ])('that has taken the run over is heeded %s, and nothing more is written of it', async (_, prepare) => {
    const bench = start(10, { routes: [route('alpha', { rates: [{ count: 2, perMs: hour }] })] })
    prepare(bench)
    const other = openJournal(bench.path, { nowMs: () => bench.clock.nowMs(), randomBytes: size => Buffer.alloc(size) })
    ask(bench, 2 * minute, () => {
      const nowMs = bench.clock.nowMs()
      const mark = { host: 'there', space: 'there', pid: 2, started: '' }
      other.acquire('key', { mark, nowMs, untilMs: nowMs + minute, isAlive: () => false })
    })
    const ending = await bench.deliver(() => accepted)
    other.close()
    expect(ending).toMatchObject({ kind: 'stopped', why: 'taken over', nextDueAtMs: null })
    expect(bench.clock.nowMs() - startMs).toBeLessThanOrEqual(2 * minute + 11_000)
    expect(told(bench)).toContain('stopping: taken over')
    expect(within(bench.calls, 2 * minute)).toBe(0)
  })
})

describe('other paces', () => {
  const perSecond = (count: number): Rate => ({ count, perMs: 1000 })
  const site = (count: number) => ({ 'example.org': { rates: [perSecond(count)], concurrency: null } })
  const alpha = (rates: readonly Rate[], concurrency: number | null = null): PacingChange => {
    return { routes: { alpha: { rates, concurrency } }, sites: null }
  }
  const settings = { sites: site(5), routes: [route('alpha', { rates: [perSecond(20)], concurrency: 8 })] }

  test.each<[string, PacingChange, number]>([
    ['a slower route', alpha([perSecond(2)]), 2],
    ['a route as slow, its sites as they were', alpha([perSecond(20)]), 5],
    ['quicker sites', { routes: {}, sites: site(10) }, 10],
    ['sites without any limit, by the frozen pace of the route', { routes: {}, sites: {} }, 20],
    ['neither has a limit but the calls that may be open', { ...alpha([], 1), sites: {} }, 10],
  ])('%s', async (_, pacing, rate) => {
    const bench = start(1000, { ...settings, takesMs: 100 })
    ask(bench, 10_000, (journal, run) => journal.setPacing(run, pacing))
    await bench.deliverFor(21_000, () => accepted)
    expect(within(bench.calls, 5000, 10_000) / 5).toBe(5)
    expect(within(bench.calls, 13_000, 21_000) / 8).toBeCloseTo(rate, 0)
    expect(told(bench)).toContain('s  goes on at other paces')
  })

  test('hold for the next process too, from its first call', async () => {
    const bench = start(1000, settings)
    bench.journal.setPacing(bench.run.id, { ...alpha([perSecond(3)]), sites: {} })
    bench.restart()
    await bench.deliverFor(10_000, () => accepted)
    expect(Math.abs(bench.calls.length - 30)).toBeLessThanOrEqual(1)
    expect(told(bench)).not.toContain('other paces')
  })
})

describe('runs that use one account, or send to one site, at the same time', () => {
  const burst = 4
  const rate: Rate = { count: 20, perMs: 1000, burst }
  const shared = [route('alpha', { rates: [rate], concurrency: 16 })]
  const oneAccount = [{ routes: shared }, { routes: shared }] as const
  const sites = { 'example.org': { rates: [rate], concurrency: null } }
  /** Each by an account of its own, to a site that both send to. */
  const oneSite = ['alpha', 'beta'].map(name => ({ routes: [route(name, { concurrency: 16 })], sites }))

  /** Two runs with so many messages each, of which the second begins after ten seconds. */
  async function share(
    first: Priority,
    second: Priority,
    counts: readonly [number, number],
    [ofFirst, ofSecond]: readonly BenchSettings[] = oneAccount,
  ): Promise<string> {
    const one = start(counts[0], { ...ofFirst, delivery: { priority: first } })
    const other = start(counts[1], { ...ofSecond, delivery: { priority: second }, beside: one })
    const over = one.clock.sleep(40_000).then(() => {
      one.stopping.abort()
      other.stopping.abort()
    })
    const begun = one.clock.sleep(10_000).then(() => other.delivering(() => accepted))
    await one.clock.run(Promise.all([one.delivering(() => accepted), begun, over]))
    const all = [...one.calls, ...other.calls].sort((a, b) => a.atMs - b.atMs)
    expect(overRate(all)).toEqual([])
    const lines = [`     s ${first.padStart(14)} ${second.padStart(14)}`]
    for (let fromMs = 0; fromMs < 40_000; fromMs += 4000) {
      const cells = [one, other].map(({ calls }) => (within(calls, fromMs, fromMs + 4000) / 4).toFixed(1).padStart(14))
      lines.push(`${`${fromMs / 1000}–${fromMs / 1000 + 4}`.padStart(6)} ${cells.join(' ')}`)
    }
    return lines.join('\n')
  }

  /** Spans of time in which more went than rate and burst allow; a run that is new may send one message at once. */
  function overRate(calls: readonly Call[]): string[] {
    return calls.flatMap(({ atMs: fromMs }, first) => {
      for (const [index, { atMs }] of calls.slice(first).entries()) {
        const allowed = burst + 2 + Math.ceil(((atMs - fromMs) * rate.count) / rate.perMs)
        if (index + 1 > allowed) return [`${index + 1} from ${fromMs - startMs} to ${atMs - startMs} ms`]
      }
      return []
    })
  }

  test('of one priority share it', async () => {
    expect(await share('bulk', 'bulk', [1000, 1000])).toMatchInlineSnapshot(`
      "     s           bulk           bulk
         0–4           20.8            0.0
         4–8           20.0            0.0
        8–12           15.0            2.8
       12–16           10.0           10.0
       16–20           10.0           10.0
       20–24           10.0           10.0
       24–28           10.0           10.0
       28–32           10.0           10.0
       32–36           10.0           10.0
       36–40           10.0           10.0"
    `)
  })

  test('of one priority share the pace of a site too, whatever their accounts', async () => {
    expect(await share('bulk', 'bulk', [1000, 1000], oneSite)).toMatchInlineSnapshot(`
      "     s           bulk           bulk
         0–4           20.8            0.0
         4–8           20.0            0.0
        8–12           17.5            0.3
       12–16           10.0           10.0
       16–20           10.0           10.0
       20–24           10.0           10.0
       24–28           10.0           10.0
       28–32           10.0           10.0
       32–36           10.0           10.0
       36–40           10.0           10.0"
    `)
  })

  test('of different priorities as well', async () => {
    expect(await share('bulk', 'critical', [1000, 200], oneSite)).toMatchInlineSnapshot(`
      "     s           bulk       critical
         0–4           20.8            0.0
         4–8           20.0            0.0
        8–12           15.3            0.3
       12–16            0.0           19.8
       16–20            0.3           19.8
       20–24            5.3           10.3
       24–28           20.0            0.0
       28–32           20.0            0.0
       32–36           20.0            0.0
       36–40           20.0            0.0"
    `)
  })

  test('the higher priority goes first, the lower is not starved, and has all of it again in the end', async () => {
    expect(await share('bulk', 'critical', [1000, 200])).toMatchInlineSnapshot(`
      "     s           bulk       critical
         0–4           20.8            0.0
         4–8           20.0            0.0
        8–12           10.3            5.0
       12–16            0.3           20.0
       16–20            0.0           19.8
       20–24           10.3            5.3
       24–28           20.0            0.0
       28–32           20.0            0.0
       32–36           20.0            0.0
       36–40           20.0            0.0"
    `)
  })

  test('a lower one that comes later takes its small share', async () => {
    expect(await share('transactional', 'bulk', [1000, 1000])).toMatchInlineSnapshot(`
      "     s  transactional           bulk
         0–4           20.8            0.0
         4–8           20.0            0.0
        8–12           19.3            0.5
       12–16           18.3            2.0
       16–20           18.0            1.8
       20–24           18.3            1.8
       24–28           18.3            1.8
       28–32           18.0            2.0
       32–36           18.3            1.8
       36–40           18.3            1.8"
    `)
  })

  test('a run that has messages for other routes only leaves it to the others', async () => {
    const one = start(400, { routes: shared, delivery: { priority: 'bulk' } })
    const routes = [route('alpha', { rates: [rate], sites: ['google'] }), route('beta', { rates: [rate] })]
    const other = start(400, { routes, delivery: { priority: 'critical' }, beside: one })
    const deliveries = [one, other].map(each => each.delivering(() => accepted))
    await one.clock.run(Promise.all(deliveries))
    expect(within(one.calls, 3000, 13_000)).toBe(200)
  })
})
