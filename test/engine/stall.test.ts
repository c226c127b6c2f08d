/** While nothing is sent, the cause is said: after a minute, then after twice as long each time; for each cause there is. */

import { expect, test } from 'vitest'
import { Stall } from '../../src/engine/stall.ts'
import type { Notice } from '../../src/model/notice.ts'
import type { Outcome, Scope } from '../../src/model/outcome.ts'
import { waitSentence } from '../../src/model/wait.ts'
import { duration, moment } from '../../src/model/words.ts'
import {
  accepted,
  type BenchSettings,
  DeliveryBench,
  hour,
  minute,
  route,
  type Script,
} from '../support/delivery-bench.ts'
import { schedule } from '../support/schedules.ts'
import { ticking } from '../support/virtual-clock.ts'

const stillMs = 10 * minute

/** Deferred by the first call, and taken by the next. */
const once =
  (scope: Scope): Script =>
  ({ to }) =>
    callsFor(to[0]) > 1 ? accepted : ({ kind: 'deferred', scope, retryAfterMs: stillMs, cause } satisfies Outcome)
/** As `once`, by the first two calls, whosever they are. */
const firstTwo =
  (scope: Scope, retryAfterMs: number): Script =>
  () =>
    bench.calls.length > 2 ? accepted : { kind: 'deferred', scope, retryAfterMs, cause }
const cause = { class: 'transient', text: 'not now' } as const

const windowed = { windows: ['08:00-20:00'] }
const beforeEight = Date.parse('2026-01-01T07:50:00Z')
const oneIn10Minutes = [{ count: 6, perMs: hour }]

const causes: readonly (readonly [string, BenchSettings, Script?])[] = [
  ['a rate', { routes: [route('alpha', { rates: oneIn10Minutes })] }],
  ['the rate of a site', { sites: { default: { rates: oneIn10Minutes, concurrency: null } } }],
  ['calls not answered, and all there may be', { takesMs: stillMs, routes: [route('alpha', { concurrency: 1 })] }],
  ['calls not answered, for everybody', { takesMs: stillMs, profile: { batchMax: 2 } }],
  ['a site that rests twice', {}, firstTwo('lane', 25 * minute)],
  ['a route that rests twice', {}, firstTwo('route', stillMs)],
  [
    'a quota',
    {
      startMs: Date.parse('2026-01-01T23:50:00Z'),
      routes: [route('alpha', { warmup: { startPerDay: 1, growth: 2, untilPerDay: 2 } })],
    },
  ],
  ['a retry', { retry: { delaysMs: [stillMs], maxAgeMs: hour, classes: {} } }, once('recipient')],
  ['a window', { startMs: beforeEight, schedule: schedule({ ...windowed, isOneZone: true }) }],
  ['a window in recipients’ zones', { startMs: beforeEight, schedule: schedule(windowed) }],
  ['quiet hours', { startMs: beforeEight, schedule: schedule({ quiet: ['22:00-08:00'], isOneZone: true }) }],
  ['a start', { startMs: beforeEight, schedule: schedule({ at: '2026-01-01T08:00', isOneZone: true }) }],
  ['a canary', { canaryIn: 2, delivery: { canary: { share: 0.5, holdMs: stillMs } } }],
]

let bench: DeliveryBench

function callsFor(to: string | undefined): number {
  return bench.calls.filter(call => call.to[0] === to).length
}

/** `1:00 3:00`: how long nothing had been sent when it was said; a bar where something was sent between. */
function times(said: readonly (Notice & { type: 'stalled' })[]): string {
  const bySince = Map.groupBy(said, each => each.sinceMs)
  const time = (ms: number): string => `${Math.floor(ms / minute)}:${String((ms % minute) / 1000).padStart(2, '0')}`
  return [...bySince].map(([sinceMs, each]) => each.map(({ atMs }) => time(atMs - sinceMs)).join(' ')).join(' | ')
}

function row(name: string, times: string, words: string): string {
  return `${name.padEnd(42)} ${times.padEnd(33)} ${words}`
}

/** What was said, once each, with the time of day until when. */
function words(said: readonly (Notice & { type: 'stalled' })[]): string {
  const sentences = said.map(({ waits }) =>
    waits.length === 0
      ? '(the open calls)'
      : waits
          .map(wait => `${waitSentence(wait)}${wait.untilMs === null ? '' : ` until ${timeOfDay(wait.untilMs)}`}`)
          .join('; '),
  )
  return [...new Set(sentences)].join(' | ')
}

function timeOfDay(atMs: number): string {
  return moment(atMs, 'UTC').slice(11, 16)
}

test('no progress for a minute says the cause', async () => {
  const rows = [row('nothing is sent because of', 'said after, in minutes', 'what was said')]
  for (const [name, settings, script = () => accepted] of causes) {
    bench = new DeliveryBench(['ada@example.org', 'bob@example.org'], { takesMs: 0, ...settings })
    // It is looked every ten seconds while nothing moves.
    await bench.deliver(script, { patienceMs: 24 * hour, clock: ticking(bench.clock, 10_000) })
    expect(bench.figures()).toBe('accepted 2, failed 0, in doubt 0, waiting 0, skipped 0')
    const said = bench.notices.filter(notice => notice.type === 'stalled')
    rows.push(row(name, times(said), words(said)))
    bench.close()
  }
  await expect(`${rows.join('\n')}\n`).toMatchFileSnapshot('../golden/stalled.txt')
})

test('what is due and only not brought in yet is no wait', async () => {
  bench = new DeliveryBench(['ada@example.org'])
  const standings: unknown[] = []
  await bench.deliver(() => {
    standings.push(...bench.journal.standings(0).map(({ standing }) => standing.waits))
    return accepted
  })
  expect(standings).toEqual([[]])
  bench.close()
})

/** When it is said, and for how long nothing has been sent by then, where it is looked so often for so long. */
function told(stall: Stall, fromMs: number, toMs: number, everyMs = 10_000): string[] {
  const lines: string[] = []
  for (let nowMs = fromMs; nowMs <= toMs; nowMs += everyMs) {
    const sinceMs = stall.toTell(nowMs)
    if (sinceMs !== undefined) lines.push(`${duration(nowMs)}: for ${duration(nowMs - sinceMs)}`)
  }
  return lines
}

test('after a minute, then ever less often, and a quarter of an hour apart at most', () => {
  expect(told(new Stall(0), 0, 65 * minute)).toEqual([
    '1 min: for 1 min',
    '3 min: for 3 min',
    '7 min: for 7 min',
    '15 min: for 15 min',
    '30 min: for 30 min',
    '45 min: for 45 min',
    '1 h: for 1 h',
  ])
})

test('not while something is sent at least once a minute, and anew when that ends', () => {
  const stall = new Stall(0)
  for (let nowMs = 0; nowMs < 10 * minute; nowMs += 59_000) {
    expect(told(stall, nowMs, nowMs + 58_000, 1000)).toEqual([])
    stall.progress(nowMs + 59_000)
  }
  stall.progress(20 * minute)
  expect(told(stall, 20 * minute, 28 * minute)).toEqual(['21 min: for 1 min', '23 min: for 3 min', '27 min: for 7 min'])
})

test('is said late, but once, where it is looked seldom', () => {
  expect(told(new Stall(0), 0, 20 * minute, 400_000)).toEqual([
    '6 min 40 s: for 6 min 40 s',
    '13 min 20 s: for 13 min 20 s',
    '20 min: for 20 min',
  ])
})
