/** What lanes have left in the journal: which of them have due messages there, and which may have room for some again. */

import type { Lane } from './lane.ts'

/** A lane that has room for so many of its messages. */
export interface HungryLane {
  readonly site: string
  readonly room: number
  /** So many of them are for those that were put off, while there are others: half, or where there is room for one, every other. */
  readonly half: number
}

export class Backlog {
  /** Lanes with due messages that were left in the journal. */
  readonly #behind = new Set<Lane>()
  /** Those of them that may have room again. */
  readonly #hungry = new Set<Lane>()

  /** Whether no lane has left any. */
  get isEmpty(): boolean {
    return this.#behind.size === 0
  }

  has(lane: Lane): boolean {
    return this.#behind.has(lane)
  }

  /** It has left messages in the journal. */
  leaves(lane: Lane): void {
    this.#behind.add(lane)
  }

  /** It may have room for what it has left, if it has left anything. */
  hungers(lane: Lane): void {
    if (this.#behind.has(lane)) this.#hungry.add(lane)
  }

  /** What it left is not its own to fetch any more. True if there was anything. */
  forget(lane: Lane): boolean {
    return this.#behind.delete(lane)
  }

  /** Those that have room for some of what they left, and do not wait long. Each is named once. */
  *hungry(waitsLong: (lane: Lane) => boolean, nowMs: number): Iterable<HungryLane> {
    for (const lane of this.#hungry) {
      this.#hungry.delete(lane)
      if (lane.length > lane.capacity / 2 || waitsLong(lane)) continue
      if (!this.#behind.delete(lane)) continue
      lane.asks(nowMs)
      const room = lane.capacity - lane.length
      yield { site: lane.site, room, half: Math.floor((room + (lane.taken % 2)) / 2) }
    }
  }
}
