/** `mailblast report`: the report of a run, any time later. */

import { Command, Option } from 'commander'
import { type ExitCode, exitCode } from '../../model/errors.ts'
import type { Context } from '../context.ts'
import type { Finish } from '../main.ts'

interface ReportFlags {
  readonly format: 'terminal' | 'json' | 'csv'
  readonly journal?: string
}

export function reportCommand(context: Context, finish: Finish): Command {
  return new Command('report')
    .description('Show what became of every row of a run.')
    .argument('[run]', 'a run, the beginning of its id, or a campaign file (default: the newest run)')
    .addOption(
      new Option('--format <format>', 'how: figures to read, figures as JSON, or every row as CSV')
        .choices(['terminal', 'json', 'csv'])
        .default('terminal'),
    )
    .option('--journal <path>', 'the journal (default: .mailblast/journal.db here, or beside the campaign file)')
    .action(async (run: string | undefined, options: ReportFlags) => finish(await report(run, options, context)))
}

async function report(argument: string | undefined, options: ReportFlags, context: Context): Promise<ExitCode> {
  const { recoverFromTheDead, withJournal } = await import('../opening.ts')
  const { findRun } = await import('../places.ts')
  const { printReport } = await import('../reporting.ts')
  await recoverFromTheDead({ ...options, run: argument }, context)
  return withJournal({ ...options, run: argument }, context, 'readOnly', async (journal, journalPath) => {
    const run = findRun(journal, argument, { fits: () => true, what: 'run' }, context)
    const how = { format: options.format, writeResults: false, journalPath }
    const { outcome } = await printReport(journal, run.id, how, context)
    if (outcome === 'done') return exitCode.done
    return outcome === 'unfinished' ? exitCode.stopped : exitCode.incomplete
  })
}
