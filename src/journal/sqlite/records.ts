/**
 * Every row of a run in the order of lines. Rows are read a page at a time and no statement stays open between pages, so
 * the list may be as long as it likes and the journal stays usable while it is written out.
 */

import type { MessageRecord, MessageState, SettledBy } from '../../model/message.ts'
import type { FailureClass } from '../../model/outcome.ts'
import type { SkipReason } from '../../model/recipient.ts'
import type { Journal } from '../journal.ts'
import { mapped, type PageQuery, pages } from './pages.ts'
import { runFinder } from './run-rows.ts'
import type { Store } from './store.ts'

export function records(store: Store): Pick<Journal, 'records'> {
  const findRun = runFinder(store)
  const messagePage = store.statement<[PageQuery], MessageRow>(`
    SELECT ${messageColumns}
    FROM messages INDEXED BY messages_by_line
    LEFT JOIN attempts ON attempts.id = messages.attempt
    LEFT JOIN routes ON routes.number = attempts.route
    WHERE messages.run = :run AND (line, messages.id) > (:afterLine, :afterId)
    ORDER BY line, messages.id LIMIT :limit`)
  const leftOutPage = store.statement<[PageQuery], LeftOutRow>(`
    SELECT ${leftOutColumns} FROM left_out INDEXED BY left_out_by_line
    WHERE run = :run AND (line, id) > (:afterLine, :afterId)
    ORDER BY line, id LIMIT :limit`)

  return {
    records(id) {
      const { number: run } = store.read(() => findRun(id))
      const messages = pages(query => store.read(() => messagePage.all({ run, ...query })))
      const leftOut = pages(query => store.read(() => leftOutPage.all({ run, ...query })))
      return byLine(mapped(messages, messageRecord), mapped(leftOut, leftOutRecord))
    },
  }
}

/** Merges two lists that are each in the order of lines. */
function* byLine(left: Iterator<MessageRecord>, right: Iterator<MessageRecord>): Generator<MessageRecord> {
  let [one, other] = [left.next(), right.next()]
  while (!one.done || !other.done) {
    if (!one.done && (other.done || one.value.line <= other.value.line)) {
      yield one.value
      one = left.next()
    } else if (!other.done) {
      yield other.value
      other = right.next()
    }
  }
}

/** To follow `SELECT`, with the attempt and the route of the message joined; gives MessageRows. */
export const messageColumns = `
  messages.id, line, address, state, skip_reason, class, code, status, text, routes.name AS route, provider_id,
  messages.attempts, due_at, changed_at, settled_by`

export const leftOutColumns = 'id, line, kind, reason, address, detail'

export interface MessageRow {
  readonly id: number
  readonly line: number
  readonly address: string
  readonly state: MessageState
  readonly skip_reason: SkipReason | null
  readonly class: FailureClass | null
  readonly code: string | null
  readonly status: string | null
  readonly text: string | null
  readonly route: string | null
  readonly provider_id: string | null
  readonly attempts: number
  readonly due_at: number | null
  readonly changed_at: number | null
  readonly settled_by: SettledBy | null
}

export function messageRecord(row: MessageRow): MessageRecord {
  return {
    line: row.line,
    address: row.address,
    state: row.state,
    skipReason: row.skip_reason,
    class: row.class,
    code: row.code,
    status: row.status,
    text: row.text,
    route: row.route,
    providerId: row.provider_id,
    attempts: row.attempts,
    dueAtMs: row.due_at,
    changedAtMs: row.changed_at,
    settledBy: row.settled_by,
  }
}

export interface LeftOutRow {
  readonly id: number
  readonly line: number
  readonly kind: 'skipped' | 'row problem'
  readonly reason: string
  readonly address: string | null
  readonly detail: string | null
}

export function leftOutRecord(row: LeftOutRow): MessageRecord {
  return {
    line: row.line,
    address: row.address ?? '',
    state: row.kind,
    skipReason: row.kind === 'skipped' ? (row.reason as SkipReason) : null,
    class: null,
    code: null,
    status: null,
    text: row.kind === 'row problem' ? `${row.reason}: ${row.detail}` : null,
    route: null,
    providerId: null,
    attempts: 0,
    dueAtMs: null,
    changedAtMs: null,
    settledBy: null,
  }
}
