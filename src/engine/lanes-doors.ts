/** What lanes need of a delivery: the paces of sites, the state of its routes, its journal and its memory. */

import type { SitePace } from '../model/campaign.ts'
import type { QueuedMessage } from '../model/message.ts'
import type { WaitCause } from '../model/wait.ts'
import type { Lane } from './lane.ts'
import type { Offers } from './offers.ts'
import type { Use } from './pace-memory.ts'

export interface LanesDoors {
  /** Messages that one lane may hold, at most. */
  readonly laneCapacity: number
  /** Messages in one call, at most. */
  readonly perCall: number
  /** Lanes that may be live, at most, beyond those that have messages in hand or in calls. */
  readonly lanesMax: number
  readonly paceOf: (site: string) => SitePace
  readonly offers: Pick<Offers, 'routesFor' | 'isServed' | 'of'>
  /** Until when all routes rest that serve a site, and which of them will be of use first; `nowMs` if one is now. */
  readonly routesRest: (lane: Pick<Lane, 'site' | 'domain'>, nowMs: number) => RoutesRest
  /** Returns claimed messages to the journal unsent. */
  readonly giveBack: (messages: readonly QueuedMessage[]) => void
  /** Puts off all that is due for these sites and not in hand. */
  readonly putOff: (sites: readonly { readonly site: string; readonly dueAtMs: number }[], nowMs: number) => void
  readonly recall: (site: string, nowMs: number) => Use | undefined
  /** Exact: nothing more is used of it until it is recalled. */
  readonly keep: (lane: Lane, now: { readonly nowMs: number; readonly isExact: boolean }) => void
}

export interface RoutesRest {
  readonly untilMs: number
  readonly route: string
  readonly cause: WaitCause
}
