/**
 * The memory of failures that makes a route or lane rest. *Closed* lets everything through; *open* nothing until its
 * time; *half-open* one call, whose result decides. Pure: `(breaker, fact, now) → breaker`.
 */

export type Breaker =
  /** Failures since the last success. */
  | { readonly kind: 'closed'; readonly failures: number }
  | { readonly kind: 'open'; readonly untilMs: number; readonly failures: number }
  | { readonly kind: 'half-open'; readonly failures: number }

export interface BreakerSettings {
  /** How many failures in a row open it: one may be chance. */
  readonly opensAfter: number
  /** The first rest; each further one is twice as long. */
  readonly firstRestMs: number
  readonly longestRestMs: number
}

/** A lost answer in a hundred must not rest a route all the time; three in a row are no chance. */
export const routeBreaker: BreakerSettings = { opensAfter: 3, firstRestMs: 1000, longestRestMs: 5 * 60_000 }
/** What a receiver says of us it says to all, and every further message would fail by it. */
export const laneBreaker: BreakerSettings = { opensAfter: 1, firstRestMs: 10_000, longestRestMs: 15 * 60_000 }

export const closed: Breaker = { kind: 'closed', failures: 0 }

/** What the breaker allows now: a call, a single call to try, or nothing until a time. */
export type Gate =
  | { readonly kind: 'go' }
  | { readonly kind: 'try' }
  | { readonly kind: 'wait'; readonly untilMs: number }

export function gate(breaker: Breaker, nowMs: number): Gate {
  if (breaker.kind === 'closed') return { kind: 'go' }
  if (breaker.kind === 'half-open') return { kind: 'wait', untilMs: Number.POSITIVE_INFINITY }
  return nowMs >= breaker.untilMs ? { kind: 'try' } : { kind: 'wait', untilMs: breaker.untilMs }
}

/** The one call of an open breaker whose time has come is on its way. */
export function trying(breaker: Breaker): Breaker {
  return breaker.kind === 'open' ? { kind: 'half-open', failures: breaker.failures } : breaker
}

/**
 * A call went well. It closes a breaker that was to be tried; one that is open stays so until its time, for the call may
 * have begun before the failure that opened it.
 */
export function succeeded(breaker: Breaker, nowMs: number): Breaker {
  return breaker.kind === 'open' && nowMs < breaker.untilMs ? breaker : closed
}

/** The call that was to decide said nothing of this lane or route: another may try at once. */
export function undecided(breaker: Breaker, nowMs: number): Breaker {
  return breaker.kind === 'half-open' ? { kind: 'open', untilMs: nowMs, failures: breaker.failures } : breaker
}

/**
 * A failure: once there are enough of them in a row, or a rest is asked for, rest for as long as was asked, else for twice
 * the last rest. Calls that were open together fail together; while the breaker is open they count as the one failure that
 * opened it, and only a longer wait asked for prolongs it.
 */
export function failed(
  breaker: Breaker,
  settings: BreakerSettings,
  failure: { readonly nowMs: number; readonly retryAfterMs?: number | undefined },
): Breaker {
  const { nowMs, retryAfterMs } = failure
  if (breaker.kind === 'open' && nowMs < breaker.untilMs) {
    return { ...breaker, untilMs: Math.max(breaker.untilMs, nowMs + (retryAfterMs ?? 0)) }
  }
  if (breaker.kind === 'closed' && retryAfterMs === undefined && breaker.failures + 1 < settings.opensAfter)
    return { kind: 'closed', failures: breaker.failures + 1 }
  const failures = breaker.kind === 'closed' ? 1 : breaker.failures + 1
  const restMs = Math.min(settings.longestRestMs, settings.firstRestMs * 2 ** Math.min(failures - 1, 30))
  return { kind: 'open', untilMs: nowMs + (retryAfterMs ?? restMs), failures }
}
