/** What servers say of waiting, and how long we wait. */

import { describe, expect, test } from 'vitest'
import { longestWaitMs, retryAfterMaxMs, retryAfterMs, untilUnixTimeMs } from '../../src/providers/http-retry-after.ts'

const nowMs = Date.UTC(2026, 10, 22, 12)

describe('Retry-After', () => {
  test.each([
    ['120', 120_000],
    ['0', 0],
    [' 7 ', 7000],
    ['1.5', 1500],
    ['999999', retryAfterMaxMs],
    ['9999999999999999', retryAfterMaxMs],
    ['Sun, 22 Nov 2026 12:01:30 GMT', 90_000],
    ['Sunday, 22-Nov-26 12:01:30 GMT', 90_000],
    ['Sun Nov 22 12:01:30 2026', 90_000],
    ['Sun, 22 Nov 2026 11:00:00 GMT', 0],
    ['Fri, 01 Jan 2100 00:00:00 GMT', retryAfterMaxMs],
    [undefined, undefined],
    ['', undefined],
    ['-5', undefined],
    ['soon', undefined],
    ['1e3', undefined],
    ['Infinity', undefined],
    ['2026-11-22', undefined],
    ['Sun, 99 Nov 2026 12:01:30 GMT', undefined],
    ['99999999999999999999', undefined],
  ])('%j: %j', (value, ms) => {
    expect(retryAfterMs(value, nowMs)).toBe(ms)
  })
})

describe('X-RateLimit-Reset as Unix time', () => {
  test.each([
    [String(nowMs / 1000 + 60), 60_000],
    [String(nowMs / 1000 - 60), 0],
    [String(nowMs / 1000 + 10_000_000), retryAfterMaxMs],
    ['60', undefined],
    [String(nowMs), undefined],
    ['soon', undefined],
    [undefined, undefined],
  ])('%j: %j', (value, ms) => {
    expect(untilUnixTimeMs(value, nowMs)).toBe(ms)
  })
})

test('of several waits the longest', () => {
  expect([longestWaitMs(1, undefined, 3, 2), longestWaitMs(undefined), longestWaitMs()]).toEqual([
    3,
    undefined,
    undefined,
  ])
})
