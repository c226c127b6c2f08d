/** Keeps the running totals of a run and says when one of its thresholds is crossed. */

import type { Tally } from '../journal/journal.ts'
import type { Threshold } from '../model/campaign.ts'
import type { Settlement } from '../model/message.ts'
import { type Crossing, type Figures, firstCrossing } from '../policy/guard.ts'

export class GuardWatch {
  readonly #thresholds: readonly Threshold[]
  #figures: Figures

  constructor(thresholds: readonly Threshold[], before: Tally) {
    this.#thresholds = thresholds
    const hard = before.classes.find(each => each.state === 'failed' && each.class === 'hard')
    this.#figures = {
      accepted: before.counts.accepted,
      failed: before.counts.failed,
      failedHard: hard?.count ?? 0,
      deferrals: 0,
    }
  }

  observe(settlements: readonly Settlement[]): Crossing | undefined {
    const count = (fits: (settlement: Settlement) => boolean): number => settlements.filter(fits).length
    this.#figures = {
      accepted: this.#figures.accepted + count(each => each.to === 'accepted'),
      failed: this.#figures.failed + count(each => each.to === 'failed'),
      failedHard: this.#figures.failedHard + count(each => each.to === 'failed' && each.cause.class === 'hard'),
      deferrals: this.#figures.deferrals + count(each => each.to === 'queued' && each.burnsAttempt),
    }
    return firstCrossing(this.#thresholds, this.#figures)
  }
}
