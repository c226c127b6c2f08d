import { expect, test } from 'vitest'
import { type DeliverySettings, noPacingChange } from '../../src/model/campaign.ts'
import { builtInPace } from '../../src/policy/built-in-paces.ts'
import type { Plan } from '../../src/preflight/plan.ts'
import { planJson } from '../../src/preflight/plan-json.ts'
import { planText } from '../../src/preflight/plan-text.ts'
import type { PlannedRoute } from '../../src/preflight/planned-routes.ts'
import { checkLines } from '../support/json-lines.ts'
import { schedule } from '../support/schedules.ts'
import { delivery, tally } from './figures.ts'

interface Planned {
  readonly sites: Readonly<Record<string, number>>
  readonly builtIn?: readonly string[]
  readonly settings?: Partial<DeliverySettings>
  readonly more?: Partial<Plan>
}

function planOf({ sites, builtIn = [], settings = {}, more = {} }: Planned): Plan {
  const waiting = Object.values(sites).reduce((sum, each) => sum + each, 0)
  return {
    run: {
      id: 'id' as Plan['run']['id'],
      key: 'newsletter-2026-11',
      campaignName: 'november-newsletter',
      campaignFile: '/campaign.yml',
      state: 'preparing',
      editionHash: '',
      delivery: { ...delivery([]), ...settings },
      createdAtMs: 0,
      finishedAtMs: null,
      stopped: null,
      rejectsFile: null,
      paused: null,
      cancelAsked: false,
      pacing: noPacingChange,
      canary: null,
    },
    tally: tally(waiting, sites),
    from: 'Acme News <news@acme.example>',
    samples: [{ line: 2, to: 'ada@example.org', subject: 'Hello', opening: 'Hello Ada' }],
    routes: [{ ...smtp, share: waiting }],
    builtIn: builtIn.map(site => ({ site, pace: builtInPace(site) })),
    estimate: { ms: 120_000, slowest: 'google' },
    timing: { startsAtMs: null, endsAtMs: Date.UTC(2026, 10, 26, 12, 2), tooLate: 0 },
    canaries: null,
    ...more,
  }
}

const smtp: PlannedRoute = {
  name: 'smtp',
  title: 'SMTP server',
  guarantee: 'nobody can be asked.',
  delivers: true,
  share: 0,
  standsIn: false,
  warmUp: null,
}

test('says which paces are built in, and how to change them', () => {
  expect(
    planText(planOf({ sites: { google: 6000, 'example.org': 2000, yahoo: 970 }, builtIn: ['google', 'yahoo'] })),
  ).toMatchInlineSnapshot(`
    "november-newsletter: 8,970 messages to send
      from     Acme News <news@acme.example>
      key      newsletter-2026-11 (a recipient is mailed once per key)
      list     8,970 rows · 8,970 to send
      route    smtp: 8,970 messages by SMTP server
               if an answer of smtp is lost: nobody can be asked.
      sites    google 6,000 · example.org 2,000 · yahoo 970
      pace     google: at most 50/s, 5 calls at once · yahoo: at most 30/s, 10 calls at once (built in)
               to change that: \`sites: { google: { rate: … } }\` in the campaign; \`rate: unlimited\` lifts it
      time     about 2 min at the limits in force (set by google)

      line 2  To: ada@example.org
      Subject: Hello
      │ Hello Ada
    "
  `)
})

test('names five of them at most, and nothing where there is none', () => {
  const many = ['google', 'microsoft', 'yahoo', 'apple', 'gmx', 'orange', 'free']
  const paceLine = (text: string) => text.split('\n').find(line => line.startsWith('  pace'))
  expect(paceLine(planText(planOf({ sites: { google: 6000 }, builtIn: many })))).toMatchInlineSnapshot(
    `"  pace     google: at most 50/s, 5 calls at once · microsoft: at most 30/s, 5 calls at once · yahoo: at most 30/s, 10 calls at once · apple: at most 20/s, 10 calls at once · gmx: at most 20/s, 10 calls at once · 2 more sites (built in)"`,
  )
  expect(paceLine(planText(planOf({ sites: { google: 6000 } })))).toBeUndefined()
})

