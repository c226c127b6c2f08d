import { expect, test } from 'vitest'
import type { Course, DoubtfulMessage, Tally } from '../../src/journal/journal.ts'
import { noPacingChange } from '../../src/model/campaign.ts'
import { countsAddUp } from '../../src/model/message.ts'
import type { Run, RunOverview } from '../../src/model/run.ts'
import { jsonReport } from '../../src/report/json.ts'
import { recommendations } from '../../src/report/recommendations.ts'
import { statusText } from '../../src/report/status.ts'
import type { Summary } from '../../src/report/summary.ts'
import { type ReportPaths, terminalReport } from '../../src/report/terminal.ts'
import { address } from '../support/delivery-bench.ts'
import { findings, good, paths as samplePaths } from './samples.ts'

const run: Run = {
  id: '20261122-k3f9mp',
  key: 'newsletter-2026-11',
  campaignName: 'november-newsletter',
  campaignFile: '/campaigns/november.yml',
  state: 'finished',
  editionHash: 'abc',
  delivery: {
    routes: [],
    sites: {},
    sitesBy: 'domain',
    schedule: null,
    retry: { delaysMs: [], maxAgeMs: 0, classes: {} },
    guard: { stopWhen: [], maxRecipients: null },
    thresholds: [],
    priority: 'bulk',
    canary: null,
  },
  createdAtMs: Date.UTC(2026, 10, 22, 9),
  finishedAtMs: Date.UTC(2026, 10, 22, 9, 30),
  stopped: null,
  rejectsFile: '/campaigns/.mailblast/20261122-k3f9mp/rejects.csv',
  paused: null,
  cancelAsked: false,
  pacing: noPacingChange,
  canary: null,
}

const tally: Tally = {
  counts: { rows: 12_345, accepted: 12_000, failed: 203, skipped: 120, inDoubt: 2, waiting: 0, rowProblems: 20 },
  skipped: [
    { reason: 'suppressed', count: 100 },
    { reason: 'duplicate', count: 20 },
  ],
  rowProblems: [{ reason: 'invalid address', count: 20 }],
  sites: [
    { site: 'google', waiting: 0, accepted: 7000, failed: 150, inDoubt: 2 },
    { site: 'evil.example\u001b[31m', waiting: 0, accepted: 5000, failed: 53, inDoubt: 0 },
  ],
  siteCount: 812,
  routes: [{ route: 'sendgrid', attempts: 31, waiting: 0, accepted: 12_000, failed: 203, inDoubt: 2 }],
  classes: [
    { state: 'failed', class: 'hard', count: 201 },
    { state: 'failed', class: 'block', count: 2 },
  ],
  causes: [
    {
      state: 'failed',
      cause: { class: 'hard', code: '550', status: '5.1.1', text: 'no such user \u001b]0;owned\u0007 here' },
      count: 201,
      example: address('gone@gmail.com'),
    },
    {
      state: 'failed',
      cause: { class: 'block', code: '554', text: '554 5.7.1 blocked' },
      count: 2,
      example: address('ada@example.org'),
    },
  ],
  settled: [
    { by: 'asked', state: 'accepted', count: 12 },
    { by: 'resent', state: 'accepted', count: 1 },
  ],
}

const course: Course = {
  ...good.course,
  latency: [{ route: 'sendgrid', calls: 31, p50Ms: 84, p95Ms: 410, p99Ms: 1900, slowestMs: 2300 }],
}

const inDoubt: DoubtfulMessage[] = [
  ['eve@gmail.com', 77],
  ['bob@gmail.com', 78],
].map(([text, line], index) => ({
  id: index + 1,
  address: address(String(text)),
  line: Number(line),
  route: 'sendgrid',
  sinceMs: Date.UTC(2026, 10, 22, 9, 15),
  cause: { class: 'unknown', text: 'the connection was lost' },
}))

const overview: RunOverview = { run, counts: tally.counts, sending: 0, nextDueAtMs: null, owner: null, standing: null }
const summary: Summary = { overview, tally, outcome: 'with failures', thresholds: [], inDoubt }
const paths = {
  results: '.mailblast/20261122-k3f9mp/results.csv',
  rejects: '.mailblast/20261122-k3f9mp/rejects.csv',
  resumeCommand: 'mailblast resume 20261122-k3f9mp',
  reportCommand: 'mailblast report 20261122-k3f9mp',
  failedCommand: 'mailblast report 20261122-k3f9mp --failed --format csv',
  settleCommand: 'mailblast settle 20261122-k3f9mp',
  inDoubtCommand: 'mailblast status 20261122-k3f9mp --in-doubt',
  namedInDoubt: 20,
  nowMs: Date.UTC(2026, 10, 22, 10),
  columns: null,
}

