/** A threshold that was crossed: what was measured, and how people are told. */

import { count, latency, percent, plural } from './words.ts'

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
