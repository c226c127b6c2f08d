/**
 * Bytes of a text file to checked UTF-8. Nothing is guessed and nothing is replaced: a byte that does not belong to the
 * encoding ends the reading with its place, for a name with a `�` in it must never be mailed.
 */

import { isUtf8 } from 'node:buffer'
import { UserError } from '../model/errors.ts'
import { LineCount } from './lines.ts'

export interface EncodedText {
  /** The file's name, for messages. */
  readonly file: string
  readonly bytes: AsyncIterable<Uint8Array>
  /** A WHATWG encoding label; null: UTF-8, or UTF-16 if the text begins with its mark. */
  readonly encoding: string | null
  /** What to do about bytes that do not belong to the encoding. */
  readonly remedy: string
}

/** How much of a file is looked at to see that it is text, in bytes. */
const headBytes = 64 * 1024

/**
 * The same text in UTF-8 without a byte order mark, in pieces that each hold whole characters; memory stays flat. A mark
 * at the beginning decides over the label, as in the WHATWG Encoding Standard, section 6. Throws UserError for bytes that
 * do not belong to the encoding and for files that are no text.
 */
export async function* toUtf8(source: EncodedText): AsyncGenerator<Buffer> {
  const chunks = withHead(source.bytes)
  try {
    const first = await chunks.next()
    if (first.done === true) return
    const head = first.value
    const mark = markOf(head)
    const encoding = mark?.encoding ?? new TextDecoder(source.encoding ?? 'utf-8').encoding
    checkText(head, encoding, source.file)
    const rest = following(head.subarray(mark?.bytes ?? 0), chunks)
    if (encoding === 'utf-8') yield* checkedUtf8(rest, source, mark?.bytes ?? 0)
    else yield* decoded(rest, source, encoding)
  } finally {
    await chunks.return(undefined)
  }
}

/** Whether a label names an encoding that can be read here. */
export function isEncoding(label: string): boolean {
  try {
    new TextDecoder(label, { fatal: true })
    return true
  } catch {
    return false
  }
}

/** The same bytes, the first piece being as long as the head (or everything, if that is less). */
async function* withHead(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const collected: Uint8Array[] = []
  let length = 0
  for await (const chunk of bytes) {
    if (length >= headBytes) {
      yield asBuffer(chunk)
      continue
    }
    collected.push(chunk)
    length += chunk.length
    if (length >= headBytes) yield Buffer.concat(collected)
  }
  if (length > 0 && length < headBytes) yield Buffer.concat(collected)
}

async function* following(first: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield first
  yield* rest
}

function markOf(head: Buffer): { readonly encoding: string; readonly bytes: number } | undefined {
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return { encoding: 'utf-8', bytes: 3 }
  if (head[0] === 0xff && head[1] === 0xfe) return { encoding: 'utf-16le', bytes: 2 }
  if (head[0] === 0xfe && head[1] === 0xff) return { encoding: 'utf-16be', bytes: 2 }
  return undefined
}

async function* checkedUtf8(chunks: AsyncIterable<Buffer>, source: EncodedText, from: number): AsyncGenerator<Buffer> {
  const lines = new LineCount()
  let carried = Buffer.alloc(0)
  let offset = from
  for await (const chunk of chunks) {
    const bytes = carried.length === 0 ? chunk : Buffer.concat([carried, chunk])
    const piece = bytes.subarray(0, bytes.length - incompleteTail(bytes))
    if (!isUtf8(piece)) throw notUtf8(source, bytes, validLength(piece), offset, lines)
    if (piece.length > 0) yield piece
    lines.pass(piece)
    offset += piece.length
    carried = Buffer.from(bytes.subarray(piece.length))
  }
  if (carried.length > 0) throw notUtf8(source, carried, 0, offset, lines)
}

/** How many bytes at the end are the beginning of a character whose other bytes are still to come. */
function incompleteTail(bytes: Buffer): number {
  for (let length = 1; length <= Math.min(3, bytes.length); length++) {
    const byte = bytes[bytes.length - length] ?? 0
    if ((byte & 0xc0) === 0x80) continue
    const wanted = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1
    return wanted > length ? length : 0
  }
  return 0
}

/** The length of the longest beginning that is UTF-8, for bytes of which the whole is not. */
function validLength(bytes: Buffer): number {
  let valid = 0
  let invalid = bytes.length
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >> 1
    const beginning = bytes.subarray(0, middle)
    if (isUtf8(beginning.subarray(0, middle - incompleteTail(beginning)))) valid = middle
    else invalid = middle
  }
  return valid - incompleteTail(bytes.subarray(0, valid))
}

