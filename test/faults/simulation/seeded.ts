/** Chance that can be repeated: from one number everything that happens in a schedule is drawn, and nothing from elsewhere. */

import type { Chance } from '../../../src/model/clock.ts'

export class Seeded implements Chance {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 0
  }

  /** A generator of its own for one purpose, so that more draws for one thing do not change what is drawn for another. */
  static for(seed: number, purpose: string): Seeded {
    let mixed = Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995
    for (const letter of purpose) mixed = Math.imul(mixed ^ (letter.codePointAt(0) ?? 0), 0x01000193)
    return new Seeded(mixed ^ (mixed >>> 15))
  }

  /** Mulberry32, by Tommy Ettinger, as published in the public domain. */
  fraction(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  has(probability: number): boolean {
    return this.fraction() < probability
  }

  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.fraction() * (most - least + 1))
  }

  /** A whole number between the two whose order of magnitude is as likely as any other: mostly short, now and then long. */
  spread(least: number, most: number): number {
    return Math.round(least * (most / least) ** this.fraction())
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.between(0, items.length - 1)]
    if (item === undefined) throw new RangeError('there is nothing to pick from')
    return item
  }

  /** One of the names, each as likely as its weight says. */
  weighted<Name extends string>(weights: Readonly<Record<Name, number>>): Name {
    const names = Object.keys(weights) as Name[]
    let left = this.fraction() * names.reduce((sum, name) => sum + weights[name], 0)
    for (const name of names) {
      left -= weights[name]
      if (left < 0) return name
    }
    return this.pick(names)
  }

  shuffled<Item>(items: readonly Item[]): Item[] {
    return items
      .map(item => ({ item, place: this.fraction() }))
      .sort((a, b) => a.place - b.place)
      .map(({ item }) => item)
  }

  bytes(size: number): Buffer {
    return Buffer.from(Array.from({ length: size }, () => this.between(0, 255)))
  }
}
