/** `mailblast resume`: finishes a run that was interrupted or is waiting for retries. */

import { Command } from 'commander'
import type { Context } from '../context.ts'
import type { Finish } from '../main.ts'
import { waitOption } from './send.ts'

export interface ResumeFlags {
  readonly wait: number
  readonly json?: boolean
  readonly journal?: string
}

export function resumeCommand(context: Context, finish: Finish): Command {
  return new Command('resume')
    .description(
      'Finish a run: send to those who are still waiting. Who was in flight when it was interrupted is in doubt and is not mailed again.',
    )
    .argument('[run]', 'a run, the beginning of its id, or a campaign file (default: the newest unfinished run)')
    .addOption(waitOption())
    .option('--json', 'notices as NDJSON on stdout, the last one the summary')
    .option('--journal <path>', 'the journal (default: .mailblast/journal.db here, or beside the campaign file)')
    .action(async (run: string | undefined, options: ResumeFlags) => {
      const { resume } = await import('../resuming.ts')
      finish(await resume({ ...options, run }, context))
    })
}
