/** Where runs stand, as `status` says it to people and to programs. */

import { describe, expect, test } from 'vitest'
import { type DeliverySettings, noPacingChange } from '../../src/model/campaign.ts'
import type { Owner, Run, RunOverview, Standing } from '../../src/model/run.ts'
import type { Wait } from '../../src/model/wait.ts'
import { moment } from '../../src/model/words.ts'
import { statusJson, statusText } from '../../src/report/status.ts'
import { routeStanding } from '../support/dashboard-run.ts'

const nowMs = Date.UTC(2026, 10, 22, 9)
const minute = 60_000

const delivery: DeliverySettings = {
  routes: [],
  sites: {},
  sitesBy: 'domain',
  schedule: null,
  retry: { delaysMs: [minute], maxAgeMs: 60 * minute, classes: {} },
  guard: { stopWhen: [], maxRecipients: null },
  thresholds: [],
  priority: 'bulk',
  canary: null,
}

const run: Run = {
  id: '20261122-abcd',
  key: 'newsletter',
  campaignName: 'november',
  campaignFile: '/news/campaign.yml',
  state: 'open',
  editionHash: 'hash',
  delivery,
  createdAtMs: nowMs - 90 * minute,
  finishedAtMs: null,
  stopped: null,
  rejectsFile: null,
  paused: null,
  cancelAsked: false,
  pacing: noPacingChange,
  canary: null,
}

const owner: Owner = { host: 'post1', space: 'post1', pid: 4711, started: '', fence: 3, leaseUntilMs: nowMs + minute }

function standing(more: Partial<Standing>): RunOverview['standing'] {
  const said: Standing = {
    priority: 'bulk',
    accounts: [],
    sites: [],
    openCalls: 0,
    routes: [routeStanding('smtp')],
    lanes: [],
    waits: [],
    ...more,
  }
  return { atMs: nowMs - 400, standing: said }
}

function overview({
  run: changes,
  ...more
}: Partial<Omit<RunOverview, 'run'>> & { readonly run?: Partial<Run> }): RunOverview {
  const counts = { rows: 1200, accepted: 1000, failed: 20, skipped: 5, inDoubt: 0, waiting: 170, rowProblems: 5 }
  return { counts, sending: 0, nextDueAtMs: null, owner: null, standing: null, ...more, run: { ...run, ...changes } }
}

/** Without the lines that are the same for all; times in UTC, whoever reads. */
function lines(of: RunOverview): string {
  const times = [of.run.createdAtMs, ...(of.standing?.standing.waits.map(wait => wait.untilMs ?? 0) ?? [])]
  const text = times.reduce((shown, ms) => shown.replaceAll(moment(ms), moment(ms, 'UTC')), statusText([of], nowMs))
  return text.trimEnd()
}

test('a run in full, and several', () => {
  expect(lines(overview({ owner, sending: 12 }))).toMatchInlineSnapshot(`
    "20261122-abcd  november  being sent by process 4711 on post1, 12 in flight
      1,200 rows: accepted 1,000 · failed 20 · in doubt 0 · waiting 170 · skipped 5 · row problems 5
      key newsletter · started 2026-11-22 07:30:00 UTC"
  `)
  expect(statusText([overview({}), overview({ run: { state: 'finished' } })], nowMs).split('\n\n').length).toBe(2)
  expect(statusText([], nowMs)).toBe('no runs yet\n')
})

describe('the state in words', () => {
  const guard = { by: 'guard', why: 'failure_rate > 5% was crossed: 9.0% of 100', atMs: nowMs } as const
  const operator = { by: 'operator', why: 'a typo\u001b[2J', atMs: nowMs } as const

  test.each<[string, Parameters<typeof overview>[0]]>([
    ['being sent by process 4711 on post1, 2 in flight', { owner, sending: 2 }],
    [
      'paused by the operator: a typo [2J; held by process 4711 on post1, 0 in flight',
      { owner, run: { paused: operator } },
    ],
    ['paused by the guard: failure_rate > 5% was crossed: 9.0% of 100', { run: { paused: guard, stopped: 'guard' } }],
    [
      'being cancelled by process 4711 on post1, 3 in flight',
      { owner, sending: 3, run: { cancelAsked: true, paused: operator } },
    ],
    ['interrupted', {}],
    ['interrupted, 3 in flight', { sending: 3 }],
    [
      'stopped: these are quiet hours; next due in 45 min',
      { run: { stopped: 'these are quiet hours' }, nextDueAtMs: nowMs + 45 * minute },
    ],
    [
      'stopped: nothing more is due for now',
      { run: { stopped: 'nothing more is due for now' }, nextDueAtMs: nowMs - 1 },
    ],
    ['finished', { run: { state: 'finished', stopped: null } }],
    ['cancelled', { run: { state: 'cancelled' } }],
    ['superseded', { run: { state: 'superseded' } }],
  ])('%s', (words, more) => {
    expect(lines(overview(more)).split('\n')[0]).toBe(`20261122-abcd  november  ${words}`)
  })
})