function notUtf8(source: EncodedText, bytes: Buffer, at: number, offset: number, lines: LineCount): UserError {
  lines.pass(bytes, at)
  const byte = (bytes[at] ?? 0).toString(16).toUpperCase().padStart(2, '0')
  return new UserError(`the text is not UTF-8: the byte at offset ${offset + at} is 0x${byte}`, {
    where: `${source.file}:${lines.line}`,
    remedy: source.remedy,
  })
}

/**
 * Always decodes as a stream, also the last piece: without `stream`, Node 22.13 to 24.6 reads windows-1252 as
 * ISO 8859-1, losing the euro sign and the curly quotes (https://github.com/nodejs/node/issues/56542).
 */
async function* decoded(chunks: AsyncIterable<Buffer>, source: EncodedText, encoding: string): AsyncGenerator<Buffer> {
  const decoder = new TextDecoder(encoding, { fatal: true })
  const lines = new LineCount()
  let offset = 0
  const checked = (decode: () => string): Buffer => {
    try {
      return Buffer.from(decode())
    } catch {
      throw new UserError(`the text is not ${encoding}: there are bytes it does not have, after offset ${offset}`, {
        where: `${source.file}:${lines.line}`,
        remedy: source.remedy,
      })
    }
  }
  for await (const chunk of chunks) {
    const text = checked(() => decoder.decode(chunk, { stream: true }))
    if (text.length > 0) yield text
    lines.pass(text)
    offset += chunk.length
  }
  const last = checked(() => decoder.decode())
  if (last.length > 0) yield last
}

/** What a file is that begins so, and how to make a text of it. */
const signatures: readonly (readonly [bytes: string, seems: string, remedy: string])[] = [
  ['PK\x03\x04', 'a spreadsheet (xlsx, ods) or a zip archive', 'Export it as CSV, or unpack it.'],
  ['\xd0\xcf\x11\xe0', 'an old spreadsheet (xls)', 'Export it as CSV.'],
  ['%PDF-', 'a PDF', 'Export the table as CSV.'],
  ['\x1f\x8b', 'compressed with gzip', 'Unpack it: gunzip.'],
  ['\x28\xb5\x2f\xfd', 'compressed with Zstandard', 'Unpack it: unzstd.'],
  ['BZh', 'compressed with bzip2', 'Unpack it: bunzip2.'],
  ['\xfd7zXZ', 'compressed with xz', 'Unpack it: unxz.'],
  ['7z\xbc\xaf', 'a 7z archive', 'Unpack it.'],
  ['SQLite format 3\0', 'a SQLite database', 'Export the table as CSV.'],
]

function checkText(head: Buffer, encoding: string, file: string): void {
  const beginning = head.toString('latin1', 0, 16)
  const signature = signatures.find(([bytes]) => beginning.startsWith(bytes))
  if (signature !== undefined && (head.includes(0) || !isPrintable(beginning))) {
    throw new UserError(`this is not a text file; it seems to be ${signature[1]}`, {
      where: file,
      remedy: signature[2],
    })
  }
  const zero = head.subarray(0, headBytes).indexOf(0)
  if (zero === -1 || encoding.startsWith('utf-16')) return
  const utf16 = unmarkedUtf16(head)
  throw new UserError(
    utf16 === undefined
      ? `this is not a text file: the byte at offset ${zero} is zero`
      : `this seems to be ${utf16} without a byte order mark`,
    { where: file, remedy: utf16 === undefined ? 'Give a text file.' : 'Save it as UTF-8, or name its encoding.' },
  )
}

function isPrintable(text: string): boolean {
  return /^[\t\r\n\x20-\x7e]*$/.test(text)
}

/** Text in UTF-16 is recognised by its many zeros, all of them in the upper halves of its units. */
function unmarkedUtf16(head: Buffer): 'utf-16le' | 'utf-16be' | undefined {
  let even = 0
  let odd = 0
  for (let at = 0; at < Math.min(head.length, headBytes); at++) {
    if (head[at] !== 0) continue
    if (at % 2 === 0) even += 1
    else odd += 1
  }
  if (even + odd < head.length / 4) return undefined
  return even === 0 ? 'utf-16le' : odd === 0 ? 'utf-16be' : undefined
}

function asBuffer(chunk: Uint8Array): Buffer {
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
}
