/**
 * Text as JSON, put together from pieces: what all messages of a run share is escaped once into bytes, and of each message
 * only its slots are. So a body of a hundred kilobytes costs a message what its few fields cost.
 */

import type { FixedText } from '../model/edition.ts'
import { InvariantError } from '../model/errors.ts'
import type { BodyPiece } from './http-body.ts'

/**
 * A text as it stands between the quotes of a JSON string. Half a surrogate pair cannot be sent as UTF-8 and becomes
 * U+FFFD piece by piece, so that two halves from two pieces do not become one character in one kind of call only.
 */
export function jsonText(text: string): string {
  return JSON.stringify(text.toWellFormed()).slice(1, -1)
}

/** A text as a JSON string, its quotes included. */
export function jsonString(text: string): string {
  return JSON.stringify(text.toWellFormed())
}

/** Escapes fixed text once; the function it returns gives the JSON string, quotes included, with the slots in their places. */
export function prepareJsonString(fixed: FixedText): (slots: readonly string[]) => BodyPiece[] {
  const pieces = fixed.map((piece, index) => {
    const opening = index === 0 ? '"' : ''
    return Buffer.from(`${opening}${jsonText(piece)}${index === fixed.length - 1 ? '"' : ''}`)
  })
  return slots => {
    if (slots.length !== pieces.length - 1)
      throw new InvariantError(`${slots.length} slots were given for ${pieces.length - 1} gaps`)
    const whole: BodyPiece[] = []
    for (const [index, piece] of pieces.entries()) {
      whole.push(piece)
      const slot = slots[index]
      if (slot !== undefined) whole.push(jsonText(slot))
    }
    return whole
  }
}

/** How many bytes pieces come to. */
export function piecesBytes(pieces: readonly BodyPiece[]): number {
  return pieces.reduce((sum, piece) => sum + (typeof piece === 'string' ? Buffer.byteLength(piece) : piece.length), 0)
}
