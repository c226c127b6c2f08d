/**
 * Parcels for APIs that take an array of finished messages: each stands whole in it, nothing is merged and nothing is
 * shared, so only number and bytes decide how many go together.
 */

import type { FilledMessage } from '../model/edition.ts'
import type { BodyPiece } from './http-body.ts'

export interface ArrayLimits {
  /** Of the array as it is sent. */
  readonly bytes: number
  /** A message's own bytes in it; Infinity for one that can only go in a call of its own. */
  readonly bytesOf: (message: FilledMessage) => number
}

/** How many of the first `most` messages go in one call: at least 1. */
export function arrayFits(messages: readonly FilledMessage[], most: number, limits: ArrayLimits): number {
  if (most <= 1) return 1
  // The brackets; each message has a comma before it, but for the first.
  let bytes = 1
  let count = 0
  for (; count < most; count++) {
    const message = messages[count]
    if (message === undefined) break
    bytes += limits.bytesOf(message) + 1
    if (bytes > limits.bytes) break
  }
  return Math.max(1, count)
}

/** The messages, each as its JSON, with brackets around and commas between. */
export function arrayBody(messages: readonly (readonly BodyPiece[])[]): readonly BodyPiece[] {
  return [...messages.flatMap((pieces, index) => [index === 0 ? '[' : ',', ...pieces]), ']']
}
