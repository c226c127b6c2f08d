import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { WarmUp } from '../../src/model/schedule.ts'
import { count } from '../../src/model/words.ts'
import { daysToSend, messagesWithin, quotaOn } from '../../src/policy/warm-up.ts'

const usual: WarmUp = { startPerDay: 200, growth: 1.5, untilPerDay: 50_000 }

test('a ramp of 200 a day, half as many again each day, until 50,000', async () => {
  let sum = 0
  const lines = ['day       quota     so far']
  for (let day = 0; day <= 16; day++) {
    const quota = quotaOn(usual, day)
    sum += quota
    lines.push(`${String(day + 1).padStart(3)}  ${count(quota).padStart(10)} ${count(sum).padStart(10)}`)
  }
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('../golden/warm-up-ramp.txt')
})

describe('the quota of a day', () => {
  test.each<[WarmUp, number, number]>([
    [usual, 0, 200],
    [usual, 1, 300],
    [usual, 13, 38_923],
    [usual, 14, 50_000],
    [usual, 1_000_000, 50_000],
    [usual, Number.MAX_SAFE_INTEGER, 50_000],
    // In floating point, 100 × 1.15 is less than 115.
    [{ startPerDay: 100, growth: 1.15, untilPerDay: 1000 }, 1, 115],
    [{ startPerDay: 1, growth: 1.1, untilPerDay: 1000 }, 7, 1],
    [{ startPerDay: 1, growth: 1.1, untilPerDay: 1000 }, 8, 2],
    [{ startPerDay: 500, growth: 1, untilPerDay: 1000 }, 365, 500],
    [{ startPerDay: 500, growth: 10, untilPerDay: 500 }, 3, 500],
    [{ startPerDay: 1, growth: 10, untilPerDay: Number.MAX_SAFE_INTEGER }, 400, Number.MAX_SAFE_INTEGER],
  ])('%j after %i days with sending: %i', (warmUp, days, expected) => {
    expect(quotaOn(warmUp, days)).toBe(expected)
  })

  test('is whole, between one and its end, and never less than on the day before', () => {
    const warmUps = fc
      .tuple(fc.integer({ min: 1, max: 10_000 }), fc.double({ min: 1, max: 10, noNaN: true }), fc.nat(1_000_000))
      .map(([startPerDay, growth, more]): WarmUp => ({ startPerDay, growth, untilPerDay: startPerDay + more }))
    fc.assert(
      fc.property(warmUps, fc.nat(2000), (warmUp, days) => {
        const [quota, next] = [quotaOn(warmUp, days), quotaOn(warmUp, days + 1)]
        expect(Number.isSafeInteger(quota)).toBe(true)
        expect(quota).toBeGreaterThanOrEqual(1)
        expect(quota).toBeLessThanOrEqual(warmUp.untilPerDay)
        expect(next).toBeGreaterThanOrEqual(quota)
      }),
    )
  })
})

test.each<[WarmUp, number]>([
  [usual, 14],
  [{ ...usual, growth: 10 }, 3],
  [{ ...usual, untilPerDay: 200 }, 0],
  [{ ...usual, growth: 1.01 }, 555],
  [{ ...usual, growth: 1 }, Number.POSITIVE_INFINITY],
  [{ ...usual, growth: 1.000_001 }, Number.POSITIVE_INFINITY],
])('%j is through after %d days', (warmUp, days) => {
  const isThrough = (after: number): boolean => quotaOn(warmUp, after) === warmUp.untilPerDay
  expect([isThrough(Math.min(days, 3660)), days > 0 && isThrough(Math.min(days, 3660) - 1)]).toEqual([
    days < 3660,
    false,
  ])
})

test.each<[WarmUp, number, number, number]>([
  [usual, 0, 0, 0],
  [usual, 1, 0, 1],
  [usual, 200, 0, 1],
  [usual, 201, 0, 2],
  [usual, 500, 0, 2],
  [usual, 501, 0, 3],
  [usual, 100_000, 0, 14],
  [usual, 1_000_000, 0, 32],
  [usual, 1_000_000, 14, 20],
  [{ ...usual, growth: 1 }, 200 * 3660, 0, 3660],
  [{ ...usual, growth: 1 }, 200 * 3660 + 1, 0, Number.POSITIVE_INFINITY],
])('%j: %i messages after %i days with sending take %d days', (warmUp, messages, sendingDays, days) => {
  expect(daysToSend(warmUp, messages, sendingDays)).toBe(days)
})

test.each([
  [0, 0, 0],
  [1, 0, 200],
  [3, 0, 200 + 300 + 450],
  [2, 2, 450 + 675],
  [4000, 100, 4000 * 50_000],
])('%d days, %d after the first, allow %d messages', (days, sendingDays, messages) => {
  expect(messagesWithin(usual, days, sendingDays)).toBe(messages)
})
