/**
 * Whose turn it is: lanes that may give a message now. Those with the fewest open calls come first, so that a site that takes
 * its time has no more calls than the others have, and does not little by little fill them all. Lanes on a par come in
 * turn. A route sees only the lanes that are offered to it.
 */

/** A lane's place: among those with as many open calls, at each route that it is offered to. */
interface Place {
  readonly openCalls: number
  readonly routes: readonly string[]
}

export class ReadyLanes<Lane extends { readonly openCalls: number }> {
  /** For each route its lanes, by how many calls are open; those with as many in the order of their turn. */
  readonly #byRoute = new Map<string, Map<number, Set<Lane>>>()
  readonly #places = new Map<Lane, Place>()
  /** Lanes without an open call. */
  unused = 0

  has(lane: Lane): boolean {
    return this.#places.has(lane)
  }

  all(): readonly Lane[] {
    return [...this.#places.keys()]
  }

  /** It is offered to these routes: last among those with as many open calls, unless it has that place already. */
  join(lane: Lane, routes: readonly string[]): void {
    const place = this.#places.get(lane)
    if (place?.openCalls !== lane.openCalls || place.routes !== routes) this.goLast(lane, routes)
  }

  /** It is last among those with as many open calls. */
  goLast(lane: Lane, routes: readonly string[]): void {
    this.delete(lane)
    if (lane.openCalls === 0) this.unused += 1
    this.#places.set(lane, { openCalls: lane.openCalls, routes })
    for (const route of routes) this.#levelOf(route, lane.openCalls).add(lane)
  }

  /** Whether it was there. */
  delete(lane: Lane): boolean {
    const place = this.#places.get(lane)
    if (place === undefined) return false
    if (place.openCalls === 0) this.unused -= 1
    for (const route of place.routes) this.#levelOf(route, place.openCalls).delete(lane)
    return this.#places.delete(lane)
  }

  /** The lanes of a route in their order. One that goes last while they are walked through comes round again. */
  *of(route: string): Iterable<Lane> {
    const levels = this.#byRoute.get(route) ?? new Map<number, Set<Lane>>()
    for (let level = above(-1, levels); level !== undefined; level = above(level, levels)) {
      yield* levels.get(level) ?? []
    }
  }

  #levelOf(route: string, openCalls: number): Set<Lane> {
    const levels = this.#byRoute.get(route) ?? new Map<number, Set<Lane>>()
    this.#byRoute.set(route, levels)
    const level = levels.get(openCalls) ?? new Set<Lane>()
    levels.set(openCalls, level)
    return level
  }
}

/** The next number of open calls with which there are lanes; there are never more of them than a route has calls. */
function above<Lane>(openCalls: number, levels: ReadonlyMap<number, ReadonlySet<Lane>>): number | undefined {
  let next: number | undefined
  for (const [level, lanes] of levels) {
    if (level > openCalls && lanes.size > 0 && (next === undefined || level < next)) next = level
  }
  return next
}
