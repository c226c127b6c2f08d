/** Thresholds that stop a run before more harm is done. */

import type { LatencyMetric, LatencyThreshold, ShareThreshold, Threshold } from '../model/campaign.ts'
import type { Crossing } from '../model/crossing.ts'
import { unreachable } from '../model/errors.ts'

/** Running totals of a run, as far as thresholds ask for them. */
export interface Figures {
  readonly accepted: number
  readonly failed: number
  readonly failedHard: number
  /** Attempts that ended in a later attempt of the same message. */
  readonly deferrals: number
  /** Of those accepted, how many have complained. */
  readonly complaints: number
  /** Calls that were really made. */
  readonly calls: number
  /** How long each of the last of them took, in any order. */
  readonly lastCallsMs: readonly number[]
}

/** The first threshold that these figures cross, if any. */
export function firstCrossing(thresholds: readonly Threshold[], figures: Figures): Crossing | undefined {
  for (const threshold of thresholds) {
    const crossing = 'share' in threshold ? crossedShare(threshold, figures) : crossedLatency(threshold, figures)
    if (crossing !== undefined) return crossing
  }
  return undefined
}

/**
 * The first threshold that the figures of a finished canary cross. The sample is as large as it will ever be, so no threshold
 * waits for more than there are of what it measures: whatever `of` says, it is judged if there is one.
 */
export function canaryCrossing(thresholds: readonly Threshold[], figures: Figures): Crossing | undefined {
  return firstCrossing(
    thresholds.map(threshold => ({ ...threshold, atLeast: 1 })),
    figures,
  )
}

function crossedShare(threshold: ShareThreshold, figures: Figures): Crossing | undefined {
  const { count, of } = measure(threshold, figures)
  if (of < threshold.atLeast || count <= threshold.share * of) return undefined
  return { threshold: threshold.text, share: count / of, of }
}

/** How many there are of what a share is about, and of how many. */
export function measure(threshold: ShareThreshold, figures: Figures): { readonly count: number; readonly of: number } {
  const settled = figures.accepted + figures.failed
  switch (threshold.metric) {
    case 'hard_bounce_rate':
      return { count: figures.failedHard, of: settled }
    case 'failure_rate':
      return { count: figures.failed, of: settled }
    case 'deferral_rate':
      return { count: figures.deferrals, of: settled + figures.deferrals }
    case 'complaint_rate':
      return { count: figures.complaints, of: figures.accepted }
    default:
      return unreachable(threshold.metric)
  }
}

const percents: Readonly<Record<LatencyMetric, number>> = { p50_latency: 50, p95_latency: 95, p99_latency: 99 }

/**
 * The percentile is that of the nearest rank: the least of the values that so many percent of them do not exceed. It is
 * above the limit if fewer than that many are within it, which is asked after every call and needs no sorting.
 */
function crossedLatency(threshold: LatencyThreshold, figures: Figures): Crossing | undefined {
  const { limitMs, metric, text } = threshold
  const { calls, lastCallsMs } = figures
  if (calls < threshold.atLeast) return undefined
  const rank = rankOf(metric, lastCallsMs)
  const within = lastCallsMs.reduce((sum, tookMs) => (tookMs <= limitMs ? sum + 1 : sum), 0)
  if (within >= rank) return undefined
  const latencyMs = percentileMs(metric, lastCallsMs)
  return latencyMs === undefined ? undefined : { threshold: text, latencyMs, calls: lastCallsMs.length }
}

/** Undefined where there were no calls. */
export function percentileMs(metric: LatencyMetric, callsMs: readonly number[]): number | undefined {
  return callsMs.toSorted((a, b) => a - b)[rankOf(metric, callsMs) - 1]
}

function rankOf(metric: LatencyMetric, callsMs: readonly number[]): number {
  return Math.ceil((percents[metric] * callsMs.length) / 100)
}
