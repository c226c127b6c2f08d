/**
 * A run's rows counted by what reports group them by. Each list is one pass over the run in the order of its lines,
 * which is the order in which it was stored; SQLite groups within its bounded cache, and beyond it in temporary files.
 */

import type { Address } from '../../model/address.ts'
import type { MessageState } from '../../model/message.ts'
import type { Cause, FailureClass } from '../../model/outcome.ts'
import type { SkipReason } from '../../model/recipient.ts'
import type { Journal, StateCounts } from '../journal.ts'
import { countReader } from './reading.ts'
import { runFinder } from './run-rows.ts'
import type { Store } from './store.ts'

export function tallies(store: Store): Pick<Journal, 'tally'> {
  const findRun = runFinder(store)
  const readCounts = countReader(store)
  const skipped = store.statement<[{ run: number }], { reason: SkipReason; count: number }>(skippedSql)
  const rowProblems = store.statement<[number], { reason: string; count: number }>(
    "SELECT reason, count(*) AS count FROM left_out WHERE run = ? AND kind = 'row problem' GROUP BY reason ORDER BY 2 DESC, 1",
  )
  const sites = store.statement<[number], { site: string; siteCount: number } & StateCounts>(sitesSql)
  const routes = store.statement<[{ run: number }], { route: string; attempts: number } & StateCounts>(routesSql)
  const classes = store.statement<[number], { state: MessageState; class: FailureClass; count: number }>(classesSql)
  const causes = store.statement<[number], CauseRow>(causesSql)
  const inDoubt = store.statement<[number], { address: Address; line: number; route: string | null }>(inDoubtSql)

  return {
    tally: id =>
      store.read(() => {
        const { number: run } = findRun(id)
        const siteRows = sites.all(run)
        return {
          counts: readCounts(run),
          skipped: skipped.all({ run }),
          rowProblems: rowProblems.all(run),
          sites: siteRows.map(({ siteCount, ...site }) => site),
          siteCount: siteRows[0]?.siteCount ?? 0,
          routes: routes.all({ run }),
          classes: classes.all(run),
          causes: causes.all(run).map(causeGroup),
          inDoubt: inDoubt.all(run),
        }
      }),
  }
}

const sitesMax = 20
const causesMax = 10
const inDoubtMax = 1000

const messagesOfRun = 'messages INDEXED BY messages_by_line'

const stateCounts = `
  count(*) FILTER (WHERE state = 'queued') AS waiting,
  count(*) FILTER (WHERE state = 'accepted') AS accepted,
  count(*) FILTER (WHERE state = 'failed') AS failed,
  count(*) FILTER (WHERE state = 'in doubt') AS inDoubt`

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

/** A message that was accepted has words only where it was mailed twice; that is a cause worth showing. */
const causesSql = `
  SELECT state, class, code, status, text, count, example FROM (
    SELECT *, row_number() OVER (PARTITION BY state ORDER BY count DESC, text) AS place FROM (
      SELECT state, coalesce(class, 'unknown') AS class, code, status, text, count(*) AS count, min(address) AS example
      FROM ${messagesOfRun} WHERE run = ? AND text IS NOT NULL GROUP BY 1, 2, 3, 4, 5)
  ) WHERE place <= ${causesMax} ORDER BY count DESC, state, text`

const inDoubtSql = `
  SELECT address, line, routes.name AS route FROM ${messagesOfRun}
  LEFT JOIN attempts ON attempts.id = messages.attempt
  LEFT JOIN routes ON routes.number = attempts.route
  WHERE messages.run = ? AND state = 'in doubt' ORDER BY line, messages.id LIMIT ${inDoubtMax}`

interface CauseRow {
  readonly state: MessageState
  readonly class: FailureClass
  readonly code: string | null
  readonly status: string | null
  readonly text: string
  readonly count: number
  readonly example: Address
}

function causeGroup({ state, class: failureClass, code, status, text, count, example }: CauseRow) {
  const cause: Cause = {
    class: failureClass,
    ...(code === null ? {} : { code }),
    ...(status === null ? {} : { status }),
    text,
  }
  return { state, cause, count, example }
}