function reportOf(of: Summary, more: Partial<ReportPaths> = {}): string {
  const given = { summary: of, course, recommendations: recommendations({ ...of, course, complaints: 0 }) }
  return [...terminalReport(given, { ...paths, ...more })].join('').replace(/since [-\d]+ [:\d]+ \S+/g, 'since TIME')
}

test('a report with failures: every row accounted for, and no escape sequence from outside', () => {
  expect(countsAddUp(tally.counts)).toBe(true)
  const text = reportOf(summary)
  expect(text).not.toContain('\u001b')
  expect(text).toMatchInlineSnapshot(`
    "! november-newsletter (run 20261122-k3f9mp): finished, 12,000 of 12,205 messages accepted, 203 failed, 2 in doubt

    Every row of the list
      accepted      12,000
      failed           203  hard 201, block 2
      skipped          120  suppressed 100, duplicate 20
      in doubt           2
      waiting            0
      row problems      20  invalid address 20
      rows          12,345  = the sum of the above

    Failures
      201  hard: 550 5.1.1 no such user  ]0;owned  here  e.g. gone@gmail.com
        2  block: 554 5.7.1 blocked  e.g. ada@example.org
      hard: Take the address out of the list. It is suppressed here.
      block: Look at SPF, DKIM, DMARC and the receiver's postmaster pages; the address itself is good.
      As a list that can be sent again: mailblast report 20261122-k3f9mp --failed --format csv

    In doubt: the call may have been taken, the answer was lost
      eve@gmail.com  line 77  sendgrid  since TIME
      bob@gmail.com  line 78  sendgrid  since TIME
      They are not mailed again by resume, retry or send. To settle them: mailblast settle 20261122-k3f9mp

    Once in doubt
      12  accepted  the provider was asked
       1  accepted  the operator had it sent again; it may have arrived twice

    By route
                accepted  failed  in doubt  waiting  calls  p50    p95
      sendgrid    12,000     203         2        0     31  84 ms  410 ms

    By receiving site
                         accepted  failed  in doubt  waiting
      google                7,000     150         2        0
      evil.example [31m     5,000      53         0        0
      and 810 more sites

    What to do
      - Settle who is in doubt, with mailblast settle. 2 recipients may have been mailed or not, and nobody will try again until it is settled.
      - Mend the rows of the rejects file, and send again: who has had it is left out. 20 rows of the list could not be used.

    results  .mailblast/20261122-k3f9mp/results.csv
    rejects  .mailblast/20261122-k3f9mp/rejects.csv
    report   mailblast report 20261122-k3f9mp
    "
  `)
})

test('a run in which everything went well', () => {
  const counts = { ...tally.counts, rows: 12_140, failed: 0, inDoubt: 0 }
  const good = { ...tally, counts, classes: [], causes: [], settled: [] }
  const text = reportOf({
    overview: { ...overview, counts },
    tally: good,
    outcome: 'done',
    thresholds: [],
    inDoubt: [],
  })
  expect(text.split('\n')[0]).toMatchInlineSnapshot(
    `"✓ november-newsletter (run 20261122-k3f9mp): done, 12,000 of 12,000 messages accepted"`,
  )
})

test('thresholds: each with its figure, and no tick on the first line if one is crossed', () => {
  const counts = { ...tally.counts, rows: 12_140, failed: 0, inDoubt: 0 }
  const good = { ...tally, counts, classes: [], causes: [], settled: [], routes: [], sites: [], siteCount: 0 }
  const thresholds = [
    { threshold: 'p95_latency > 2s', isCrossed: true, measured: { latencyMs: 3420, calls: 1000 } },
    { threshold: 'failure_rate > 1%', isCrossed: false, measured: { share: 0.0166, count: 203, of: 12_203 } },
    { threshold: 'complaint_rate > 0.1% of 20000', isCrossed: false, measured: null },
  ]
  const text = reportOf({
    overview: { ...overview, counts },
    tally: good,
    outcome: 'done',
    thresholds,
    inDoubt: [],
  })
  const [first, ...lines] = text.split('\n')
  expect(first).toBe(
    '! november-newsletter (run 20261122-k3f9mp): done, 12,000 of 12,000 messages accepted, 1 threshold crossed',
  )
  expect(lines.slice(lines.indexOf('Thresholds'), lines.indexOf('Thresholds') + 4)).toEqual([
    'Thresholds',
    '  ✗  p95_latency > 2s                3.42 s over 1,000 calls',
    '  ✓  failure_rate > 1%               1.7% (203 of 12,203)',
    '  ✓  complaint_rate > 0.1% of 20000  too few to judge',
  ])
})

