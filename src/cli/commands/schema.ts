/** `mailblast schema`: the JSON Schema of the campaign file, for editors. */

import { Command } from 'commander'
import { exitCode } from '../../model/errors.ts'
import type { Context } from '../context.ts'
import type { Finish } from '../main.ts'

export function schemaCommand(context: Context, finish: Finish): Command {
  return new Command('schema')
    .description('Print the JSON Schema of the campaign file, for editors that complete and check as you type.')
    .action(async () => {
      const { campaignJsonSchema } = await import('../../intake/campaign-schema.ts')
      const { providerKinds } = await import('../../providers/index.ts')
      context.stdout.write(`${JSON.stringify(campaignJsonSchema(providerKinds), null, 2)}\n`)
      await context.stdout.flush()
      finish(exitCode.done)
    })
}
