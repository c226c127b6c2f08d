/** `mailblast pause`, and how a paused run goes on. */

import type { Journal } from '../journal/journal.ts'
import { type ExitCode, exitCode } from '../model/errors.ts'
import type { Run, RunOverview } from '../model/run.ts'
import { plural, terminalSafe } from '../model/words.ts'
import type { PauseFlags } from './commands/pause.ts'
import type { Context } from './context.ts'
import { liveOverview, withJournal } from './opening.ts'
import { commandFor, findRun } from './places.ts'

/** How long it is waited for the sender to heed what it was asked, and how often it is looked. */
const patienceMs = 15_000
const lookEveryMs = 200

type PauseOptions = PauseFlags & { readonly run: string | undefined }

export function pause(options: PauseOptions, context: Context): Promise<ExitCode> {
  return withJournal(options, context, 'readWrite', async (journal, path) => {
    const run = findRun(journal, options.run, { fits: each => each.state === 'open', what: 'unfinished run' }, context)
    const why = terminalSafe(options.why ?? 'by the operator')
    if (!journal.setPaused(run.id, { by: 'operator', why, atMs: context.clock.nowMs() })) {
      context.stdout.write(`run ${run.id} is ${run.state}: there is nothing to pause\n`)
      return exitCode.done
    }
    const heeded = await untilHeeded(journal, run, isPaused, context)
    const resume = commandFor('resume', run, path, context)
    context.stdout.write(`run ${run.id} is paused: ${whoStops(heeded)}\n  to go on: ${resume}\n`)
    return exitCode.done
  })
}

/** Lets a paused run go on in the process that holds it. */
export function unpause(journal: Journal, run: Run, overview: RunOverview, context: Context): ExitCode {
  journal.setPaused(run.id, null)
  const { owner } = overview
  context.stdout.write(`run ${run.id} goes on: process ${owner?.pid} on ${owner?.host} sends it\n`)
  return exitCode.done
}

/** Waits until the sender has heeded what it was asked, or nobody sends; gives up after a while. */
export async function untilHeeded(
  journal: Journal,
  run: Run,
  isHeeded: (overview: RunOverview) => boolean,
  context: Context,
): Promise<RunOverview> {
  const { clock } = context
  const untilMs = clock.nowMs() + patienceMs
  for (;;) {
    const overview = liveOverview(journal, run.id, context)
    if (overview.owner === null || isHeeded(overview) || clock.nowMs() >= untilMs) return overview
    await clock.sleep(lookEveryMs)
  }
}

function isPaused({ standing }: RunOverview): boolean {
  return standing?.standing.waits.some(wait => wait.cause === 'paused') ?? false
}

function whoStops(overview: RunOverview): string {
  const { owner, sending } = overview
  if (owner === null) return 'nobody is sending it'
  const who = `process ${owner.pid} on ${owner.host}`
  if (!isPaused(overview)) return `${who} has not taken notice yet, and will at its next look`
  if (sending === 0) return `${who} waits, and nothing is in flight`
  return `${who} makes no further call; ${plural(sending, 'message')} in open calls may still leave`
}
