/** What settling has come to so far: how many were settled by what, and who stays in doubt for which reason. */

import type { Address } from '../model/address.ts'
import type { LeftInDoubt, SettleProgress, SettleResult } from './settle.ts'

/** Reasons hold a provider's own words, which may differ every time; beyond so many they are counted together. */
const reasonsMax = 100

export class SettleTally {
  acceptedByAsking = 0
  acceptedByRepeating = 0
  queued = 0
  readonly notify: (progress: SettleProgress) => void
  readonly #of: number
  readonly #left = new Map<string, LeftInDoubt>()

  constructor(of: number, notify: (progress: SettleProgress) => void) {
    this.#of = of
    this.notify = notify
  }

  leave(route: string, address: Address, reason: string): void {
    const known = this.#left.has(keyOf(route, reason)) || this.#left.size < reasonsMax
    const shown = known ? reason : 'other reasons'
    const before = this.#left.get(keyOf(route, shown))
    const count = (before?.count ?? 0) + 1
    this.#left.set(keyOf(route, shown), { route, reason: shown, count, example: before?.example ?? address })
  }

  tell(): void {
    const left = this.#counted.reduce((sum, each) => sum + each.count, 0)
    const done = this.acceptedByAsking + this.acceptedByRepeating + this.queued + left
    this.notify({ type: 'progress', done, of: this.#of })
  }

  result(stopped: boolean): SettleResult {
    const { acceptedByAsking, acceptedByRepeating, queued } = this
    const left = this.#counted.sort((a, b) => b.count - a.count)
    return { acceptedByAsking, acceptedByRepeating, queued, left, stopped }
  }

  get #counted(): LeftInDoubt[] {
    return [...this.#left.values()]
  }
}

function keyOf(route: string, reason: string): string {
  return `${route}\0${reason}`
}
