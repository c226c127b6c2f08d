/** When a deferred message is tried again. */

import type { RetrySettings } from '../model/campaign.ts'

/** A delay is spread over this share of itself, to both sides, so that what failed together does not return together. */
const jitter = 0.2

export interface RetryFacts {
  /** Attempts burned so far, the one just made included. */
  readonly attempts: number
  readonly queuedAtMs: number
  readonly nowMs: number
  /** Chance, from 0 up to 1. */
  readonly fraction: number
  /** What the receiver asked for, if it did: never less than that. */
  readonly retryAfterMs?: number | undefined
}

/** The time of the next attempt, or undefined if the message would be older than its maximum age by then. */
export function nextAttemptAtMs(settings: RetrySettings, facts: RetryFacts): number | undefined {
  const { delaysMs, maxAgeMs } = settings
  const delayMs = delaysMs[Math.min(facts.attempts, delaysMs.length) - 1] ?? 0
  const spreadMs = Math.round(delayMs * (1 + jitter * (2 * facts.fraction - 1)))
  const dueAtMs = facts.nowMs + Math.max(spreadMs, facts.retryAfterMs ?? 0)
  const firstTriedMs = facts.attempts === 1 ? facts.nowMs : facts.queuedAtMs
  return dueAtMs > firstTriedMs + maxAgeMs ? undefined : dueAtMs
}
