/** How a command shows what it does: as NDJSON on stdout, a dashboard or a bar on a terminal, or plain lines. */

import type { Steer } from '../dashboard/ink/live.tsx'
import type { Watcher } from '../dashboard/watcher.ts'
import type { Context } from './context.ts'

/** For what takes a moment: a bar where there is a terminal. */
export async function watcherFor(json: boolean, context: Context): Promise<Watcher> {
  const { stdout, stderr } = context
  if (json) return (await import('../dashboard/ndjson.ts')).ndjsonWatcher(stdout)
  if (!isLiveTerminal(context)) return (await import('../dashboard/plain.ts')).plainWatcher(stderr)
  return (await import('../dashboard/bar.ts')).barWatcher(stderr.stream)
}

/** For a delivery: the dashboard, where there is a terminal that has room for it. */
export async function deliveryWatcher(json: boolean, steer: Steer, context: Context): Promise<Watcher> {
  const { columns, rows } = context.stderr.stream
  const hasRoom = columns >= leastColumns && rows >= leastRows
  if (json || !isLiveTerminal(context) || !hasRoom) return watcherFor(json, context)
  const { liveWatcher } = await import('../dashboard/ink/live.tsx')
  return liveWatcher(liveTerminal(context), steer, true)
}

/** A smaller terminal gets the bar. */
const leastColumns = 40
const leastRows = 8

function isLiveTerminal({ stderr, env }: Context): boolean {
  return stderr.isTerminal && env['TERM'] !== 'dumb' && (env['CI'] ?? '') === ''
}

function liveTerminal({ stderr, stdin, clock, env, onExit }: Context) {
  // https://no-color.org: any value but none.
  const hasColours = (env['NO_COLOR'] ?? '') === ''
  return { out: stderr.stream, in: stdin, clock, hasColours, onExit }
}
