/**
 * CSV by RFC 4180, in any of its line endings: bytes to records, each with its line and its text as it stands. A damaged
 * record costs one line and nothing else: reading goes on at the line after the one on which it began, so that an
 * unclosed quote cannot swallow the list below it. Memory is bounded by `recordMaxBytes`, not by the file.
 */

import { parse } from 'csv-parse/sync'
import type { RowProblemReason } from '../model/recipient.ts'
import { lineBreaksIn, lineEnd } from './lines.ts'

/** A record longer than this is given up, in bytes. */
export const recordMaxBytes = 1024 * 1024

export interface CsvLimits {
  readonly recordMaxBytes: number
  /** How many bytes are parsed at once, unless a record is longer. */
  readonly windowBytes: number
}

const usualLimits: CsvLimits = { recordMaxBytes, windowBytes: 128 * 1024 }

const lf = 10
const cr = 13
const quote = 34

export type CsvRecord = CsvRow | CsvDamage

export interface CsvRow {
  /** The line on which it begins, from 1. */
  readonly line: number
  readonly cells: readonly string[]
}

/** A record that could not be read. */
export interface CsvDamage {
  readonly line: number
  readonly cells: null
  readonly reason: RowProblemReason
  readonly detail: string
}

/** Records that follow each other, with the bytes in which they stand. Blank lines are no records. */
export class CsvWindow {
  readonly records: CsvRecord[] = []
  readonly #bytes: Buffer
  readonly #starts: number[] = []
  readonly #ends: number[] = []

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  /** Adds the record that stands in the bytes from `start` up to `end`. */
  add(record: CsvRecord, start: number, end: number): void {
    this.records.push(record)
    this.#starts.push(start)
    this.#ends.push(end)
  }

  /** A record's text as it stands in the file, without its line break; cut where it is too long. */
  textOf(index: number): string {
    return this.#bytes.toString('utf8', this.#starts[index], this.#ends[index]).replace(/(\r\n|\r|\n)$/, '')
  }

  /** A record's length in the file, in bytes. */
  bytesOf(index: number): number {
    return (this.#ends[index] ?? 0) - (this.#starts[index] ?? 0)
  }
}

/** Reads UTF-8 in pieces of any length; the records do not depend on where it is cut. */
export async function* csvWindows(
  chunks: AsyncIterable<Buffer>,
  delimiter: string,
  limits = usualLimits,
): AsyncGenerator<CsvWindow> {
  const cursor = new Cursor(delimiter, limits.recordMaxBytes)
  let pending: Buffer[] = []
  let pendingBytes = 0
  let wanted = limits.windowBytes
  for await (const chunk of chunks) {
    pending.push(chunk)
    pendingBytes += chunk.length
    if (pendingBytes < wanted) continue
    const { window, rest } = cursor.read(Buffer.concat(pending), false)
    if (window.records.length > 0) yield window
    pending = [rest]
    pendingBytes = rest.length
    // What is left over is read again: by doubling, no byte is read more than twice on the average.
    wanted = Math.max(limits.windowBytes, 2 * rest.length)
  }
  const { window } = cursor.read(Buffer.concat(pending), true)
  if (window.records.length > 0) yield window
}

/** The records of a text's beginning, as far as it goes; a record that its end cuts off is left out. */
export function csvBeginning(bytes: Buffer, delimiter: string, whole: boolean): CsvWindow {
  return new Cursor(delimiter, recordMaxBytes).read(bytes, whole).window
}

/** What parsing from one place on has shown: up to where it went well, and what stopped it. */
interface Stretch {
  readonly end: number
  readonly stop: 'end' | 'too long' | 'quote open' | 'quote in cell' | 'text after quote'
}

/** Where reading stands between two windows. */
class Cursor {
  readonly #delimiter: string
  readonly #maxBytes: number
  #line = 1
  /** In a line that is too long; its rest is passed over. */
  #passing = false

  constructor(delimiter: string, maxBytes: number) {
    this.#delimiter = delimiter
    this.#maxBytes = maxBytes
  }

