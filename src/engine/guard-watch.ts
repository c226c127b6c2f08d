/**
 * Keeps running totals and says when a threshold is crossed. They begin with the process: whoever resumes a run that was
 * stopped by its guard has looked at what went wrong, and the guard judges anew.
 */

import type { Threshold } from '../model/campaign.ts'
import type { Crossing } from '../model/crossing.ts'
import type { Settlement } from '../model/message.ts'
import { type Figures, firstCrossing } from '../policy/guard.ts'

/** Latency is judged by so many of the last calls, however many there were before. */
const lastCallsMax = 1000

export class GuardWatch {
  readonly #thresholds: readonly Threshold[]
  readonly #countComplaints: () => number
  readonly #totals = { accepted: 0, failed: 0, failedHard: 0, deferrals: 0, complaints: 0, calls: 0 }
  /** A ring: a new call takes the place of the oldest. */
  readonly #lastCallsMs: number[] = []

  /** `countComplaints`: how many of those accepted since the process began have complained. */
  constructor(thresholds: readonly Threshold[], countComplaints: () => number) {
    this.#thresholds = thresholds
    this.#countComplaints = countComplaints
  }

  /** Adds what was settled together; `tookMs` is how long the call took, and null where none was made. */
  observe(settlements: readonly Settlement[], tookMs: number | null): Crossing | undefined {
    const count = (fits: (settlement: Settlement) => boolean): number => settlements.filter(fits).length
    const totals = this.#totals
    totals.accepted += count(each => each.to === 'accepted')
    totals.failed += count(each => each.to === 'failed')
    totals.failedHard += count(each => each.to === 'failed' && each.cause.class === 'hard')
    totals.deferrals += count(each => each.to === 'queued' && each.costs !== 'nothing')
    if (tookMs !== null) {
      this.#lastCallsMs[totals.calls % lastCallsMax] = tookMs
      totals.calls += 1
    }
    return firstCrossing(this.#thresholds, this.figures)
  }

  /** Complaints come in from elsewhere, so they are asked for now and then, if a threshold is about them. */
  look(): Crossing | undefined {
    if (!this.#thresholds.some(each => each.metric === 'complaint_rate')) return undefined
    this.#totals.complaints = this.#countComplaints()
    return firstCrossing(this.#thresholds, this.figures)
  }

  /** As they are at this moment, to be judged at once. */
  get figures(): Figures {
    return { ...this.#totals, lastCallsMs: this.#lastCallsMs }
  }
}