describe('what the sender says of its routes and waits', () => {
  const waits: readonly Wait[] = [
    { what: 'route', name: 'sendgrid', cause: 'breaker', untilMs: nowMs + 2 * minute },
    { what: 'route', name: 'relay', cause: 'stopped', untilMs: null },
    { what: 'site', name: 'google', cause: 'adapted down', untilMs: nowMs + 3000 },
    { what: 'site', name: 'evil\u001b]0;example', cause: 'rate', untilMs: nowMs + 1000 },
  ]
  const routes = [
    routeStanding('smtp'),
    routeStanding('sendgrid', { breaker: 'open', health: 0.26 }),
    routeStanding('second', { breaker: 'half-open', openCalls: 1, adaptedPerSecond: 12.34, health: 0.9 }),
  ]

  test('is shown where it is out of the ordinary, with one cause for each wait', () => {
    expect(lines(overview({ owner, standing: standing({ routes, waits }) }))).toMatchInlineSnapshot(`
      "20261122-abcd  november  being sent by process 4711 on post1, 0 in flight
        1,200 rows: accepted 1,000 · failed 20 · in doubt 0 · waiting 170 · skipped 5 · row problems 5
        key newsletter · started 2026-11-22 07:30:00 UTC
        sendgrid: breaker open · health 26 %
        second: breaker half-open · held to 12/s by what it has said
        sendgrid rests until 2026-11-22 09:02:00 UTC
        relay is not used any more
        google is held to the pace that was lowered for it until 2026-11-22 09:00:03 UTC
        evil ]0;example is held to its rate until 2026-11-22 09:00:01 UTC"
    `)
  })

  test('is shown of the first ten that wait', () => {
    const many = Array.from({ length: 20 }, (_, index): Wait => {
      return { what: 'site', name: `s${index}.example`, cause: 'rate', untilMs: nowMs + index * 1000 }
    })
    expect(
      lines(overview({ owner, standing: standing({ waits: many }) }))
        .split('\n')
        .slice(-2),
    ).toEqual(['  s9.example is held to its rate until 2026-11-22 09:00:09 UTC', '  and 10 more that wait'])
  })

  test('is of the past where nobody sends it', () => {
    expect(lines(overview({ standing: standing({ routes, waits }) })).split('\n').length).toBe(3)
  })

  test('for programs', () => {
    const paused = { by: 'operator', why: 'a typo', atMs: nowMs } as const
    const json = statusJson(overview({ owner, sending: 2, standing: standing({ routes, waits }), run: { paused } }))
    expect(JSON.stringify(json, null, 1)).toMatchInlineSnapshot(`
      "{
       "run": "20261122-abcd",
       "campaign": "november",
       "key": "newsletter",
       "state": "open",
       "stopped": null,
       "started_at": "2026-11-22T07:30:00.000Z",
       "finished_at": null,
       "next_due_at": null,
       "owner": {
        "host": "post1",
        "pid": 4711
       },
       "sending": 2,
       "paused": {
        "by": "operator",
        "why": "a typo",
        "at": "2026-11-22T09:00:00.000Z"
       },
       "cancel_asked": false,
       "standing": {
        "at": "2026-11-22T08:59:59.600Z",
        "priority": "bulk",
        "open_calls": 0,
        "routes": [
         {
          "name": "smtp",
          "breaker": "closed",
          "open_calls": 0,
          "adapted_per_second": null,
          "rate_counts": "messages",
          "health": 1
         },
         {
          "name": "sendgrid",
          "breaker": "open",
          "open_calls": 0,
          "adapted_per_second": null,
          "rate_counts": "messages",
          "health": 0.26
         },
         {
          "name": "second",
          "breaker": "half-open",
          "open_calls": 1,
          "adapted_per_second": 12.34,
          "rate_counts": "messages",
          "health": 0.9
         }
        ],
        "waits": [
         {
          "what": "route",
          "name": "sendgrid",
          "cause": "breaker",
          "until": "2026-11-22T09:02:00.000Z"
         },
         {
          "what": "route",
          "name": "relay",
          "cause": "stopped",
          "until": null
         },
         {
          "what": "site",
          "name": "google",
          "cause": "adapted down",
          "until": "2026-11-22T09:00:03.000Z"
         },
         {
          "what": "site",
          "name": "evil\\u001b]0;example",
          "cause": "rate",
          "until": "2026-11-22T09:00:01.000Z"
         }
        ]
       },
       "counts": {
        "rows": 1200,
        "accepted": 1000,
        "failed": 20,
        "skipped": 5,
        "in_doubt": 0,
        "waiting": 170,
        "row_problems": 5
       }
      }"
    `)
    expect(statusJson(overview({ standing: standing({ routes, waits }) }))).toMatchObject({
      standing: null,
      owner: null,
    })
  })
})
