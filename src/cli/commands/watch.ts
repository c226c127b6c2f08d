/** `mailblast watch`: the dashboard of a run that another process sends. */

import { Command } from 'commander'
import type { Context } from '../context.ts'
import type { Finish } from '../main.ts'

export interface WatchFlags {
  readonly journal?: string
}

export function watchCommand(context: Context, finish: Finish): Command {
  return new Command('watch')
    .description(
      'Show live how a run goes that another process sends, until it ends. Without a terminal: a line every ten seconds.',
    )
    .argument('[run]', 'a run, the beginning of its id, or a campaign file (default: the newest unfinished run)')
    .option('--journal <path>', 'the journal (default: .mailblast/journal.db here, or beside the campaign file)')
    .action(async (run: string | undefined, options: WatchFlags) => {
      const { watch } = await import('../watching-run.ts')
      finish(await watch({ ...options, run }, context))
    })
}
