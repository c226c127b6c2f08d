/** How a command shows what it does: as NDJSON on stdout, a bar on a terminal, or plain lines. */

import type { Watcher } from '../dashboard/watcher.ts'
import type { Context } from './context.ts'

export async function watcherFor(json: boolean, context: Context): Promise<Watcher> {
  const { stdout, stderr, env } = context
  if (json) return (await import('../dashboard/ndjson.ts')).ndjsonWatcher(stdout)
  const plain = !stderr.isTerminal || env['TERM'] === 'dumb' || (env['CI'] ?? '') !== ''
  if (plain) return (await import('../dashboard/plain.ts')).plainWatcher(stderr)
  return (await import('../dashboard/bar.ts')).barWatcher(stderr.stream)
}
