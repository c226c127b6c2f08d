/**
 * A run's rows counted by what reports group them by. Each list is one pass over the run in the order of its lines,
 * which is the order in which it was stored; SQLite groups within its bounded cache, and beyond it in temporary files.
 */

import type { Address } from '../../model/address.ts'
import type { Counts, MessageState, SettledBy } from '../../model/message.ts'
import { causeKind, type FailureClass } from '../../model/outcome.ts'
import type { SkipReason } from '../../model/recipient.ts'
import type { Journal, StateCounts } from '../journal.ts'
import { type CauseColumns, causeOf } from './cause-columns.ts'
import { damaged } from './failure.ts'
import { countReader } from './reading.ts'
import { runFinder } from './run-rows.ts'
import type { Store } from './store.ts'

export function tallies(store: Store): Pick<Journal, 'tally' | 'waitingSites'> {
  const findRun = runFinder(store)
  store.defineText('cause_kind', causeKind)
  const readCounts = countReader(store)
  const counted = store.statement<[Counts & { run: number }], { isSum: number }>(countedSql)
  const skipped = store.statement<[{ run: number }], { reason: SkipReason; count: number }>(skippedSql)
  const rowProblems = store.statement<[number], { reason: string; count: number }>(
    "SELECT reason, count(*) AS count FROM left_out WHERE run = ? AND kind = 'row problem' GROUP BY reason ORDER BY 2 DESC, 1",
  )
  const sites = store.statement<[number], { site: string; siteCount: number } & StateCounts>(sitesSql)
  const waitingSites = store.statement<[number], { site: string; waiting: number }>(waitingSitesSql)
  const routes = store.statement<[{ run: number }], { route: string; attempts: number } & StateCounts>(routesSql)
  const classes = store.statement<[number], { state: MessageState; class: FailureClass; count: number }>(classesSql)
  const causes = store.statement<[number], CauseRow>(causesSql)
  const settled = store.statement<[number], { by: SettledBy; state: MessageState; count: number }>(settledSql)

  return {
    tally: id =>
      store.read(() => {
        const { number: run } = findRun(id)
        const counts = readCounts(run)
        // Whoever reads a sum relies on it, so it may not differ from the rows that it is the sum of.
        const { isSum } = counted.get({ run, ...counts }) ?? { isSum: 0 }
        if (isSum === 0) throw damaged(`the counts of run ${id} are not those of its rows`)
        const siteRows = sites.all(run)
        return {
          counts,
          skipped: skipped.all({ run }),
          rowProblems: rowProblems.all(run),
          sites: siteRows.map(({ siteCount, ...site }) => site),
          siteCount: siteRows[0]?.siteCount ?? 0,
          routes: routes.all({ run }),
          classes: classes.all(run),
          causes: causes.all(run).map(causeGroup),
          settled: settled.all(run),
        }
      }),
    waitingSites: id => store.read(() => waitingSites.all(findRun(id).number)),
  }
}

const sitesMax = 20
const causesMax = 10

const messagesOfRun = 'messages INDEXED BY messages_by_line'

const stateCounts = `
  count(*) FILTER (WHERE state = 'queued') AS waiting,
  count(*) FILTER (WHERE state = 'accepted') AS accepted,
  count(*) FILTER (WHERE state = 'failed') AS failed,
  count(*) FILTER (WHERE state = 'in doubt') AS inDoubt`

/** Whether the counts are those of the rows; a state that is none of the known is in no sum. */
const countedSql = `
  SELECT (waiting, accepted, failed, inDoubt, skipped, rowProblems)
    = (:waiting, :accepted, :failed, :inDoubt, :skipped, :rowProblems) AS isSum
  FROM (
    SELECT ${stateCounts}, count(*) FILTER (WHERE state = 'skipped') + leftOut AS skipped, rowProblems
    FROM ${messagesOfRun} CROSS JOIN (
      SELECT count(*) FILTER (WHERE kind = 'skipped') AS leftOut,
        count(*) FILTER (WHERE kind = 'row problem') AS rowProblems
      FROM left_out WHERE run = :run
    ) WHERE run = :run
  )`

const skippedSql = `
  SELECT reason, sum(count) AS count FROM (
    SELECT skip_reason AS reason, count(*) AS count FROM ${messagesOfRun}
    WHERE run = :run AND state = 'skipped' GROUP BY skip_reason
    UNION ALL
    SELECT reason, count(*) FROM left_out WHERE run = :run AND kind = 'skipped' GROUP BY reason
  ) GROUP BY reason ORDER BY 2 DESC, 1`

const sitesSql = `
  SELECT site, ${stateCounts}, count(*) OVER () AS siteCount FROM ${messagesOfRun}
  WHERE run = ? GROUP BY site ORDER BY count(*) DESC, site LIMIT ${sitesMax}`

/** Only who waits is looked at, in the index of those. */
const waitingSitesSql = `
  SELECT site, count(*) AS waiting FROM messages INDEXED BY messages_due_by_site
  WHERE run = ? AND state = 'queued' GROUP BY site ORDER BY 2 DESC, site LIMIT ${sitesMax}`

const routesSql = `
  SELECT routes.name AS route, routes.attempts, coalesce(waiting, 0) AS waiting, coalesce(accepted, 0) AS accepted,
    coalesce(failed, 0) AS failed, coalesce(inDoubt, 0) AS inDoubt
  FROM routes LEFT JOIN (
    SELECT attempts.route AS number, ${stateCounts}
    FROM ${messagesOfRun} CROSS JOIN attempts ON attempts.id = messages.attempt
    WHERE run = :run GROUP BY attempts.route
  ) AS reached ON reached.number = routes.number
  WHERE routes.run = :run ORDER BY routes.attempts DESC, route`

const classesSql = `
  SELECT state, class, count(*) AS count FROM ${messagesOfRun}
  WHERE run = ? AND class IS NOT NULL GROUP BY state, class ORDER BY 3 DESC, 1, 2`

/**
 * A message that was accepted has words only where it was mailed twice; that is a cause worth showing. Equal words
 * are counted first, for it takes long to find their kind; with `min`, SQLite gives the other columns of the same row.
 */
const causesSql = `
  SELECT state, class, code, status, text, count, example FROM (
    SELECT *, row_number() OVER (PARTITION BY state ORDER BY count DESC, text) AS place FROM (
      SELECT state, class, code, status, text, sum(count) AS count, min(example) AS example FROM (
        SELECT state, coalesce(class, 'unknown') AS class, code, status, text, count(*) AS count, min(address) AS example
        FROM ${messagesOfRun} WHERE run = ? AND text IS NOT NULL GROUP BY 1, 2, 3, 4, 5)
      GROUP BY state, class, code, status, cause_kind(text))
  ) WHERE place <= ${causesMax} ORDER BY count DESC, state, text`

const settledSql = `
  SELECT settled_by AS "by", state, count(*) AS count FROM ${messagesOfRun}
  WHERE run = ? AND settled_by IS NOT NULL GROUP BY settled_by, state ORDER BY 3 DESC, 1, 2`

interface CauseRow extends CauseColumns {
  readonly state: MessageState
  readonly count: number
  readonly example: Address
}

function causeGroup({ state, count, example, ...cause }: CauseRow) {
  return { state, cause: causeOf(cause), count, example }
}
