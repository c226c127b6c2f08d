/** Pace, latency and how long it may take, from a view of a run. */

import { describe, expect, test } from 'vitest'
import { type Outlook, outlook, pacePerSecond, percentile, sparkline } from '../../src/dashboard/figures.ts'
import { atTime, noView, type ViewState, viewed, withWaiting } from '../../src/dashboard/view-state.ts'
import type { Notice, SettledMessage } from '../../src/model/notice.ts'
import type { LaneStanding, RouteStanding, Standing } from '../../src/model/run.ts'
import type { Wait } from '../../src/model/wait.ts'

const startMs = Date.UTC(2026, 10, 22, 9)

/** A run of 10,000 whose paces, a second each, were these. */
function runOf(paces: readonly number[], standing: Partial<Standing> = {}, more: readonly Notice[] = []): ViewState {
  const counts = { rows: 10_000, accepted: 0, failed: 0, skipped: 0, inDoubt: 0, waiting: 10_000, rowProblems: 0 }
  const notices: Notice[] = [{ type: 'started', atMs: startMs, run: 'r', campaign: 'c', counts, recovered: 0 }]
  for (const [second, pace] of paces.entries()) {
    const messages = Array.from({ length: pace }, (_, index): SettledMessage => {
      return { address: `a${index}@google`, site: 'google', line: index, state: 'accepted' }
    })
    notices.push({ type: 'settled', atMs: startMs + second * 1000 + 500, route: 'smtp', tookMs: 10, messages })
  }
  const said: Standing = {
    priority: 'bulk',
    accounts: [],
    sites: [],
    openCalls: 1,
    routes: [],
    lanes: [],
    waits: [],
    ...standing,
  }
  notices.push({ type: 'standing', atMs: startMs + paces.length * 1000, standing: said })
  return viewed(noView, [...notices, ...more])
}

const route = (limitPerSecond: number | null, adaptedPerSecond: number | null = null): RouteStanding => {
  return {
    name: 'smtp',
    breaker: 'closed',
    openCalls: 1,
    limitPerSecond,
    rateCounts: 'messages',
    adaptedPerSecond,
    health: 1,
  }
}
const lane = (limitPerSecond: number | null, adaptedPerSecond: number | null): LaneStanding => {
  return { site: 'google', held: 1, openCalls: 1, limitPerSecond, adaptedPerSecond }
}
const steady = Array.from({ length: 60 }, () => 50)
const resting: Wait = { what: 'site', name: 'google', cause: 'breaker', untilMs: startMs + 120_000 }
const paused: Wait = { what: 'run', name: 'r', cause: 'window', untilMs: startMs + 660_000 }

function shown(left: Outlook): string {
  if (left.kind !== 'between') return left.kind
  const [least, most] = [left.leastMs, left.mostMs].map(ms => Math.round(ms / 1000))
  return `${least} to ${most} s${left.by === null ? '' : ` by ${left.by}`}`
}

describe('how long it may take', () => {
  test.each<[string, ViewState, string]>([
    ['nothing has been sent yet', runOf([]), 'unknown'],
    ['at a steady pace', runOf(steady), '140 to 140 s'],
    ['at a pace that rose and fell', runOf([...Array(30).fill(20), ...Array(30).fill(80)]), '88 to 350 s'],
    ['the routes may go no faster', runOf(steady, { routes: [route(40)] }), '175 to 175 s'],
    ['a route was asked to be slower', runOf(steady, { routes: [route(100, 25)] }), '280 to 280 s'],
    ['one of the routes has no limit', runOf(steady, { routes: [route(1), route(null)] }), '140 to 140 s'],
    [
      'a route that counts calls, of which each has had fifty messages',
      runOf(steady, { routes: [{ ...route(0.5), rateCounts: 'calls' }] }),
      '280 to 280 s',
    ],
    [
      'a route that counts calls, of which the only one has had nobody yet',
      runOf(steady, { routes: [{ ...route(null), name: 'other', rateCounts: 'calls' }] }, [
        { type: 'settled', atMs: startMs, route: 'other', tookMs: 1, messages: [] },
      ]),
      '140 to 140 s',
    ],
    [
      'a site rests first, and then keeps to its rate',
      withWaiting(runOf(steady, { lanes: [lane(50, null)], waits: [resting] }), [{ site: 'google', waiting: 6000 }]),
      '180 to 180 s by google',
    ],
    ['the run waits for ten minutes first', runOf(steady, { waits: [paused] }), '740 to 740 s'],
    [
      'its largest site is held to its rate',
      withWaiting(runOf(steady, { lanes: [lane(5, null)] }), [{ site: 'google', waiting: 6000 }]),
      '1200 to 1200 s by google',
    ],
    [
      'and to a lower pace now',
      withWaiting(runOf(steady, { lanes: [lane(30, 1)] }), [{ site: 'google', waiting: 6000 }]),
      '200 to 6000 s by google',
    ],
  ])('%s: %s', (_, view, expected) => {
    expect(shown(outlook(view))).toBe(expected)
  })

  test('who has been sent to waits no longer', () => {
    const view = withWaiting(runOf([]), [{ site: 'google', waiting: 3 }])
    const message: SettledMessage = { address: 'a@google', site: 'google', line: 1, state: 'accepted' }
    const put = { ...message, state: 'queued' as const }
    const after = viewed(view, [{ type: 'settled', atMs: startMs, route: 'smtp', tookMs: 1, messages: [message, put] }])
    expect(after.waitingBySite.get('google')).toBe(2)
  })

  test('nobody is left', () => {
    expect(shown(outlook(runOf([10_000])))).toBe('over')
  })
})

test('the pace of now is that of the last whole seconds, those without a message among them', () => {
  const view = runOf([10, 20, 30, 40, 50, 60])
  expect(pacePerSecond(view)).toBe(40)
  expect(pacePerSecond(atTime(view, startMs + 8000))).toBe(30)
  expect(pacePerSecond(atTime(view, startMs + 3_600_000))).toBe(0)
})

test('the sparkline stands on the left edge until there is more than fits', () => {
  expect(sparkline(runOf([]), 10, 1)).toBe('')
  expect(sparkline(runOf([10, 20, 30, 40, 50, 60, 70, 80, 5]), 10, 1)).toBe('▂▃▄▅▅▆▇█▁')
  expect(sparkline(runOf([10, 20, 30, 40, 50, 60, 70, 80, 5]), 4, 1)).toBe('▆▇█▁')
})

test('percentiles', () => {
  const took = [50, 10, 40, 20, 30]
  expect([percentile([], 0.5), percentile(took, 0.5), percentile(took, 0.95), percentile(took, 0)]).toEqual([
    null,
    30,
    50,
    10,
  ])
})