test('an address that was accepted twice is an alarm', () => {
  const doubled = {
    ...tally,
    causes: [
      {
        state: 'accepted' as const,
        cause: { class: 'unknown' as const, text: 'mailed twice under this key' },
        count: 1,
        example: address('ada@example.org'),
      },
    ],
  }
  const text = reportOf({ ...summary, tally: doubled, outcome: 'mailed twice' })
  expect(
    text
      .split('\n')
      .slice(0, 1)
      .concat(text.split('\n').filter(line => line.includes('wice'))),
  ).toMatchInlineSnapshot(`
    [
      "! november-newsletter (run 20261122-k3f9mp): finished, 12,000 of 12,205 messages accepted, somebody was mailed twice, 203 failed, 2 in doubt",
      "! november-newsletter (run 20261122-k3f9mp): finished, 12,000 of 12,205 messages accepted, somebody was mailed twice, 203 failed, 2 in doubt",
      "Accepted twice under this key",
      "  1  unknown: mailed twice under this key  e.g. ada@example.org",
      "   1  accepted  the operator had it sent again; it may have arrived twice",
      "  - Find out how somebody was mailed twice. An address was accepted twice under one key.",
    ]
  `)
})

test('the JSON report has the same figures, under names in snake case', () => {
  const json = (layout: 'line' | 'indented', people = inDoubt): unknown =>
    JSON.parse([...jsonReport({ ...summary, inDoubt: people }, layout, { results_file: 'r.csv' })].join(''))
  const since = '2026-11-22T09:15:00.000Z'
  expect(json('line')).toMatchObject({
    type: 'summary',
    version: 1,
    outcome: 'with failures',
    counts: { rows: 12_345, in_doubt: 2, row_problems: 20 },
    started_at: '2026-11-22T09:00:00.000Z',
    results_file: 'r.csv',
    in_doubt: [
      { address: 'eve@gmail.com', line: 77, route: 'sendgrid', since },
      { address: 'bob@gmail.com', line: 78, since },
    ],
  })
  expect(json('indented')).toEqual(json('line'))
  expect(json('indented', [])).toEqual(json('line', []))
  expect([...jsonReport(summary, 'line')].join('').split('\n').length).toBe(2)
})

test('after a sending the first ones in doubt are named, and where to find the others; a report names everybody', () => {
  const many = Array.from({ length: 1203 }, (_, index) => ({
    ...inDoubt[0],
    address: address(`p${index}@example.org`),
  }))
  const counts = { ...tally.counts, inDoubt: many.length }
  const of = { ...summary, tally: { ...tally, counts }, inDoubt: many as DoubtfulMessage[] }
  const named = (text: string): string[] => text.split('\n').filter(line => /^ {2}(p\d|and .*in-doubt)/.test(line))
  expect(named(reportOf(of)).length).toBe(21)
  expect(named(reportOf(of)).at(-1)).toMatchInlineSnapshot(
    `"  and 1,183 more: mailblast status 20261122-k3f9mp --in-doubt"`,
  )
  expect(named(reportOf(of, { namedInDoubt: null })).length).toBe(1203)
})

test('status: one who sends, one who waits, one who was interrupted, one who is finished', () => {
  const nowMs = Date.UTC(2026, 10, 22, 10)
  const open = { ...run, state: 'open' as const, finishedAtMs: null }
  const waiting = { ...tally.counts, accepted: 10_000, waiting: 2000 }
  const overviews: RunOverview[] = [
    {
      run: open,
      counts: waiting,
      sending: 40,
      nextDueAtMs: 0,
      owner: { host: 'news1', space: 'news1 boot', pid: 4711, started: '1', fence: 3, leaseUntilMs: nowMs + 60_000 },
      standing: null,
    },
    {
      run: { ...open, stopped: 'nothing more is due for now' },
      counts: waiting,
      sending: 0,
      nextDueAtMs: nowMs + 3_600_000,
      owner: null,
      standing: null,
    },
    { run: open, counts: waiting, sending: 0, nextDueAtMs: 0, owner: null, standing: null },
    overview,
  ]
  expect(statusText(overviews, nowMs).replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S+/g, 'TIME')).toMatchInlineSnapshot(`
    "20261122-k3f9mp  november-newsletter  being sent by process 4711 on news1, 40 in flight
      12,345 rows: accepted 10,000 · failed 203 · in doubt 2 · waiting 2,000 · skipped 120 · row problems 20
      key newsletter-2026-11 · started TIME

    20261122-k3f9mp  november-newsletter  stopped: nothing more is due for now; next due in 1 h
      12,345 rows: accepted 10,000 · failed 203 · in doubt 2 · waiting 2,000 · skipped 120 · row problems 20
      key newsletter-2026-11 · started TIME

    20261122-k3f9mp  november-newsletter  interrupted
      12,345 rows: accepted 10,000 · failed 203 · in doubt 2 · waiting 2,000 · skipped 120 · row problems 20
      key newsletter-2026-11 · started TIME

    20261122-k3f9mp  november-newsletter  finished
      12,345 rows: accepted 12,000 · failed 203 · in doubt 2 · waiting 0 · skipped 120 · row problems 20
      key newsletter-2026-11 · started TIME
    "
  `)
  expect(statusText([], nowMs)).toBe('no runs yet\n')
})

