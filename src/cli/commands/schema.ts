/** `mailblast schema`: the JSON Schema of the campaign file, for editors. */

import { Command } from 'commander'
import { exitCode } from '../../model/errors.ts'
import type { Context } from '../context.ts'
import type { Finish } from '../main.ts'

export function schemaCommand(context: Context, finish: Finish): Command {
  return new Command('schema')
    .description('Print the JSON Schema of the campaign file, for editors that complete and check as you type.')
    .option('--markdown', 'a table of all fields instead, for people')
    .action(async ({ markdown }: { readonly markdown?: boolean }) => {
      const { campaignJsonSchema } = await import('../../intake/campaign-schema.ts')
      const { providerKinds } = await import('../../providers/index.ts')
      const schema = campaignJsonSchema(providerKinds)
      if (markdown === true) {
        const { campaignReference } = await import('../../intake/schema-reference.ts')
        context.stdout.write(campaignReference(schema))
      } else context.stdout.write(`${JSON.stringify(schema, null, 2)}\n`)
      await context.stdout.flush()
      finish(exitCode.done)
    })
}
