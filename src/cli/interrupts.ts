/** What Ctrl-C means while something is under way. */

import type { Context } from './context.ts'

/** The first Ctrl-C or SIGTERM, or the loss of the terminal, stops taking new messages; the second ends open calls. */
export function watchInterrupts(context: Context): {
  readonly stopping: AbortSignal
  readonly abort: AbortSignal
  /** Ctrl-C by another way: a terminal that is read by keys gives no signal for it. */
  readonly interrupt: () => void
  readonly release: () => void
} {
  const stopping = new AbortController()
  const abort = new AbortController()
  const interrupt = (): void => (stopping.signal.aborted ? abort : stopping).abort()
  const release = context.onInterrupt(interrupt)
  return { stopping: stopping.signal, abort: abort.signal, interrupt, release }
}
