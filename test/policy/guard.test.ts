import { describe, expect, test } from 'vitest'
import type { LatencyMetric, Threshold } from '../../src/model/campaign.ts'
import { crossingWords } from '../../src/model/crossing.ts'
import { canaryCrossing, type Figures, firstCrossing } from '../../src/policy/guard.ts'

const nothing: Figures = {
  accepted: 0,
  failed: 0,
  failedHard: 0,
  deferrals: 0,
  complaints: 0,
  calls: 0,
  lastCallsMs: [],
}

/** What people are told, or nothing. */
function said(thresholds: readonly Threshold[], more: Partial<Figures>): string | undefined {
  const crossing = firstCrossing(thresholds, { ...nothing, ...more })
  return crossing === undefined ? undefined : crossingWords(crossing)
}

describe('a share of messages', () => {
  // As a run frozen by an earlier version has it.
  const hardBounces = JSON.parse(
    '{"text":"hard_bounce_rate > 5% of 200","metric":"hard_bounce_rate","share":0.05,"atLeast":200}',
  ) as Threshold

  test.each<[string, Partial<Figures>, string | undefined]>([
    ['too few to judge', { accepted: 100, failed: 99, failedHard: 99 }, undefined],
    ['exactly at the threshold', { accepted: 190, failed: 10, failedHard: 10 }, undefined],
    ['just above it', { accepted: 189, failed: 11, failedHard: 11 }, '5.5% of 200'],
    ['many', { accepted: 10_000, failed: 1000, failedHard: 1000 }, '9.1% of 11,000'],
    ['failures of other classes do not count', { accepted: 100, failed: 100, failedHard: 10 }, undefined],
  ])('%s', (_, figures, measured) => {
    const words = measured && `hard_bounce_rate > 5% of 200 was crossed: ${measured}`
    expect(said([hardBounces], figures)).toBe(words)
  })

  test('deferrals are measured against attempts', () => {
    const deferrals: Threshold = { text: 'deferral_rate > 50%', metric: 'deferral_rate', share: 0.5, atLeast: 10 }
    expect(said([deferrals], { accepted: 10, deferrals: 10 })).toBe(undefined)
    expect(said([deferrals], { accepted: 10, deferrals: 11 })).toBe('deferral_rate > 50% was crossed: 52.4% of 21')
  })

  test('complaints are measured against those who were accepted', () => {
    const text = 'complaint_rate > 0.1% of 1000'
    const complaints: Threshold = { text, metric: 'complaint_rate', share: 0.001, atLeast: 1000 }
    expect(said([complaints], { accepted: 999, failed: 500, complaints: 30 })).toBe(undefined)
    expect(said([complaints], { accepted: 2000, failed: 500, complaints: 2 })).toBe(undefined)
    expect(said([complaints], { accepted: 2000, failed: 500, complaints: 3 })).toBe(
      `${text} was crossed: 0.15% of 2,000`,
    )
  })
})

describe('how long calls took', () => {
  const latency = (metric: LatencyMetric, limitMs: number, atLeast: number): Threshold => {
    return { text: `${metric} > ${limitMs}ms of ${atLeast}`, metric, limitMs, atLeast }
  }
  /** Calls that took 1, 2, 3, … ms, the slowest first. */
  const upTo = (count: number): Partial<Figures> => {
    return { calls: count, lastCallsMs: Array.from({ length: count }, (_, index) => count - index) }
  }

  // Nearest rank: of 20 calls the 95th percentile is the 19th, the 99th the 20th, the 50th the 10th.
  test.each<[LatencyMetric, number, Partial<Figures>, string | undefined]>([
    ['p95_latency', 19, upTo(20), undefined],
    ['p95_latency', 18, upTo(20), '19 ms over 20 calls'],
    ['p99_latency', 20, upTo(20), undefined],
    ['p99_latency', 19, upTo(20), '20 ms over 20 calls'],
    ['p50_latency', 10, upTo(20), undefined],
    ['p50_latency', 9, upTo(20), '10 ms over 20 calls'],
    ['p50_latency', 9, upTo(19), '10 ms over 19 calls'],
    ['p95_latency', 949, upTo(1000), '950 ms over 1,000 calls'],
    ['p99_latency', 990, upTo(1000), undefined],
    ['p50_latency', 1, { calls: 10, lastCallsMs: [3400] }, '3.4 s over 1 call'],
    ['p50_latency', 2000, { calls: 10, lastCallsMs: [2004] }, '2 s over 1 call'],
    ['p50_latency', 2000, { calls: 10, lastCallsMs: [2040] }, '2.04 s over 1 call'],
    ['p50_latency', 2000, { calls: 10, lastCallsMs: [95_000] }, '1 min 35 s over 1 call'],
    ['p95_latency', 1, {}, undefined],
  ])('%s > %i ms', (metric, limitMs, figures, measured) => {
    const words = measured && `${metric} > ${limitMs}ms of 10 was crossed: ${measured}`
    expect(said([latency(metric, limitMs, 10)], figures)).toBe(words)
  })

  test('is judged by all calls that were made, of which only the last are known', () => {
    expect(said([latency('p95_latency', 1, 5000)], { ...upTo(1000), calls: 4999 })).toBe(undefined)
    expect(said([latency('p95_latency', 1, 5000)], { ...upTo(1000), calls: 5000 })).toBe(
      'p95_latency > 1ms of 5000 was crossed: 950 ms over 1,000 calls',
    )
  })
})

