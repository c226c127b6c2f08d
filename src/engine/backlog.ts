/**
 * What was left in the journal: which lanes have due messages there, and which may have room for some again. Of messages that
 * no route is left for, only that there are some is kept, for they may be of more sites than there is room for lanes.
 */

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
  #isAnyStranded = false

  /** Whether nothing was left. */
  get isEmpty(): boolean {
    return this.#behind.size === 0 && !this.#isAnyStranded
  }

  /** There are messages that no route is left for. */
  strands(): void {
    this.#isAnyStranded = true
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
