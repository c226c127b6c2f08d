/** `mailblast cancel`: gives up on those who wait, by its own hand or by that of the process that sends. */

import type { Journal } from '../journal/journal.ts'
import { type ExitCode, exitCode } from '../model/errors.ts'
import type { Run, RunOverview } from '../model/run.ts'
import { plural } from '../model/words.ts'
import type { CancelFlags } from './commands/cancel.ts'
import type { Context } from './context.ts'
import { holding } from './holding.ts'
import { liveOverview, withJournal } from './opening.ts'
import { untilHeeded } from './pausing.ts'
import { commandFor, findRun } from './places.ts'
import { writeResults } from './reporting.ts'

export function cancel(options: CancelFlags & { readonly run: string }, context: Context): Promise<ExitCode> {
  return withJournal(options, context, 'readWrite', async (journal, path) => {
    const fits = (each: Run): boolean => each.state === 'open'
    const run = findRun(journal, options.run, { fits, what: 'unfinished run' }, context)
    if (run.state !== 'open') {
      context.stdout.write(`run ${run.id} is ${run.state}: nobody is waiting, there is nothing to cancel\n`)
      return exitCode.done
    }
    const { owner } = liveOverview(journal, run.id, context)
    if (owner !== null && options.takeOver !== true) return askSender(journal, run, path, context)
    return holding(journal, run.key, options.takeOver === true, context, async () => {
      const nowMs = context.clock.nowMs()
      journal.recover(run.id, nowMs)
      const skipped = journal.cancelRun(run.id, nowMs)
      await writeResults(journal, run, path, context)
      return say(journal, run, path, skipped, context)
    })
  })
}

/** The process that sends the run finishes its open calls, and gives up on the others itself. */
async function askSender(journal: Journal, run: Run, path: string, context: Context): Promise<ExitCode> {
  const waitingBefore = journal.counts(run.id).waiting
  journal.askToCancel(run.id)
  const overview = await untilHeeded(journal, run, ({ run: now }) => now.state !== 'open', context)
  if (overview.run.state === 'open') {
    context.stdout.write(`run ${run.id} will be cancelled: ${whoFinishes(overview)}\n`)
    return exitCode.done
  }
  if (overview.run.state !== 'cancelled') {
    context.stdout.write(`run ${run.id} is ${overview.run.state}: it had come to its end\n`)
    return exitCode.done
  }
  const skipped = journal.tally(run.id).skipped.find(each => each.reason === 'cancelled')?.count ?? 0
  return say(journal, run, path, Math.min(skipped, waitingBefore), context)
}

function whoFinishes({ owner, sending }: RunOverview): string {
  if (owner === null) return 'by whoever resumes it'
  return `process ${owner.pid} on ${owner.host} makes no further call; ${plural(sending, 'message')} in open calls may still leave`
}

function say(journal: Journal, run: Run, path: string, skipped: number, context: Context): ExitCode {
  context.stdout.write(`run ${run.id} is cancelled: ${plural(skipped, 'recipient')} will not be mailed\n`)
  const { inDoubt } = journal.counts(run.id)
  if (inDoubt === 0) return exitCode.done
  const settle = commandFor('settle', run, path, context)
  context.stdout.write(`  ${plural(inDoubt, 'recipient')} in doubt may have been mailed: ${settle}\n`)
  return exitCode.incomplete
}
