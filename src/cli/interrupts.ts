/** What Ctrl-C means while something is under way. */

import type { Context } from './context.ts'

/** The first Ctrl-C or SIGTERM, or the loss of the terminal, stops taking new messages; the second ends open calls. */
export function watchInterrupts(context: Context): {
  readonly stopping: AbortSignal
  readonly abort: AbortSignal
  readonly release: () => void
} {
  const stopping = new AbortController()
  const abort = new AbortController()
  const release = context.onInterrupt(() => (stopping.signal.aborted ? abort : stopping).abort())
  return { stopping: stopping.signal, abort: abort.signal, release }
}
