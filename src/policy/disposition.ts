/**
 * What is done about an outcome: the one table between what providers say and what happens to the message, the lane, the
 * route and the address. Pure; the table in the tests is this file's specification.
 */

import type { RetrySettings } from '../model/campaign.ts'
import { unreachable } from '../model/errors.ts'
import type { AttemptCost, Settlement } from '../model/message.ts'
import type { Cause, Outcome } from '../model/outcome.ts'
import { isTooOld, nextAttemptAtMs } from './retry.ts'

/** What a lane or route learns from an outcome: nothing, that it went well, to slow down, or to stop being used. */
export type Lesson =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'went well'
      /** All the same, nothing more is to be given for so long. */
      readonly restMs?: number
    }
  | { readonly kind: 'slow down'; readonly cause: Cause; readonly retryAfterMs?: number | undefined }
  | { readonly kind: 'stop'; readonly cause: Cause }

export interface Disposition {
  readonly settlement: Settlement
  readonly lane: Lesson
  readonly route: Lesson
}

export interface DispositionFacts {
  /** Attempts burned before this one. */
  readonly attempts: number
  /** From when the message's age counts; null if no receiver has put it off yet. */
  readonly agesFromMs: number | null
  readonly nowMs: number
  readonly fraction: number
  /** Whether another route of the run may carry this message. */
  readonly otherRoute: boolean
}

const none: Lesson = { kind: 'none' }
const wentWell: Lesson = { kind: 'went well' }

export function dispose(outcome: Outcome, facts: DispositionFacts, retry: RetrySettings): Disposition {
  const disposition = withoutRest(outcome, facts, retry)
  if (outcome.restMs === undefined) return disposition
  return { ...disposition, route: withRest(disposition.route, outcome.restMs) }
}

/** The rest is the route's alone, whatever else it has learned. */
function withRest(lesson: Lesson, restMs: number): Lesson {
  switch (lesson.kind) {
    case 'went well':
      return { ...lesson, restMs }
    case 'slow down':
      return { ...lesson, retryAfterMs: Math.max(restMs, lesson.retryAfterMs ?? 0) }
    case 'none':
    case 'stop':
      return lesson
  }
}

function withoutRest(outcome: Outcome, facts: DispositionFacts, retry: RetrySettings): Disposition {
  switch (outcome.kind) {
    case 'accepted':
      return { settlement: { to: 'accepted', providerId: outcome.providerId }, lane: wentWell, route: wentWell }
    case 'deferred':
      return deferred(outcome, facts, retry)
    case 'refused':
      return refused(outcome, facts, retry)
    case 'in-doubt':
      return {
        settlement: { to: 'in doubt', cause: outcome.cause },
        lane: none,
        route: { kind: 'slow down', cause: outcome.cause },
      }
    default:
      return unreachable(outcome)
  }
}

function deferred(outcome: Outcome & { kind: 'deferred' }, facts: DispositionFacts, retry: RetrySettings): Disposition {
  const { cause, retryAfterMs } = outcome
  switch (outcome.scope) {
    case 'recipient':
      return { settlement: later(outcome, facts, retry), lane: wentWell, route: wentWell }
    case 'lane':
      return {
        // Who is only asked to be slower has not been tried in vain: the lane's pace decides when she is tried again.
        settlement:
          cause.class === 'throttled'
            ? atOnce(cause, facts, retry, { costs: 'time', retryAfterMs })
            : later(outcome, facts, retry),
        lane: { kind: 'slow down', cause, retryAfterMs },
        route: wentWell,
      }
    // Not this message's doing and not the route's: its parcel was refused for a neighbour, say.
    case 'message':
      return { settlement: atOnce(cause, facts, retry, { retryAfterMs }), lane: none, route: wentWell }
    case 'route':
      return {
        settlement: atOnce(cause, facts, retry, {}),
        lane: none,
        route: { kind: 'slow down', cause, retryAfterMs },
      }
    default:
      return unreachable(outcome.scope)
  }
}

function refused(outcome: Outcome & { kind: 'refused' }, facts: DispositionFacts, retry: RetrySettings): Disposition {
  const { cause } = outcome
  switch (outcome.scope) {
    case 'recipient':
      return {
        settlement: { to: 'failed', cause, suppress: cause.class === 'hard' },
        lane: wentWell,
        route: wentWell,
      }
    case 'message':
      return { settlement: { to: 'failed', cause, suppress: false }, lane: wentWell, route: wentWell }
    case 'lane':
      return {
        settlement: facts.otherRoute
          ? atOnce(cause, facts, retry, { refuseRoute: true })
          : { to: 'failed', cause, suppress: false },
        lane: { kind: 'slow down', cause },
        route: wentWell,
      }
    case 'route':
      return { settlement: atOnce(cause, facts, retry, {}), lane: none, route: { kind: 'stop', cause } }
    default:
      return unreachable(outcome.scope)
  }
}

/** Queued for a later attempt, or failed because none would be in time. */
function later(outcome: Outcome & { kind: 'deferred' }, facts: DispositionFacts, retry: RetrySettings): Settlement {
  const { cause, retryAfterMs } = outcome
  const dueAtMs = nextAttemptAtMs(retry, { ...facts, class: cause.class, attempts: facts.attempts + 1, retryAfterMs })
  if (dueAtMs === undefined) return expired(cause)
  return { to: 'queued', cause, dueAtMs, costs: 'attempt', refuseRoute: false }
}

/** Queued again with no attempt burned: nothing was tried that could have failed for this message's own sake. */
function atOnce(
  cause: Cause,
  facts: DispositionFacts,
  retry: RetrySettings,
  how: {
    readonly costs?: Exclude<AttemptCost, 'attempt'>
    readonly retryAfterMs?: number | undefined
    readonly refuseRoute?: boolean
  },
): Settlement {
  const dueAtMs = facts.nowMs + (how.retryAfterMs ?? 0)
  if (isTooOld(retry, { class: cause.class, agesFromMs: facts.agesFromMs }, dueAtMs)) return expired(cause)
  return { to: 'queued', cause, dueAtMs, costs: how.costs ?? 'nothing', refuseRoute: how.refuseRoute ?? false }
}

function expired(cause: Cause): Settlement {
  return { to: 'failed', cause: { ...cause, class: 'expired' }, suppress: false }
}
