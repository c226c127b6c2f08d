/** `mailblast resume`: finishes a run that was interrupted or is waiting for retries. */

import { Command } from 'commander'
import type { Context } from '../context.ts'
import type { Finish } from '../main.ts'
import { failOnOption, logOption, quietOption, takeOverOption, waitOption } from './send.ts'

export interface ResumeFlags {
  readonly all?: boolean
  readonly wait: number
  readonly failOn?: readonly string[]
  readonly json?: boolean
  readonly quiet?: boolean
  readonly log?: string
  readonly journal?: string
  readonly takeOver?: boolean
}

/** With `--all`, unless it is said how long to wait. */
const patienceForEachMs = 60_000

export function resumeCommand(context: Context, finish: Finish): Command {
  return new Command('resume')
    .description(
      'Finish a run: send to those who are still waiting. Who was in flight when it was interrupted is in doubt and is not mailed again.',
    )
    .argument('[run]', 'a run, the beginning of its id, or a campaign file (default: the newest unfinished run)')
    .option(
      '--all',
      'every unfinished run of the journal that has something to do now, for cron (--wait 1m unless it is given); exit 0 if none has',
    )
    .addOption(waitOption())
    .addOption(failOnOption())
    .option('--json', 'notices as NDJSON on stdout, the last one the summary')
    .addOption(quietOption())
    .addOption(logOption())
    .option('--journal <path>', 'the journal (default: .mailblast/journal.db here, or beside the campaign file)')
    .addOption(takeOverOption())
    .action(async (run: string | undefined, options: ResumeFlags, command: Command) => {
      const { resume } = await import('../resuming.ts')
      // One run's retries must not hold up the next run; a route that rests for a moment is no reason to leave it, though.
      const isAsked = command.getOptionValueSource('wait') === 'cli'
      const wait = options.all === true && !isAsked ? patienceForEachMs : options.wait
      finish(await resume({ ...options, wait, run }, context))
    })
}