test('in a terminal a long cause goes on in the next line, between words', () => {
  const text = reportOf(summary, { columns: 48 })
  expect(text.slice(text.indexOf('Failures'), text.indexOf('  As a list'))).toMatchInlineSnapshot(`
    "Failures
      201  hard: 550 5.1.1 no such user  ]0;owned
           here  e.g. gone@gmail.com
        2  block: 554 5.7.1 blocked
           e.g. ada@example.org
      hard: Take the address out of the list. It is
            suppressed here.
      block: Look at SPF, DKIM, DMARC and the
             receiver's postmaster pages; the
             address itself is good.
    "
  `)
})

test('an unfinished run: what waits and until when, how long calls took, and what to do', () => {
  const text = [...terminalReport(findings, samplePaths)].join('')
  expect(text.slice(text.indexOf('Waiting because'))).toMatchInlineSnapshot(`
    "Waiting because of
      80  throttled: 421 4.7.0 [TSS04] Messages from 192.0.2.7 temporarily deferred  e.g. eve@yahoo.com

    What waits
      80  throttled      due 2026-11-22 09:40:00 UTC to 2026-11-22 09:55:00 UTC
      20  not tried yet  due 2026-11-22 09:40:00 UTC

    In doubt: the call may have been taken, the answer was lost
      eve@gmail.com  line 77  sendgrid  since 2026-11-22 09:15:00 UTC
      bob@gmail.com  line 78  sendgrid  since 2026-11-22 09:15:00 UTC
      They are not mailed again by resume, retry or send. To settle them: mailblast settle 20261122-k3f9mp

    Once in doubt
      12  accepted  the provider was asked

    By route
                accepted  failed  in doubt  waiting  calls  p50     p95
      sendgrid     9,000     203         2        0     31  640 ms  6.2 s
      smtp         2,700     200         0      100  2,950  180 ms  900 ms

    By receiving site
                                               accepted  failed  in doubt  waiting
      google                                      6,800     190         2        0
      yahoo                                       1,200       3         0      100
      microsoft                                   2,000     157         0        0
      evil.example<script>alert("x")</script>     1,700      53         0        0
      and 808 more sites

    What to do
      - Settle who is in doubt, with mailblast settle. 2 recipients may have been mailed or not, and nobody will try again until it is settled.
      - Clean the list before it is used again, and look at where its addresses come from. 2.1% bounced hard (251 of 12,103); more than 2.0% harms the sender's name. Those addresses are suppressed here.
      - Make it easier to unsubscribe, and mail only who has asked for it. 0.256% complained (30 of 11,700); more than 0.1% makes receivers sort mail away.
      - Find out why microsoft blocks this mail: SPF, DKIM and DMARC of the sender, and what its postmaster pages say. microsoft blocked 150 of 2,157 messages.
      - Lower the rate of yahoo under sites: in the campaign, say to half. yahoo put off 80 of 1,303 messages because they came too fast.
      - See what makes sendgrid slow; more concurrency may make up for it. One in twenty of its 31 calls took 6.2 s or longer.
      - Look at the message itself: its size, its attachments, its links. 2 messages were refused for what they are.
      - Mend the rows of the rejects file, and send again: who has had it is left out. 20 rows of the list could not be used.
      - Go on with the run, with mailblast resume. 100 recipients still wait.

    results  .mailblast/20261122-k3f9mp/results.csv
    rejects  .mailblast/20261122-k3f9mp/rejects.csv
    report   mailblast report 20261122-k3f9mp
    go on    mailblast resume 20261122-k3f9mp
    "
  `)
})
