/**
 * Whose turn it is: lanes that may give a message now. Those with the fewest open calls come first, so that a site that takes
 * its time has no more calls than the others have, and does not little by little fill them all. Lanes on a par come in
 * turn. A route sees only the lanes that it may carry something of, so one that serves few sites does not look at all.
 */

/** What is looked at of a lane. */
export interface Turning {
  readonly openCalls: number
  /** The names of the routes that may carry something of it. */
  readonly routes: readonly string[]
}

export class ReadyLanes<Lane extends Turning> {
  /** For each route its lanes, by how many calls are open; those with as many in the order of their turn. */
  readonly #byRoute = new Map<string, Map<number, Set<Lane>>>()
  /** Under which number of open calls each lane stands. */
  readonly #levels = new Map<Lane, number>()

  /** Lanes without an open call. */
  unused = 0

  /** It takes its place: last among those with as many open calls, unless it stands there already. */
  join(lane: Lane): void {
    if (this.#levels.get(lane) !== lane.openCalls) this.goLast(lane)
  }

  /** It is last among those with as many open calls. */
  goLast(lane: Lane): void {
    this.delete(lane)
    if (lane.openCalls === 0) this.unused += 1
    this.#levels.set(lane, lane.openCalls)
    for (const route of lane.routes) this.#levelOf(route, lane.openCalls).add(lane)
  }

  /** Whether it was there. */
  delete(lane: Lane): boolean {
    const level = this.#levels.get(lane)
    if (level === undefined) return false
    if (level === 0) this.unused -= 1
    for (const route of lane.routes) this.#levelOf(route, level).delete(lane)
    return this.#levels.delete(lane)
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
