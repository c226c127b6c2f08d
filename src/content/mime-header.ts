/**
 * Header lines of a message as they leave (RFC 5322, 2047, 2231): ASCII, folded, ended with CRLF. A value that holds a
 * line break or another control character is never written, for it could begin a header of its own.
 */

import * as mimeFuncs from 'nodemailer/lib/mime-funcs'
import type { Mailbox } from '../model/address.ts'
import { InvariantError } from '../model/errors.ts'

/** The headers that `prepareMime` writes itself, in lower case: nobody else may give them. */
export const ownHeaders: ReadonlySet<string> = new Set([
  'from',
  'to',
  'reply-to',
  'subject',
  'date',
  'message-id',
  'mime-version',
  'content-type',
  'content-transfer-encoding',
  'content-disposition',
  'x-mailblast-run',
])

/** RFC 5322, section 2.1.1: lines should be of at most 78 characters without their CRLF, and must be of at most 998. */
const lineLength = 76
/** A longer word could not be folded into lines of 998 characters, the space before it included. */
const longestWord = 997
/** RFC 2047, section 2: an encoded word has at most 75 characters; this leaves room for the header's name beside it. */
const encodedWordLength = 52

/** A header with free text, encoded where it must be. */
export function textHeader(name: string, value: string): string {
  return headerLine(name, needsEncoding(value) ? encodeWords(name, value) : value)
}

/** A header with mailboxes. A local part beyond ASCII is written as it is (RFC 6532), which only SMTPUTF8 carries. */
export function mailboxHeader(name: string, mailbox: Mailbox): string {
  return headerLine(name, mailbox.name ? `${displayName(name, mailbox.name)} <${mailbox.address}>` : mailbox.address)
}

/**
 * A header whose value has parameters, such as `Content-Type`; parameters beyond ASCII as RFC 2231 has them. `last` is one
 * more that is already written as it is to stand there.
 */
export function parameterHeader(
  name: string,
  value: string,
  params: Readonly<Record<string, string>>,
  last?: string,
): string {
  if (!Object.values(params).every(fitsHeader)) throw unfit(name)
  const written = mimeFuncs.buildHeaderValue({ value, params: { ...params } })
  return headerLine(name, last === undefined ? written : `${written}; ${last}`)
}

/** A header whose value is already as it is to stand there; only folded. */
export function headerLine(name: string, value: string): string {
  if (!isHeaderName(name) || !fitsHeader(value)) throw unfit(name)
  return `${mimeFuncs.foldLines(`${name}: ${value}`.trimEnd(), lineLength)}\r\n`
}

/** Whether a text can stand in a header: it holds no line break and no control character but the tab. */
function fitsHeader(text: string): boolean {
  return !/[\0-\x08\x0a-\x1f\x7f]/.test(text)
}

/** Whether a text is a header's name: printable ASCII without the colon (RFC 5322, section 3.6.8). */
function isHeaderName(text: string): boolean {
  return /^[!-9;-~]{1,76}$/.test(text)
}

/** Text that would not arrive as it is: beyond ASCII, like an encoded word, impossible to fold, or with odd white space. */
function needsEncoding(value: string): boolean {
  if (/[^\x20-\x7e]|=\?|^ | $| {20}/.test(value)) return true
  return value.length > longestWord && value.split(' ').some(word => word.length > longestWord)
}

function displayName(header: string, name: string): string {
  if (needsEncoding(name)) return encodeWords(header, name)
  return /^[\w ]+$/.test(name) ? name : mimeFuncs.quoteString(name)
}

function encodeWords(header: string, text: string): string {
  if (!fitsHeader(text)) throw unfit(header)
  const plain = text.match(/[\x20-\x7e]/g)?.length ?? 0
  return mimeFuncs.encodeWord(text, plain * 2 > text.length ? 'Q' : 'B', encodedWordLength)
}

function unfit(name: string): InvariantError {
  return new InvariantError(`the header ${JSON.stringify(name)} holds a line break or control character`)
}
