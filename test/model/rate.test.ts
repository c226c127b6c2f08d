/** Rates and paces in words. */

import { expect, test } from 'vitest'
import { loweredPaceWords, paceWords, type RateCounts, rateWords } from '../../src/model/rate.ts'

test('a rate as it was written, with separators', () => {
  expect(rateWords({ count: 1200, perMs: 60_000, burst: 2000 })).toBe('1,200/min burst 2,000')
  expect(rateWords({ count: 0.5, perMs: 1000 })).toBe('0.5/s')
})

test.each<[number, RateCounts, string]>([
  [0, 'messages', '0/s'],
  [1234.5, 'messages', '1,235/s'],
  [12.4, 'messages', '12/s'],
  [2.57, 'messages', '2.6/s'],
  [0.3, 'messages', '18/min'],
  [0.13, 'calls', '7.8 calls/min'],
  [0.0058, 'messages', '21/h'],
  [0.00003, 'messages', '0.11/h'],
])('%d a second of %s is %s', (perSecond, of, words) => {
  expect(paceWords(perSecond, of)).toBe(words)
})

test.each<[number, number, RateCounts, string]>([
  [28.4, 50, 'messages', '28 of 50/s'],
  [225, 1000, 'calls', '225 of 1,000 calls/s'],
  [0.5, 4, 'calls', '0.5 of 4 calls/s'],
  [0.033, 100, 'messages', '0.033 of 100/s'],
  [0.001, 0.0058, 'calls', '3.6 of 21 calls/h'],
])('%d of %d a second of %s is %s', (lowered, full, of, words) => {
  expect(loweredPaceWords(lowered, full, of)).toBe(words)
})
