/**
 * One address over all runs. Its rows are found by indexes that begin with the run and the address; its calls by going
 * through all of them, for a call knows its messages, and a message only the last of its calls.
 */

import type { Address } from '../../model/address.ts'
import type { RunState } from '../../model/run.ts'
import type { SuppressionReason } from '../../model/suppression.ts'
import type { Journal, StoredAttempt } from '../journal.ts'
import {
  type LeftOutRow,
  leftOutColumns,
  leftOutRecord,
  type MessageRow,
  messageColumns,
  messageRecord,
} from './records.ts'
import { type RunRow, runOf, runRows } from './run-rows.ts'
import type { Store } from './store.ts'

export function stories(store: Store): Pick<Journal, 'story'> {
  const findSuppression = store.statement<[string], SuppressionRow>(
    'SELECT address, reason, source, at FROM suppressions WHERE address = lower(?)',
  )
  const allRuns = store.statement<[], RunRow & { number: number; state: RunState }>(
    `SELECT runs.number, ${runRows} WHERE state <> 'preparing' ORDER BY runs.number DESC`,
  )
  const findMessages = store.statement<[RowQuery], MessageRow & { readonly attempt: number | null }>(messagesSql)
  const findLeftOut = store.statement<[RowQuery], LeftOutRow>(`
    SELECT ${leftOutColumns} FROM left_out INDEXED BY left_out_addresses
    WHERE run = :run AND address IN (:address, lower(:address)) ORDER BY line`)
  const findAttempts = store.statement<[AttemptQuery], Omit<StoredAttempt, 'isLast'> & { readonly isLast: 0 | 1 }>(
    attemptsSql,
  )

  return {
    story: address =>
      store.read(() => {
        const suppressed = findSuppression.get(address)
        const chapters = allRuns.all().flatMap(row => {
          const run = runOf(row)
          const messages = findMessages.all({ run: row.number, address }).map(message => ({
            run,
            record: messageRecord(message),
            attempts: findAttempts
              .all({ run: row.number, message: message.id, last: message.attempt })
              .map(({ isLast, ...attempt }) => ({ ...attempt, isLast: isLast === 1 })),
          }))
          const leftOut = findLeftOut
            .all({ run: row.number, address })
            .map(each => ({ run, record: leftOutRecord(each), attempts: [] }))
          return [...messages, ...leftOut].sort((one, other) => one.record.line - other.record.line)
        })
        return { suppression: suppressed === undefined ? null : suppressionOf(suppressed), chapters }
      }),
  }
}

interface RowQuery {
  readonly run: number
  readonly address: Address
}

interface AttemptQuery {
  readonly run: number
  readonly message: number
  readonly last: number | null
}

/** As it is given, in lower case, and in whatever case the list has it; each is searched by its own index. */
const messagesSql = `
  SELECT ${messageColumns}, messages.attempt FROM messages
  LEFT JOIN attempts ON attempts.id = messages.attempt
  LEFT JOIN routes ON routes.number = attempts.route
  WHERE messages.id IN (
    SELECT id FROM messages INDEXED BY messages_of_run WHERE run = :run AND address IN (:address, lower(:address))
    UNION
    SELECT id FROM messages INDEXED BY messages_with_capitals
    WHERE run = :run AND lower(address) = lower(:address || '') AND address <> lower(address)
  ) ORDER BY line`

/** Most calls are not hers, and that their text does not hold her number is seen without reading it as JSON. */
const attemptsSql = `
  SELECT routes.name AS route, begun_at AS begunAtMs, settled_at AS settledAtMs, recovered_at AS givenUpAtMs,
    json_array_length(messages) AS messages, attempts.id IS :last AS isLast
  FROM attempts CROSS JOIN routes ON routes.number = attempts.route
  WHERE routes.run = :run AND instr(messages, CAST(:message AS INTEGER)) > 0
    AND EXISTS (SELECT 1 FROM json_each(messages) WHERE value = :message)
  ORDER BY attempts.id`

interface SuppressionRow {
  readonly address: Address
  readonly reason: SuppressionReason
  readonly source: string
  readonly at: number
}

function suppressionOf({ address, reason, source, at }: SuppressionRow) {
  return { address, reason, source, atMs: at }
}
