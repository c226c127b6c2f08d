/**
 * The recipient list: a CSV file or standard input, read as it is asked for. Every row becomes a recipient or a row
 * problem and none disappears; memory stays flat however long the list is.
 */

import { resolve } from 'node:path'
import { parseAddress } from '../model/address.ts'
import type { RecipientsSettings } from '../model/campaign.ts'
import { UserError } from '../model/errors.ts'
import type { Recipient, RowProblem, RowProblemReason } from '../model/recipient.ts'
import { plural } from '../model/words.ts'
import { type Columns, isAddressColumn, readColumns } from './columns.ts'
import { type CsvRecord, type CsvRow, type CsvWindow, csvBeginning, csvWindows } from './csv.ts'
import { detectDelimiter } from './delimiter.ts'
import { toUtf8 } from './encoding.ts'
import { fileBytes } from './files.ts'

export interface RecipientList {
  /** The fields that every recipient has: the columns, what `columns:` maps, and `email`. */
  readonly columns: readonly string[]
  readonly delimiter: string
  /** To be read once, in the order of lines. A break out of the loop closes the file. */
  readonly batches: AsyncIterable<RecipientBatch>
  /** Closes the file before its end, for a list that is not read. */
  close(): Promise<void>
}

export interface RecipientBatch {
  readonly recipients: readonly Recipient[]
  readonly problems: readonly RowProblem[]
  /** The row of one of these recipients as it stands in the file; to be asked before the next batch is read. */
  readonly textOf: (recipient: Recipient) => string
}

export interface RecipientSource {
  /** The folder to which the path refers. */
  readonly folder: string
  /** What is read for the path `-`. */
  readonly stdin: AsyncIterable<Uint8Array>
}

/** How much of the list is looked at to find its delimiter. */
const sampleBytes = 64 * 1024

/** How many rows a batch has, at most, and about how many bytes. */
const batchRows = 500
const batchBytes = 4 * 1024 * 1024

/**
 * Opens a list and reads its header line. Throws UserError if it cannot be read, has no rows, or it is not clear which
 * column holds the address; so does reading on, where the text is not of its encoding.
 */
export async function openRecipients(settings: RecipientsSettings, source: RecipientSource): Promise<RecipientList> {
  const { path, encoding } = settings
  const file = path === '-' ? 'standard input' : path
  const bytes = path === '-' ? source.stdin : fileBytes(resolve(source.folder, path))
  const text = toUtf8({ file, bytes, encoding, remedy: encodingRemedy(settings) })
  try {
    const { sample, whole, all } = await beginning(text)
    const isAddress = (name: string): boolean => isAddressColumn(name) || name === settings.columns['email']
    const delimiter = settings.delimiter ?? detectDelimiter(sample, whole, isAddress)
    const rows = new Rows(csvWindows(all, delimiter), file)
    const columns = await rows.header(settings.columns)
    return { columns: columns.fields, delimiter, batches: batches(rows, columns, delimiter), close: () => rows.close() }
  } catch (error) {
    await text.return(undefined)
    throw error
  }
}

function encodingRemedy({ path, encoding }: RecipientsSettings): string {
  if (encoding !== null) return 'Check `encoding:` of the recipients, or save the list as UTF-8 and remove it.'
  return `Save the list as UTF-8, or name its encoding: recipients: { path: ${JSON.stringify(path)}, encoding: windows-1252 }`
}

/** A text's beginning to look at, whether it is all, and the text as a whole. */
async function beginning(text: AsyncGenerator<Buffer>) {
  const first = await text.next()
  const second = await text.next()
  const piece = first.done === true ? Buffer.alloc(0) : first.value
  const sample = piece.subarray(0, sampleBytes)
  const whole = second.done === true && sample.length === piece.length
  return { sample, whole, all: rejoined(piece, second, text) }
}

async function* rejoined(first: Buffer, second: IteratorResult<Buffer>, rest: AsyncGenerator<Buffer>) {
  try {
    yield first
    if (second.done !== true) yield second.value
    yield* rest
  } finally {
    await rest.return(undefined)
  }
}

/** The windows of a list with the header line taken off. */
class Rows {
  readonly #windows: AsyncGenerator<CsvWindow>
  readonly #file: string
  #window: CsvWindow | undefined
  #next = 0

  constructor(windows: AsyncGenerator<CsvWindow>, file: string) {
    this.#windows = windows
    this.#file = file
  }

