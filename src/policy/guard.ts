/** Thresholds that stop a run before more harm is done. */

import type { Threshold } from '../model/campaign.ts'
import { unreachable } from '../model/errors.ts'

/** Running totals of a run, as far as thresholds ask for them. */
export interface Figures {
  readonly accepted: number
  readonly failed: number
  readonly failedHard: number
  /** Attempts that ended in a later attempt of the same message. */
  readonly deferrals: number
}

export interface Crossing {
  readonly threshold: Threshold
  readonly share: number
  readonly of: number
}

/** The first threshold that these figures cross, if any. */
export function firstCrossing(thresholds: readonly Threshold[], figures: Figures): Crossing | undefined {
  for (const threshold of thresholds) {
    const { count, of } = measure(threshold, figures)
    if (of >= threshold.atLeast && count > threshold.share * of) return { threshold, share: count / of, of }
  }
  return undefined
}

function measure(threshold: Threshold, figures: Figures): { readonly count: number; readonly of: number } {
  const settled = figures.accepted + figures.failed
  switch (threshold.metric) {
    case 'hard_bounce_rate':
      return { count: figures.failedHard, of: settled }
    case 'failure_rate':
      return { count: figures.failed, of: settled }
    case 'deferral_rate':
      return { count: figures.deferrals, of: settled + figures.deferrals }
    default:
      return unreachable(threshold.metric)
  }
}
