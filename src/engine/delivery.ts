/** What a delivery is given, and how much of it is held in memory. */

import type { Journal, Lease } from '../journal/journal.ts'
import type { Chance, Clock } from '../model/clock.ts'
import type { Notice } from '../model/notice.ts'
import type { Run } from '../model/run.ts'
import type { Wait } from '../model/wait.ts'
import type { Fill } from './attempt.ts'
import type { Route } from './route.ts'
import type { OpenRoute } from './settle.ts'

export interface Delivery {
  readonly run: Run
  readonly lease: Lease
  readonly journal: Journal
  readonly routes: readonly OpenRoute[]
  /** In which zone a day is counted where the run has no schedule: an IANA name. */
  readonly zone: () => string
  readonly fill: Fill
  readonly clock: Clock
  readonly chance: Chance
  /** How long it may sit idle, with nothing in flight, before it stops and leaves the rest to a later `resume`. */
  readonly patienceMs: number
  /** Lanes of sites that wait, at most. Default: 20,000. */
  readonly lanesMax?: number
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

/** Lanes of sites that wait, at most: about a kilobyte each. */
export const lanesMax = 20_000

/**
 * Why a delivery stops and leaves the rest to `resume`, by what it would have to wait for; undefined for what is waited for
 * however long it takes. Whoever set a rate wants it to be kept, however slow it is, and a pace that was lowered moves on by
 * itself; anything else may be better waited for elsewhere.
 */
export function reasonNotToWait({ what, cause }: Pick<Wait, 'what' | 'cause'>): string | undefined {
  switch (cause) {
    case 'rate':
    case 'adapted down':
    case 'concurrency':
    case 'priority':
    case 'stopped':
      return undefined
    case 'breaker':
      return what === 'site' ? 'the receiving site is given a rest' : 'the route is given a rest'
    case 'quota':
      return 'what may be sent for now has been sent'
    case 'quiet hours':
      return 'these are quiet hours'
    case 'window':
      return 'no sending window is open'
    case 'start':
      return 'its time has not come yet'
    case 'canary':
      return 'the first few have been mailed, and it is waited for what becomes of them'
    case 'paused':
      return 'it is paused'
    case 'retry due':
      return 'nothing more is due for now'
  }
}
