/** Plain tables: columns as wide as their widest cell, numbers to the right. */

export type Cell = string | number

import { count } from '../model/words.ts'

/** Rows of equal length as lines; numbers are right-aligned and get separators. */
export function tableLines(rows: readonly (readonly Cell[])[], indent = '  '): string[] {
  const widths: number[] = []
  for (const row of rows) {
    row.forEach((cell, index) => {
      widths[index] = Math.max(widths[index] ?? 0, said(cell).length)
    })
  }
  return rows.map(row => {
    const cells = row.map((cell, index) => {
      const text = said(cell)
      const width = widths[index] ?? 0
      return typeof cell === 'number' ? text.padStart(width) : text.padEnd(width)
    })
    return `${indent}${cells.join('  ')}`.trimEnd()
  })
}

function said(cell: Cell): string {
  return typeof cell === 'number' ? count(cell) : cell
}
