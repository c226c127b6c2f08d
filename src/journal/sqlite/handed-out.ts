/**
 * Which messages this process has in hand: claimed, and perhaps in an attempt. It is kept in memory, because a key is
 * owned by one process, and is as large as the engine's window. Nothing is in hand twice.
 */

import { InvariantError } from '../../model/errors.ts'
import type { AttemptId } from '../journal.ts'

export class HandedOut {
  /** Null while no attempt has begun. */
  readonly #attempts = new Map<number, AttemptId | null>()
  readonly #looked = new Set<number>()

  /** Whether what others had begun in a run is in hand here; asked anew of every run once this process becomes an owner. */
  knowsOthersOf(runNumber: number): boolean {
    return this.#looked.has(runNumber)
  }

  looked(runNumber: number): void {
    this.#looked.add(runNumber)
  }

  ownerChanged(): void {
    this.#looked.clear()
  }

  has(messageId: number): boolean {
    return this.#attempts.has(messageId)
  }

  claimed(messageIds: Iterable<number>): void {
    for (const id of messageIds) this.#attempts.set(id, null)
  }

  begun(messageIds: Iterable<number>, attempt: AttemptId): void {
    for (const id of messageIds) this.#attempts.set(id, attempt)
  }

  /** A message that has come into a later attempt meanwhile stays in hand. */
  settled(attempt: AttemptId, messageIds: Iterable<number>): void {
    for (const id of messageIds) if (this.#attempts.get(id) === attempt) this.#attempts.delete(id)
  }

  /** Whatever these were in is over. */
  freed(messageIds: Iterable<number>): void {
    for (const id of messageIds) this.#attempts.delete(id)
  }

  /** Throws InvariantError, having given none back, if one of them is in an attempt: it may be gone already. */
  givenBack(messageIds: readonly number[]): void {
    for (const id of messageIds) {
      const attempt = this.#attempts.get(id)
      if (attempt !== undefined && attempt !== null)
        throw new InvariantError(`message ${id} cannot be given back: it is in attempt ${attempt}`)
    }
    this.freed(messageIds)
  }

  /** Throws InvariantError unless all of these were claimed and none is in an attempt; each may be named once. */
  mustBeFree(messageIds: readonly number[]): void {
    for (const id of messageIds) {
      const attempt = this.#attempts.get(id)
      if (attempt === undefined) throw new InvariantError(`message ${id} cannot be sent: it was not claimed`)
      if (attempt !== null) throw new InvariantError(`message ${id} cannot be sent: it is in attempt ${attempt}`)
    }
    if (new Set(messageIds).size !== messageIds.length)
      throw new InvariantError('a message cannot be sent twice at the same time')
  }
}
