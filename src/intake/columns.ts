/** The header line of a list: which field each column fills, and which one holds the address. */

import { parseAddress } from '../model/address.ts'
import { UserError } from '../model/errors.ts'
import { nearest } from '../model/nearest.ts'
import { outcomeColumns } from '../model/recipient.ts'
import { terminalSafe } from '../model/words.ts'

export interface Columns {
  /** The names in the header line, trimmed; distinct and not empty. */
  readonly names: readonly string[]
  /** Which of them holds the address. */
  readonly address: number
  /** Fields that the campaign maps to a column, beyond the column's own name. */
  readonly mapped: readonly { readonly field: string; readonly column: number }[]
  /** The names of all fields that a recipient has, `email` among them. */
  readonly fields: readonly string[]
}

/**
 * Reads a header line. `mapping` is the campaign's `columns:`, field name to column name; where a field has the name of
 * another column, the mapping wins. Throws UserError, naming `where`, for names that are empty or doubled, for mapped
 * columns that are not there, and if it is not clear which column holds the address.
 */
export function readColumns(
  header: readonly string[],
  mapping: Readonly<Record<string, string>>,
  where: string,
): Columns {
  const names = header.map(cell => cell.trim())
  checkNames(names, where)
  const entries = Object.entries(mapping)
  const missing = entries.filter(([, column]) => !names.includes(column))
  if (missing.length > 0) throw missingColumns(missing, names, where)
  const mapped = entries.map(([field, column]) => ({ field, column: names.indexOf(column) }))
  const address = mapped.find(each => each.field === 'email')?.column ?? addressColumn(names, where)
  const fields = [...new Set([...names, ...mapped.map(each => each.field), 'email'])]
  return { names, address, mapped: mapped.filter(each => each.field !== 'email'), fields }
}

/** Whether a column of this name is taken to hold the address. */
export function isAddressColumn(name: string): boolean {
  return ['email', 'e-mail', 'email address'].includes(name.toLowerCase())
}

function checkNames(names: readonly string[], where: string): void {
  if (names.some(name => parseAddress(name).ok)) {
    throw new UserError('the first line must name the columns, but it holds an address', {
      where,
      remedy: 'Add a header line, such as: email,first_name',
    })
  }
  const unnamed = names.flatMap((name, index) => (name === '' ? [index + 1] : []))
  if (unnamed.length > 0) {
    const which = unnamed.length === 1 ? `column ${unnamed[0]} has` : `columns ${unnamed.slice(0, 20).join(', ')} have`
    throw new UserError(`${which} no name in the header line`, {
      where,
      remedy: 'Name every column, or remove the delimiters at the end of the lines.',
    })
  }
  const seen = new Set<string>()
  const doubled = [...new Set(names.filter(name => seen.has(name) || !seen.add(name)))]
  if (doubled.length > 0) {
    throw new UserError(`more than one column is named ${listed(doubled)}`, {
      where,
      remedy: 'Give every column a name of its own.',
    })
  }
  if (names.includes('__proto__')) {
    throw new UserError('a column cannot be named `__proto__`', { where, remedy: 'Give it another name.' })
  }
}

function missingColumns(
  missing: readonly (readonly [field: string, column: string])[],
  names: readonly string[],
  where: string,
): UserError {
  const said = missing.map(([field, column]) => {
    const near = nearest(column, names)
    const hint = near === undefined ? '' : ` (did you mean ${listed([near])}?)`
    return `there is no column ${listed([column])}${hint}, which \`columns:\` names for ${listed([field])}`
  })
  return new UserError(said.join('; '), { where, remedy: `The columns are ${listed(names)}.` })
}

function addressColumn(names: readonly string[], where: string): number {
  // A list of those who failed says in `email` whom a row is for, and may have a column such as `Email` of its first list.
  if (names.includes('email') && outcomeColumns.every(name => names.includes(name))) return names.indexOf('email')
  const found = names.filter(isAddressColumn)
  const [only, another] = found
  if (only !== undefined && another === undefined) return names.indexOf(only)
  if (another !== undefined) {
    throw new UserError(`more than one column may hold the address: ${listed(found)}`, {
      where,
      remedy: `Say which one, in the campaign file: columns: { email: ${JSON.stringify(only)} }`,
    })
  }
  const near = names.find(name => /mail/i.test(name)) ?? nearest('email', names)
  const example = near === undefined ? '…' : terminalSafe(JSON.stringify(near))
  const alone = names.length === 1 ? ' If the lines hold more than one cell, set `delimiter:`.' : ''
  throw new UserError(`no column is named \`email\`; the columns are ${listed(names)}`, {
    where,
    remedy: `Rename the column with the addresses, or say which it is, in the campaign file: columns: { email: ${example} }${alone}`,
  })
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 20).map(name => `\`${terminalSafe(name, 60)}\``)
  return names.length > shown.length ? `${shown.join(', ')} and ${names.length - shown.length} more` : shown.join(', ')
}
