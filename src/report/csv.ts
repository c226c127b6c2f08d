/** The report with one line per row of the list. Its `email` column makes it a recipient list again. */

import type { MessageRecord } from '../model/message.ts'
import { iso } from './json.ts'

const columns = [
  'line',
  'email',
  'state',
  'reason',
  'class',
  'code',
  'status',
  'text',
  'route',
  'attempts',
  'provider_id',
  'due_at',
  'changed_at',
] as const

export function* csvReport(records: Iterable<MessageRecord>): Generator<string> {
  yield `${columns.join(',')}\n`
  for (const record of records) yield `${cells(record).map(csvCell).join(',')}\n`
}

function cells(record: MessageRecord): (string | number | null)[] {
  const { line, address, state, skipReason, code, status, text, route, attempts, providerId, dueAtMs, changedAtMs } =
    record
  return [
    line,
    address,
    state === 'queued' ? 'waiting' : state,
    skipReason,
    record.class,
    withoutFormula(code),
    status,
    withoutFormula(text),
    route,
    attempts,
    withoutFormula(providerId),
    state === 'queued' ? iso(dueAtMs) : null,
    iso(changedAtMs),
  ]
}

/** Words from outside must not become a formula in a spreadsheet. */
function withoutFormula(text: string | null): string | null {
  return text !== null && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
}

/** A cell as RFC 4180 wants it; null is an empty one. */
export function csvCell(cell: string | number | null): string {
  if (cell === null) return ''
  const text = String(cell)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
