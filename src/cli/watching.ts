/** How a command shows what it does: as NDJSON on stdout, a dashboard or a bar on a terminal, or plain lines. */

import type { LiveWatcher, Steer } from '../dashboard/ink/live.tsx'
import type { Watcher } from '../dashboard/watcher.ts'
import { buildLog } from './build-server.ts'
import type { Context } from './context.ts'

/** For what takes a moment: a bar where there is a terminal. */
export async function watcherFor(json: boolean, context: Context): Promise<Watcher> {
  const { stdout, stderr } = context
  if (json) return (await import('../dashboard/ndjson.ts')).ndjsonWatcher(stdout)
  if (!isLiveTerminal(context)) return (await import('../dashboard/plain.ts')).plainWatcher(stderr, buildLog(context))
  return (await import('../dashboard/bar.ts')).barWatcher(stderr.stream)
}

export interface Showing {
  readonly json: boolean
  /** Nothing is shown while it goes on. */
  readonly quiet?: boolean | undefined
}

/** For a delivery: the dashboard, where there is a terminal that has room for it. */
export async function deliveryWatcher({ json, quiet }: Showing, steer: Steer, context: Context): Promise<Watcher> {
  if (json) return watcherFor(json, context)
  if (quiet === true) return silent
  return (await dashboard(steer, true, context)) ?? watcherFor(json, context)
}

export const silent: Watcher = { reading() {}, notify() {}, close() {} }

/** The dashboard of a run that another process sends; null where there is no terminal with room for it. */
export function runDashboard(context: Context, leave: () => void): Promise<LiveWatcher | null> {
  const steer: Steer = () => {
    leave()
    return ''
  }
  return dashboard(steer, false, context)
}

async function dashboard(steer: Steer, isOwn: boolean, context: Context): Promise<LiveWatcher | null> {
  const { columns, rows } = context.stderr.stream
  if (!isLiveTerminal(context) || columns < leastColumns || rows < leastRows) return null
  const { liveWatcher } = await context.loadForProduction(() => import('../dashboard/ink/live.tsx'))
  return liveWatcher(liveTerminal(context), steer, isOwn)
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
