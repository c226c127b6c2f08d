/** `mailblast resume`: going on with a run, or with all of them. */

import { type Journal, NoJournalError } from '../journal/journal.ts'
import { type ExitCode, exitCode, UserError } from '../model/errors.ts'
import type { Run } from '../model/run.ts'
import { moment, terminalSafe } from '../model/words.ts'
import { nextSendAtMs } from '../policy/calendar.ts'
import { byPriority } from '../policy/sharing.ts'
import type { ResumeFlags } from './commands/resume.ts'
import type { Context } from './context.ts'
import { deliverRun } from './delivering.ts'
import { parseFailOn } from './fail-on.ts'
import { holding } from './holding.ts'
import { liveOverview, withJournal } from './opening.ts'
import { unpause } from './pausing.ts'
import { findRun, isJournalNamed } from './places.ts'
import { withRoutesOf } from './routes.ts'

type ResumeOptions = ResumeFlags & { readonly run: string | undefined }

export function resume(options: ResumeOptions, context: Context): Promise<ExitCode> {
  // A mistake in it is found before anything is sent.
  parseFailOn(options.failOn)
  if (options.all === true) return resumeAll(options, context)
  return withJournal(options, context, 'readWrite', async (journal, path) => {
    const run = findRun(journal, options.run, { fits: each => each.state === 'open', what: 'unfinished run' }, context)
    if (run.state !== 'open') {
      context.stdout.write(`run ${run.id} is ${run.state}: nobody is waiting, there is nothing to resume\n`)
      return exitCode.done
    }
    const overview = liveOverview(journal, run.id, context)
    if (overview.owner !== null && run.paused !== null) return unpause(journal, run, overview, context)
    return goOn(journal, run, path, options, context)
  })
}

function goOn(journal: Journal, run: Run, path: string, options: ResumeFlags, context: Context): Promise<ExitCode> {
  return withRoutesOf(journal, run, context, routes =>
    holding(journal, run.key, options.takeOver === true, context, lease => {
      const failOn = parseFailOn(options.failOn)
      const how = {
        json: options.json === true,
        quiet: options.quiet,
        log: options.log,
        patienceMs: options.wait,
        journalPath: path,
        failOn,
      }
      return deliverRun(journal, run.id, lease, routes, how, context)
    }),
  )
}

/** For cron: every unfinished run that has something to do now, by priority and then the oldest first, each on its own. */
function resumeAll(options: ResumeOptions, context: Context): Promise<ExitCode> {
  if (options.run !== undefined) throw new UserError('--all takes no run', { remedy: 'say one of them' })
  return withJournal(options, context, 'readWrite', async (journal, path) => {
    const open = journal.runs().filter(run => run.state === 'open')
    if (open.length === 0) context.stderr.write('no run is unfinished: nothing to resume\n')
    let gravest: ExitCode = exitCode.done
    for (const run of byPriority(open.reverse(), ({ delivery }) => delivery.priority))
      gravest = graver(gravest, await resumeOne(journal, run, path, options, context))
    return gravest
  }).catch(error => {
    // Before the first campaign there is none yet; but one that is named is meant to be there.
    if (!(error instanceof NoJournalError) || isJournalNamed(options.journal, context)) throw error
    context.stderr.write(`${error.message}: nothing to resume\n`.replaceAll(`${context.cwd}/`, ''))
    return exitCode.done
  })
}

/** One run's mistake (a secret that is missing, say) does not keep the others from going on. */
async function resumeOne(
  journal: Journal,
  run: Run,
  path: string,
  options: ResumeFlags,
  context: Context,
): Promise<ExitCode> {
  const nowMs = context.clock.nowMs()
  const { counts, sending, nextDueAtMs } = journal.overview(run.id, nowMs)
  const say = (text: string): void => {
    context.stderr.write(`run ${run.id} (${terminalSafe(run.campaignName)}): ${text}\n`)
  }
  if (run.paused !== null) {
    const { by, why } = run.paused
    say(`paused by the ${by}: ${terminalSafe(why, 500)}; resume it by name to go on`)
    return by === 'guard' ? exitCode.incomplete : exitCode.done
  }
  // Calls that a dead process left open are to be named, and a run in which nobody waits is to be finished.
  const nextMs = nextSendAtMs(run.delivery.schedule, nextDueAtMs ?? 0, nowMs)
  const isDue = sending > 0 || counts.waiting === 0 || nextMs <= nowMs
  if (!isDue) {
    say(`next due ${moment(nextMs)}`)
    return exitCode.done
  }
  try {
    return await goOn(journal, run, path, options, context)
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    say(terminalSafe(error.message, 2000))
    // Whoever holds it does what was to be done.
    if (error.exitCode === exitCode.held) return exitCode.done
    if (error.remedy !== undefined) context.stderr.write(`  ${error.remedy.replaceAll('\n', '\n  ')}\n`)
    return error.exitCode
  }
}

/** From the one to be told of first: a bug, a mistake, a run that was stopped, one with failures. */
const gravity: readonly ExitCode[] = [
  exitCode.bug,
  exitCode.usage,
  exitCode.held,
  exitCode.stopped,
  exitCode.incomplete,
  exitCode.done,
]

function graver(one: ExitCode, other: ExitCode): ExitCode {
  return gravity.indexOf(one) <= gravity.indexOf(other) ? one : other
}
