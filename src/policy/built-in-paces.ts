/**
 * Which paces hold in a run: those that its campaign sets, and the built-in ones of the table of sites.
 *
 * A built-in pace holds for a family of which the campaign says nothing itself, and only where receivers see how fast we
 * go: a provider with an API queues what it is given and keeps to each receiver's pace by itself, so that holding it back
 * would make everybody wait and protect nobody. An entry of the campaign that is for the family (its name, one of its
 * domains, `*`) takes its place, whatever it says. `default` does not: it holds besides, so that the slower one is kept.
 */

import type { DeliverySettings, RouteSettings, SitePace, SitesBy } from '../model/campaign.ts'
import { serves } from './routing.ts'
import { siteFamilies } from './site-families.ts'
import { ownEntry, siteOf } from './sites.ts'

/**
 * The paces to be used for `sites`: entries by pattern, as a campaign has them, and for `paceOf` to read. `seen` are the
 * routes over which receivers see our pace.
 */
export function pacesInForce(
  sites: DeliverySettings['sites'],
  seen: readonly RouteSettings[],
  sitesBy: SitesBy,
): Readonly<Record<string, SitePace>> {
  const builtIn = builtInSites(sites, seen, sitesBy).map(site => [site, withDefault(sites, builtInPace(site))] as const)
  return { ...sites, ...Object.fromEntries(builtIn) }
}

/** The families that are paced by the table. */
export function builtInSites(
  sites: DeliverySettings['sites'],
  seen: readonly RouteSettings[],
  sitesBy: SitesBy,
): readonly string[] {
  return Object.entries(siteFamilies)
    .filter(([site]) => ownEntry(sites, site) === undefined)
    .filter(([site]) => seen.some(route => mayCarry(route, site, sitesBy)))
    .map(([site]) => site)
}

/** By MX, any domain that a route serves may turn out to be hosted by any family. */
function mayCarry(route: RouteSettings, family: string, sitesBy: SitesBy): boolean {
  if (siteFamilies[family]?.domains.some(domain => serves(route, family, domain))) return true
  const isOfStrangers = (pattern: string): boolean => pattern.includes('.') && siteOf(pattern) === pattern
  return sitesBy === 'mx' && route.sites?.some(isOfStrangers) === true
}

/** A family's pace by the table; no limit for any other site. */
export function builtInPace(site: string): SitePace {
  const family = Object.hasOwn(siteFamilies, site) ? siteFamilies[site] : undefined
  if (family === undefined) return { rates: [], concurrency: null }
  return { rates: [{ count: family.perSecond, perMs: 1000 }], concurrency: family.concurrency }
}

function withDefault(sites: DeliverySettings['sites'], pace: SitePace): SitePace {
  const general = sites['default']
  if (general === undefined) return pace
  return { rates: [...pace.rates, ...general.rates], concurrency: lesser(pace.concurrency, general.concurrency) }
}

function lesser(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other
  return Math.min(one, other)
}
