/** `mailblast init`: writes a campaign that can be sent at once, to the outbox. */

import { Command, Option } from 'commander'
import type { Context } from '../context.ts'
import type { Finish } from '../main.ts'

export interface InitFlags {
  readonly template: 'newsletter' | 'notice'
  readonly name?: string
  readonly from?: string
}

export function initCommand(context: Context, finish: Finish): Command {
  return new Command('init')
    .description(
      'Write a campaign with template and list that can be sent at once: to the outbox, which delivers to nobody. On a terminal it asks three questions, unless an option answers them.',
    )
    .argument('[folder]', 'where to; it is made if it is not there', '.')
    .addOption(
      new Option('--template <kind>', 'what to start from').choices(['newsletter', 'notice']).default('newsletter'),
    )
    .option('--name <name>', 'the name of the campaign')
    .option('--from <address>', 'the sender, such as "Acme News <news@acme.example>"')
    .action(async (folder: string, options: InitFlags, command: Command) => {
      const { init } = await import('../initialising.ts')
      const isBare = ['template', 'name', 'from'].every(name => command.getOptionValueSource(name) !== 'cli')
      finish(await init({ ...options, folder, isBare }, context))
    })
}
