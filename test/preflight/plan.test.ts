import { describe, expect, test } from 'vitest'
import type { Tally } from '../../src/journal/journal.ts'
import type { DeliverySettings } from '../../src/model/campaign.ts'
import { parseRate } from '../../src/model/rate.ts'
import { builtIn, estimate, plannedRoutes } from '../../src/preflight/plan.ts'
import { route } from '../support/delivery-bench.ts'

const none = { waiting: 0, accepted: 0, failed: 0, inDoubt: 0 }

function tally(waiting: number, sites: Readonly<Record<string, number>> = {}): Tally {
  return {
    counts: { rows: waiting, accepted: 0, failed: 0, skipped: 0, inDoubt: 0, waiting, rowProblems: 0 },
    skipped: [],
    rowProblems: [],
    sites: Object.entries(sites).map(([site, count]) => ({ site, ...none, waiting: count })),
    siteCount: Object.keys(sites).length,
    routes: [],
    classes: [],
    causes: [],
    settled: [],
  }
}

function rates(...texts: string[]) {
  return texts.flatMap(text => parseRate(text) ?? [])
}

function delivery(routes: DeliverySettings['routes'], sites: DeliverySettings['sites'] = {}): DeliverySettings {
  return {
    routes,
    sites,
    sitesBy: 'domain',
    schedule: null,
    retry: { delaysMs: [], maxAgeMs: 0, classes: {} },
    guard: { stopWhen: [], maxRecipients: null },
    priority: 'bulk',
    canary: null,
  }
}

const single = { batchMax: 1, rateCounts: 'messages' } as const

test('where a rate counts calls, a batch goes for one', () => {
  const settings = delivery([route('a', { rates: rates('10/s') })])
  expect(estimate(settings, tally(100_000), () => ({ batchMax: 1000, rateCounts: 'calls' }))).toEqual({
    ms: 10_000,
    slowest: 'a',
  })
})

describe('what each route is expected to carry', () => {
  const profileOf = (title: string) => ({ title, guarantee: '', delivers: true })
  const share = (routes: DeliverySettings['routes'], figures: Tally) =>
    plannedRoutes(routes, figures, profileOf).map(each => `${each.name} ${each.share}`)

  test.each([
    ['one for all', [route('a')], tally(100, { google: 60 }), ['a 100']],
    ['by weight', [route('a', { weight: 3 }), route('b')], tally(100, { google: 60 }), ['a 75', 'b 25']],
    [
      'one of them for a site',
      [route('a', { sites: ['google'] }), route('b')],
      tally(100, { google: 60, 'example.org': 40 }),
      ['a 30', 'b 70'],
    ],
    [
      'a site whose domains are served one by one',
      [route('a', { sites: ['example.org'] }), route('b', { sites: ['*.net'] }), route('c', { sites: ['google'] })],
      tally(100, { 'pphosted.com': 60, 'example.org': 40 }),
      ['a 70', 'b 30', 'c 0'],
    ],
  ])('%s', (_, routes, figures, expected) => {
    expect(share(routes, figures)).toEqual(expected)
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