  /** Reads the header line, and sees that at least one row follows. */
  async header(mapping: Readonly<Record<string, string>>): Promise<Columns> {
    await this.#advance()
    const header = this.#window?.records[0]
    if (header === undefined) {
      throw new UserError('the list is empty', { where: this.#file, remedy: 'Its first line must name the columns.' })
    }
    const where = `${this.#file}:${header.line}`
    if (header.cells === null) {
      throw new UserError(`the header line cannot be read: ${header.detail}`, { where, remedy: 'Mend that line.' })
    }
    const columns = readColumns(header.cells, mapping, where)
    this.#next = 1
    if (this.#window?.records.length === 1) await this.#advance()
    if (this.#window === undefined) {
      throw new UserError('no recipients: nothing follows the header line', { where: this.#file, remedy: 'Add rows.' })
    }
    return columns
  }

  /** All windows once, each with the index of its first row. */
  async *[Symbol.asyncIterator](): AsyncGenerator<readonly [window: CsvWindow, first: number]> {
    try {
      while (this.#window !== undefined) {
        yield [this.#window, this.#next]
        await this.#advance()
      }
    } finally {
      await this.close()
    }
  }

  async close(): Promise<void> {
    this.#window = undefined
    await this.#windows.return(undefined)
  }

  async #advance(): Promise<void> {
    const next = await this.#windows.next()
    this.#window = next.done === true ? undefined : next.value
    this.#next = 0
  }
}

async function* batches(rows: Rows, columns: Columns, delimiter: string): AsyncGenerator<RecipientBatch> {
  let recipients: Recipient[] = []
  let problems: RowProblem[] = []
  let texts = new Map<Recipient, () => string>()
  let bytes = 0
  for await (const [window, first] of rows) {
    for (const [index, record] of window.records.entries()) {
      if (index < first) continue
      const text = () => window.textOf(index)
      const row = readRow(record, text, columns, delimiter)
      if ('address' in row) {
        recipients.push(row)
        texts.set(row, text)
      } else problems.push(row)
      bytes += window.bytesOf(index)
      if (recipients.length + problems.length < batchRows && bytes < batchBytes) continue
      yield batch(recipients, problems, texts)
      recipients = []
      problems = []
      texts = new Map()
      bytes = 0
    }
  }
  if (recipients.length + problems.length > 0) yield batch(recipients, problems, texts)
}

function batch(
  recipients: readonly Recipient[],
  problems: readonly RowProblem[],
  texts: ReadonlyMap<Recipient, () => string>,
): RecipientBatch {
  return { recipients, problems, textOf: recipient => texts.get(recipient)?.() ?? '' }
}

function readRow(record: CsvRecord, text: () => string, columns: Columns, delimiter: string): Recipient | RowProblem {
  const { line } = record
  const problem = (reason: RowProblemReason, detail: string): RowProblem => ({ line, reason, detail, text: text() })
  if (record.cells === null) return problem(record.reason, record.detail)
  const { names } = columns
  const swallowed = record.cells.some(isOnLines) ? rowWithin(text(), columns, delimiter) : undefined
  if (swallowed !== undefined) {
    const detail = `line ${line + swallowed} within this row looks like a row of its own; a quote before it is not closed`
    return problem('quote not closed', detail)
  }
  if (record.cells.length !== names.length) {
    const { length } = record.cells
    return problem('wrong number of cells', `${plural(length, 'cell')}, but the header line has ${names.length}`)
  }
  const cell = record.cells[columns.address] ?? ''
  const parsed = parseAddress(cell)
  if (!parsed.ok) return problem('invalid address', `${names[columns.address]}: ${parsed.problem}`)
  const zero = record.cells.findIndex(each => each.includes('\0'))
  if (zero !== -1) return problem('cannot be rendered', `${names[zero]}: the cell contains a zero byte`)
  return { address: parsed.address, line, fields: fieldsOf(record, columns, cell.trim()) }
}

function isOnLines(cell: string): boolean {
  return cell.includes('\n') || cell.includes('\r')
}

/**
 * Which line of a record that goes over several is a good row by itself, from 1; undefined if none is. By RFC 4180 it is
 * part of a quoted cell, but far more often a quote before it is missing, and whoever stands there must neither be
 * lost without a word nor be mailed on a guess.
 */
function rowWithin(text: string, { names, address }: Columns, delimiter: string): number | undefined {
  const lines = text.split(/\r\n|\r|\n/)
  const found = lines.findIndex((line, index) => {
    if (index === 0 || !line.includes('@') || line.split(delimiter).length < names.length) return false
    const cells = csvBeginning(Buffer.from(line), delimiter, true).records[0]?.cells ?? []
    return cells.length === names.length && parseAddress(cells[address] ?? '').ok
  })
  return found === -1 ? undefined : found
}

function fieldsOf(row: CsvRow, { names, mapped }: Columns, email: string): Recipient['fields'] {
  const fields: Record<string, string> = {}
  for (let index = 0; index < names.length; index++) fields[names[index] ?? ''] = row.cells[index] ?? ''
  for (const { field, column } of mapped) fields[field] = row.cells[column] ?? ''
  fields['email'] = email
  return fields
}
