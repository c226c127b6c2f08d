/** How a delivery stands, as its heartbeat says it to others. */

import type { Standing } from '../model/run.ts'
import type { DeliveryLanes } from './delivery-lanes.ts'
import type { Intake } from './intake.ts'
import type { Route } from './route.ts'
import type { RunGate } from './run-gate.ts'

/** What there is to say of the messages that wait. */
export interface Stand {
  /** Whether there are messages that could go by a route now. */
  readonly wants: (route: Route) => boolean
  /** Takes of the sites' paces what other senders leave, and says what is taken. */
  readonly shareSites: (others: readonly Standing[]) => Standing['sites']
  readonly lanes: Standing['lanes']
}

const shownLanes = 40

export function standOf(lanes: DeliveryLanes, intake: Intake, gate: RunGate, nowMs: number): Stand {
  const mayGo = gate.kind === 'go'
  const holding = [...lanes.lanes.holding()]
  return {
    // What has not been looked at yet may be for any route.
    wants: route =>
      mayGo && route.isUp(nowMs) && (intake.wantsMore || holding.some(lane => route.serves(lane.site, lane.domain))),
    lanes: holding
      .toSorted((a, b) => b.taken - a.taken)
      .slice(0, shownLanes)
      .map(lane => lane.standing),
    shareSites: others => lanes.share(others, mayGo ? lanes.busySites() : [], nowMs),
  }
}
