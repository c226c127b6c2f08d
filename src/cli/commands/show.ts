/** `mailblast show`: one person's story. */

import { Command } from 'commander'
import type { Context } from '../context.ts'
import type { Finish } from '../main.ts'

export interface ShowFlags {
  readonly json?: boolean
  readonly journal?: string
}

export function showCommand(context: Context, finish: Finish): Command {
  return new Command('show')
    .description(
      'Show all that the journal knows of one address: every run she was in, every call, what was said, whether she is suppressed. Exit 2 if it has never heard of her.',
    )
    .argument('<address>', 'the address, in any case of its letters')
    .option('--json', 'as one JSON object')
    .option('--journal <path>', 'the journal (default: .mailblast/journal.db here)')
    .action(async (address: string, options: ShowFlags) => {
      const { show } = await import('../showing.ts')
      finish(await show({ ...options, address }, context))
    })
}
