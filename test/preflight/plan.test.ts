import { describe, expect, test } from 'vitest'
import type { DeliverySettings } from '../../src/model/campaign.ts'
import { estimate } from '../../src/preflight/estimate.ts'
import { builtIn } from '../../src/preflight/plan.ts'
import { route } from '../support/delivery-bench.ts'
import { delivery, rates, single, tally } from './figures.ts'

describe('built-in paces', () => {
  const none = { google: { rates: [], concurrency: null } }
  const busy = tally(9000, { google: 6000, 'example.org': 2000, yahoo: 970, orange: 20, sky: 10 })

  test.each<[string, DeliverySettings, boolean, string[], number | null, string | null]>([
    ['a route over which receivers see our pace', delivery([route('a')]), true, ['google', 'yahoo'], 120_000, 'google'],
    ['a route that keeps to their pace itself', delivery([route('a')]), false, [], null, null],
    ['the campaign lifts one', delivery([route('a')], none), true, ['yahoo'], 32_334, 'yahoo'],
    [
      'the campaign sets one',
      delivery([route('a')], { google: { rates: rates('200/s'), concurrency: null } }),
      true,
      ['yahoo'],
      32_334,
      'yahoo',
    ],
    [
      'a slower default',
      delivery([route('a')], { default: { rates: rates('10/s'), concurrency: null } }),
      true,
      ['google', 'yahoo'],
      600_000,
      'google',
    ],
    [
      'a route that is slower than they are',
      delivery([route('a', { rates: rates('10/s') })]),
      true,
      ['google', 'yahoo'],
      900_000,
      'a',
    ],
  ])('%s', (_, settings, receiversSeePace, sites, ms, slowest) => {
    const profileOf = () => ({ ...single, receiversSeePace })
    expect(builtIn(settings, busy, profileOf).map(({ site }) => site)).toEqual(sites)
    expect(estimate(settings, busy, profileOf)).toEqual({ ms, slowest })
  })
})
