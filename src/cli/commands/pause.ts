/** `mailblast pause`: keeps a run from going on until it is resumed. */

import { Command } from 'commander'
import type { Context } from '../context.ts'
import type { Finish } from '../main.ts'

export interface PauseFlags {
  readonly why?: string
  readonly journal?: string
}

export function pauseCommand(context: Context, finish: Finish): Command {
  return new Command('pause')
    .description(
      'Keep a run from going on, also while another process is sending it: that one finishes its open calls and waits. `resume` lets it go on.',
    )
    .argument('[run]', 'a run, the beginning of its id, or a campaign file (default: the newest unfinished run)')
    .option('--why <text>', 'why, for whoever looks at it later')
    .option('--journal <path>', 'the journal (default: .mailblast/journal.db here, or beside the campaign file)')
    .action(async (run: string | undefined, options: PauseFlags) => {
      const { pause } = await import('../pausing.ts')
      finish(await pause({ ...options, run }, context))
    })
}
