/** What a finished run is judged by: the language of the guard's thresholds, with figures that will not change any more. */

import type { LatencyThreshold, ShareThreshold, Threshold } from '../model/campaign.ts'
import type { Verdict } from '../model/verdict.ts'
import { type Figures, measure, percentileMs } from './guard.ts'

/** One verdict for each threshold, in their order. */
export function judge(thresholds: readonly Threshold[], figures: Figures): readonly Verdict[] {
  return thresholds.map(threshold =>
    'share' in threshold ? ofShare(threshold, figures) : ofLatency(threshold, figures),
  )
}

function ofShare(threshold: ShareThreshold, figures: Figures): Verdict {
  const { count, of } = measure(threshold, figures)
  if (of < threshold.atLeast) return tooFew(threshold)
  const measured = { share: count / of, count, of }
  return { threshold: threshold.text, isCrossed: count > threshold.share * of, measured }
}

function ofLatency(threshold: LatencyThreshold, figures: Figures): Verdict {
  const latencyMs = figures.calls < threshold.atLeast ? undefined : percentileMs(threshold.metric, figures.lastCallsMs)
  if (latencyMs === undefined) return tooFew(threshold)
  const measured = { latencyMs, calls: figures.lastCallsMs.length }
  return { threshold: threshold.text, isCrossed: latencyMs > threshold.limitMs, measured }
}

function tooFew({ text }: Threshold): Verdict {
  return { threshold: text, isCrossed: false, measured: null }
}
