/**
 * Which routes are offered a lane's messages. A route that stands in for others sees nothing of what those may carry while they
 * are up, so it need not look at thousands of lanes at every turn to find nothing; and a lane whose routes are all at rest
 * is offered to nobody. The routes are looked at once a round; what has changed then is told, for lanes to be offered anew.
 */

import { mayServe, serves } from '../policy/routing.ts'
import type { Route } from './route.ts'

/** The routes that serve a lane; the same object for all lanes that have the same ones. */
export interface LaneRoutes {
  /** In the order of the campaign. */
  readonly names: readonly string[]
  /** Whether they all serve each of the lane's messages; else some serve only some of its domains, as far as can be told. */
  readonly serveAll: boolean
}

/** What is looked at of a lane. */
export interface OfferedLane {
  readonly routes: LaneRoutes
  /** Messages that some route has refused, which may go by any other. */
  readonly refused: number
}

/** What is looked at of a route. */
export type OfferedRoute = Pick<Route, 'name' | 'settings' | 'isUp' | 'rest'>

interface RouteState {
  readonly isUp: boolean
  readonly rests: boolean
}

export class Offers {
  readonly #routes: readonly OfferedRoute[]
  readonly #known = new Map<string, LaneRoutes>()
  #states: readonly RouteState[] = []
  /** Computed since the last change. */
  readonly #offered = new Map<LaneRoutes, readonly string[]>()

  constructor(routes: readonly OfferedRoute[]) {
    this.#routes = routes
  }

  /** The routes of a site of which one domain is known. */
  routesFor(site: string, domain: string): LaneRoutes {
    const serving = this.#routes.filter(route => mayServe(route.settings, site, domain))
    const serveAll = site === domain || serving.every(({ settings }) => serves(settings, site, site))
    const key = `${serveAll} ${serving.map(route => route.name).join('\n')}`
    const routes = this.#known.get(key) ?? { names: serving.map(route => route.name), serveAll }
    this.#known.set(key, routes)
    return routes
  }

  /** Looks at the routes; whether any has come into use or out of it since the last look. */
  look(nowMs: number): boolean {
    const states = this.#routes.map(route => ({ isUp: route.isUp(nowMs), rests: route.rest(nowMs).untilMs > nowMs }))
    const before = this.#states
    this.#states = states
    if (states.every(({ isUp, rests }, index) => before[index]?.isUp === isUp && before[index]?.rests === rests))
      return false
    this.#offered.clear()
    return true
  }

  /** Whether any of a lane's routes is of use now. */
  isServed({ routes }: OfferedLane): boolean {
    return this.#routes.some(({ name }, index) => this.#states[index]?.rests === false && routes.names.includes(name))
  }

  /** The names of the routes that a lane is offered to now; the same array until something changes. */
  of({ routes, refused }: OfferedLane): readonly string[] {
    if (refused > 0 || !routes.serveAll) return routes.names
    const known = this.#offered.get(routes) ?? this.#firstInLine(routes)
    this.#offered.set(routes, known)
    return known
  }

  #firstInLine({ names }: LaneRoutes): readonly string[] {
    const serving = this.#routes.filter(route => names.includes(route.name))
    const up = serving.filter(route => this.#states[this.#routes.indexOf(route)]?.isUp === true)
    const firstUp = Math.min(...up.map(route => route.settings.order))
    return serving.filter(route => route.settings.order <= firstUp).map(route => route.name)
  }
}
