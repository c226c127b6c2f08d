/**
 * Keeps running totals and says when a threshold is crossed. They begin with the process: whoever resumes a run that was
 * stopped by its guard has looked at what went wrong, and the guard judges anew.
 */

import type { Threshold } from '../model/campaign.ts'
import type { Settlement } from '../model/message.ts'
import { type Crossing, type Figures, firstCrossing } from '../policy/guard.ts'

export class GuardWatch {
  readonly #thresholds: readonly Threshold[]
  #figures: Figures = { accepted: 0, failed: 0, failedHard: 0, deferrals: 0 }

  constructor(thresholds: readonly Threshold[]) {
    this.#thresholds = thresholds
  }

  observe(settlements: readonly Settlement[]): Crossing | undefined {
    const count = (fits: (settlement: Settlement) => boolean): number => settlements.filter(fits).length
    this.#figures = {
      accepted: this.#figures.accepted + count(each => each.to === 'accepted'),
      failed: this.#figures.failed + count(each => each.to === 'failed'),
      failedHard: this.#figures.failedHard + count(each => each.to === 'failed' && each.cause.class === 'hard'),
      deferrals: this.#figures.deferrals + count(each => each.to === 'queued' && each.costs === 'attempt'),
    }
    return firstCrossing(this.#thresholds, this.#figures)
  }
}