test('the first that is crossed is told, in the order of the campaign', () => {
  const thresholds: readonly Threshold[] = [
    { text: 'failure_rate > 90%', metric: 'failure_rate', share: 0.9, atLeast: 1 },
    { text: 'p95_latency > 2s', metric: 'p95_latency', limitMs: 2000, atLeast: 1 },
    { text: 'failure_rate > 10%', metric: 'failure_rate', share: 0.1, atLeast: 1 },
  ]
  const figures = { accepted: 1, failed: 1, calls: 2, lastCallsMs: [2001, 1] }
  expect(said(thresholds, figures)).toBe('p95_latency > 2s was crossed: 2 s over 2 calls')
  expect(said(thresholds, { ...figures, lastCallsMs: [1, 1] })).toBe('failure_rate > 10% was crossed: 50.0% of 2')
  expect(said([], figures)).toBe(undefined)
})

describe('a canary is judged by what it has, however few', () => {
  const thresholds: readonly Threshold[] = [
    { text: 'hard_bounce_rate > 5% of 200', metric: 'hard_bounce_rate', share: 0.05, atLeast: 200 },
    { text: 'deferral_rate > 50% of 200', metric: 'deferral_rate', share: 0.5, atLeast: 200 },
    { text: 'complaint_rate > 0.1% of 1000', metric: 'complaint_rate', share: 0.001, atLeast: 1000 },
    { text: 'p95_latency > 2s of 200', metric: 'p95_latency', limitMs: 2000, atLeast: 200 },
  ]

  test.each<[string, Partial<Figures>, string | undefined]>([
    ['nobody was decided and no call made', {}, undefined],
    ['all went well', { accepted: 20, calls: 2, lastCallsMs: [900, 1100] }, undefined],
    ['one of 20 is at the threshold', { accepted: 19, failed: 1, failedHard: 1 }, undefined],
    ['two of 20', { accepted: 18, failed: 2, failedHard: 2 }, 'hard_bounce_rate > 5% of 200 was crossed: 10.0% of 20'],
    ['only one, and gone', { failed: 1, failedHard: 1 }, 'hard_bounce_rate > 5% of 200 was crossed: 100.0% of 1'],
    ['nobody decided, all put off', { deferrals: 9 }, 'deferral_rate > 50% of 200 was crossed: 100.0% of 9'],
    [
      'few were accepted',
      { accepted: 5, failed: 95, complaints: 1 },
      'complaint_rate > 0.1% of 1000 was crossed: 20.0% of 5',
    ],
    [
      'one call',
      { accepted: 20, calls: 1, lastCallsMs: [2500] },
      'p95_latency > 2s of 200 was crossed: 2.5 s over 1 call',
    ],
    ['more than enough', { accepted: 900, failed: 100, failedHard: 50 }, undefined],
  ])('%s', (_, more, words) => {
    const figures = { ...nothing, ...more }
    const crossing = canaryCrossing(thresholds, figures)
    expect(crossing && crossingWords(crossing)).toBe(words)
  })
})