test('says what goes first, when, by which route, and what is too late', () => {
  const settings = { startPerDay: 200, growth: 1.5, untilPerDay: 50_000 }
  const planned = planOf({
    sites: { google: 4000, 'example.org': 2000 },
    settings: {
      priority: 'critical',
      canary: { share: 0.01, holdMs: 30 * 60_000 },
      guard: {
        stopWhen: [
          { text: 'hard_bounce_rate > 5% of 200', metric: 'hard_bounce_rate', share: 0.05, atLeast: 200 },
          { text: 'p95_latency > 2s', metric: 'p95_latency', limitMs: 2000, atLeast: 100 },
        ],
        maxRecipients: null,
      },
      thresholds: [{ text: 'failure_rate > 1%', metric: 'failure_rate', share: 0.01, atLeast: 1 }],
      schedule: {
        ...schedule({
          at: '2026-12-01T08:00Z',
          notAfter: '2026-12-04T18:00',
          windows: ['mon-fri 08:00-20:00'],
          quiet: ['12:00-13:00'],
        }),
        zone: 'Europe/Berlin',
      },
    },
    more: {
      routes: [
        { ...smtp, share: 6000, warmUp: { settings, earlierDays: 2, today: 450, usedToday: 30, days: 6 } },
        { ...smtp, name: 'backup', standsIn: true },
      ],
      canaries: 60,
      timing: {
        startsAtMs: Date.UTC(2026, 11, 1, 8),
        endsAtMs: Date.UTC(2026, 11, 4, 17),
        tooLate: 2346,
      },
    },
  })
  expect(planText(planned)).toMatchInlineSnapshot(`
    "november-newsletter: 6,000 messages to send
      from     Acme News <news@acme.example>
      key      newsletter-2026-11 (a recipient is mailed once per key)
      list     6,000 rows · 6,000 to send
      route    smtp: 6,000 messages by SMTP server, warmed up: at most 450 today (30 used), 6 days in all
      route    backup: stands in while those before it are out of use, by SMTP server
               if an answer of smtp is lost: nobody can be asked.
               if an answer of backup is lost: nobody can be asked.
      sites    google 4,000 · example.org 2,000
      priority critical: before all other runs at the same account, and each message by the healthiest route
      canary   60 messages first; the others 30 min later, if no threshold is crossed
      guard    pauses the run when hard_bounce_rate > 5% of 200, or when p95_latency > 2s
               ends with exit 3 when failure_rate > 1% at the end
      hours    from 2026-12-01 09:00:00 GMT+1
               until 2026-12-04 18:00:00 where the recipient is
               only mon-fri 08:00-20:00; not 12:00-13:00 in the zone of \`timezone\`, else Europe/Berlin
      time     about 2 min at the limits in force (set by google)
               begins 2026-12-01 09:00:00 GMT+1, ends about 2026-12-04 18:00:00 GMT+1
               ! the schedule ends before about 2,346 messages can leave: they would fail

      line 2  To: ada@example.org
      Subject: Hello
      │ Hello Ada
    "
  `)
  checkLines(`${JSON.stringify(planJson(planned))}\n`)
  expect(planJson(planned)).toMatchInlineSnapshot(`
    {
      "built_in": [],
      "campaign": "november-newsletter",
      "canaries": 60,
      "ends_at": "2026-12-04T17:00:00.000Z",
      "estimate_ms": 120000,
      "from": "Acme News <news@acme.example>",
      "key": "newsletter-2026-11",
      "priority": "critical",
      "routes": [
        {
          "delivers": true,
          "guarantee": "nobody can be asked.",
          "name": "smtp",
          "share": 6000,
          "stands_in": false,
          "title": "SMTP server",
          "warm_up": {
            "days": 6,
            "today": 450,
            "used_today": 30,
          },
        },
        {
          "delivers": true,
          "guarantee": "nobody can be asked.",
          "name": "backup",
          "share": 0,
          "stands_in": true,
          "title": "SMTP server",
          "warm_up": null,
        },
      ],
      "row_problems": [],
      "rows": 6000,
      "samples": [
        {
          "line": 2,
          "opening": "Hello Ada",
          "subject": "Hello",
          "to": "ada@example.org",
        },
      ],
      "sites": [
        {
          "count": 4000,
          "site": "google",
        },
        {
          "count": 2000,
          "site": "example.org",
        },
      ],
      "skipped": [],
      "starts_at": "2026-12-01T08:00:00.000Z",
      "stop_when": [
        "hard_bounce_rate > 5% of 200",
        "p95_latency > 2s",
      ],
      "thresholds": [
        "failure_rate > 1%",
      ],
      "to_send": 6000,
      "too_late": 2346,
      "type": "plan",
      "version": 1,
    }
  `)
})
