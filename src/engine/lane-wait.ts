/** The one reason why a lane waits. */

import type { Wait } from '../model/wait.ts'
import type { Lane } from './lane.ts'
import type { RoutesRest } from './lanes-doors.ts'
import { comes } from './time-queue.ts'

/** Whichever holds it longer: its site, or the route that will be of use to it first. */
export function laneWait(lane: Lane, rest: RoutesRest, nowMs: number): Wait {
  const siteMs = lane.readyAtMs(nowMs, false)
  const latestMs = Math.max(siteMs, rest.untilMs)
  const untilMs = comes(latestMs) ? latestMs : null
  if (rest.untilMs > siteMs) return { what: 'route', name: rest.route, cause: rest.cause, untilMs }
  return { what: 'site', name: lane.site, cause: lane.waitCause(nowMs), untilMs }
}
