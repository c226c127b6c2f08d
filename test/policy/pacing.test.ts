import { describe, expect, test } from 'vitest'
import { parseRate } from '../../src/model/rate.ts'
import {
  allReadyAtMs,
  type Bucket,
  burstOf,
  emptied,
  newBucket,
  smallestBurst,
  take,
  withRate,
} from '../../src/policy/pacing.ts'

function rate(text: string): NonNullable<ReturnType<typeof parseRate>> {
  const parsed = parseRate(text)
  if (parsed === undefined) throw new Error(`${text} is not a rate`)
  return parsed
}

/** Takes `size` at a time as soon as allowed, for so long; gives the times. */
function takings(rates: readonly string[], size: number, forMs: number): number[] {
  let buckets: readonly Bucket[] = rates.map(text => newBucket(rate(text), 0))
  const times: number[] = []
  let nowMs = 0
  while (nowMs < forMs) {
    const readyMs = allReadyAtMs(buckets, size, nowMs)
    if (readyMs > nowMs) {
      nowMs = readyMs
      continue
    }
    times.push(nowMs)
    buckets = buckets.map(bucket => take(bucket, size, nowMs))
  }
  return times
}

/** The most that falls into any window of one second. */
function busiestSecond(times: readonly number[], size: number): number {
  return Math.max(...times.map((start, index) => times.slice(index).filter(time => time < start + 1000).length * size))
}

describe('a token bucket', () => {
  test.each([
    ['100/s', 1, 60_000, 6000],
    ['100/s', 50, 60_000, 6000],
    ['100/s', 100, 60_000, 6000],
    ['600/min', 1, 60_000, 600],
    ['5000/h', 1, 3_600_000, 5000],
    ['50000/d', 1, 3_600_000, 2083],
    ['0.5/s', 1, 60_000, 30],
  ])('%s taken %i at a time for %i ms gives %i, within 1 %% and one taking', (text, size, forMs, expected) => {
    const times = takings([text], size, forMs)
    const total = times.length * size
    expect(Math.abs(total - expected)).toBeLessThanOrEqual(Math.max(expected / 100, size + 1))
    const { count, perMs } = rate(text)
    expect(busiestSecond(times, size)).toBeLessThanOrEqual(Math.ceil((count / perMs) * 1000) + burstOf(rate(text)))
  })

  test('of several rates the scarcest sets the pace', () => {
    expect(takings(['100/s', '600/min'], 1, 60_000).length).toBeGreaterThan(590)
    expect(takings(['100/s', '600/min'], 1, 60_000).length).toBeLessThanOrEqual(601)
    expect(smallestBurst([newBucket(rate('100/s'), 0), newBucket(rate('600/min'), 0)])).toBe(10)
  })

  test('begins with one token, so that beginning again adds no burst', () => {
    const beginning = takings(['100/s'], 1, 1000)
    expect(beginning.slice(0, 5)).toEqual([0, 10, 20, 30, 40])
  })

  test('given another rate, it keeps what it holds of the new burst', () => {
    const full = take(newBucket(rate('100/s'), 0), 0, 10_000)
    const slowed = withRate(full, rate('10/s'), 3, 10_000)
    expect(allReadyAtMs([slowed], 3, 10_000)).toBe(10_000)
    expect(allReadyAtMs([take(slowed, 3, 10_000)], 1, 10_000)).toBe(10_100)
  })

  test('emptied, it has nothing saved up, and what is owed stays owed', () => {
    const full = take(newBucket(rate('10/s'), 0), 0, 10_000)
    expect(allReadyAtMs([emptied(full, 10_000)], 1, 10_000)).toBe(10_100)
    const owing = take(full, 15, 10_000)
    expect(allReadyAtMs([emptied(owing, 10_000)], 1, 10_000)).toBe(10_600)
  })

  test('a clock that goes back by a day neither adds nor takes away', () => {
    const bucket = take(newBucket(rate('10/s'), 86_400_000), 1, 86_400_000)
    expect(allReadyAtMs([bucket], 1, 0)).toBe(100)
  })
})
