/** The report with one line per row of the list. Its `email` column makes it a recipient list again. */

import type { MessageRecord } from '../model/message.ts'
import { iso } from '../model/words.ts'

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
  'message_id',
  'settled_by',
] as const

/** `messageIdOf` gives the Message-ID that an address has in the run, by which whatever is seen at a provider is found here. */
export function* csvReport(
  records: Iterable<MessageRecord>,
  messageIdOf: (address: string) => string,
): Generator<string> {
  yield `${columns.join(',')}\n`
  for (const record of records) yield `${cells(record, messageIdOf).map(csvCell).join(',')}\n`
}

function cells(record: MessageRecord, messageIdOf: (address: string) => string): (string | number | null)[] {
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
    state === 'row problem' || state === 'skipped' ? null : messageIdOf(address),
    record.settledBy,
  ]
}

/** Words from outside must not become a formula in a spreadsheet. */
export function withoutFormula(text: string | null): string | null {
  return text !== null && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
}

/** A cell as RFC 4180 wants it; null is an empty one. */
export function csvCell(cell: string | number | null): string {
  if (cell === null) return ''
  const text = String(cell)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
