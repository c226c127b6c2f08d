/**
 * How a run went, counted by SQLite: however long the list is, what comes back is a few dozen rows. Each question about
 * messages is one pass over the run in the order of its lines, each about calls one pass over the attempts.
 */

import type { FailureClass } from '../../model/outcome.ts'
import type { Course, Slice, Trouble } from '../course.ts'
import type { Journal } from '../journal.ts'
import { runFinder } from './run-rows.ts'
import type { Store } from './store.ts'

export function courses(store: Store): Pick<Journal, 'course' | 'calls'> {
  const findRun = runFinder(store)
  const span = store.statement<[number], { firstMs: number | null; lastMs: number | null }>(
    `SELECT min(changed_at) AS firstMs, max(changed_at) AS lastMs FROM ${endedOfRun}`,
  )
  const slices = store.statement<[{ run: number; sliceMs: number }], Slice>(slicesSql)
  const acceptedAt = store.statement<[number], { attempt: number; count: number }>(acceptedAtSql)
  const deferrals = store.statement<[{ run: number }], { count: number }>(deferralsSql)
  const latency = store.statement<[number], Course['latency'][number]>(latencySql)
  const bands = store.statement<[number], { band: number; calls: number }>(bandsSql)
  const lastCalls = store.statement<[number], { tookMs: number }>(lastCallsSql)
  const waiting = store.statement<[number], WaitingRow>(waitingSql)
  const siteTroubles = store.statement<[number], Trouble>(troublesSql('site', messagesOfRun))
  const routeTroubles = store.statement<[number], Trouble>(troublesSql('routes.name', calledOfRun))

  const callsOf = (run: number): ReturnType<Journal['calls']> => ({
    deferrals: deferrals.get({ run })?.count ?? 0,
    latency: latency.all(run),
    lastCallsMs: lastCalls.all(run).map(({ tookMs }) => tookMs),
  })

  return {
    calls: id => store.read(() => callsOf(findRun(id).number)),
    course: (id, { slicesMax }) =>
      store.read(() => {
        const { number: run } = findRun(id)
        const { firstMs, lastMs } = span.get(run) ?? { firstMs: null, lastMs: null }
        const sliceMs = sliceWidthMs((lastMs ?? 0) - (firstMs ?? 0), slicesMax)
        const callsIn = new Map(bands.all(run).map(({ band, calls }) => [band, calls]))
        return {
          sliceMs,
          slices: slices.all({ run, sliceMs }),
          acceptedAt: acceptedAt.all(run),
          ...callsOf(run),
          bands: [...bandEdgesMs, null].map((belowMs, band) => ({ belowMs, calls: callsIn.get(band) ?? 0 })),
          waiting: waiting.all(run),
          siteTroubles: siteTroubles.all(run),
          routeTroubles: routeTroubles.all(run),
        }
      }),
  }
}

interface WaitingRow {
  readonly class: FailureClass | null
  readonly count: number
  readonly firstDueAtMs: number
  readonly lastDueAtMs: number
}

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

/** Stretches of time that people think in. */
const widthsMs = [
  ...[1, 2, 5, 10, 15, 30].map(each => each * second),
  ...[1, 2, 5, 10, 15, 30].map(each => each * minute),
  ...[1, 2, 3, 6, 12].map(each => each * hour),
]

/** The shortest of them of which at most `most` cover the time, else as many whole days as it takes. */
function sliceWidthMs(spanMs: number, most: number): number {
  const least = spanMs / Math.max(1, most - 1)
  return widthsMs.find(width => width >= least) ?? Math.ceil(least / day) * day
}

const bandEdgesMs = [10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000]
const lastCallsMax = 1000
const troublesMax = 20

const messagesOfRun = 'messages INDEXED BY messages_by_line WHERE messages.run = ?'

/** With the route by which each was last called. */
const calledOfRun = `
  messages INDEXED BY messages_by_line CROSS JOIN attempts ON attempts.id = messages.attempt
  CROSS JOIN routes ON routes.number = attempts.route WHERE messages.run = ?`

