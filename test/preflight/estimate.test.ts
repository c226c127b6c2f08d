import { describe, expect, test } from 'vitest'
import { estimate } from '../../src/preflight/estimate.ts'
import { route } from '../support/delivery-bench.ts'
import { delivery, rates, single, tally } from './figures.ts'

test('where a rate counts calls, a batch goes for one', () => {
  const settings = delivery([route('a', { rates: rates('10/s') })])
  expect(estimate(settings, tally(100_000), () => ({ batchMax: 1000, rateCounts: 'calls' }))).toEqual({
    ms: 10_000,
    slowest: 'a',
  })
})

describe('how long it will take', () => {
  test.each([
    ['no limit', delivery([route('a')]), tally(1000), null, null],
    ['one route', delivery([route('a', { rates: rates('100/s') })]), tally(6000), 60_000, 'a'],
    [
      'two routes together',
      delivery([route('a', { rates: rates('100/s') }), route('b', { rates: rates('50/s') })]),
      tally(6000),
      40_000,
      'a + b',
    ],
    [
      'a route that stands in does not count',
      delivery([route('a', { rates: rates('100/s') }), route('b', { rates: rates('50/s'), order: 2 })]),
      tally(6000),
      60_000,
      'a',
    ],
    ['a route without a limit', delivery([route('a', { rates: rates('100/s') }), route('b')]), tally(6000), null, null],
    [
      'the scarcest of several rates',
      delivery([route('a', { rates: rates('100/s', '600/min') })]),
      tally(600),
      60_000,
      'a',
    ],
    [
      'a site that is slower than the route',
      delivery([route('a', { rates: rates('100/s') })], { google: { rates: rates('10/s'), concurrency: null } }),
      tally(2000, { google: 1000, 'example.org': 1000 }),
      100_000,
      'google',
    ],
  ])('%s', (_, settings, figures, ms, slowest) => {
    expect(estimate(settings, figures, () => single)).toEqual({ ms, slowest })
  })
})
