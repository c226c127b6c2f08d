import { describe, expect, test } from 'vitest'
import type { DeliverySettings, SitePace } from '../../src/model/campaign.ts'
import { parseRate } from '../../src/model/rate.ts'
import { builtInPace, builtInSites, pacesInForce } from '../../src/policy/built-in-paces.ts'
import { siteFamilies } from '../../src/policy/site-families.ts'
import { paceOf } from '../../src/policy/sites.ts'
import { route } from '../support/delivery-bench.ts'

const seen = [route('relay')]

function pace(rate: string, concurrency: number | null = null): SitePace {
  return { rates: [parseRate(rate) ?? []].flat(), concurrency }
}

function shown(sites: DeliverySettings['sites'], routes = seen): string {
  const inForce = pacesInForce(sites, routes, 'domain')
  return ['google', 'orange', 'example.org']
    .map(site => {
      const { rates, concurrency } = paceOf(inForce, site)
      const said = rates.map(({ count, perMs }) => `${count}/${perMs / 1000}s`).join(' ')
      return `${site} ${said || 'unlimited'}${concurrency === null ? '' : ` ×${concurrency}`}`
    })
    .join(', ')
}

describe('the pace in force', () => {
  test.each<[string, DeliverySettings['sites'], string]>([
    ['nothing is said', {}, 'google 50/1s ×5, orange 20/1s ×3, example.org unlimited'],
    ['a family is named', { google: pace('200/s') }, 'google 200/1s, orange 20/1s ×3, example.org unlimited'],
    [
      'only its concurrency is',
      { google: { rates: [], concurrency: 2 } },
      'google unlimited ×2, orange 20/1s ×3, example.org unlimited',
    ],
    [
      'it is unlimited',
      { google: { rates: [], concurrency: null } },
      'google unlimited, orange 20/1s ×3, example.org unlimited',
    ],
    [
      'one of its domains is named',
      { 'googlemail.com': pace('5/s') },
      'google 5/1s, orange 20/1s ×3, example.org unlimited',
    ],
    [
      'an ending is for all its domains',
      { '*.fr': pace('1/s') },
      'google 50/1s ×5, orange 1/1s, example.org unlimited',
    ],
    ['every site is named', { '*': pace('1/s') }, 'google 1/1s, orange 1/1s, example.org 1/1s'],
    [
      'a default is slower',
      { default: pace('5/s', 4) },
      'google 50/1s 5/1s ×4, orange 20/1s 5/1s ×3, example.org 5/1s ×4',
    ],
    [
      'a default is faster',
      { default: pace('500/s') },
      'google 50/1s 500/1s ×5, orange 20/1s 500/1s ×3, example.org 500/1s',
    ],
  ])('%s', (_, sites, expected) => {
    expect(shown(sites)).toBe(expected)
  })

  test.each([
    ['no route lets receivers see our pace', [], 'google unlimited, orange unlimited, example.org unlimited'],
    [
      'one does, for some sites',
      [route('relay', { sites: ['google'] })],
      'google 50/1s ×5, orange unlimited, example.org unlimited',
    ],
    [
      'one does, for some domains of a family',
      [route('relay', { sites: ['*.fr'] })],
      'google unlimited, orange 20/1s ×3, example.org unlimited',
    ],
  ])('%s', (_, routes, expected) => {
    expect(shown({}, routes)).toBe(expected)
  })

  test('a family of which some domains go by such a route is paced as one', () => {
    expect(builtInSites({}, [route('relay', { sites: ['*.co.jp'] })], 'domain')).toEqual(['microsoft', 'yahoo-japan'])
  })

  // Whoever hosts the domains of such a route sees its pace, and who that is turns out when the list is read.
  const all = Object.keys(siteFamilies)
  test.each([
    ['a domain', ['example.org'], all],
    ['an ending', ['*.edu'], all],
    ['a family', ['google'], ['google']],
    ['domains of a family', ['gmail.com', 'googlemail.com'], ['google']],
    ['a family and a domain', ['google', 'example.org'], all],
  ])('by MX, %s may be of any family that it could be hosted by', (_, sites, expected) => {
    expect(builtInSites({}, [route('relay', { sites })], 'mx')).toEqual(expected)
    expect(builtInSites({}, [route('relay', { sites })], 'domain')).not.toEqual(all)
  })

  test('the built-in pace is that of the table', () => {
    for (const [name, { perSecond, concurrency }] of Object.entries(siteFamilies))
      expect(builtInPace(name)).toEqual({ rates: [{ count: perSecond, perMs: 1000 }], concurrency })
    expect(builtInPace('example.org')).toEqual({ rates: [], concurrency: null })
    expect(builtInPace('constructor')).toEqual({ rates: [], concurrency: null })
  })
})
