/** `mailblast providers`: who can be sent by, and whether a campaign's routes would be taken. */

import { Command } from 'commander'
import type { Context } from '../context.ts'
import type { Finish } from '../main.ts'
import { collect } from './send.ts'

export interface ProvidersFlags {
  readonly json?: boolean
}

export interface ProvidersTestFlags {
  readonly route?: string
  readonly send?: boolean
  readonly var?: readonly string[]
  readonly json?: boolean
}

export function providersCommand(context: Context, finish: Finish): Command {
  const command = new Command('providers')
    .description('List the providers there are, or show one with all options of its routes.')
    .argument('[name]', 'a provider, such as sendgrid (default: all of them)')
    .option('--json', 'one JSON object a provider, or a route with test')
    .action(async (name: string | undefined, options: ProvidersFlags) => {
      const { providers } = await import('../listing-providers.ts')
      finish(await providers({ ...options, name }, context))
    })
  command
    .command('test')
    .description(
      'Ask the providers of a campaign whether they would take its messages: login, sender, quota, and one message where that reaches nobody. Exit 3 if anything is bad.',
    )
    .argument('<campaign>', 'the campaign file, such as campaign.yml')
    .option('--route <name>', 'ask this route alone')
    .option(
      '--send',
      'also send one message, as the first recipient would get it, where it may cost something or be kept: to a test address of the provider, into the outbox',
    )
    .option('--var <name=value>', 'a merge field for everybody; may be repeated', collect)
    .action(async (campaign: string, _: unknown, test: Command) => {
      const { checkRoutes } = await import('../checking-routes.ts')
      finish(await checkRoutes({ ...test.optsWithGlobals<ProvidersTestFlags>(), campaign }, context))
    })
  return command
}
