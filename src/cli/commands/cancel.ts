/** `mailblast cancel`: gives up on those who are still waiting in a run. */

import { Command } from 'commander'
import { type ExitCode, exitCode } from '../../model/errors.ts'
import { plural } from '../../model/words.ts'
import type { Context } from '../context.ts'
import type { Finish } from '../main.ts'
import { takeOverOption } from './send.ts'

export function cancelCommand(context: Context, finish: Finish): Command {
  return new Command('cancel')
    .description('Give up on those who are still waiting in a run: they are skipped. Nothing that was sent is undone.')
    .argument('<run>', 'a run, the beginning of its id, or a campaign file')
    .option('--journal <path>', 'the journal (default: .mailblast/journal.db here, or beside the campaign file)')
    .addOption(takeOverOption())
    .action(async (run: string, options: CancelFlags) => finish(await cancel(run, options, context)))
}

interface CancelFlags {
  readonly journal?: string
  readonly takeOver?: boolean
}

async function cancel(argument: string, options: CancelFlags, context: Context): Promise<ExitCode> {
  const { withJournal } = await import('../opening.ts')
  const { commandFor, findRun } = await import('../places.ts')
  const { holding } = await import('../holding.ts')
  const { writeResults } = await import('../reporting.ts')
  return withJournal({ ...options, run: argument }, context, 'readWrite', async (journal, journalPath) => {
    const run = findRun(journal, argument, { fits: each => each.state === 'open', what: 'unfinished run' }, context)
    if (run.state !== 'open') {
      context.stdout.write(`run ${run.id} is ${run.state}: nobody is waiting, there is nothing to cancel\n`)
      return exitCode.done
    }
    return holding(journal, run.key, options.takeOver === true, context, async () => {
      const nowMs = context.clock.nowMs()
      journal.recover(run.id, nowMs)
      const skipped = journal.cancelRun(run.id, nowMs)
      await writeResults(journal, run, journalPath, context)
      context.stdout.write(`run ${run.id} is cancelled: ${plural(skipped, 'recipient')} will not be mailed\n`)
      const { inDoubt } = journal.counts(run.id)
      if (inDoubt === 0) return exitCode.done
      const settle = commandFor('settle', run, journalPath, context)
      context.stdout.write(`  ${plural(inDoubt, 'recipient')} in doubt may have been mailed: ${settle}\n`)
      return exitCode.incomplete
    })
  })
}
