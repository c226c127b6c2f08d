/**
 * A provider counts what it is given in windows of its own, and its answers may say that the present one is used up: until
 * it opens again every call would be refused. Nothing has gone wrong, so neither pace nor health nor breaker knows of it.
 *
 * Only time ends such a wait. Calls that are open together come back in any order, and one that says that something was left
 * may be older than the one that says that nothing is; while the window is shut no call is begun that could know better. So an
 * answer may prolong the wait, up to the day that is believed of any answer, and never shortens it.
 */

import type { WaitCause } from '../model/wait.ts'

export interface SpentWindow {
  readonly untilMs: number
  readonly cause: Extract<WaitCause, 'rate' | 'quota'>
}

/**
 * A window that opens again within so long is how fast the account goes: its route is busy, as with a rate that was set, and
 * is waited for. A longer one is a quota: its route is out of use, and others stand in for it. With two calls a second
 * allowed, the route would else be left once a second.
 */
const rateMostMs = 60_000

/** The window after an answer that says that nothing is left for so long. */
export function spentWindow(before: SpentWindow | null, restMs: number, nowMs: number): SpentWindow {
  const untilMs = nowMs + restMs
  if (before !== null && before.untilMs >= untilMs) return before
  return { untilMs, cause: restMs > rateMostMs ? 'quota' : 'rate' }
}
