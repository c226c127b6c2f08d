/** When a lane may go, by its site and by the routes that serve it, and why not before. */

import type { Wait } from '../model/wait.ts'
import type { Lane } from './lane.ts'
import type { LanesDoors } from './lanes-doors.ts'
import { comes, type TimeQueue } from './time-queue.ts'

/** A lane that waits longer than this gives its messages back to the journal, so that they do not fill the window. */
const longWaitMs = 1000

/** `nowMs` if at once, infinity if only the end of an open call can tell. */
export function readyAtMs(
  lane: Lane,
  { routesRest }: Pick<LanesDoors, 'routesRest'>,
  nowMs: number,
  joinsOpenParcel: boolean,
): number {
  return Math.max(lane.readyAtMs(nowMs, joinsOpenParcel), routesRest(lane, nowMs).untilMs)
}

/** Why it waits: for its site, or for the route that will be of use to it first. */
export function waitOf(lane: Lane, { routesRest }: Pick<LanesDoors, 'routesRest'>, nowMs: number): Wait {
  const siteMs = lane.readyAtMs(nowMs, false)
  const rest = routesRest(lane, nowMs)
  const latestMs = Math.max(siteMs, rest.untilMs)
  const untilMs = comes(latestMs) ? latestMs : null
  if (rest.untilMs > siteMs) return { what: 'route', name: rest.route, cause: rest.cause, untilMs }
  return { what: 'site', name: lane.site, cause: lane.waitCause(nowMs), untilMs }
}

/** Whether it waits for a time that is far; the end of an open call may come at any moment. */
export function isLong(untilMs: number | undefined, nowMs: number): boolean {
  return untilMs !== undefined && untilMs !== Number.POSITIVE_INFINITY && untilMs - nowMs > longWaitMs
}

/** What part of all lanes is left to the journal at a time when there are too many. */
const evictedShare = 0.1

/** Of lanes that wait and have no open call those that wait longest: so many as make room where there are `lanesMax`. */
export function longestIdle(
  queues: readonly TimeQueue<Lane>[],
  lanesMax: number,
): readonly (readonly [Lane, number])[] {
  const idle = queues.flatMap(queue => [...queue.items()]).filter(([lane]) => lane.openCalls === 0)
  return idle.sort(([, a], [, b]) => b - a).slice(0, Math.ceil(lanesMax * evictedShare))
}
