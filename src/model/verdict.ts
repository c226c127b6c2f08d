/** How a finished run stands to a threshold, and how people are told. */

import { count, latency, percent, plural } from './words.ts'

export interface Verdict {
  /** As it was written: `failure_rate > 1%`. */
  readonly threshold: string
  readonly isCrossed: boolean
  /** Null where there was too little to judge by: nobody was decided, no call was made, or fewer than `of` says. */
  readonly measured:
    | { readonly share: number; readonly count: number; readonly of: number }
    | { readonly latencyMs: number; readonly calls: number }
    | null
}

export function verdictMark({ isCrossed }: Verdict): '✓' | '✗' {
  return isCrossed ? '✗' : '✓'
}

/** `1.7% (203 of 12,203)`, `3.4 s over 1,000 calls`, `too few to judge` */
export function measuredWords({ measured }: Verdict): string {
  if (measured === null) return 'too few to judge'
  if ('share' in measured) return `${percent(measured.share)} (${count(measured.count)} of ${count(measured.of)})`
  return `${latency(measured.latencyMs)} over ${plural(measured.calls, 'call')}`
}
