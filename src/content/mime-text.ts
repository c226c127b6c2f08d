/**
 * A part with text, in whichever of the two encodings of RFC 2045 is the shorter for what is the same for everybody:
 * quoted-printable keeps ASCII as it is, base64 takes four bytes for three of anything. Chosen once a run, for it stands in
 * the part's headers, which are fixed.
 */

import type { FixedText } from '../model/edition.ts'
import { InvariantError } from '../model/errors.ts'
import { prepareBase64 } from './mime-base64.ts'
import { prepareQuoted } from './mime-quoted.ts'

/** Gives the whole encoded text in pieces; throws InvariantError if there are more or fewer slots than gaps. */
export type FillText = (slots: readonly string[]) => Buffer[]

export interface PreparedText {
  readonly encoding: 'quoted-printable' | 'base64'
  readonly fill: FillText
}

/** Decoded, it is the joined text with its line breaks (CR, LF or CRLF) as CRLF; an unpaired surrogate becomes U+FFFD. */
export function prepareText(fixed: FixedText): PreparedText {
  return isShorterInBase64(fixed)
    ? { encoding: 'base64', fill: prepareBase64(fixed) }
    : { encoding: 'quoted-printable', fill: prepareQuoted(fixed) }
}

/**
 * Of n bytes, those that are not printable ASCII take three each in quoted-printable and the others one; all take 4/3 in
 * base64. So it is shorter where they are more than a sixth: for a text in Chinese, 4 bytes a character instead of 9.
 */
function isShorterInBase64(fixed: FixedText): boolean {
  let bytes = 0
  let escaped = 0
  for (const text of fixed) {
    const length = Buffer.byteLength(text)
    bytes += length
    escaped += length - (text.match(/[\t\n\r\x20-<>-~]/g)?.length ?? 0)
  }
  return escaped * 6 > bytes
}

export function checkSlots(fixed: FixedText, slots: readonly string[]): void {
  if (slots.length === fixed.length - 1) return
  throw new InvariantError(`${slots.length} slots were given for ${fixed.length - 1} gaps`)
}

/** Line breaks of every kind as CRLF, which RFC 2046, section 4.1.1, demands of text in either encoding. */
export function withCrlf(text: string): string {
  return text.replace(/\r\n?|\n/g, '\r\n')
}
