/** Which routes may carry a message, and which of those that are free gets the next one. */

import type { RouteSettings } from '../model/campaign.ts'
import { patternCovers } from './sites.ts'

/** Whether a route is configured for a site and domain. */
export function serves(route: RouteSettings, site: string, domain: string): boolean {
  return route.sites === null || route.sites.some(pattern => patternCovers(pattern, site, domain))
}

/** Messages in one call, at most: what the provider takes and the campaign allows. */
export function parcelMax(route: RouteSettings, profile: { readonly batchMax: number }): number {
  if (route.batch === 'off') return 1
  return route.batch === 'auto' ? profile.batchMax : Math.min(route.batch, profile.batchMax)
}

/** What is known of a route's share so far. */
export interface RouteShare {
  readonly weight: number
  /** Messages given to it in this process. */
  readonly given: number
}

/**
 * The order in which routes are offered messages: whoever is furthest behind its weight comes first, and on a par the one
 * named first in the campaign. So routes that are all free share by weight, and a busy one holds up nobody.
 */
export function byShare<Route extends RouteShare>(routes: readonly Route[]): readonly Route[] {
  return [...routes].sort((a, b) => (a.given + 1) / a.weight - (b.given + 1) / b.weight)
}
