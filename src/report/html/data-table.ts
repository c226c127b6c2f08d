/** Tables of the page: a caption, headers for their columns and for each row, numbers to the right. */

import { count } from '../../model/words.ts'
import { type Markup, markup } from './markup.ts'

export type DataCell = string | number | Markup

export interface DataTable {
  readonly caption: string
  readonly columns: readonly string[]
  /** The first cell of a row is its header. */
  readonly rows: readonly (readonly DataCell[])[]
  /** Names the columns that hold words of some length. */
  readonly wide?: readonly string[]
  /** Names the columns that hold figures as text, such as shares. */
  readonly figures?: readonly string[]
}

export function dataTable({ caption, columns, rows, wide = [], figures = [] }: DataTable): Markup {
  const isNumber = columns.map(
    (name, index) => figures.includes(name) || rows.some(row => typeof row[index] === 'number'),
  )
  const kind = (index: number): string =>
    isNumber[index] === true ? 'number' : wide.includes(columns[index] ?? '') ? 'words' : 'text'
  // A table that is wider than a telephone is scrolled, so it must be reachable by keyboard.
  return markup`<div class="scroll" role="group" aria-label="${caption}" tabindex="0"><table>
<caption>${caption}</caption>
<thead><tr>${columns.map((name, index) => markup`<th scope="col" class="${kind(index)}">${name}</th>`)}</tr></thead>
<tbody>
${rows.map(row => line(row, kind))}</tbody>
</table></div>`
}

function line(row: readonly DataCell[], kind: (index: number) => string): Markup {
  const [first = '', ...others] = row
  return markup`<tr><th scope="row" class="${kind(0)}">${cell(first)}</th>${others.map(
    (each, index) => markup`<td class="${kind(index + 1)}">${cell(each)}</td>`,
  )}</tr>
`
}

function cell(value: DataCell): string | Markup {
  return typeof value === 'number' ? count(value) : value
}

/** The figures of a chart, for those who want or need them in words. */
export function figuresOf(table: DataTable): Markup {
  return markup`<details><summary>${table.caption}, as a table</summary>
${dataTable(table)}
</details>`
}
