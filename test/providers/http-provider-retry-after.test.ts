/** Each form in which servers say how long to wait, and how long we wait. */

import { describe, expect, test } from 'vitest'
import {
  longestWaitMs,
  retryAfterMaxMs,
  retryAfterMs,
  secondsFromNowMs,
  tryAgainAfterMs,
  untilUnixTimeMs,
} from '../../src/providers/http-retry-after.ts'

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
    [`${nowMs / 1000 + 1}.5`, 1500],
    [`-${nowMs / 1000}`, undefined],
    ['0', undefined],
    ['', undefined],
    ['soon', undefined],
    [undefined, undefined],
  ])('%j: %j', (value, ms) => {
    expect(untilUnixTimeMs(value, nowMs)).toBe(ms)
  })
})

describe('ratelimit-reset and x-sib-ratelimit-reset as seconds from now', () => {
  test.each([
    ['1', 1000],
    ['0', 0],
    [' 42 ', 42_000],
    ['0.25', 250],
    ['0.0001', 1],
    ['999999', retryAfterMaxMs],
    ['999999999', retryAfterMaxMs],
    // A Unix time, in seconds or milliseconds: not how many seconds to wait.
    [String(nowMs / 1000 + 60), undefined],
    [String(nowMs + 60_000), undefined],
    ['99999999999999999999', undefined],
    ['-1', undefined],
    ['1e3', undefined],
    ['1s', undefined],
    ['NaN', undefined],
    ['Sun, 22 Nov 2026 12:01:30 GMT', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%j: %j', (value, ms) => {
    expect(secondsFromNowMs(value)).toBe(ms)
  })
})

describe("Mailgun's words", () => {
  const domain = '{"message":"Domain example.com is not allowed to send:'
  test.each([
    [`${domain} account-requests-per-sec limit exceeded, try again after 120 seconds"}`, 120_000],
    [`${domain} recipient limit exceeded, try again after 1 second"}`, 1000],
    [`${domain} recipient limit exceeded, try again after 0.5 seconds"}`, 500],
    [`${domain} recipient limit exceeded, try again after 0 seconds"}`, 0],
    [`${domain} bytes limit exceeded, try again after 999999999 seconds"}`, retryAfterMaxMs],
    [`${domain} recipient limit exceeded, try again after Sun, 22 Nov 2026 12:01:30 UTC"}`, 90_000],
    ['request limit exceeded, try again after Sun, 22 Nov 2026 12:01:30 UTC', 90_000],
    [`${domain} recipient limit exceeded, try again after Mon, 20 Dec 2021 20:33:21 UTC"}`, 0],
    [`${domain} recipient limit exceeded, try again after Fri, 01 Jan 2100 00:00:00 UTC"}`, retryAfterMaxMs],
    // Another zone is another moment, and not known to be meant.
    [`${domain} recipient limit exceeded, try again after Sun, 22 Nov 2026 12:01:30 PST"}`, undefined],
    [`${domain} recipient limit exceeded, try again after Sun, 99 Nov 2026 12:01:30 UTC"}`, undefined],
    [`${domain} recipient limit exceeded, try again after -5 seconds"}`, undefined],
    [`${domain} recipient limit exceeded, try again after 120 minutes"}`, undefined],
    [`${domain} recipient limit exceeded, try again after 99999999999 seconds"}`, undefined],
    [`${domain} recipient limit exceeded, try again later"}`, undefined],
    ['try again after 120 seconds', undefined],
    ['', undefined],
  ])('%s: %j', (text, ms) => {
    expect(tryAgainAfterMs(text, nowMs)).toBe(ms)
  })
})

test('of several waits the longest', () => {
  expect([longestWaitMs(1, undefined, 3, 2), longestWaitMs(undefined), longestWaitMs()]).toEqual([
    3,
    undefined,
    undefined,
  ])
})
