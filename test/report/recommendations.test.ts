/** What figures lead to which advice, as a table: what is unlike a good run, and what is said then. */

import { expect, test } from 'vitest'
import type { Trouble } from '../../src/journal/journal.ts'
import type { Counts } from '../../src/model/message.ts'
import type { FailureClass } from '../../src/model/outcome.ts'
import { type Figures, recommendations } from '../../src/report/recommendations.ts'
import { good } from './samples.ts'

const goodCounts: Counts = { rows: 1000, accepted: 1000, failed: 0, skipped: 0, inDoubt: 0, waiting: 0, rowProblems: 0 }
const quick = { route: 'smtp', calls: 1000, p50Ms: 100, p95Ms: 5000, p99Ms: 9000, slowestMs: 9000 }

interface Change {
  readonly outcome?: Figures['outcome']
  readonly counts?: Partial<Counts>
  readonly failed?: Partial<Record<FailureClass, number>>
  readonly course?: Partial<Figures['course']>
  readonly complaints?: number
}

function said({ outcome = 'done', counts = {}, failed = {}, course = {}, complaints = 0 }: Change): string[] {
  const failures = Object.values(failed).reduce((sum, each) => sum + each, 0)
  const all = { ...goodCounts, failed: failures, accepted: goodCounts.rows - failures, ...counts }
  const classes = Object.entries(failed).map(([name, count]) => {
    return { state: 'failed' as const, class: name as FailureClass, count }
  })
  return recommendations({
    outcome,
    tally: { ...good.summary.tally, counts: all, classes },
    course: { deferrals: 0, latency: [quick], siteTroubles: [], routeTroubles: [], ...course },
    complaints,
  }).map(({ advice, reason }) => `${advice} | ${reason}`)
}

const trouble = (name: string, failureClass: FailureClass, count: number, of = 1000): Trouble => ({
  name,
  class: failureClass,
  count,
  of,
})
const sites = (...siteTroubles: Trouble[]): Change => ({ course: { siteTroubles } })
const routes = (...routeTroubles: Trouble[]): Change => ({ course: { routeTroubles } })

const table: readonly (readonly [string, Change])[] = [
  ['all is well', {}],
  ['nobody was mailed', { counts: { accepted: 0, rows: 0 } }],
  ['mailed twice', { outcome: 'mailed twice' }],
  ['one in doubt', { counts: { inDoubt: 1 } }],
  ['2% hard', { failed: { hard: 20 } }],
  ['2.1% hard', { failed: { hard: 21 } }],
  ['0.1% complained', { complaints: 1 }],
  ['0.2% complained', { complaints: 2 }],
  ['a site blocks 5%', sites(trouble('google', 'block', 50))],
  ['a site blocks less', sites(trouble('google', 'block', 49))],
  ['a small site blocks two', sites(trouble('a.example', 'block', 2, 2))],
  ['four sites block', sites(...[9, 8, 7, 6].map(count => trouble(`s${count}.example`, 'block', count, 10)))],
  ['a site throttles', sites(trouble('yahoo', 'throttled', 80, 1303))],
  ['a login is refused', routes(trouble('sendgrid', 'auth', 1000))],
  ['a route is set up wrongly', routes(trouble('ses', 'config', 100))],
  ['an allowance is used up', routes(trouble('resend', 'quota', 100))],
  ['a route fails in two ways', routes(trouble('smtp', 'transient', 30), trouble('smtp', 'unknown', 20))],
  ['a route loses few', routes(trouble('smtp', 'transient', 30), trouble('smtp', 'hard', 500))],
  ['10% put off', { counts: { accepted: 900 }, course: { deferrals: 100 } }],
  ['more put off', { counts: { accepted: 900 }, course: { deferrals: 101 } }],
  ['slow calls', { course: { latency: [{ ...quick, p95Ms: 5001 }] } }],
  ['one message refused', { failed: { content: 1 } }],
  ['what may pass', { failed: { soft: 1, expired: 2, transient: 3 } }],
  ['a bad row', { counts: { rowProblems: 1 } }],
  ['one waits', { outcome: 'unfinished', counts: { waiting: 1 } }],
  ['a name that turns the terminal', sites(trouble('evil\u001b[31m', 'block', 50))],
]

test('advice for every kind of figures', async () => {
  const lines = table.flatMap(([what, change]) => [`${what}:`, ...said(change).map(line => `  ${line}`)])
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('../golden/recommendations.txt')
})
