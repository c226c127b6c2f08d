/**
 * Messages that may go only in a small company, because a call was refused for one of them and it was not said for which. It
 * is known in this process alone: another one finds it out again, by one call more.
 */

import type { Outcome } from '../model/outcome.ts'

export class PartLimits {
  readonly #most = new Map<number, number>()

  /** How many of these messages, from the front, may go in one call; `count` at most. */
  of(ids: readonly number[], count: number): number {
    if (this.#most.size === 0) return count
    let most = count
    for (let index = 0; index < most; index++) {
      most = Math.min(most, this.#most.get(ids[index] ?? 0) ?? most)
      // One that may go with fewer than stand before it has to wait for the next call.
      if (index >= most) return index
    }
    return most
  }

  /** What an outcome says of the message's next company. Whoever has come to an end is forgotten. */
  learn(id: number, outcome: Outcome): void {
    const partMax = outcome.kind === 'deferred' ? outcome.partMax : undefined
    if (partMax !== undefined) this.#most.set(id, partMax)
    // Put off for another reason, it is as bad a neighbour as before.
    else if (outcome.kind !== 'deferred') this.#most.delete(id)
  }
}
