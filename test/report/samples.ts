/** A run with all that a report may have to say, and words from outside that would like to be markup. */

import type { Course, DoubtfulMessage, Tally } from '../../src/journal/journal.ts'
import { noPacingChange } from '../../src/model/campaign.ts'
import type { Run } from '../../src/model/run.ts'
import type { Findings } from '../../src/report/findings.ts'
import { recommendations } from '../../src/report/recommendations.ts'
import type { Summary } from '../../src/report/summary.ts'
import type { ReportPaths } from '../../src/report/terminal.ts'
import { address } from '../journal/samples.ts'

export const startedMs = Date.UTC(2026, 10, 22, 9)
const minute = 60_000

/** What a name, a site or a provider might say to be run in a browser, a table or a log. */
export const hostile = '<script>alert("x")</script>'

export const run: Run = {
  id: '20261122-k3f9mp',
  key: 'newsletter-2026-11',
  campaignName: `November news ${hostile}`,
  campaignFile: '/campaigns/november.yml',
  state: 'open',
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
  createdAtMs: startedMs,
  finishedAtMs: null,
  stopped: 'the next message is due later than this process waits',
  rejectsFile: '/campaigns/.mailblast/20261122-k3f9mp/rejects.csv',
  paused: null,
  cancelAsked: false,
  pacing: noPacingChange,
  canary: null,
}

export const tally: Tally = {
  counts: { rows: 12_345, accepted: 11_700, failed: 403, skipped: 120, inDoubt: 2, waiting: 100, rowProblems: 20 },
  skipped: [
    { reason: 'suppressed', count: 100 },
    { reason: 'duplicate', count: 20 },
  ],
  rowProblems: [{ reason: 'invalid address', count: 20 }],
  sites: [
    { site: 'google', waiting: 0, accepted: 6800, failed: 190, inDoubt: 2 },
    { site: 'yahoo', waiting: 100, accepted: 1200, failed: 3, inDoubt: 0 },
    { site: 'microsoft', waiting: 0, accepted: 2000, failed: 157, inDoubt: 0 },
    { site: `evil.example${hostile}`, waiting: 0, accepted: 1700, failed: 53, inDoubt: 0 },
  ],
  siteCount: 812,
  routes: [
    { route: 'sendgrid', attempts: 31, waiting: 0, accepted: 9000, failed: 203, inDoubt: 2 },
    { route: 'smtp', attempts: 2950, waiting: 100, accepted: 2700, failed: 200, inDoubt: 0 },
  ],
  classes: [
    { state: 'failed', class: 'hard', count: 251 },
    { state: 'failed', class: 'block', count: 150 },
    { state: 'queued', class: 'throttled', count: 80 },
    { state: 'failed', class: 'content', count: 2 },
  ],
  causes: [
    {
      state: 'failed',
      cause: { class: 'hard', code: '550', status: '5.1.1', text: `no such user ${hostile} \u001b]0;owned\u0007 here` },
      count: 251,
      example: address('gone@gmail.com'),
    },
    {
      state: 'failed',
      cause: {
        class: 'block',
        code: '550',
        text: '550 5.7.1 Our system has detected that this message is | unsolicited',
      },
      count: 150,
      example: address('ada@outlook.com'),
    },
    {
      state: 'queued',
      cause: {
        class: 'throttled',
        code: '421',
        status: '4.7.0',
        text: '[TSS04] Messages from 192.0.2.7 temporarily deferred',
      },
      count: 80,
      example: address('eve@yahoo.com'),
    },
  ],
  settled: [{ by: 'asked', state: 'accepted', count: 12 }],
}

export const course: Course = {
  sliceMs: minute,
  slices: Array.from({ length: 30 }, (_, index) => ({
    fromMs: startedMs + index * minute,
    accepted: Math.round(390 + 200 * Math.sin(index / 4)),
    failed: index > 10 && index < 20 ? 38 : 2,
    inDoubt: index === 15 ? 2 : 0,
  })).filter((_, index) => index !== 22),
  acceptedAt: [
    { attempt: 1, count: 11_300 },
    { attempt: 2, count: 350 },
    { attempt: 3, count: 50 },
  ],
  deferrals: 630,
  latency: [
    { route: 'smtp', calls: 2950, p50Ms: 180, p95Ms: 900, p99Ms: 2400, slowestMs: 9100 },
    { route: 'sendgrid', calls: 31, p50Ms: 640, p95Ms: 6200, p99Ms: 6400, slowestMs: 6400 },
  ],
  bands: [
    [10, 0],
    [20, 0],
    [50, 120],
    [100, 640],
    [200, 960],
    [500, 700],
    [1000, 420],
    [2000, 100],
    [5000, 30],
    [10_000, 11],
    [30_000, 0],
    [60_000, 0],
    [null, 0],
  ].map(([belowMs, calls]) => ({ belowMs: belowMs ?? null, calls: calls ?? 0 })),
  lastCallsMs: [180, 900],
  waiting: [
    { class: 'throttled', count: 80, firstDueAtMs: startedMs + 40 * minute, lastDueAtMs: startedMs + 55 * minute },
    { class: null, count: 20, firstDueAtMs: 0, lastDueAtMs: 0 },
  ],
  siteTroubles: [
    { name: 'google', class: 'hard', count: 190, of: 6992 },
    { name: 'microsoft', class: 'block', count: 150, of: 2157 },
    { name: 'yahoo', class: 'throttled', count: 80, of: 1303 },
  ],
  routeTroubles: [{ name: 'smtp', class: 'hard', count: 200, of: 3000 }],
}

