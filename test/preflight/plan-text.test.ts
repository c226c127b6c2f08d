import { expect, test } from 'vitest'
import type { Tally } from '../../src/journal/journal.ts'
import { noPacingChange } from '../../src/model/campaign.ts'
import { builtInPace } from '../../src/policy/built-in-paces.ts'
import type { Plan } from '../../src/preflight/plan.ts'
import { planText } from '../../src/preflight/plan-text.ts'

const none = { accepted: 0, failed: 0, inDoubt: 0 }

function planOf(sites: Readonly<Record<string, number>>, builtIn: readonly string[]): Plan {
  const waiting = Object.values(sites).reduce((sum, each) => sum + each, 0)
  const tally: Tally = {
    counts: { rows: waiting, accepted: 0, failed: 0, skipped: 0, inDoubt: 0, waiting, rowProblems: 0 },
    skipped: [],
    rowProblems: [],
    sites: Object.entries(sites).map(([site, count]) => ({ site, ...none, waiting: count })),
    siteCount: Object.keys(sites).length,
    routes: [],
    classes: [],
    causes: [],
    settled: [],
  }
  return {
    run: {
      id: 'id' as Plan['run']['id'],
      key: 'newsletter-2026-11',
      campaignName: 'november-newsletter',
      campaignFile: '/campaign.yml',
      state: 'preparing',
      editionHash: '',
      delivery: {
        routes: [],
        sites: {},
        sitesBy: 'domain',
        schedule: null,
        retry: { delaysMs: [], maxAgeMs: 0, classes: {} },
        guard: { stopWhen: [], maxRecipients: null },
        priority: 'bulk',
        canary: null,
      },
      createdAtMs: 0,
      finishedAtMs: null,
      stopped: null,
      rejectsFile: null,
      paused: null,
      cancelAsked: false,
      pacing: noPacingChange,
      canary: null,
    },
    tally,
    from: 'Acme News <news@acme.example>',
    samples: [{ line: 2, to: 'ada@example.org', subject: 'Hello', opening: 'Hello Ada' }],
    routes: [{ name: 'smtp', title: 'SMTP server', guarantee: 'nobody can be asked.', delivers: true, share: waiting }],
    builtIn: builtIn.map(site => ({ site, pace: builtInPace(site) })),
    estimate: { ms: 120_000, slowest: 'google' },
  }
}

test('says which paces are built in, and how to change them', () => {
  expect(
    planText(planOf({ google: 6000, 'example.org': 2000, yahoo: 970 }, ['google', 'yahoo'])),
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
  expect(paceLine(planText(planOf({ google: 6000 }, many)))).toMatchInlineSnapshot(
    `"  pace     google: at most 50/s, 5 calls at once · microsoft: at most 30/s, 5 calls at once · yahoo: at most 30/s, 10 calls at once · apple: at most 20/s, 10 calls at once · gmx: at most 20/s, 10 calls at once · 2 more sites (built in)"`,
  )
  expect(paceLine(planText(planOf({ google: 6000 }, [])))).toBeUndefined()
})
