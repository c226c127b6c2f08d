/** `mailblast suppress`: the addresses that must not be mailed. */

import { Command, Option } from 'commander'
import { type SuppressionReason, suppressionReasons } from '../../model/suppression.ts'
import type { Context } from '../context.ts'
import type { Finish } from '../main.ts'

export interface SuppressFlags {
  readonly journal?: string
}

export function suppressCommand(context: Context, finish: Finish): Command {
  const load = () => import('../suppressing.ts')
  const command = new Command('suppress').description(
    'Keep addresses from being mailed by any campaign of this journal.',
  )
  const inner = (name: string, description: string): Command =>
    command
      .command(name)
      .description(description)
      .option('--journal <path>', 'the journal (default: .mailblast/journal.db here)')

  inner('add', 'Suppress addresses.')
    .argument('<address...>', 'one or more addresses')
    .addOption(reason())
    .action(async (addresses: string[], options: SuppressFlags & { reason: SuppressionReason }) =>
      finish(await (await load()).addSuppressions(addresses, options, context)),
    )
  inner('remove', 'Allow addresses again.')
    .argument('<address...>', 'one or more addresses')
    .action(async (addresses: string[], options: SuppressFlags) =>
      finish(await (await load()).removeSuppressions(addresses, options, context)),
    )
  inner('list', 'List the suppressed addresses.')
    .option('--json', 'one JSON object a line')
    .action(async (options: SuppressFlags & { json?: boolean }) =>
      finish(await (await load()).listSuppressions(options, context)),
    )
  inner('import', 'Suppress the addresses of a CSV file: a column email, and reason if there is one.')
    .argument('<file>', 'the CSV file, or - for standard input')
    .addOption(reason())
    .action(async (file: string, options: SuppressFlags & { reason: SuppressionReason }) =>
      finish(await (await load()).importSuppressions(file, options, context)),
    )
  inner('export', 'Write the suppressed addresses as CSV, ready for import.')
    .argument('[file]', 'the file to write; it must not exist yet (default: standard output)')
    .action(async (file: string | undefined, options: SuppressFlags) =>
      finish(await (await load()).exportSuppressions(file, options, context)),
    )
  return command
}

function reason(): Option {
  return new Option('--reason <reason>', 'why').choices(suppressionReasons).default('manual')
}
