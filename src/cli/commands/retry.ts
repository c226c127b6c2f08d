/** `mailblast retry`: tries again what failed. */

import { Command } from 'commander'
import type { Context } from '../context.ts'
import type { Finish } from '../main.ts'
import { logOption, quietOption, takeOverOption, waitOption } from './send.ts'

export interface RetryFlags {
  readonly failed?: boolean
  readonly class?: string
  readonly yes?: boolean
  readonly yesCount?: string
  readonly wait: number
  readonly json?: boolean
  readonly quiet?: boolean
  readonly log?: string
  readonly journal?: string
  readonly takeOver?: boolean
}

export function retryCommand(context: Context, finish: Finish): Command {
  return new Command('retry')
    .description('Send again to those who failed. Suppressed addresses and people in doubt are left out.')
    .argument('[run]', 'a run, the beginning of its id, or a campaign file (default: the newest run)')
    .option('--failed', 'try those who failed')
    .option('--class <classes>', 'only failures of these classes, such as soft,block,expired')
    .option('--yes', 'send without asking; --yes=COUNT sends only if COUNT failed')
    .addOption(new Command().createOption('--yes-count <count>').hideHelp())
    .addOption(waitOption())
    .option('--json', 'notices as NDJSON on stdout, the last one the summary')
    .addOption(quietOption())
    .addOption(logOption())
    .option('--journal <path>', 'the journal (default: .mailblast/journal.db here, or beside the campaign file)')
    .addOption(takeOverOption())
    .action(async (run: string | undefined, options: RetryFlags) => {
      const { retry } = await import('../retrying.ts')
      finish(await retry({ ...options, run }, context))
    })
}
