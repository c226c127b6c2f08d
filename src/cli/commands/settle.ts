/** `mailblast settle`: settles what became of people in doubt. */

import { Command, Option } from 'commander'
import type { Context } from '../context.ts'
import type { Finish } from '../main.ts'
import { collect, takeOverOption, waitOption } from './send.ts'

export interface SettleFlags {
  readonly as?: 'accepted' | 'failed'
  readonly resend?: boolean
  readonly only?: readonly string[]
  readonly yes?: boolean
  readonly yesCount?: string
  readonly wait: number
  readonly json?: boolean
  readonly journal?: string
  readonly takeOver?: boolean
}

export function settleCommand(context: Context, finish: Finish): Command {
  return new Command('settle')
    .description(
      'Settle what became of people in doubt: ask their provider, or repeat the call where an idempotency key makes that safe. Nobody gets a second copy unless you say --resend.',
    )
    .argument(
      '[run]',
      'a run, the beginning of its id, or a campaign file (default: the newest run with people in doubt)',
    )
    .addOption(
      new Option(
        '--as <state>',
        'on your own word: they have it (accepted), or it never left (failed; retry may try them)',
      )
        .choices(['accepted', 'failed'])
        .conflicts('resend'),
    )
    .option(
      '--resend',
      'let them wait to be sent to again although a second copy is possible; asks for their number first',
    )
    .option('--only <address>', 'with --as or --resend: this person only; may be repeated', collect)
    .option('--yes', 'with --resend: as --yes=COUNT, the number of people who may get a second copy')
    .addOption(new Command().createOption('--yes-count <count>').hideHelp())
    .addOption(waitOption())
    .option('--json', 'one JSON object; with --resend, notices as NDJSON')
    .option('--journal <path>', 'the journal (default: .mailblast/journal.db here, or beside the campaign file)')
    .addOption(takeOverOption())
    .action(async (run: string | undefined, options: SettleFlags) => {
      const { settle } = await import('../settling.ts')
      finish(await settle({ ...options, run }, context))
    })
}
