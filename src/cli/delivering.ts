/** Delivers an open run and reports on it: what `send`, `resume` and `retry` have in common. */

import { compileEdition } from '../content/compile.ts'
import { deliver } from '../engine/deliver.ts'
import { fillFromEdition } from '../engine/fill.ts'
import { Route } from '../engine/route.ts'
import type { Journal, Lease } from '../journal/journal.ts'
import { type ExitCode, exitCode } from '../model/errors.ts'
import type { Ending } from '../model/notice.ts'
import type { Run } from '../model/run.ts'
import { summarise } from '../report/summary.ts'
import type { Context } from './context.ts'
import { printReport } from './reporting.ts'
import { closeRoutes, openRoutes } from './routes.ts'
import { watcherFor } from './watching.ts'

export interface DeliverOptions {
  readonly json: boolean
  readonly patienceMs: number
  /** Path of the journal, for the commands that the report names. */
  readonly journalPath: string
}

/** Sends what is due, prints the report, and gives the exit code. The lease must be held. */
export async function deliverRun(
  journal: Journal,
  run: Run,
  lease: Lease,
  options: DeliverOptions,
  context: Context,
): Promise<ExitCode> {
  const content = compileEdition(journal.edition(run.editionHash), sha256 => journal.payload(sha256))
  const routes = await openRoutes(run.delivery.routes, content.shared, run.campaignFile, context)
  const recovered = journal.recover(run.id, context.clock.nowMs())
  const watcher = await watcherFor(options.json, context)
  const interrupts = watchInterrupts(context)
  let ending: Ending
  try {
    journal.setStopped(run.id, null)
    const { nowMs } = context.clock
    const counts = journal.counts(run.id)
    watcher.notify({ type: 'started', atMs: nowMs(), run: run.id, campaign: run.campaignName, counts, recovered })
    ending = await deliver({
      run,
      lease,
      journal,
      routes: routes.map(({ settings, provider }) => new Route(settings, provider, nowMs())),
      fill: fillFromEdition(content, run.key, journal.tokenKey()),
      clock: context.clock,
      chance: context.chance,
      patienceMs: options.patienceMs,
      stopping: interrupts.stopping,
      abort: interrupts.abort,
      notify: notice => watcher.notify(notice),
    })
    if (ending.kind === 'finished') journal.finishRun(run.id, nowMs())
    else journal.setStopped(run.id, ending.detail)
    watcher.notify({ type: 'ended', atMs: nowMs(), run: run.id, ending, counts: journal.counts(run.id) })
  } finally {
    interrupts.release()
    watcher.close()
    await closeRoutes(routes)
  }
  await printReport(
    journal,
    run.id,
    { format: options.json ? 'ndjson' : 'terminal', writeResults: true, ...options },
    context,
  )
  return exitCodeOf(ending, journal, run, context)
}

function exitCodeOf(ending: Ending, journal: Journal, run: Run, context: Context): ExitCode {
  if (ending.kind === 'stopped') return ending.why === 'taken over' ? exitCode.held : exitCode.stopped
  return summarise(journal, run.id, context.clock.nowMs()).outcome === 'done' ? exitCode.done : exitCode.incomplete
}

/** The first Ctrl-C or SIGTERM stops taking new messages, the second ends open calls. */
function watchInterrupts(context: Context): { stopping: AbortSignal; abort: AbortSignal; release: () => void } {
  const stopping = new AbortController()
  const abort = new AbortController()
  const release = context.onInterrupt(() => (stopping.signal.aborted ? abort : stopping).abort())
  return { stopping: stopping.signal, abort: abort.signal, release }
}
