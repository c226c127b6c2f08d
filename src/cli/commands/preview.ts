/** `mailblast preview`: one recipient's message in the terminal. */

import { Command } from 'commander'
import type { Context } from '../context.ts'
import type { Finish } from '../main.ts'
import { collect, wholeNumber } from './send.ts'

export interface PreviewFlags {
  readonly row?: number
  readonly email?: string
  readonly var?: readonly string[]
  readonly html?: boolean
}

export function previewCommand(context: Context, finish: Finish): Command {
  return new Command('preview')
    .description('Show one message as its recipient will get it: headers, text, sizes. Nothing is sent.')
    .argument('<campaign>', 'the campaign file, such as campaign.yml')
    .option(
      '--row <number>',
      'the recipient in this row of the list, counted from 1 after the header (default: the first good one)',
      wholeNumber,
    )
    .option('--email <address>', 'the recipient with this address')
    .option('--html', 'print the HTML part and nothing else, to open in a browser')
    .option('--var <name=value>', 'a merge field for everybody; may be repeated', collect)
    .action(async (campaign: string, options: PreviewFlags) => {
      const { preview } = await import('../previewing.ts')
      finish(await preview({ ...options, campaign }, context))
    })
}
