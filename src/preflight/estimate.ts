/** How long a send will take at the limits in force, and what sets its pace. */

import type { Tally } from '../journal/journal.ts'
import type { DeliverySettings, RouteSettings } from '../model/campaign.ts'
import { pacesInForce } from '../policy/built-in-paces.ts'
import { parcelMax } from '../policy/routing.ts'
import { paceOf } from '../policy/sites.ts'
import type { Profile } from '../providers/provider.ts'

/** Null where no limit is set and only the provider's speed counts. */
export interface Estimate {
  readonly ms: number | null
  /** What sets the pace: a route's or a site's name. */
  readonly slowest: string | null
}

/** The longest of what the routes together need for all, and what each busy site's own pace needs. */
export function estimate(
  delivery: DeliverySettings,
  tally: Pick<Tally, 'counts' | 'sites'>,
  profileOf: (provider: string) => Pick<Profile, 'batchMax' | 'rateCounts' | 'receiversSeePace'>,
): Estimate {
  const total = tally.counts.waiting
  let slowest: { ms: number; name: string } | null = null
  const consider = (name: string, count: number, perMs: number): void => {
    if (perMs === Number.POSITIVE_INFINITY || count === 0) return
    const ms = Math.ceil(count / perMs - 1e-6)
    if (slowest === null || ms > slowest.ms) slowest = { ms, name }
  }
  const routes = firstInLine(delivery.routes)
  consider(
    routes.map(route => route.name).join(' + '),
    total,
    routes.reduce((sum, route) => sum + slowestRate(route.rates) * perToken(route, profileOf(route.provider)), 0),
  )
  const paces = pacesInForce(delivery.sites, seenRoutes(delivery, profileOf), delivery.sitesBy)
  for (const { site, waiting } of tally.sites) consider(site, waiting, slowestRate(paceOf(paces, site).rates))
  const found = slowest as { ms: number; name: string } | null
  return found === null ? { ms: null, slowest: null } : { ms: found.ms, slowest: found.name }
}

/** The routes that carry what the others do not have to stand in for. */
export function firstInLine(routes: readonly RouteSettings[]): readonly RouteSettings[] {
  const first = Math.min(...routes.map(route => route.order))
  return routes.filter(route => route.order === first)
}

/** The routes over which receivers see our pace. */
export function seenRoutes(
  { routes }: DeliverySettings,
  profileOf: (provider: string) => Pick<Profile, 'receiversSeePace'>,
): RouteSettings[] {
  return routes.filter(route => profileOf(route.provider).receiversSeePace === true)
}

/** Tokens a millisecond. */
export function slowestRate(rates: readonly { readonly count: number; readonly perMs: number }[]): number {
  return rates.reduce((least, rate) => Math.min(least, rate.count / rate.perMs), Number.POSITIVE_INFINITY)
}

/** How many messages go for one token of a route's rate, at most. */
function perToken(route: RouteSettings, profile: Pick<Profile, 'batchMax' | 'rateCounts'>): number {
  return profile.rateCounts === 'calls' ? parcelMax(route, profile) : 1
}
