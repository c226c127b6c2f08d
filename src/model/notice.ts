/**
 * What a running engine tells whoever watches, in this process only. A notice about a message is given after the journal
 * has it, never before. The `--json` output is these, one a line.
 */

import type { Crossing } from './crossing.ts'
import type { Counts, MessageState, RunId } from './message.ts'
import type { Cause } from './outcome.ts'
import type { RateCounts } from './rate.ts'
import type { Standing } from './run.ts'
import type { Wait, WaitCause } from './wait.ts'

export type Notice =
  | {
      readonly type: 'started'
      readonly atMs: number
      readonly run: RunId
      readonly campaign: string
      readonly counts: Counts
      /** How many were found in calls that a dead process had left open, and are in doubt now. */
      readonly recovered: number
    }
  | {
      readonly type: 'settled'
      readonly atMs: number
      readonly route: string
      readonly tookMs: number
      readonly messages: readonly SettledMessage[]
    }
  | {
      /** A route does nothing until then, for this cause. */
      readonly type: 'route-resting'
      readonly atMs: number
      readonly route: string
      readonly untilMs: number
      readonly cause: Cause
    }
  | {
      /** A route that has rested was tried, and is used again. */
      readonly type: 'route-back'
      readonly atMs: number
      readonly route: string
    }
  | {
      /** A route is not used any more in this process. */
      readonly type: 'route-stopped'
      readonly atMs: number
      readonly route: string
      readonly cause: Cause
    }
  | {
      readonly type: 'site-resting'
      readonly atMs: number
      readonly site: string
      readonly untilMs: number
      readonly cause: Cause
    }
  | {
      /** How fast we go by what a receiver or provider says, besides the configured rates. A raise is told once a minute. */
      readonly type: 'pace-changed'
      readonly atMs: number
      readonly what: 'site' | 'route'
      readonly name: string
      /** What was really taken, where no pace was set before. */
      readonly fromPerSecond: number
      /** What these paces are of. */
      readonly rateCounts: RateCounts
      /** Null: only the configured rates hold again. */
      readonly toPerSecond: number | null
      /** Who asks us to be slower, and how; null for a raise. */
      readonly cause: Cause | null
    }
  | {
      /** Nothing can be sent before then; said once for each wait of more than a second. */
      readonly type: 'waiting'
      readonly atMs: number
      /** Infinity where no time ends it but the operator. */
      readonly untilMs: number
      readonly what: Wait['what']
      readonly name: string
      readonly why: WaitCause
    }
  | {
      /** Nothing has been sent for a while, for these causes; said seldom. */
      readonly type: 'stalled'
      readonly atMs: number
      readonly sinceMs: number
      readonly waits: readonly Wait[]
    }
  | {
      /** Somebody else has changed what is to be done. */
      readonly type: 'asked'
      readonly atMs: number
      readonly what: 'paused' | 'goes on' | 'other paces'
      /** Calls that are open and will be finished. */
      readonly openCalls: number
    }
  | {
      /** Everybody of the canary has been tried, or has done well enough for the others to follow. */
      readonly type: 'canary'
      readonly atMs: number
      readonly what: 'holding' | 'over'
      /** How many were mailed first. */
      readonly count: number
      /** Until when it is waited for what becomes of them. */
      readonly untilMs: number
    }
  | {
      /** How things stand, about once a second. For those who show it live; it is not among the lines of `--json`. */
      readonly type: 'standing'
      readonly atMs: number
      readonly standing: Standing
    }
  | ({ readonly type: 'guard'; readonly atMs: number } & Crossing)
  | {
      /** No new call is made; so many are still open. */
      readonly type: 'stopping'
      readonly atMs: number
      readonly why: StopCause
      readonly openCalls: number
    }
  | {
      readonly type: 'ended'
      readonly atMs: number
      readonly run: RunId
      readonly ending: Ending
      readonly counts: Counts
    }

export interface SettledMessage {
  readonly address: string
  readonly site: string
  readonly line: number
  readonly state: MessageState
  readonly cause?: Cause
  readonly dueAtMs?: number
}

/** Why a run stopped before its end; `due later` is for all that could be waited for, but not here. */
export type StopCause = 'interrupted' | 'guard' | 'no route left' | 'due later' | 'paused' | 'cancelled' | 'taken over'

/** How an engine's work ended. */
export type Ending =
  | { readonly kind: 'finished' }
  | { readonly kind: 'stopped'; readonly why: StopCause; readonly detail: string; readonly nextDueAtMs: number | null }
