/**
 * Text as quoted-printable (RFC 2045, section 6.7), with what is the same for everybody encoded once. A soft line break
 * stands at each border of fixed text and slot, so that each side is encoded without knowledge of the other.
 */

import * as qp from 'nodemailer/lib/qp'
import type { FixedText } from '../model/edition.ts'
import { checkSlots, type FillText, withCrlf } from './mime-text.ts'

const softBreak = Buffer.from('=\r\n')
/** RFC 2045 allows 76 characters a line, of which one is kept for the `=` of the soft break that may follow. */
const lineLength = 75

/**
 * Encodes fixed text; the function it returns encodes slots and gives the whole in pieces. Decoded, it is the joined
 * text with its line breaks (CR, LF or CRLF) as CRLF; an unpaired surrogate becomes U+FFFD. Throws InvariantError if
 * there are more or fewer slots than gaps.
 */
export function prepareQuoted(fixed: FixedText): FillText {
  const segments = fixed.map(prepareSegment)
  return slots => {
    checkSlots(fixed, slots)
    const pieces: Buffer[] = []
    let before: Segment | undefined
    const add = (segment: Segment) => {
      if (segment.isEmpty) return
      // A CR and the LF after it are one line break, though a border stands between them.
      const encoded = before?.endsWithCr ? segment.afterCr : segment.encoded
      if (encoded.length > 0) {
        if (before !== undefined && !before.endsLine) pieces.push(softBreak)
        pieces.push(encoded)
      }
      before = segment
    }
    for (const [index, segment] of segments.entries()) {
      add(segment)
      const slot = slots[index]
      if (slot !== undefined) add(prepareSegment(slot))
    }
    return pieces
  }
}

interface Segment {
  readonly isEmpty: boolean
  readonly encoded: Buffer
  /** The same for a segment that follows a CR: without its first LF. */
  readonly afterCr: Buffer
  readonly endsWithCr: boolean
  /** Whether it ends with a line break, after which no soft one is needed. */
  readonly endsLine: boolean
}

function prepareSegment(text: string): Segment {
  const encoded = encode(text)
  return {
    isEmpty: text === '',
    encoded,
    afterCr: text.startsWith('\n') ? encode(text.slice(1)) : encoded,
    endsWithCr: text.endsWith('\r'),
    endsLine: /[\r\n]$/.test(text),
  }
}

function encode(text: string): Buffer {
  return Buffer.from(qp.wrap(qp.encode(withCrlf(text)), lineLength), 'latin1')
}
