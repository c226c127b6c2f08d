/** `mailblast rate`: changes the pace of a run, also while it is being sent. */

import { Command } from 'commander'
import type { Context } from '../context.ts'
import type { Finish } from '../main.ts'

export interface RateFlags {
  readonly journal?: string
}

export function rateCommand(context: Context, finish: Finish): Command {
  return new Command('rate')
    .description(
      'Change how fast a run goes, by route or by receiving site, also while another process is sending it. It holds until the run is finished.',
    )
    .argument('<run>', 'a run, the beginning of its id, or a campaign file')
    .argument(
      '<name=rate...>',
      'a route or site and its rate: sendgrid=20/s, google=5/s, "*.edu=600/min"; several rates by comma: smtp=10/s,50000/d; =unlimited lifts it, =default takes the change back',
    )
    .option('--journal <path>', 'the journal (default: .mailblast/journal.db here, or beside the campaign file)')
    .action(async (run: string, changes: readonly string[], options: RateFlags) => {
      const { rate } = await import('../pacing.ts')
      finish(await rate({ ...options, run, changes }, context))
    })
}
