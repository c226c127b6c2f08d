/** What a delivery is given, and how much of it is held in memory. */

import type { Journal, Lease } from '../journal/journal.ts'
import type { Chance, Clock } from '../model/clock.ts'
import type { Notice, WaitCause } from '../model/notice.ts'
import type { Run } from '../model/run.ts'
import type { Fill } from './attempt.ts'
import type { Route } from './route.ts'

export interface Delivery {
  readonly run: Run
  readonly lease: Lease
  readonly journal: Journal
  readonly routes: readonly Route[]
  readonly fill: Fill
  readonly clock: Clock
  readonly chance: Chance
  /** How long it may sit idle, with nothing in flight, before it stops and leaves the rest to a later `resume`. */
  readonly patienceMs: number
  /** Aborted: take no new message, finish what is in flight. */
  readonly stopping: AbortSignal
  /** Aborted: end open calls at once. */
  readonly abort: AbortSignal
  readonly notify: (notice: Notice) => void
}

/** Messages held in memory, at least and at most. Between the two it follows what the routes can have in flight. */
const windowMin = 1000
const windowMax = 3000
/** How many claimed messages a delivery by these routes holds. */
export function windowSize(routes: readonly Route[]): number {
  const inFlight = routes.reduce((sum, route) => sum + route.settings.concurrency * route.parcelMax, 0)
  return Math.min(windowMax, Math.max(windowMin, 2 * inFlight))
}

/** Why a delivery stops and leaves the rest to `resume`, by what it would have to wait for. */
export const waitDetails: Readonly<Record<Exclude<WaitCause, 'rate' | 'adapted'>, string>> = {
  'retry due': 'nothing more is due for now',
  'route resting': 'the route is given a rest',
  'site resting': 'the receiving site is given a rest',
}
