import { describe, expect, test } from 'vitest'
import type { Tally } from '../../src/journal/journal.ts'
import type { DeliverySettings } from '../../src/model/campaign.ts'
import { plannedRoutes } from '../../src/preflight/planned-routes.ts'
import { route } from '../support/delivery-bench.ts'
import { tally } from './figures.ts'

const today = { zone: 'Europe/Berlin', nowMs: Date.UTC(2026, 10, 26, 12) }
const nothingSent = { sentOn: () => ({ messages: 0, earlierDays: 0 }) }

describe('what each route is expected to carry', () => {
  const profileOf = (title: string) => ({ title, guarantee: '', delivers: true })
  const share = (routes: DeliverySettings['routes'], figures: Tally) =>
    plannedRoutes(routes, figures, profileOf, nothingSent, today).map(each => `${each.name} ${each.share}`)

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
    [
      'nothing for one that stands in',
      [route('a', { weight: 2 }), route('b'), route('c', { order: 2 })],
      tally(90),
      ['a 60', 'b 30', 'c 0'],
    ],
    [
      'a later one for a site that no earlier one serves',
      [route('a', { sites: ['google'] }), route('b', { order: 2 })],
      tally(100, { google: 60, 'example.org': 40 }),
      ['a 60', 'b 40'],
    ],
  ])('%s', (_, routes, figures, expected) => {
    expect(share(routes, figures)).toEqual(expected)
  })
})

test('a later route stands in only if nothing is left for it', () => {
  const standing = (routes: DeliverySettings['routes'], sites: Readonly<Record<string, number>>) =>
    plannedRoutes(routes, tally(10, sites), () => ({ title: '', guarantee: '', delivers: true }), nothingSent, today)
      .filter(each => each.standsIn)
      .map(each => each.name)
  expect(standing([route('a'), route('b', { order: 2 })], { google: 10 })).toEqual(['b'])
  expect(standing([route('a', { sites: ['yahoo'] }), route('b', { order: 2 })], { google: 10 })).toEqual([])
})

test('what is more than a quota of today goes by routes that have none, also by one that stands in', () => {
  const warmup = { startPerDay: 200, growth: 1.5, untilPerDay: 50_000 }
  const share = (routes: DeliverySettings['routes']) =>
    plannedRoutes(routes, tally(1000), () => ({ title: '', guarantee: '', delivers: true }), nothingSent, today).map(
      each => `${each.name} ${each.share}${each.standsIn ? ' stands in' : ''}`,
    )
  expect(share([route('new', { warmup }), route('old', { order: 2 })])).toEqual(['new 200', 'old 800'])
  expect(share([route('new', { warmup }), route('old')])).toEqual(['new 200', 'old 800'])
  expect(share([route('new', { warmup }), route('old', { weight: 9 })])).toEqual(['new 100', 'old 900'])
  expect(share([route('new', { warmup }), route('old', { sites: ['google'] })])).toEqual(['new 1000', 'old 0'])
})

describe('a route that is warmed up', () => {
  const warmup = { startPerDay: 200, growth: 1.5, untilPerDay: 50_000 }

  test.each([
    ['from its first day on', { messages: 0, earlierDays: 0 }, { today: 200, usedToday: 0, days: 7 }],
    ['when others have used today’s', { messages: 200, earlierDays: 0 }, { today: 200, usedToday: 200, days: 7 }],
    ['later on', { messages: 10, earlierDays: 5 }, { today: 1518, usedToday: 10, days: 3 }],
    ['when it is warm', { messages: 0, earlierDays: 100 }, { today: 50_000, usedToday: 0, days: 1 }],
  ])('%s', (_, sent, expected) => {
    const asked: string[] = []
    const journal = {
      sentOn: (account: string, day: string) => {
        asked.push(`${account.split(':')[0]} ${day}`)
        return sent
      },
    }
    const [planned] = plannedRoutes(
      [route('a', { warmup })],
      tally(5000),
      () => ({ title: '', guarantee: '', delivers: true }),
      journal,
      { ...today, nowMs: Date.UTC(2026, 10, 26, 23, 30) },
    )
    expect(planned?.warmUp).toMatchObject(expected)
    expect(asked).toEqual(['a 2026-11-27'])
  })
})