export const inDoubt: readonly DoubtfulMessage[] = [
  ['eve@gmail.com', 77],
  ['bob@gmail.com', 78],
].map(([text, line], index) => ({
  id: index + 1,
  address: address(String(text)),
  line: Number(line),
  route: 'sendgrid',
  sinceMs: startedMs + 15 * minute,
  cause: { class: 'unknown', text: 'the connection was lost after the request had left' },
}))

export const summary: Summary = {
  overview: {
    run,
    counts: tally.counts,
    sending: 0,
    nextDueAtMs: startedMs + 40 * minute,
    owner: null,
    standing: null,
  },
  tally,
  outcome: 'unfinished',
  thresholds: [
    {
      threshold: 'failure_rate > 1%',
      isCrossed: true,
      measured: { share: 403 / 12_103, count: 403, of: 12_103 },
    },
    { threshold: 'p95_latency > 2s', isCrossed: false, measured: { latencyMs: 900, calls: 1000 } },
    { threshold: 'complaint_rate > 0.1% of 20000', isCrossed: false, measured: null },
  ],
  inDoubt,
}

const day = 86_400_000

export const findings: Findings = {
  summary,
  course,
  earlier: [
    ['20260822-a1b2c3', 92, 11_000, 120],
    ['20260922-d4e5f6', 61, 11_300, 190],
    ['20261022-g7h8i9', 31, 11_600, 96],
  ].map(([id, daysAgo, accepted, failed]) => ({
    run: { ...run, id: String(id), state: 'finished', createdAtMs: startedMs - Number(daysAgo) * day },
    counts: {
      rows: Number(accepted) + Number(failed),
      accepted: Number(accepted),
      failed: Number(failed),
      skipped: 0,
      inDoubt: 0,
      waiting: 0,
      rowProblems: 0,
    },
  })),
  inDoubt,
  recommendations: recommendations({ outcome: 'unfinished', tally, course, complaints: 30 }),
}

/** A short run in which all went well. */
export const good: Findings = goodRun()

function goodRun(): Findings {
  const counts = { rows: 3, accepted: 3, failed: 0, skipped: 0, inDoubt: 0, waiting: 0, rowProblems: 0 }
  const finished: Run = {
    ...run,
    campaignName: 'hello',
    state: 'finished',
    finishedAtMs: startedMs + 900,
    stopped: null,
    rejectsFile: null,
  }
  const goodTally: Tally = {
    counts,
    skipped: [],
    rowProblems: [],
    sites: [{ site: 'example.org', waiting: 0, accepted: 3, failed: 0, inDoubt: 0 }],
    siteCount: 1,
    routes: [{ route: 'outbox', attempts: 3, waiting: 0, accepted: 3, failed: 0, inDoubt: 0 }],
    classes: [],
    causes: [],
    settled: [],
  }
  const goodCourse: Course = {
    ...course,
    sliceMs: 1000,
    slices: [{ fromMs: startedMs, accepted: 3, failed: 0, inDoubt: 0 }],
    acceptedAt: [{ attempt: 1, count: 3 }],
    deferrals: 0,
    latency: [{ route: 'outbox', calls: 3, p50Ms: 1, p95Ms: 2, p99Ms: 2, slowestMs: 2 }],
    bands: course.bands.map((each, index) => ({ ...each, calls: index === 0 ? 3 : 0 })),
    lastCallsMs: [1, 1, 2],
    waiting: [],
    siteTroubles: [],
    routeTroubles: [],
  }
  const overview = { run: finished, counts, sending: 0, nextDueAtMs: null, owner: null, standing: null }
  return {
    summary: { overview, tally: goodTally, outcome: 'done', thresholds: [], inDoubt: [] },
    course: goodCourse,
    earlier: [],
    inDoubt: [],
    recommendations: recommendations({ outcome: 'done', tally: goodTally, course: goodCourse, complaints: 0 }),
  }
}

export const paths: ReportPaths = {
  results: '.mailblast/20261122-k3f9mp/results.csv',
  rejects: '.mailblast/20261122-k3f9mp/rejects.csv',
  resumeCommand: 'mailblast resume 20261122-k3f9mp',
  reportCommand: 'mailblast report 20261122-k3f9mp',
  failedCommand: 'mailblast report 20261122-k3f9mp --failed --format csv',
  settleCommand: 'mailblast settle 20261122-k3f9mp',
  inDoubtCommand: 'mailblast status 20261122-k3f9mp --in-doubt',
  namedInDoubt: 20,
  nowMs: startedMs + 35 * minute,
  columns: null,
}
