/** When a deferred message is tried again, and when it is not worth it any more. */

import type { RetryPlan, RetrySettings } from '../model/campaign.ts'
import type { FailureClass } from '../model/outcome.ts'

/** A delay is spread over this share of itself, to both sides, so that what failed together does not return together. */
const jitter = 0.2

export interface RetryFacts {
  /** Why it was deferred. */
  readonly class: FailureClass
  /** Attempts burned so far, the one just made included. */
  readonly attempts: number
  /** From when its age counts; null if this attempt is the first that counts. */
  readonly agesFromMs: number | null
  readonly nowMs: number
  /** Chance, from 0 up to 1. */
  readonly fraction: number
  /** What the receiver asked for, if it did: never less than that. */
  readonly retryAfterMs?: number | undefined
}

/** The time of the next attempt, or undefined if the message would be older than its maximum age by then. */
export function nextAttemptAtMs(settings: RetrySettings, facts: RetryFacts): number | undefined {
  const { delaysMs } = planFor(settings, facts.class)
  const delayMs = delaysMs[Math.min(facts.attempts, delaysMs.length) - 1] ?? 0
  const spreadMs = Math.round(delayMs * (1 + jitter * (2 * facts.fraction - 1)))
  const dueAtMs = facts.nowMs + Math.max(spreadMs, facts.retryAfterMs ?? 0)
  return isTooOld(settings, { ...facts, agesFromMs: facts.agesFromMs ?? facts.nowMs }, dueAtMs) ? undefined : dueAtMs
}

/**
 * Whether a message that failed by this class would be past its maximum age at a time. One that no receiver has put off yet
 * has no age.
 */
export function isTooOld(
  settings: RetrySettings,
  message: { readonly class: FailureClass; readonly agesFromMs: number | null },
  atMs: number,
): boolean {
  return message.agesFromMs !== null && atMs > message.agesFromMs + planFor(settings, message.class).maxAgeMs
}

/** Whether a message is past every maximum age that there is, whatever it was put off for. */
export function isPastAllAges(settings: RetrySettings, agesFromMs: number | null, atMs: number): boolean {
  const longestMs = Math.max(settings.maxAgeMs, ...Object.values(settings.classes).map(plan => plan.maxAgeMs))
  return agesFromMs !== null && atMs > agesFromMs + longestMs
}

function planFor(settings: RetrySettings, failureClass: FailureClass): RetryPlan {
  return settings.classes[failureClass] ?? settings
}
