/** Who failed in a run, with what her row of the list holds, so that a list can be made of them again. */

import type { Address } from '../../model/address.ts'
import type { Fields } from '../../model/recipient.ts'
import type { FailedMessage, Journal } from '../journal.ts'
import { type CauseColumns, causeOf } from './cause-columns.ts'
import { storedJson } from './columns.ts'
import { mapped, type PageQuery, pages } from './pages.ts'
import { runFinder } from './run-rows.ts'
import type { Store } from './store.ts'

export function failed(store: Store): Pick<Journal, 'failed'> {
  const findRun = runFinder(store)
  const page = store.statement<[PageQuery & { readonly classes: string | null }], FailedRow>(`
    SELECT messages.id, line, address, fields, routes.name AS route, messages.attempts, class, code, status, text
    FROM messages INDEXED BY messages_by_line
    LEFT JOIN attempts ON attempts.id = messages.attempt
    LEFT JOIN routes ON routes.number = attempts.route
    WHERE messages.run = :run AND state = 'failed' AND (line, messages.id) > (:afterLine, :afterId)
      AND (:classes IS NULL OR class IN (SELECT value FROM json_each(:classes)))
    ORDER BY line, messages.id LIMIT :limit`)

  return {
    failed(id, query) {
      const { number: run } = store.read(() => findRun(id))
      const classes = query.classes === null ? null : JSON.stringify(query.classes)
      return mapped(
        pages(place => store.read(() => page.all({ run, classes, ...place }))),
        failedMessage,
      )
    },
  }
}

interface FailedRow extends CauseColumns {
  readonly id: number
  readonly line: number
  readonly address: Address
  readonly fields: string
  readonly route: string | null
  readonly attempts: number
}

function failedMessage({ line, address, fields, route, attempts, ...cause }: FailedRow): FailedMessage {
  return { line, address, fields: storedJson<Fields>(fields), route, attempts, cause: causeOf(cause) }
}
