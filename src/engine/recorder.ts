/**
 * The engine's pen: begins and settles parcels in the journal, many in one commit. Whoever awaits it goes on only when
 * the journal has it on disk; nothing is told or sent before.
 */

import type { Begun, Journal, Lease, ParcelIntent, SettledParcel } from '../journal/journal.ts'
import type { Clock } from '../model/clock.ts'
import { InvariantError } from '../model/errors.ts'

interface Waiting<Entry, Result> {
  readonly entry: Entry
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

/** Pauses before outcomes that could not be written are tried again: what the provider said is worth some patience. */
const pausesMs = [1000, 2000, 4000, 8000]

export class Recorder {
  readonly #journal: Journal
  readonly #lease: Lease
  readonly #clock: Clock
  #begins: Waiting<ParcelIntent, Begun | null>[] = []
  #settles: Waiting<SettledParcel, void>[] = []
  #writing = false

  constructor(journal: Journal, lease: Lease, clock: Clock) {
    this.#journal = journal
    this.#lease = lease
    this.#clock = clock
  }

  /** Resolves when the intent is durable, with those of it who may go; null if nobody may. Rejects with FencedError if another process has taken the run over. */
  begin(intent: ParcelIntent): Promise<Begun | null> {
    return new Promise((resolve, reject) => {
      this.#begins.push({ entry: intent, resolve, reject })
      this.#write()
    })
  }

  /** Resolves when every outcome of the parcel is durable. */
  settle(parcel: SettledParcel): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#settles.push({ entry: parcel, resolve, reject })
      this.#write()
    })
  }

  /** All that comes in one turn of the event loop is written in one commit each for outcomes and intents. */
  #write(): void {
    if (this.#writing) return
    this.#writing = true
    setImmediate(() => void this.#writeAll())
  }

  async #writeAll(): Promise<void> {
    const settles = this.#settles
    this.#settles = []
    const unwritten = await this.#writeSettles(settles)
    // A journal that does not take outcomes must not be promised new calls.
    const begins = this.#begins
    this.#begins = []
    if (unwritten !== undefined) for (const each of begins) each.reject(unwritten.error)
    else this.#writeBegins(begins)
    this.#writing = false
    if (this.#settles.length > 0 || this.#begins.length > 0) this.#write()
  }

  /** Tries a few times; gives the error if they could not be written. */
  async #writeSettles(waiting: readonly Waiting<SettledParcel, void>[]): Promise<{ error: unknown } | undefined> {
    if (waiting.length === 0) return undefined
    for (let round = 0; ; round++) {
      try {
        this.#journal.settle(waiting.map(each => each.entry))
        for (const each of waiting) each.resolve()
        return undefined
      } catch (error) {
        const pauseMs = pausesMs[round]
        if (pauseMs === undefined || error instanceof InvariantError) {
          for (const each of waiting) each.reject(error)
          return { error }
        }
        await this.#clock.sleep(pauseMs)
      }
    }
  }

  #writeBegins(waiting: readonly Waiting<ParcelIntent, Begun | null>[]): void {
    if (waiting.length === 0) return
    try {
      const begun = this.#journal.begin(
        this.#lease,
        waiting.map(each => each.entry),
      )
      for (const [index, each] of waiting.entries()) each.resolve(oneOf(begun, index))
    } catch (error) {
      for (const each of waiting) each.reject(error)
    }
  }
}

function oneOf(begun: readonly (Begun | null)[], index: number): Begun | null {
  const one = begun[index]
  if (one === undefined) throw new InvariantError('the journal gave fewer attempts than parcels')
  return one
}
