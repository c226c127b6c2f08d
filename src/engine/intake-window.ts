/**
 * Brings due messages from the journal into the lanes, never more than a window full. It walks the due messages once, in
 * order; what a full lane could not take stays in the journal and is fetched by that lane when it has room again.
 */

import type { ClaimCursor, Journal } from '../journal/journal.ts'
import type { RunId } from '../model/message.ts'
import type { Lanes } from './lanes.ts'

export class IntakeWindow {
  readonly #journal: Journal
  readonly #run: RunId
  readonly #lanes: Lanes
  readonly #size: number
  #cursor: ClaimCursor | null = null
  #walked = false

  constructor(journal: Journal, run: RunId, lanes: Lanes, size: number) {
    this.#journal = journal
    this.#run = run
    this.#lanes = lanes
    this.#size = size
  }

  /** True once everything that was due has been seen; what becomes due later is looked for by `lookAgain`. */
  get walked(): boolean {
    return this.#walked
  }

  /** Whether a refill would bring something in now. */
  get wantsMore(): boolean {
    return !this.#walked && this.#lanes.held < this.#size / 2
  }

  refill(nowMs: number): void {
    if (this.#lanes.held >= this.#size / 2) return
    for (const { site, room: wanted } of this.#lanes.hungry(nowMs)) {
      const room = Math.min(wanted, this.#size - this.#lanes.held)
      if (room <= 0) {
        this.#lanes.fed(site, true, nowMs)
        break
      }
      const messages = this.#journal.claimSite(this.#run, { site, dueByMs: nowMs, limit: room })
      this.#lanes.add(messages, nowMs)
      this.#lanes.fed(site, messages.length === room, nowMs)
    }
    if (this.#walked) return
    const limit = this.#size - this.#lanes.held
    const { messages, cursor } = this.#journal.claim(this.#run, { dueByMs: nowMs, limit, after: this.#cursor })
    this.#lanes.add(messages, nowMs)
    const last = messages.at(-1)
    if (last !== undefined) this.#cursor = { dueAtMs: last.dueAtMs, id: last.id }
    this.#walked = cursor === null
  }

  /** A message will be due at a time: if the walk has passed that place already, it starts over. */
  expect(dueAtMs: number): void {
    if (this.#cursor !== null && dueAtMs <= this.#cursor.dueAtMs) this.#cursor = null
  }

  /** Looks for messages that have become due since the walk ended; from the beginning if nothing is held or open. */
  lookAgain(fromTheBeginning: boolean): void {
    if (fromTheBeginning) this.#cursor = null
    this.#walked = false
  }
}
