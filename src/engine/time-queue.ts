/**
 * What waits for a time, the earliest first. An entry whose item has another time by now, or is not here any more, is passed
 * over when its turn comes: taking it out of the middle would cost more.
 */

import TinyQueue from 'tinyqueue'

export interface TimedEntry<Item> {
  readonly item: Item
  readonly atMs: number
}

export class TimeQueue<Item> {
  readonly #times = new Map<Item, number>()
  readonly #queue = new TinyQueue<TimedEntry<Item>>([], (a, b) => a.atMs - b.atMs)

  get size(): number {
    return this.#times.size
  }

  /** Until when an item waits; undefined if it does not wait here. */
  timeOf(item: Item): number | undefined {
    return this.#times.get(item)
  }

  /** Lets an item wait until a time, which takes the place of an earlier one. */
  set(item: Item, atMs: number): void {
    if (this.#times.get(item) === atMs) return
    this.#times.set(item, atMs)
    if (comes(atMs)) this.#queue.push({ item, atMs })
  }

  delete(item: Item): boolean {
    return this.#times.delete(item)
  }

  /** The earliest, if it has a time that comes. */
  first(): TimedEntry<Item> | undefined {
    for (let entry = this.#queue.peek(); entry !== undefined; entry = this.#queue.peek()) {
      if (this.#times.get(entry.item) === entry.atMs) return entry
      this.#queue.pop()
    }
    return undefined
  }

  /** Takes out the earliest whose time has come. */
  takeDue(nowMs: number): Item | undefined {
    const entry = this.first()
    if (entry === undefined || entry.atMs > nowMs) return undefined
    this.#queue.pop()
    this.#times.delete(entry.item)
    return entry.item
  }

  /** Those that wait longest, at most so many; in falling order of their times. */
  latest(most: number): readonly Item[] {
    const latest: TimedEntry<Item>[] = []
    for (const [item, atMs] of this.#times) {
      const last = latest.at(-1)
      if (latest.length === most && last !== undefined && atMs <= last.atMs) continue
      latest.push({ item, atMs })
      latest.sort((a, b) => b.atMs - a.atMs)
      if (latest.length > most) latest.pop()
    }
    return latest.map(({ item }) => item)
  }

  items(): Iterable<readonly [Item, number]> {
    return this.#times
  }
}

/** Whether it is a time that ever comes; what is at the end of all times waits for something else. */
export function comes(atMs: number): boolean {
  return atMs < Number.MAX_SAFE_INTEGER
}
