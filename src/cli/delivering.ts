/** Delivers an open run and reports on it: what `send`, `resume` and `retry` have in common. */

import { compileEdition } from '../content/compile.ts'
import { deliver } from '../engine/deliver.ts'
import { fillFromEdition } from '../engine/fill.ts'
import type { Journal, Lease, Stop } from '../journal/journal.ts'
import type { Threshold } from '../model/campaign.ts'
import { type ExitCode, exitCode, UserError } from '../model/errors.ts'
import type { RunId } from '../model/message.ts'
import type { Ending } from '../model/notice.ts'
import type { Run } from '../model/run.ts'
import { isAllWell, type Summary } from '../report/summary.ts'
import { tellBuildServer, unheard } from './build-server.ts'
import type { Context } from './context.ts'
import { watchInterrupts } from './interrupts.ts'
import { openLog, withLog } from './logging.ts'
import { reloadPaces } from './reloading.ts'
import { printReport } from './reporting.ts'
import type { OpenRoute } from './routes.ts'
import { dayZone } from './scheduling.ts'
import { steer } from './steering.ts'
import { deliveryWatcher, type Showing } from './watching.ts'

export interface DeliverOptions extends Showing {
  /** A file to which every notice is appended. */
  readonly log?: string | undefined
  readonly patienceMs: number
  /** Path of the journal, for the commands that the report names. */
  readonly journalPath: string
  /** What the run is judged by besides its campaign's thresholds. */
  readonly failOn?: readonly Threshold[]
  /** Makes the run ready to be sent from, as the last thing before. */
  readonly begin?: () => void
}

/**
 * Sends what is due, prints the report, and gives the exit code. The lease must be held and the routes open; `begin` is
 * what is to be done to the run when everything else is ready, and not before.
 */
export async function deliverRun(
  journal: Journal,
  runId: RunId,
  lease: Lease,
  routes: readonly OpenRoute[],
  options: DeliverOptions,
  context: Context,
): Promise<ExitCode> {
  const { nowMs } = context.clock
  const log = options.log === undefined ? null : openLog(options.log, context)
  options.begin?.()
  const run = current(journal, runId)
  const content = compileEdition(journal.edition(run.editionHash), sha256 => journal.payload(sha256))
  const recovered = journal.recover(run.id, nowMs())
  const interrupts = watchInterrupts(context)
  const steering = { journal, run, interrupt: interrupts.interrupt, context }
  const shown = await deliveryWatcher(options, (ask, perSecond) => steer(steering, ask, perSecond), context)
  const watcher = log === null ? shown : withLog(shown, log)
  const releaseReload = context.onReload(() => void reloadPaces(journal, run, context))
  let ending: Ending
  try {
    journal.setStopped(run.id, null)
    // Whoever sends has looked at why it was paused.
    journal.setPaused(run.id, null)
    const counts = journal.counts(run.id)
    watcher.notify({ type: 'started', atMs: nowMs(), run: run.id, campaign: run.campaignName, counts, recovered })
    watcher.waiting?.(journal.waitingSites(run.id))
    ending = await deliver({
      run,
      lease,
      journal,
      routes,
      zone: () => dayZone(context),
      fill: fillFromEdition(content, run, journal.tokenKey()),
      clock: context.clock,
      chance: context.chance,
      patienceMs: options.patienceMs,
      stopping: interrupts.stopping,
      abort: interrupts.abort,
      notify: notice => watcher.notify(notice),
    })
    if (!isTakenOver(ending)) ending = conclude(journal, run, ending, nowMs())
    watcher.notify({ type: 'ended', atMs: nowMs(), run: run.id, ending, counts: journal.counts(run.id) })
  } finally {
    interrupts.release()
    releaseReload()
    watcher.close()
  }
  const format = options.json ? 'ndjson' : 'terminal'
  const { journalPath, failOn = [] } = options
  // Another process writes this run's files now.
  const writeResults = !isTakenOver(ending)
  const reporting = { format, writeResults, journalPath, failOn } as const
  const summary = await unheard(context, !options.json, () => printReport(journal, run.id, reporting, context))
  await tellBuildServer(journal, summary, journalPath, context)
  return exitCodeOf(ending, summary)
}

/** The run as it is now that the key is held; what was read before may be out of date. */
function current(journal: Journal, id: RunId): Run {
  const run = journal.run(id)
  if (run?.state === 'open' || run?.state === 'finished') return run
  throw new UserError(`run ${id} is ${run?.state ?? 'gone'} meanwhile; nothing was sent`)
}

/** Writes down how the delivery ended. A run in which somebody still waits is not finished, whatever was thought. */
function conclude(journal: Journal, run: Run, ending: Ending, nowMs: number): Ending {
  if (ending.kind === 'finished' && journal.finishRun(run.id, nowMs)) return ending
  if (ending.kind === 'stopped' && ending.why === 'cancelled') {
    journal.cancelRun(run.id, nowMs)
    return ending
  }
  // Somebody is to look at it before it goes on: cron must not do so by itself.
  if (ending.kind === 'stopped' && ending.why === 'guard')
    journal.setPaused(run.id, { by: 'guard', why: ending.detail, atMs: nowMs })
  const stopped: StoppedEnding =
    ending.kind === 'stopped'
      ? ending
      : {
          kind: 'stopped',
          why: 'due later',
          detail: 'somebody is still waiting',
          nextDueAtMs: journal.nextDueAtMs(run.id),
        }
  journal.setStopped(run.id, { reason: stopped.detail, wait: waitOf(stopped, nowMs) })
  return stopped
}

type StoppedEnding = Extract<Ending, { kind: 'stopped' }>

/** Until when nothing could be done for the run, where that is known. */
function waitOf({ why, nextDueAtMs }: StoppedEnding, nowMs: number): Stop['wait'] {
  return why !== 'due later' || nextDueAtMs === null ? null : { nowMs, untilMs: nextDueAtMs }
}

function isTakenOver(ending: Ending): boolean {
  return ending.kind === 'stopped' && ending.why === 'taken over'
}

function exitCodeOf(ending: Ending, summary: Summary): ExitCode {
  if (ending.kind === 'finished') return isAllWell(summary) ? exitCode.done : exitCode.incomplete
  switch (ending.why) {
    case 'taken over':
      return exitCode.held
    case 'guard':
    case 'cancelled':
      return exitCode.incomplete
    default:
      return exitCode.stopped
  }
}
