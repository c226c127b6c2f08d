/**
 * Brings due messages from the journal into the lanes, never more than a window full. Those that were put off are brought in
 * when their time has come, before those that have not been tried yet, or a long list would make every retry wait for its
 * end. Each of the two is walked once, in order; what a full lane could not take stays in the journal and is fetched by that
 * lane when it has room again.
 */

import type { ClaimCursor, Journal } from '../journal/journal.ts'
import type { QueuedMessage, RunId } from '../model/message.ts'
import type { Lanes } from './lanes.ts'

/** How many times the usual size is held at most. */
const beyondSize = 4

/** How often it is looked for messages that have become due. */
const lookEveryMs = 1000

/** The place before all messages that were ever put off: the others are due since ever. */
const beforeThosePutOff: ClaimCursor = { dueAtMs: 0, id: Number.MAX_SAFE_INTEGER }

export class IntakeWindow {
  readonly #journal: Journal
  readonly #run: RunId
  readonly #lanes: Lanes
  readonly #size: number
  readonly #calls: number
  /** Takes messages that may not go now out of those that were claimed, and does with them what is to be done. */
  readonly #sift: (messages: readonly QueuedMessage[], nowMs: number) => readonly QueuedMessage[]
  /** How far the walk through those that were never put off has come. */
  #fresh: { readonly after: ClaimCursor | null; readonly isOver: boolean } = { after: null, isOver: false }
  /** How far the walk through those that were put off has come, and whether all that was due has been seen. */
  #again = { after: beforeThosePutOff, isOver: false }
  #lookAtMs = 0

  constructor(
    journal: Journal,
    run: RunId,
    lanes: Lanes,
    given: {
      /** Messages that are held, as a rule. */
      readonly size: number
      /** Calls that may be open at once. */
      readonly calls: number
      readonly sift: (messages: readonly QueuedMessage[], nowMs: number) => readonly QueuedMessage[]
    },
  ) {
    this.#journal = journal
    this.#run = run
    this.#lanes = lanes
    this.#size = given.size
    this.#calls = given.calls
    this.#sift = given.sift
  }

  /** Whether a refill would look for more now. */
  get wantsMore(): boolean {
    return this.#hasRoom && !(this.#fresh.isOver && this.#again.isOver)
  }

  /** When it is next looked for what has become due; infinity while there is no room for it. */
  get nextLookMs(): number {
    return this.#hasRoom ? this.#lookAtMs : Number.POSITIVE_INFINITY
  }

  refill(nowMs: number): void {
    if (nowMs >= this.#lookAtMs) {
      this.#lookAtMs = nowMs + lookEveryMs
      this.#again.isOver = false
    }
    if (!this.#hasRoom) return
    this.#feedLanes(nowMs)
    if (!this.#again.isOver && this.#room > 0) this.#bringAgain(nowMs)
    if (!this.#fresh.isOver && this.#room > 0) this.#bringFresh(nowMs)
  }

  /** A message will be due at a time: if the walk has passed that place already, it starts over. */
  expect(dueAtMs: number): void {
    if (dueAtMs <= this.#again.after.dueAtMs) this.#again.after = beforeThosePutOff
  }

  /** Looks at everything anew: something has become due that the walk cannot know of. */
  lookAgain(): void {
    this.#fresh = { after: null, isOver: false }
    this.#again = { after: beforeThosePutOff, isOver: false }
  }

  /** Where most of what is held is of sites that take their time, others are brought in beyond the usual size. */
  get #hasRoom(): boolean {
    const { held, unused } = this.#lanes
    return held < this.#size / 2 || (held < this.#most && unused < this.#calls)
  }

  get #room(): number {
    const { held } = this.#lanes
    return Math.min(this.#most - held, Math.max(this.#size - held, Math.ceil(this.#size / 4)))
  }

  get #most(): number {
    return this.#size * beyondSize
  }

  #feedLanes(nowMs: number): void {
    for (const { site, room: wanted, half } of this.#lanes.hungry(nowMs)) {
      const room = Math.min(wanted, this.#room)
      if (room <= 0) {
        this.#lanes.fed(site, true, nowMs)
        break
      }
      const query = { site, dueByMs: nowMs }
      const again = this.#journal.claimSite(this.#run, { ...query, limit: Math.min(room, half), putOff: true })
      const others = this.#journal.claimSite(this.#run, { ...query, limit: room - again.length })
      this.#lanes.add(this.#sift([...again, ...others], nowMs), nowMs)
      this.#lanes.fed(site, again.length + others.length === room, nowMs)
    }
  }

  /** At most half of what there is room for, while there are others. */
  #bringAgain(nowMs: number): void {
    const room = this.#room
    const limit = this.#fresh.isOver ? room : Math.ceil(room / 2)
    const cursor = this.#bring({ dueByMs: nowMs, limit, after: this.#again.after }, nowMs)
    // The millisecond that has not passed yet may bring more.
    this.#again.after = cursor ?? { dueAtMs: nowMs - 1, id: Number.MAX_SAFE_INTEGER }
    this.#again.isOver = cursor === null
  }

  #bringFresh(nowMs: number): void {
    const limit = this.#room
    const cursor = this.#bring({ dueByMs: 0, limit, after: this.#fresh.after }, nowMs)
    this.#fresh = { after: cursor ?? this.#fresh.after, isOver: cursor === null }
  }

  #bring(
    query: { readonly dueByMs: number; readonly limit: number; readonly after: ClaimCursor | null },
    nowMs: number,
  ): ClaimCursor | null {
    const leaveAside = (site: string): boolean => this.#lanes.leavesAside(site, nowMs)
    const { messages, cursor } = this.#journal.claim(this.#run, { ...query, leaveAside })
    this.#lanes.add(this.#sift(messages, nowMs), nowMs)
    return cursor
  }
}
