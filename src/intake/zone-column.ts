/** The recipients' own time zones, where a campaign's `schedule.zone_column` names a field that holds them. */

import { UserError } from '../model/errors.ts'
import { nearest } from '../model/nearest.ts'
import type { Recipient } from '../model/recipient.ts'
import { zoneNames } from '../model/zone.ts'
import { zoneProblem } from './moment.ts'

export type ZoneRead =
  /** Null: the recipient has none, so the schedule's holds. */
  { readonly ok: true; readonly zone: string | null } | { readonly ok: false; readonly detail: string }

/**
 * Reads the zones of the recipients of one list, whose fields are `columns`. Throws UserError, naming the list, if the field
 * is not among them. A null column means that nobody has a zone.
 */
export function zoneReader(
  column: string | null,
  columns: readonly string[],
  list: string,
): (recipient: Recipient) => ZoneRead {
  if (column === null) return () => ({ ok: true, zone: null })
  if (!columns.includes(column)) throw missingColumn(column, columns, list)
  const nameOf = zoneNames()
  return ({ fields }) => {
    const text = fields[column] ?? ''
    if (text.trim() === '') return { ok: true, zone: null }
    const zone = nameOf(text)
    return zone === undefined ? { ok: false, detail: `${column}: ${zoneProblem(text)}` } : { ok: true, zone }
  }
}

function missingColumn(column: string, columns: readonly string[], list: string): UserError {
  const near = nearest(column, columns)
  const remedy = near === undefined ? `Its columns are ${columns.join(', ')}.` : `Did you mean \`${near}\`?`
  return new UserError(`there is no column \`${column}\`, which schedule.zone_column names`, { where: list, remedy })
}
