/**
 * What a sink remembers of calls that came with an idempotency key, so that a repetition is answered as the first one was
 * and takes nothing: the body's fingerprint and the answer, by key, for as long as the vendor remembers it.
 */

import { createHash } from 'node:crypto'
import type { HttpAnswer } from './http-server.ts'

/** The oldest are forgotten beyond so many; a batch of a hundred is answered with about 6 KB. */
export const rememberedCallsMax = 20_000

/** How a vendor tells that a call is a repetition. */
export interface Repeatable {
  readonly key: string
  /** Of the request's body, by `fingerprint`; null where the vendor does not look at it, and every repetition is a conflict. */
  readonly fingerprint: string | null
  readonly windowMs: number
  /** What is said of another body under the same key, or of any. */
  readonly conflict: HttpAnswer
}

export class CallMemory {
  readonly #calls = new Map<
    string,
    { readonly fingerprint: string | null; readonly answer: HttpAnswer; readonly atMs: number }
  >()
  readonly #max: number

  constructor(max: number = rememberedCallsMax) {
    this.#max = max
  }

  /** The answer to a repetition; undefined if it is none, as far as is remembered. */
  answerTo({ key, fingerprint, windowMs, conflict }: Repeatable, nowMs: number): HttpAnswer | undefined {
    const first = this.#calls.get(key)
    if (first === undefined || nowMs - first.atMs >= windowMs) return undefined
    return fingerprint !== null && first.fingerprint === fingerprint ? first.answer : conflict
  }

  add({ key, fingerprint }: Repeatable, answer: HttpAnswer, atMs: number): void {
    this.#calls.delete(key)
    this.#calls.set(key, { fingerprint, answer, atMs })
    for (const oldest of this.#calls.keys()) {
      if (this.#calls.size <= this.#max) return
      this.#calls.delete(oldest)
    }
  }
}

export function fingerprint(body: Buffer): string {
  return createHash('sha256').update(body).digest('base64url')
}
