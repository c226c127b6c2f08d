/**
 * What a process waits for, and what it leaves to the next one: each cause, with waits that are shorter and longer than its
 * patience. Whoever ends names the moment at which it goes on, and the process that is begun then finishes the run.
 */

import { expect, test } from 'vitest'
import type { Outcome, Scope } from '../../src/model/outcome.ts'
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
import { elapsed, inStints } from '../support/stints.ts'
import { ticking } from '../support/virtual-clock.ts'

interface Case {
  readonly settings: BenchSettings
  readonly script?: Script
}

const cause = { class: 'transient', text: 'not now' } as const

/** The first call is deferred, and all others are taken. */
function once(scope: Scope, retryAfterMs?: number): Script {
  const asked = retryAfterMs === undefined ? {} : { retryAfterMs }
  return () => (bench.calls.length > 1 ? accepted : ({ kind: 'deferred', scope, cause, ...asked } satisfies Outcome))
}

/** So long before a moment. */
const before = (moment: string, waitMs: number): number => Date.parse(moment) - waitMs
const eight = '2026-01-01T08:00:00Z'
const opens = { windows: ['08:00-20:00'] }

const causes: Readonly<Record<string, (waitMs: number) => Case>> = {
  'a rate': perMs => ({ settings: { routes: [route('alpha', { rates: [{ count: 1, perMs }] })] } }),
  'the rate of a site': perMs => ({
    settings: { sites: { default: { rates: [{ count: 1, perMs }], concurrency: null } } },
  }),
  'a retry': waitMs => ({
    settings: { retry: { delaysMs: [waitMs], maxAgeMs: hour, classes: {} } },
    script: once('recipient'),
  }),
  'a site that rests': waitMs => ({ settings: {}, script: once('lane', waitMs) }),
  'a route that rests': waitMs => ({ settings: {}, script: once('route', waitMs) }),
  'a quota': waitMs => ({
    settings: {
      startMs: before('2026-01-02T00:00:00Z', waitMs),
      routes: [route('alpha', { warmup: { startPerDay: 1, growth: 2, untilPerDay: 2 } })],
    },
  }),
  'a window': waitMs => ({
    settings: { startMs: before(eight, waitMs), schedule: schedule({ ...opens, isOneZone: true }) },
  }),
  'a window in recipients’ zones': waitMs => ({
    settings: { startMs: before(eight, waitMs), schedule: schedule(opens) },
  }),
  'quiet hours': waitMs => ({
    settings: { startMs: before(eight, waitMs), schedule: schedule({ quiet: ['22:00-08:00'], isOneZone: true }) },
  }),
  'a start': waitMs => ({
    settings: { startMs: before(eight, waitMs), schedule: schedule({ at: '2026-01-01T08:00', isOneZone: true }) },
  }),
  'a canary': holdMs => ({ settings: { canaryIn: 2, delivery: { canary: { share: 0.5, holdMs } } } }),
}

/** `--wait`, and for how long there is nothing to do; in minutes. */
const tries = [
  [0, 10],
  [15, 15],
  [15, 20],
  [60, 20],
] as const

let bench: DeliveryBench

interface Became {
  /** When it ended; null if it waited. */
  readonly endedAfterMs: number | null
  readonly detail: string
}

/** Whether one process is enough; else why it ends, and after how long it says that there is something to do. */
async function became({ settings, script = () => accepted }: Case, patienceMs: number): Promise<Became> {
  bench = new DeliveryBench(['ada@example.org', 'bob@example.org'], { takesMs: 0, ...settings })
  const [first, ...others] = await inStints(bench, script, { patienceMs, clock: ticking(bench.clock, minute) })
  expect(bench.figures()).toBe('accepted 2, failed 0, in doubt 0, waiting 0, skipped 0')
  bench.close()
  if (first?.ending?.kind !== 'stopped') return { endedAfterMs: null, detail: '' }
  const { detail, nextDueAtMs } = first.ending
  expect(first.toMs).toBe(first.fromMs)
  expect(others.map(each => each.ending?.kind)).toEqual(['finished'])
  return { endedAfterMs: (nextDueAtMs ?? 0) - first.fromMs, detail }
}

function row(cells: readonly string[], detail: string): string {
  const [name = '', ...others] = cells
  return `${name.padEnd(30)} ${others.map(each => each.padEnd(17)).join(' ')} ${detail}`.trimEnd()
}

test('what is waited for, by cause and patience', async () => {
  const lines = [
    row(['nothing can be sent', ...tries.map(([, wait]) => `for ${wait} minutes`)], ''),
    row(['because of', ...tries.map(([patience]) => `--wait ${patience}m`)], 'and it says'),
    '',
  ]
  for (const [name, caseOf] of Object.entries(causes)) {
    const cells = [name]
    const details = new Set<string>()
    for (const [patience, wait] of tries) {
      const { endedAfterMs, detail } = await became(caseOf(wait * minute), patience * minute)
      cells.push(endedAfterMs === null ? 'waits' : `ends, next ${elapsed(endedAfterMs)}`)
      details.add(detail)
    }
    lines.push(row(cells, [...details].join('')))
  }
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('../golden/patience.txt')
})
