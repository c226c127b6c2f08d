/** What each route of a send is expected to carry. */

import type { Journal, Tally } from '../journal/journal.ts'
import type { RouteSettings } from '../model/campaign.ts'
import type { WarmUp } from '../model/schedule.ts'
import { dayIn } from '../policy/day.ts'
import { accountOf, serves } from '../policy/routing.ts'
import { daysToSend, quotaOn } from '../policy/warm-up.ts'
import type { Profile } from '../providers/provider.ts'
import { firstInLine } from './estimate.ts'

export interface PlannedRoute {
  readonly name: string
  readonly title: string
  readonly guarantee: string
  readonly delivers: boolean
  /**
   * How many of the messages it is expected to carry, by weight and sites; an estimate where routes share, and where a
   * route serves only some of a site's domains.
   */
  readonly share: number
  /** Whether it only stands in for routes before it. */
  readonly standsIn: boolean
  /** Null: it may be given as many a day as its rates allow. */
  readonly warmUp: PlannedWarmUp | null
}

export interface PlannedWarmUp {
  readonly settings: WarmUp
  /** Days before today on which it has sent. */
  readonly earlierDays: number
  /** How many it may be given today. */
  readonly today: number
  /** Of these, what other runs have used. */
  readonly usedToday: number
  /** On how many days its share goes out, today's among them; infinity if that is more than ten years. */
  readonly days: number
}

/** By when days are counted: now, in the zone in which they are. */
export interface Today {
  readonly zone: string
  readonly nowMs: number
}

export function plannedRoutes(
  routes: readonly RouteSettings[],
  tally: Pick<Tally, 'counts' | 'sites'>,
  profileOf: (provider: string) => Pick<Profile, 'title' | 'guarantee' | 'delivers'>,
  journal: Pick<Journal, 'sentOn'>,
  today: Today,
): PlannedRoute[] {
  const quotas = new Map(routes.map(route => [route.name, quotaOf(route, journal, today)]))
  const shares = overflowing(routes, sharesOf(routes, tally), quotas)
  const first = Math.min(...routes.map(route => route.order))
  return routes.map(route => {
    const { title, guarantee, delivers } = profileOf(route.provider)
    const share = Math.round(shares.get(route.name) ?? 0)
    const standsIn = route.order > first && share === 0
    const warmUp = warmUpOf(quotas.get(route.name) ?? null, share)
    return { name: route.name, title, guarantee, delivers, share, standsIn, warmUp }
  })
}

type Quota = Omit<PlannedWarmUp, 'days'>

function quotaOf(route: RouteSettings, journal: Pick<Journal, 'sentOn'>, { zone, nowMs }: Today): Quota | null {
  if (route.warmup === null) return null
  const { messages: usedToday, earlierDays } = journal.sentOn(accountOf(route), dayIn(zone, nowMs))
  return { settings: route.warmup, earlierDays, today: quotaOn(route.warmup, earlierDays), usedToday }
}

function warmUpOf(quota: Quota | null, share: number): PlannedWarmUp | null {
  return quota === null
    ? null
    : { ...quota, days: daysToSend(quota.settings, quota.usedToday + share, quota.earlierDays) }
}

/** What a route's quota of today leaves over goes by routes without one, if there are any that take every site. */
function overflowing(
  routes: readonly RouteSettings[],
  shares: ReadonlyMap<string, number>,
  quotas: ReadonlyMap<string, Quota | null>,
): ReadonlyMap<string, number> {
  const free = routes.filter(route => route.warmup === null && route.sites === null)
  if (free.length === 0) return shares
  const kept = new Map(
    routes.map(({ name }) => {
      const share = shares.get(name) ?? 0
      const quota = quotas.get(name) ?? null
      return [name, quota === null ? share : Math.min(share, Math.max(0, quota.today - quota.usedToday))]
    }),
  )
  const over = sum(shares.values()) - sum(kept.values())
  split(free, over, ({ name }, count) => kept.set(name, (kept.get(name) ?? 0) + count))
  return kept
}

function sum(counts: Iterable<number>): number {
  let all = 0
  for (const count of counts) all += count
  return all
}

function sharesOf(
  routes: readonly RouteSettings[],
  { counts, sites }: Pick<Tally, 'counts' | 'sites'>,
): ReadonlyMap<string, number> {
  const shares = new Map<string, number>()
  const add = (route: RouteSettings, count: number): void => {
    shares.set(route.name, (shares.get(route.name) ?? 0) + count)
  }
  let rest = counts.waiting
  for (const { site, waiting } of sites) {
    split(routesFor(routes, site), waiting, add)
    rest -= waiting
  }
  // The sites beyond the busiest are not known one by one; they go by weight over the routes that take every site.
  const forAll = routes.filter(route => route.sites === null)
  split(forAll.length > 0 ? forAll : routes, rest, add)
  return shares
}

/** Over the first in line of some routes, by weight. */
function split(
  routes: readonly RouteSettings[],
  count: number,
  add: (route: RouteSettings, count: number) => void,
): void {
  const first = firstInLine(routes)
  const weights = first.reduce((sum, route) => sum + route.weight, 0)
  for (const route of first) add(route, (count * route.weight) / weights)
}

/**
 * The routes that take a site's messages whatever their domain. Where none does, its domains are served one by one, and
 * which of them the list has is not known here: any route that serves domains may be the one.
 */
function routesFor(routes: readonly RouteSettings[], site: string): readonly RouteSettings[] {
  const whole = routes.filter(route => serves(route, site, site))
  if (whole.length > 0) return whole
  return routes.filter(route => route.sites?.some(pattern => pattern.includes('.')))
}
