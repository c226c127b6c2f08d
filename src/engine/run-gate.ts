/** Whether a run as a whole may go on now, by what is asked of it and by its schedule. */

import type { Pause } from '../model/run.ts'
import type { WaitCause } from '../model/wait.ts'
import type { Gate } from '../policy/calendar.ts'

export type RunGate =
  | { readonly kind: 'go' }
  /** `untilMs` is infinity where no time ends it but the operator. */
  | { readonly kind: 'wait'; readonly cause: WaitCause; readonly untilMs: number }
  /** The time in which it might be sent has passed. */
  | { readonly kind: 'over' }

export function runGate(paused: Pause | null, hours: Gate): RunGate {
  if (!hours.open && hours.cause === 'over') return { kind: 'over' }
  if (paused !== null) return { kind: 'wait', cause: 'paused', untilMs: Number.POSITIVE_INFINITY }
  if (hours.open) return { kind: 'go' }
  return { kind: 'wait', cause: hours.cause === 'over' ? 'window' : hours.cause, untilMs: hours.opensAtMs }
}
