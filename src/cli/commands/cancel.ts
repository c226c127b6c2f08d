/** `mailblast cancel`: gives up on those who are still waiting in a run. */

import { Command } from 'commander'
import type { Context } from '../context.ts'
import type { Finish } from '../main.ts'
import { takeOverOption } from './send.ts'

export interface CancelFlags {
  readonly journal?: string
  readonly takeOver?: boolean
}

export function cancelCommand(context: Context, finish: Finish): Command {
  return new Command('cancel')
    .description(
      'Give up on those who are still waiting in a run: they are skipped. Nothing that was sent is undone. A process that is sending it finishes its open calls first.',
    )
    .argument('<run>', 'a run, the beginning of its id, or a campaign file')
    .option('--journal <path>', 'the journal (default: .mailblast/journal.db here, or beside the campaign file)')
    .addOption(takeOverOption())
    .action(async (run: string, options: CancelFlags) => {
      const { cancel } = await import('../cancelling.ts')
      finish(await cancel({ ...options, run }, context))
    })
}
