/**
 * Those who failed as a recipient list again: the columns of their list, cell for cell, and after them what became of each.
 * The list is gone through twice, for its columns and for its rows, so that it is never all in memory.
 */

import type { FailedMessage } from '../journal/journal.ts'
import { InvariantError } from '../model/errors.ts'
import { type Fields, outcomeColumns } from '../model/recipient.ts'
import { csvCell, withoutFormula } from './csv.ts'

export interface FailedList {
  /** A row of the run's list, whatever became of it; undefined where there is none. */
  readonly sample: Fields | undefined
  /** Goes through those who failed, in the order of lines, as often as it is called. */
  readonly people: () => Iterable<FailedMessage>
}

export function* recipientList({ sample, people }: FailedList): Generator<string> {
  const columns = columnsOf(sample, people())
  yield csvLine([...columns, ...outcomeColumns])
  for (const each of people())
    yield csvLine([...cells(each, columns), ...outcomeColumns.map(name => outcomes[name](each))])
}

/**
 * The names of all fields, in the order in which they first come. All rows of a list have the same, so the sample has the
 * columns also of those who fail while this is written. What a list has from an earlier failure is replaced by ours. The
 * address is first, for it is on one line: where a first cell goes over several, the last of them has as many cells as the
 * header, and whoever reads it must take it for a row whose quote was forgotten.
 */
function columnsOf(sample: Fields | undefined, people: Iterable<FailedMessage>): ReadonlySet<string> {
  const columns = new Set(['email', ...Object.keys(sample ?? {})])
  for (const { fields } of people) for (const name of Object.keys(fields)) columns.add(name)
  for (const name of outcomeColumns) columns.delete(name)
  return columns
}

/**
 * Kept byte for byte, also where a cell looks like a formula: what is mailed from this list must be what would have been
 * mailed from the first one.
 */
function cells({ address, fields }: FailedMessage, columns: ReadonlySet<string>): string[] {
  const unknown = Object.keys(fields).find(name => !columns.has(name) && !isOutcome(name))
  if (unknown !== undefined) throw new InvariantError(`a message has a field that its list had not: ${unknown}`)
  return [...columns].map(name => {
    if (Object.hasOwn(fields, name)) return fields[name] ?? ''
    return name === 'email' ? address : ''
  })
}

function isOutcome(name: string): boolean {
  return outcomeColumns.some(each => each === name)
}

/** What providers say are words from outside, and no template needs them: they must not become a formula in a spreadsheet. */
const outcomes: Readonly<Record<(typeof outcomeColumns)[number], (message: FailedMessage) => string | number | null>> =
  {
    mailblast_line: ({ line }) => line,
    mailblast_class: ({ cause }) => cause.class,
    mailblast_code: ({ cause }) => withoutFormula(cause.code ?? null),
    mailblast_status: ({ cause }) => withoutFormula(cause.status ?? null),
    mailblast_text: ({ cause }) => withoutFormula(cause.text),
    mailblast_route: ({ route }) => withoutFormula(route),
    mailblast_attempts: ({ attempts }) => attempts,
  }

function csvLine(row: readonly (string | number | null)[]): string {
  return `${row.map(csvCell).join(',')}\n`
}
