/** `mailblast report`: the report of a run, any time later. */

import { Command, Option } from 'commander'
import { type ExitCode, exitCode, UserError } from '../../model/errors.ts'
import type { Context } from '../context.ts'
import type { Finish } from '../main.ts'
import { failOnOption } from './send.ts'

interface ReportFlags {
  readonly format: 'terminal' | 'json' | 'csv' | 'html' | 'markdown'
  readonly output?: string
  readonly failed?: boolean
  readonly class?: string
  readonly failOn?: readonly string[]
  readonly journal?: string
}

export function reportCommand(context: Context, finish: Finish): Command {
  return new Command('report')
    .description('Show what became of every row of a run.')
    .argument('[run]', 'a run, the beginning of its id, or a campaign file (default: the newest run)')
    .addOption(
      new Option(
        '--format <format>',
        'how: figures to read, as JSON, as Markdown, as one HTML page, or every row as CSV',
      )
        .choices(['terminal', 'json', 'markdown', 'html', 'csv'])
        .default('terminal'),
    )
    .option(
      '--output <file>',
      "where to write it (default: stdout; an HTML page goes to report.html in the run's folder if stdout is a terminal)",
    )
    .option('--failed', 'only those who failed; as CSV, a recipient list that can be sent again')
    .option('--class <classes>', 'with --failed: only failures of these classes, such as soft,block,expired')
    .addOption(failOnOption())
    .option('--journal <path>', 'the journal (default: .mailblast/journal.db here, or beside the campaign file)')
    .action(async (run: string | undefined, options: ReportFlags) => finish(await report(run, options, context)))
}

async function report(argument: string | undefined, options: ReportFlags, context: Context): Promise<ExitCode> {
  const { parseClasses } = await import('../failed-classes.ts')
  const { withRecovered } = await import('../opening.ts')
  const { findRun } = await import('../places.ts')
  const { isAllWell } = await import('../../report/summary.ts')
  const { printReport } = await import('../reporting.ts')
  const { printFailed } = await import('../reporting-failed.ts')
  const classes = parseClasses(options.class)
  // The language of thresholds takes a moment to load.
  const failOn = options.failOn === undefined ? [] : (await import('../fail-on.ts')).parseFailOn(options.failOn)
  if (classes !== null && options.failed !== true)
    throw new UserError('--class is about those who failed', { remedy: 'say --failed as well, or leave it out' })
  return withRecovered({ ...options, run: argument }, context, async (journal, journalPath) => {
    const run = findRun(journal, argument, { fits: () => true, what: 'run' }, context)
    const { format, failed, output } = options
    const summary =
      failed === true
        ? await printFailed(
            journal,
            run.id,
            { format: listFormat(format), classes, journalPath, output, failOn },
            context,
          )
        : await printReport(journal, run.id, { format, writeResults: false, journalPath, output, failOn }, context)
    if (isAllWell(summary)) return exitCode.done
    return summary.outcome === 'unfinished' ? exitCode.stopped : exitCode.incomplete
  })
}

function listFormat(format: ReportFlags['format']): 'terminal' | 'json' | 'csv' {
  if (format !== 'html' && format !== 'markdown') return format
  throw new UserError(`--failed has no form as ${format}`, { remedy: 'leave --failed out, or ask for csv or json' })
}
