import { expect, test } from 'vitest'
import { SiteShares } from '../../src/engine/site-shares.ts'
import type { Priority } from '../../src/model/campaign.ts'
import type { Standing } from '../../src/model/run.ts'

const other = (priority: Priority, sites: Readonly<Record<string, number>>): Standing => ({
  priority,
  accounts: [],
  sites: Object.entries(sites).map(([site, share]) => ({ site, share })),
  openCalls: 0,
  routes: [],
  lanes: [],
  waits: [],
})

const told = (sites: Standing['sites']) => sites.map(({ site, share }) => `${site} ${share.toFixed(3)}`).join(', ')

test('a site is shared while others say that they send to it', () => {
  const shares = new SiteShares('bulk')
  expect(shares.of('google')).toBe(1)
  let heard = shares.hear([], ['google', 'yahoo'])
  expect([told(heard.sites), [...heard.changed]]).toEqual(['google 1.000, yahoo 1.000', []])
  heard = shares.hear([other('bulk', { google: 0.001 })], ['google', 'yahoo'])
  expect([told(heard.sites), [...heard.changed]]).toEqual(['google 0.500, yahoo 1.000', ['google']])
  heard = shares.hear([other('critical', { google: 0.5 })], ['google', 'yahoo'])
  expect([told(heard.sites), [...heard.changed]]).toEqual(['google 0.010, yahoo 1.000', ['google']])
  heard = shares.hear([], ['yahoo'])
  expect([told(heard.sites), [...heard.changed], shares.of('google')]).toEqual(['yahoo 1.000', ['google'], 1])
})

test('of a site that is new to a run it takes what the others leave, and no more before they make room', () => {
  const shares = new SiteShares('critical')
  shares.hear([other('bulk', { google: 1, yahoo: 0.4 })], [])
  expect([shares.of('google'), shares.of('yahoo'), shares.of('orange')]).toEqual([0.001, 0.6, 1])
})
