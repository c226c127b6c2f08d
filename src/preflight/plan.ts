/** What a send is going to do, computed from the prepared run before anything leaves. */

import type { Journal, Tally } from '../journal/journal.ts'
import type { DeliverySettings, RouteSettings, SitePace } from '../model/campaign.ts'
import type { FilledMessage, SharedContent } from '../model/edition.ts'
import { joinText } from '../model/edition.ts'
import type { Run } from '../model/run.ts'
import { builtInPace, builtInSites, pacesInForce } from '../policy/built-in-paces.ts'
import { parcelMax, serves } from '../policy/routing.ts'
import { paceOf } from '../policy/sites.ts'
import type { Profile } from '../providers/provider.ts'

export interface Plan {
  readonly run: Run
  readonly tally: Tally
  readonly from: string
  /** The first messages as their recipients will see them. */
  readonly samples: readonly Sample[]
  readonly routes: readonly PlannedRoute[]
  /** The busiest sites that are paced without the campaign's having said so, and that have more than a second's worth. */
  readonly builtIn: readonly BuiltIn[]
  readonly estimate: Estimate
}

export interface Sample {
  readonly line: number
  readonly to: string
  readonly subject: string
  /** The beginning of the text part, or of the HTML part where there is no text. */
  readonly opening: string
}

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
}

export interface BuiltIn {
  readonly site: string
  readonly pace: SitePace
}

/** How long it will take at the limits in force; null where no limit is set and only the provider's speed counts. */
export interface Estimate {
  readonly ms: number | null
  /** What sets the pace: a route's or a site's name. */
  readonly slowest: string | null
}

export interface PlanFacts {
  readonly run: Run
  readonly journal: Journal
  readonly content: SharedContent
  readonly profileOf: (provider: string) => Profile
  readonly samples: readonly { readonly line: number; readonly message: FilledMessage }[]
}

export function plan({ run, journal, content, profileOf, samples }: PlanFacts): Plan {
  const tally = journal.tally(run.id)
  const { from } = content
  return {
    run,
    tally,
    from: from.name === undefined ? from.address : `${from.name} <${from.address}>`,
    samples: samples.map(({ line, message }) => ({
      line,
      to: message.to,
      subject: message.subject,
      opening: opening(content, message),
    })),
    routes: plannedRoutes(run.delivery.routes, tally, profileOf),
    builtIn: builtIn(run.delivery, tally, profileOf),
    estimate: estimate(run.delivery, tally, profileOf),
  }
}

function opening(content: SharedContent, message: FilledMessage): string {
  if (content.text !== null) return joinText(content.text, message.text)
  return content.html === null ? '' : joinText(content.html, message.html)
}

export function plannedRoutes(
  routes: readonly RouteSettings[],
  tally: Pick<Tally, 'counts' | 'sites'>,
  profileOf: (provider: string) => Pick<Profile, 'title' | 'guarantee' | 'delivers'>,
): PlannedRoute[] {
  const shares = new Map(routes.map(route => [route.name, 0]))
  const add = (route: RouteSettings, count: number): void => {
    shares.set(route.name, (shares.get(route.name) ?? 0) + count)
  }
  let rest = tally.counts.waiting
  for (const { site, waiting } of tally.sites) {
    split(routesFor(routes, site), waiting, add)
    rest -= waiting
  }
  // The sites beyond the busiest are not known one by one; they go by weight over the routes that take every site.
  split(routes.some(route => route.sites === null) ? routes.filter(route => route.sites === null) : routes, rest, add)
  return routes.map(route => {
    const { title, guarantee, delivers } = profileOf(route.provider)
    return { name: route.name, title, guarantee, delivers, share: Math.round(shares.get(route.name) ?? 0) }
  })
}

function split(
  routes: readonly RouteSettings[],
  count: number,
  add: (route: RouteSettings, count: number) => void,
): void {
  const weights = routes.reduce((sum, route) => sum + route.weight, 0)
  for (const route of routes) add(route, (count * route.weight) / weights)
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

/** Which built-in paces will be felt. */
export function builtIn(
  delivery: DeliverySettings,
  tally: Pick<Tally, 'sites'>,
  profileOf: (provider: string) => Pick<Profile, 'receiversSeePace'>,
): readonly BuiltIn[] {
  const paced = new Set(builtInSites(delivery.sites, seenRoutes(delivery, profileOf), delivery.sitesBy))
  return tally.sites
    .filter(({ site }) => paced.has(site))
    .map(({ site, waiting }) => ({ site, waiting, pace: builtInPace(site) }))
    .filter(({ waiting, pace }) => waiting > 1000 * slowestRate(pace.rates))
    .map(({ site, pace }) => ({ site, pace }))
}

/** The routes over which receivers see our pace. */
function seenRoutes(
  { routes }: DeliverySettings,
  profileOf: (provider: string) => Pick<Profile, 'receiversSeePace'>,
): RouteSettings[] {
  return routes.filter(route => profileOf(route.provider).receiversSeePace === true)
}

/** The longest of what the routes together need for all, and what each busy site's own pace needs. */
export function estimate(
  delivery: DeliverySettings,
  tally: Tally,
  profileOf: (provider: string) => Pick<Profile, 'batchMax' | 'rateCounts' | 'receiversSeePace'>,
): Estimate {
  const total = tally.counts.waiting
  let slowest: { ms: number; name: string } | null = null
  const consider = (name: string, count: number, perMs: number): void => {
    if (perMs === Number.POSITIVE_INFINITY || count === 0) return
    const ms = Math.ceil(count / perMs - 1e-6)
    if (slowest === null || ms > slowest.ms) slowest = { ms, name }
  }
  consider(
    delivery.routes.map(route => route.name).join(' + '),
    total,
    delivery.routes.reduce(
      (sum, route) => sum + slowestRate(route.rates) * perToken(route, profileOf(route.provider)),
      0,
    ),
  )
  const paces = pacesInForce(delivery.sites, seenRoutes(delivery, profileOf), delivery.sitesBy)
  for (const { site, waiting } of tally.sites) consider(site, waiting, slowestRate(paceOf(paces, site).rates))
  const found = slowest as { ms: number; name: string } | null
  return found === null ? { ms: null, slowest: null } : { ms: found.ms, slowest: found.name }
}

/** How many messages go for one token of a route's rate, at most. */
function perToken(route: RouteSettings, profile: Pick<Profile, 'batchMax' | 'rateCounts'>): number {
  return profile.rateCounts === 'calls' ? parcelMax(route, profile) : 1
}

function slowestRate(rates: readonly { readonly count: number; readonly perMs: number }[]): number {
  return rates.reduce((least, rate) => Math.min(least, rate.count / rate.perMs), Number.POSITIVE_INFINITY)
}

/** Whether any of the run's messages would really reach somebody. */
export function delivers(plan: Plan): boolean {
  return plan.routes.some(route => route.delivers)
}
