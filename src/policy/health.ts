/**
 * How well a route does of late: whether its calls go well, and whether they take longer than they usually do. Each is an
 * exponentially weighted mean, so that what is long past counts little. Pure: `(health, call) → health`.
 */

export interface Health {
  /** The mean of calls that went well (1) and that did not (0). */
  readonly success: number
  /** How long calls take of late and usually, in milliseconds; null before the first. */
  readonly callMs: { readonly lately: number; readonly usually: number } | null
}

export interface HealthFact {
  readonly wentWell: boolean
  readonly tookMs: number
}

export const healthy: Health = { success: 1, callMs: null }

/** What one call counts for. */
const successWeight = 0.2
const latelyWeight = 0.3
const usuallyWeight = 0.02

/** A route is never given up for its health: that is what the breaker is for. */
const leastScore = 0.01

export function observed({ success, callMs }: Health, { wentWell, tookMs }: HealthFact): Health {
  return {
    success: mean(success, wentWell ? 1 : 0, successWeight),
    callMs: {
      lately: mean(callMs?.lately ?? tookMs, tookMs, latelyWeight),
      usually: mean(callMs?.usually ?? tookMs, tookMs, usuallyWeight),
    },
  }
}

/**
 * From nearly 0, failing, to 1, as well as ever. Failures count double. A route is compared with itself only, for a call with
 * a thousand messages may well take longer than one with a single message.
 */
export function scoreOf({ success, callMs }: Health): number {
  const speed = callMs === null || callMs.lately <= 0 ? 1 : Math.min(1, callMs.usually / callMs.lately)
  return Math.max(leastScore, success ** 2 * speed)
}

function mean(before: number, fact: number, weight: number): number {
  return before + weight * (fact - before)
}
