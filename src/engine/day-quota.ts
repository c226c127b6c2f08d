/**
 * How many messages a provider account may be given in a day while it is warmed up. What was given is counted in the journal
 * with each call that begins, over all runs and processes; what this process has given to calls that have not begun yet
 * comes on top.
 */

import type { Journal } from '../journal/journal.ts'
import type { WarmUp } from '../model/schedule.ts'
import { quotaOn } from '../policy/warm-up.ts'

/** Days as the schedule's zone has them. */
export interface Days {
  /** `2026-11-26`. */
  dayOf(nowMs: number): string
  /** When the next day begins. */
  nextDayMs(nowMs: number): number
}

export class DayQuota {
  readonly #warmUp: WarmUp
  readonly #account: string
  readonly #days: Days
  readonly #journal: Pick<Journal, 'sentOn'>
  /** Given, and not counted in the journal yet. */
  #reserved = 0

  constructor(warmUp: WarmUp, account: string, days: Days, journal: Pick<Journal, 'sentOn'>) {
    this.#warmUp = warmUp
    this.#account = account
    this.#days = days
    this.#journal = journal
  }

  /** How many more may be given today. */
  left(nowMs: number): number {
    const { messages, earlierDays } = this.#journal.sentOn(this.#account, this.#days.dayOf(nowMs))
    return Math.max(0, quotaOn(this.#warmUp, earlierDays) - messages - this.#reserved)
  }

  /** `nowMs` if more may be given today, else when the next day begins. */
  opensAtMs(nowMs: number): number {
    return this.left(nowMs) > 0 ? nowMs : this.#days.nextDayMs(nowMs)
  }

  counted(nowMs: number): { readonly account: string; readonly day: string } {
    return { account: this.#account, day: this.#days.dayOf(nowMs) }
  }

  reserve(count: number): void {
    this.#reserved += count
  }

  release(count: number): void {
    this.#reserved -= count
  }
}
