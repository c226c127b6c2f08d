/**
 * The engine's pen: begins and settles parcels in the journal, many in one commit. Whoever awaits it goes on only when
 * the journal has it on disk; nothing is told or sent before.
 */

import type { AttemptId, Journal, Lease, ParcelIntent, SettledParcel } from '../journal/journal.ts'

interface Waiting<Entry, Result> {
  readonly entry: Entry
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

export class Recorder {
  readonly #journal: Journal
  readonly #lease: Lease
  #begins: Waiting<ParcelIntent, AttemptId>[] = []
  #settles: Waiting<SettledParcel, void>[] = []
  #scheduled = false

  constructor(journal: Journal, lease: Lease) {
    this.#journal = journal
    this.#lease = lease
  }

  /** Resolves when the intent is durable. Rejects with FencedError if another process has taken the run over. */
  begin(intent: ParcelIntent): Promise<AttemptId> {
    return new Promise((resolve, reject) => {
      this.#begins.push({ entry: intent, resolve, reject })
      this.#schedule()
    })
  }

  /** Resolves when every outcome of the parcel is durable. */
  settle(parcel: SettledParcel): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#settles.push({ entry: parcel, resolve, reject })
      this.#schedule()
    })
  }

  /** All that comes in one turn of the event loop is written in one commit each for outcomes and intents. */
  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      const settles = this.#settles
      const begins = this.#begins
      this.#settles = []
      this.#begins = []
      write(settles, entries => {
        this.#journal.settle(entries)
        return entries.map(() => undefined)
      })
      write(begins, entries => this.#journal.begin(this.#lease, entries))
    })
  }
}

function write<Entry, Result>(
  waiting: readonly Waiting<Entry, Result>[],
  commit: (entries: readonly Entry[]) => readonly Result[],
): void {
  if (waiting.length === 0) return
  try {
    const results = commit(waiting.map(each => each.entry))
    for (const [index, each] of waiting.entries()) each.resolve(results[index] as Result)
  } catch (error) {
    for (const each of waiting) each.reject(error)
  }
}
