/** Lines of a text as editors count them: each ends with LF, CRLF or a lone CR, whatever the file mixes. */

const lf = 10
const cr = 13

/** How many lines end in a stretch of text that begins where a line begins: from `from` up to `to`. */
export function lineBreaksIn(bytes: Uint8Array, from: number, to: number): number {
  let breaks = 0
  for (let at = from; at < to; at++) {
    const byte = bytes[at]
    if (byte === cr || (byte === lf && (at === from || bytes[at - 1] !== cr))) breaks += 1
  }
  return breaks
}

/** Where the line on which `from` lies ends: at its break, and after it. Undefined if there is none. */
export function lineEnd(bytes: Uint8Array, from: number): { readonly at: number; readonly after: number } | undefined {
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === lf) return { at, after: at + 1 }
    if (byte === cr) return { at, after: bytes[at + 1] === lf ? at + 2 : at + 1 }
  }
  return undefined
}

/** Counts the lines of a text that comes in pieces, cut anywhere. */
export class LineCount {
  /** The line, from 1, on which the next piece begins. */
  line = 1
  #endsWithCr = false

  /** Counts a piece, or its beginning up to `to`. */
  pass(piece: Uint8Array, to = piece.length): void {
    if (to === 0) return
    const continuesBreak = this.#endsWithCr && piece[0] === lf
    this.line += lineBreaksIn(piece, 0, to) - (continuesBreak ? 1 : 0)
    this.#endsWithCr = piece[to - 1] === cr
  }
}
