/**
 * What this process has acquired, so that none of its writes can go past an owner that has taken over since. Each write
 * looks in its own transaction: between a look and a write in two of them anything can happen.
 */

import type { RunId } from '../../model/message.ts'
import { FencedError, type Lease } from '../journal.ts'
import { type RunNumbers, runFinder } from './run-rows.ts'
import type { Store } from './store.ts'

/** The keys that were acquired through this journal, each with its fence. */
export class OwnedKeys {
  readonly #fences = new Map<string, number>()
  readonly #read: (number: number) => { readonly key: string; readonly fence: number } | undefined

  constructor(store: Store) {
    const read = store.statement<[number], { key: string; fence: number }>(
      'SELECT key, fence FROM keys WHERE number = ?',
    )
    this.#read = number => read.get(number)
  }

  acquired({ key, fence }: Lease): void {
    this.#fences.set(key, fence)
  }

  /** Throws FencedError, inside a write, if the key was acquired here and has had another owner since. */
  mustBeOwn(number: number): void {
    const now = this.#read(number)
    const fence = now && this.#fences.get(now.key)
    if (fence !== undefined && fence !== now?.fence) throw new FencedError(`another process has taken over ${now?.key}`)
  }
}

/** Finds a run that is to be changed, inside a write. Throws FencedError if it is another process's by now. */
export function ownRunFinder(store: Store, owned: OwnedKeys): (id: RunId) => RunNumbers {
  const findRun = runFinder(store)
  return id => {
    const run = findRun(id)
    owned.mustBeOwn(run.key)
    return run
  }
}
