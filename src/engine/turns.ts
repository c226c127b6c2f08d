/** Which route gets the next parcel: by the order of the campaign's routes, their weights and their health. */

import type { Priority } from '../model/campaign.ts'
import type { QueuedMessage } from '../model/message.ts'
import { byTurn } from '../policy/routing.ts'
import type { Lanes } from './lanes.ts'
import type { Parcel } from './parcel.ts'
import type { Route } from './route.ts'

export interface Turn {
  readonly route: Route
  readonly parcel: Parcel
}

/** The next parcel and its route, or undefined if no route has room or no message may go. */
export function nextTurn(
  routes: readonly Route[],
  lanes: Lanes,
  priority: Priority,
  idle: Set<Route>,
  nowMs: number,
): Turn | undefined {
  for (const route of byTurn(
    routes.filter(each => !idle.has(each)),
    priority,
  )) {
    const parcel = parcelFor(route, routes, lanes, nowMs)
    if (parcel !== undefined) return { route, parcel }
    idle.add(route)
  }
  return undefined
}

function parcelFor(route: Route, routes: readonly Route[], lanes: Lanes, nowMs: number): Parcel | undefined {
  if (lanes.held === 0 || route.readyAtMs(lanes.held, nowMs) > nowMs) return undefined
  // A route of a later order stands in only for those before it that are out of use, not for those that are busy.
  const before = routes.filter(other => other.settings.order < route.settings.order && other.isUp(nowMs))
  const accepts = (message: QueuedMessage): boolean =>
    route.carries(message) && !before.some(other => other.carries(message))
  const parcel = lanes.take(route.name, route.parcelLimit(nowMs), accepts, nowMs)
  return parcel.claimed.length > 0 ? parcel : undefined
}
