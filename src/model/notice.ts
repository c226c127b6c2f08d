/**
 * What a running engine tells whoever watches, in this process only. A notice about a message is given after the journal
 * has it, never before. The `--json` output is these, one a line.
 */

import type { Crossing } from './crossing.ts'
import type { Counts, MessageState, RunId } from './message.ts'
import type { Cause } from './outcome.ts'

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
      /** Null: only the configured rates hold again. */
      readonly toPerSecond: number | null
      /** Who asks us to be slower, and how; null for a raise. */
      readonly cause: Cause | null
    }
  | {
      /** Nothing can be sent before then; said once for each wait of more than a second. */
      readonly type: 'waiting'
      readonly atMs: number
      readonly untilMs: number
      readonly why: WaitCause
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
  readonly line: number
  readonly state: MessageState
  readonly cause?: Cause
  readonly dueAtMs?: number
}

/** Why nothing is being sent at this moment; `adapted` is a pace that was lowered for a receiver or provider. */
export type WaitCause = 'rate' | 'adapted' | 'retry due' | 'route resting' | 'site resting'

/** Why a run stopped before its end. */
export type StopCause = 'interrupted' | 'guard' | 'no route left' | 'retry due later' | 'taken over'

/** How an engine's work ended. */
export type Ending =
  | { readonly kind: 'finished' }
  | { readonly kind: 'stopped'; readonly why: StopCause; readonly detail: string; readonly nextDueAtMs: number | null }
