/** What a finished run is judged to be, by every kind of threshold. */

import { expect, test } from 'vitest'
import type { LatencyThreshold, ShareMetric, ShareThreshold } from '../../src/model/campaign.ts'
import { measuredWords, verdictMark } from '../../src/model/verdict.ts'
import type { Figures } from '../../src/policy/guard.ts'
import { judge } from '../../src/policy/verdict.ts'

const figures: Figures = {
  accepted: 980,
  failed: 20,
  failedHard: 10,
  deferrals: 250,
  complaints: 2,
  calls: 2000,
  lastCallsMs: Array.from({ length: 1000 }, (_, index) => 1000 - index),
}

function share(metric: ShareMetric, limit: number, atLeast = 1): ShareThreshold {
  return { text: `${metric} > ${limit * 100}%`, metric, share: limit, atLeast }
}

const latency: LatencyThreshold = { text: 'p95_latency > 950ms', metric: 'p95_latency', limitMs: 950, atLeast: 1 }
const nothing: Figures = { ...figures, accepted: 0, failed: 0, failedHard: 0, deferrals: 0, calls: 0, lastCallsMs: [] }

test.each([
  [share('failure_rate', 0.02), figures, '✓ 2.0% (20 of 1,000)'],
  [share('failure_rate', 0.01), figures, '✗ 2.0% (20 of 1,000)'],
  [share('hard_bounce_rate', 0.01), figures, '✓ 1.0% (10 of 1,000)'],
  [share('deferral_rate', 0.1), figures, '✗ 20.0% (250 of 1,250)'],
  [share('complaint_rate', 0.001), figures, '✗ 0.204% (2 of 980)'],
  [share('failure_rate', 0), { ...nothing, failed: 1 }, '✗ 100.0% (1 of 1)'],
  [share('failure_rate', 0), nothing, '✓ too few to judge'],
  [share('failure_rate', 0, 1001), figures, '✓ too few to judge'],
  [latency, figures, '✓ 950 ms over 1,000 calls'],
  [{ ...latency, limitMs: 949 }, figures, '✗ 950 ms over 1,000 calls'],
  [{ ...latency, atLeast: 2001 }, figures, '✓ too few to judge'],
  [latency, nothing, '✓ too few to judge'],
] as const)('%j', (threshold, of, expected) => {
  const [verdict] = judge([threshold], of)
  expect(verdict && `${verdictMark(verdict)} ${measuredWords(verdict)}`).toBe(expected)
  expect(verdict?.threshold).toBe(threshold.text)
})

test('one verdict for each, in their order', () => {
  const both = judge([share('failure_rate', 0.01), latency], figures)
  expect(both.map(({ isCrossed }) => isCrossed)).toEqual([true, false])
})