  /** Reads what is whole in these bytes; `rest` is to be given again, with what follows. `last`: nothing follows. */
  read(bytes: Buffer, last: boolean): { readonly window: CsvWindow; readonly rest: Buffer } {
    const window = new CsvWindow(bytes)
    let at = this.#passing ? this.#passLine(bytes, 0, last) : 0
    while (at < bytes.length && !this.#passing) {
      const { end, stop } = this.#stretch(bytes, at, last, window)
      at = end
      if (at === bytes.length) break
      const waits = stop === 'end' || stop === 'quote open' || this.#lineEnd(bytes, at, last) === undefined
      if (waits && !last && bytes.length - at <= this.#maxBytes) break
      at = this.#giveUp(bytes, at, last, stop, window)
    }
    return { window, rest: bytes.subarray(at) }
  }

  /** Adds records as long as they are good, with csv-parse; the last one only if it is certain to be whole. */
  #stretch(bytes: Buffer, from: number, last: boolean, window: CsvWindow): Stretch {
    let end = from
    let tooLong = false
    const onRecord = (cells: string[], info: { bytes_records: number }): null => {
      const start = end
      const recordEnd = from + info.bytes_records
      // Without its LF at the very end, a CR may be half of a CRLF, and a cell half of what it will be.
      if (tooLong || (!last && recordEnd === bytes.length && bytes[recordEnd - 1] !== lf)) return null
      tooLong = recordEnd - start > this.#maxBytes
      if (tooLong) return null
      end = recordEnd
      const blank = cells.length === 1 && cells[0]?.trim() === '' && bytes[start] !== quote
      if (!blank) window.add({ line: this.#line, cells }, start, end)
      this.#line += lineBreaksIn(bytes, start, end)
      return null
    }
    try {
      parse(bytes.subarray(from), {
        delimiter: this.#delimiter,
        record_delimiter: ['\r\n', '\n', '\r'],
        relax_column_count: true,
        on_record: onRecord,
      })
      return { end, stop: tooLong ? 'too long' : 'end' }
    } catch (error) {
      return { end, stop: tooLong ? 'too long' : stopOf(error) }
    }
  }

  /** Accounts for the line at `at`, which begins a damaged record, and returns where to go on: after that line. */
  #giveUp(bytes: Buffer, at: number, last: boolean, stop: Stretch['stop'], window: CsvWindow): number {
    const line = this.#line
    const end = this.#lineEnd(bytes, at, last)
    const after = end?.after ?? bytes.length
    if (after - at > this.#maxBytes) {
      const detail = `the row is longer than ${this.#maxBytes} bytes`
      window.add({ line, cells: null, reason: 'row too large', detail }, at, at + this.#maxBytes)
      return this.#passLine(bytes, at, last)
    }
    const text = bytes.toString('utf8', at, end?.at ?? bytes.length)
    const literal = stop === 'quote in cell' ? literalCells(text, this.#delimiter) : null
    if (literal !== null) window.add({ line, cells: literal }, at, after)
    else window.add({ line, cells: null, reason: 'quote not closed', detail: damageOf(stop) }, at, after)
    this.#line += 1
    return after
  }

  /** Passes over the rest of a line; where it ends, or the end of the bytes if it goes on. */
  #passLine(bytes: Buffer, from: number, last: boolean): number {
    const end = this.#lineEnd(bytes, from, last)
    this.#passing = end === undefined && !last
    if (end !== undefined) this.#line += 1
    return end?.after ?? (bytes.at(-1) === cr && !last ? bytes.length - 1 : bytes.length)
  }

  /** The end of a line, unless it is a CR at the end of the bytes, which an LF may still follow. */
  #lineEnd(bytes: Buffer, from: number, last: boolean): { readonly at: number; readonly after: number } | undefined {
    const end = lineEnd(bytes, from)
    if (end === undefined || last || end.after < bytes.length || bytes[end.at] === lf) return end
    return bytes.length - end.at === 1 ? undefined : end
  }
}

/**
 * The cells of a line in which quotes stand, but none at the beginning of a cell: such a line was written by something
 * that does not know quoting (`Ada "the first" Lovelace`), and every reader takes it to the letter. Else null.
 */
function literalCells(line: string, delimiter: string): readonly string[] | null {
  const cells = line.split(delimiter)
  return cells.some(cell => cell.trimStart().startsWith('"')) ? null : cells
}

function stopOf(error: unknown): Stretch['stop'] {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'CSV_QUOTE_NOT_CLOSED') return 'quote open'
  if (code === 'CSV_INVALID_CLOSING_QUOTE') return 'text after quote'
  if (code === 'INVALID_OPENING_QUOTE') return 'quote in cell'
  throw error
}

function damageOf(stop: Stretch['stop']): string {
  if (stop === 'quote in cell')
    return 'a quote stands in the middle of a cell; quote the whole cell, and double the quotes in it'
  if (stop === 'text after quote') return 'text follows a closing quote; quotes inside a quoted cell must be doubled'
  return 'a quote that opens in this row is not closed within 1 MiB, or not at all'
}
