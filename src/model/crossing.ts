/** A threshold that was crossed: what was measured, and how people are told. */

import { count, duration, plural } from './words.ts'

/** A share of so many messages, or how long calls took, over so many of the last ones. */
export type Crossing =
  | { readonly threshold: string; readonly share: number; readonly of: number }
  | { readonly threshold: string; readonly latencyMs: number; readonly calls: number }

/**
 * `hard_bounce_rate > 5% of 20 was crossed: 100.0% of 20`,
 * `p95_latency > 2s of 200 was crossed: 3.4 s over 1,000 calls`
 */
export function crossingWords(crossing: Crossing): string {
  const measured =
    'share' in crossing
      ? `${percent(crossing.share)} of ${count(crossing.of)}`
      : `${latency(crossing.latencyMs)} over ${plural(crossing.calls, 'call')}`
  return `${crossing.threshold} was crossed: ${measured}`
}

/** Complaints are measured in tenths of a percent, so a small share is said to three digits. */
function percent(share: number): string {
  const value = share * 100
  return `${value < 1 ? Number(value.toPrecision(3)) : value.toFixed(1)}%`
}

/** Between a second and a minute `duration` is too coarse for what is compared with a limit of seconds. */
function latency(ms: number): string {
  return ms < 1000 || ms >= 60_000 ? duration(ms) : `${Number((ms / 1000).toPrecision(3))} s`
}
