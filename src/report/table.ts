/** Plain tables: columns as wide as their widest cell, numbers to the right. */

export type Cell = string | number

import { count, wrappedWords } from '../model/words.ts'

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

/**
 * Words after what begins their line, broken between them where they are longer than a terminal of so many columns is wide;
 * further lines begin below the first word. Null: it stays one line.
 */
export function foldedLines(begin: string, words: readonly string[], columns: number | null): string[] {
  const room = columns === null ? Number.POSITIVE_INFINITY : Math.max(leastRoom, columns - begin.length)
  const indent = ' '.repeat(begin.length)
  return wrappedWords(words, room).map((line, index) => `${index === 0 ? begin : indent}${line}`.trimEnd())
}

const leastRoom = 20

/** A line for each of the first `most`, in blocks that are tables of their own: no more than a block is in memory. */
export function* tableBlocks<Item>(
  items: Iterable<Item>,
  most: number,
  cells: (item: Item) => readonly Cell[],
): Generator<string[]> {
  const block: (readonly Cell[])[] = []
  let taken = 0
  for (const item of items) {
    if (taken === most) break
    taken += 1
    block.push(cells(item))
    if (block.length === blockRows) yield tableLines(block.splice(0))
  }
  if (block.length > 0) yield tableLines(block)
}

const blockRows = 500

function said(cell: Cell): string {
  return typeof cell === 'number' ? count(cell) : cell
}
