/** `mailblast schema`: the JSON Schema of the campaign file, for editors, and of what `--json` says, for programs. */

import { Command, Option } from 'commander'
import { exitCode } from '../../model/errors.ts'
import type { Context } from '../context.ts'
import type { Finish } from '../main.ts'

interface SchemaFlags {
  readonly markdown?: boolean
  readonly notices?: boolean
}

export function schemaCommand(context: Context, finish: Finish): Command {
  return new Command('schema')
    .description('Print the JSON Schema of the campaign file, for editors that complete and check as you type.')
    .addOption(new Option('--markdown', 'a table of all fields instead, for people').conflicts('notices'))
    .option(
      '--notices',
      'of the lines that send, resume, retry and settle write with --json instead, for programs that read them',
    )
    .action(async (options: SchemaFlags) => {
      context.stdout.write(await (options.notices === true ? noticesSchema() : campaignSchema(options)))
      await context.stdout.flush()
      finish(exitCode.done)
    })
}

async function noticesSchema(): Promise<string> {
  const { lineJsonSchema } = await import('../../dashboard/line-schema.ts')
  return indented(lineJsonSchema())
}

async function campaignSchema({ markdown }: SchemaFlags): Promise<string> {
  const { campaignJsonSchema } = await import('../../intake/campaign-schema.ts')
  const { providerKinds } = await import('../../providers/index.ts')
  const schema = campaignJsonSchema(providerKinds)
  if (markdown !== true) return indented(schema)
  const { campaignReference } = await import('../../intake/schema-reference.ts')
  return campaignReference(schema)
}

function indented(schema: object): string {
  return `${JSON.stringify(schema, null, 2)}\n`
}
