/** `mailblast status`: the runs of a journal, or one of them. */

import { Command } from 'commander'
import type { Context } from '../context.ts'
import type { Finish } from '../main.ts'

export interface StatusFlags {
  readonly inDoubt?: boolean
  readonly json?: boolean
  readonly journal?: string
}

export function statusCommand(context: Context, finish: Finish): Command {
  return new Command('status')
    .description(
      'Show the runs of the journal, or one run, also while another process is sending. Exit 3 if anybody is in doubt.',
    )
    .argument('[run]', 'a run, the beginning of its id, or a campaign file (default: all runs)')
    .option('--in-doubt', 'name everybody in doubt, and say how each can be settled')
    .option('--json', 'one JSON object a run, or with --in-doubt a person')
    .option('--journal <path>', 'the journal (default: .mailblast/journal.db here, or beside the campaign file)')
    .action(async (run: string | undefined, options: StatusFlags) => {
      const { status } = await import('../stating.ts')
      finish(await status({ ...options, run }, context))
    })
}