const endedByCall = "attempt IS NOT NULL AND state IN ('accepted', 'failed', 'in doubt')"
const endedOfRun = `${messagesOfRun} AND ${endedByCall}`

/** Calls whose answer was heard. A clock that was set back in one of them makes it no shorter than nothing. */
const heardOfRun = `
  attempts CROSS JOIN routes ON routes.number = attempts.route
  WHERE routes.run = ? AND settled_at IS NOT NULL AND recovered_at IS NULL`
const tookMs = 'max(0, settled_at - begun_at)'

const slicesSql = `
  SELECT changed_at / CAST(:sliceMs AS INTEGER) * CAST(:sliceMs AS INTEGER) AS fromMs, sum(state = 'accepted') AS accepted, sum(state = 'failed') AS failed,
    sum(state = 'in doubt') AS inDoubt
  FROM ${endedOfRun.replace('?', ':run')} GROUP BY 1 ORDER BY 1`

const acceptedAtSql = `
  SELECT attempts AS attempt, count(*) AS count FROM ${messagesOfRun} AND state = 'accepted' GROUP BY attempts ORDER BY 1`

/** Who was handed over, as often as she was, but for the time that ended it. */
const deferralsSql = `
  SELECT max(0, (
    SELECT coalesce(sum(json_array_length(messages)), 0)
    FROM attempts CROSS JOIN routes ON routes.number = attempts.route
    WHERE routes.run = :run AND (settled_at IS NOT NULL OR recovered_at IS NOT NULL)
  ) - (SELECT count(*) FROM ${endedOfRun.replace('?', ':run')})) AS count`

/** Calls that took equally long are one row before they are put in order, for there are far fewer of those. */
const latencySql = `
  WITH equal AS (
    SELECT routes.name AS route, ${tookMs} AS took, count(*) AS calls FROM ${heardOfRun} GROUP BY 1, 2
  ), heard AS (
    SELECT route, took, sum(calls) OVER (PARTITION BY route ORDER BY took) AS place,
      sum(calls) OVER (PARTITION BY route) AS calls
    FROM equal
  )
  SELECT route, calls, ${percentile(50)} AS p50Ms, ${percentile(95)} AS p95Ms, ${percentile(99)} AS p99Ms,
    max(took) AS slowestMs
  FROM heard GROUP BY route ORDER BY calls DESC, route`

/** By the nearest rank: the least of the values that so many percent of them do not exceed. */
function percentile(percent: number): string {
  return `min(CASE WHEN place * 100 >= calls * ${percent} THEN took END)`
}

const bandsSql = `
  SELECT CASE ${bandEdgesMs.map((edge, band) => `WHEN ${tookMs} < ${edge} THEN ${band}`).join(' ')}
    ELSE ${bandEdgesMs.length} END AS band, count(*) AS calls
  FROM ${heardOfRun} GROUP BY 1`

const lastCallsSql = `SELECT ${tookMs} AS tookMs FROM ${heardOfRun} ORDER BY attempts.id DESC LIMIT ${lastCallsMax}`

const waitingSql = `
  SELECT class, count(*) AS count, min(due_at) AS firstDueAtMs, max(due_at) AS lastDueAtMs
  FROM ${messagesOfRun} AND state = 'queued' GROUP BY class ORDER BY 2 DESC, 1`

/** Only who was mailed twice is accepted and has a class. */
function troublesSql(name: string, source: string): string {
  return `
    SELECT name, class, count, "of" FROM (
      SELECT name, class, count, sum(count) OVER (PARTITION BY name) AS "of" FROM (
        SELECT ${name} AS name, CASE WHEN state <> 'accepted' THEN class END AS class, count(*) AS count
        FROM ${source} AND state <> 'skipped' GROUP BY 1, 2)
    ) WHERE class IS NOT NULL ORDER BY count DESC, name, class LIMIT ${troublesMax}`
}
