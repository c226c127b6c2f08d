/** The lanes of a delivery, with what they have to do with its journal, its routes and its memory. */

import type { PacingChange, SitePace } from '../model/campaign.ts'
import type { QueuedMessage } from '../model/message.ts'
import type { Standing } from '../model/run.ts'
import { pacesInForce } from '../policy/built-in-paces.ts'
import { sharedPace } from '../policy/sharing.ts'
import { paceOf } from '../policy/sites.ts'
import { lanesMax, windowSize } from './delivery.ts'
import { forever, type Lane } from './lane.ts'
import { Lanes } from './lanes.ts'
import type { RoutesRest } from './lanes-doors.ts'
import type { LiveDelivery } from './live-delivery.ts'
import { Offers } from './offers.ts'
import { SiteShares, toldSitesMax } from './site-shares.ts'

export interface DeliveryLanes {
  readonly lanes: Lanes
  /** Has lanes be offered to the routes that are of use now. */
  readonly lookAtRoutes: (nowMs: number) => void
  /** Has the paces of sites be those of the run with these changes. */
  readonly repace: (pacing: PacingChange, nowMs: number) => void
  /** The sites with a pace that most has been sent to, of those that there are messages for. */
  readonly busySites: () => readonly string[]
  /** Takes of each site's pace what the senders of other runs leave of it, and gives what they are to be told. */
  readonly share: (others: readonly Standing[], busySites: readonly string[], nowMs: number) => Standing['sites']
}

export function lanesOf(delivery: LiveDelivery): DeliveryLanes {
  const { journal, run, routes, memory } = delivery
  let paces = sitePaces(delivery, run.pacing)
  const offers = new Offers(routes)
  const shares = new SiteShares(run.delivery.priority)
  const paceInForce = (site: string): SitePace => sharedPace(paceOf(paces, site), shares.of(site))
  const lanes = new Lanes({
    laneCapacity: Math.ceil(windowSize(routes) / 2),
    perCall: Math.max(...routes.map(route => route.parcelMax)),
    lanesMax: delivery.lanesMax ?? lanesMax,
    paceOf: paceInForce,
    offers,
    routesRest: (lane, nowMs) => routesRest(delivery, lane, nowMs),
    giveBack: messages => journal.giveBack(idsOf(messages)),
    putOff: (sites, nowMs) => void journal.putOffSites(run.id, sites, nowMs),
    recall: (site, nowMs) => memory.recallSite(site, paceInForce(site).rates, nowMs),
    keep: (lane, now) => memory.keep('site', lane.site, lane.use, now),
  })
  return {
    lanes,
    lookAtRoutes(nowMs) {
      if (offers.look(nowMs)) lanes.offerAnew(nowMs)
    },
    repace(pacing, nowMs) {
      paces = sitePaces(delivery, pacing)
      lanes.repace(() => true, nowMs)
    },
    busySites() {
      const paced = [...lanes.holding()].filter(({ site }) => isPaced(paceOf(paces, site)))
      return paced
        .sort((a, b) => b.taken - a.taken)
        .slice(0, toldSitesMax)
        .map(({ site }) => site)
    },
    share(others, busySites, nowMs) {
      const { sites, changed } = shares.hear(others, busySites)
      if (changed.size > 0) lanes.repace(site => changed.has(site), nowMs)
      return sites
    },
  }
}

function isPaced({ rates, concurrency }: SitePace): boolean {
  return rates.length > 0 || concurrency !== null
}

export function idsOf(messages: readonly QueuedMessage[]): readonly number[] {
  return messages.map(message => message.id)
}

function sitePaces({ run, routes }: LiveDelivery, pacing: PacingChange): ReturnType<typeof pacesInForce> {
  const seen = routes.filter(route => route.provider.profile.receiversSeePace === true)
  return pacesInForce(
    pacing.sites ?? run.delivery.sites,
    seen.map(route => route.settings),
    run.delivery.sitesBy,
  )
}

/** Until when every route that serves a lane's site is out of use, and why the first one is that will be of use again. */
function routesRest({ routes }: LiveDelivery, lane: Pick<Lane, 'site' | 'domain'>, nowMs: number): RoutesRest {
  let first: RoutesRest | undefined
  for (const route of routes) {
    if (!route.serves(lane.site, lane.domain)) continue
    const rest = { ...route.rest(nowMs), route: route.name }
    if (rest.untilMs <= nowMs) return rest
    if (first === undefined || rest.untilMs < first.untilMs) first = rest
  }
  return first ?? { untilMs: forever, route: 'no route', cause: 'stopped' }
}
