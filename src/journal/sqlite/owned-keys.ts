/**
 * What this process has acquired, so that none of its writes can go past an owner that has taken over since. Each write
 * looks in its own transaction: between a look and a write in two of them anything can happen.
 */

import { FencedError, type Lease } from '../journal.ts'
import type { Statement, Store } from './store.ts'

/** The keys that were acquired through this journal, each with its fence. */
export class OwnedKeys {
  readonly #fences = new Map<string, number>()
  readonly #byNumber: Statement<[number], KeyFence>
  readonly #byKey: Statement<[string], KeyFence>

  constructor(store: Pick<Store, 'statement'>) {
    this.#byNumber = store.statement('SELECT key, fence FROM keys WHERE number = ?')
    this.#byKey = store.statement('SELECT key, fence FROM keys WHERE key = ?')
  }

  acquired({ key, fence }: Lease): void {
    this.#fences.set(key, fence)
  }

  /** Throws FencedError, inside a transaction, if the key was acquired here and has had another owner since. */
  mustBeOwn(number: number): void {
    this.#check(this.#byNumber.get(number))
  }

  /** Throws it if that is so of any key: what is missing from the journal may have been the new owner's to remove. */
  mustAllBeOwn(): void {
    for (const key of this.#fences.keys()) this.#check(this.#byKey.get(key))
  }

  #check(now: KeyFence | undefined): void {
    const fence = now && this.#fences.get(now.key)
    if (fence !== undefined && fence !== now?.fence) throw new FencedError(`another process has taken over ${now?.key}`)
  }
}

interface KeyFence {
  readonly key: string
  readonly fence: number
}
