/** `mailblast send`: what may be said on its command line. What it does is in `sending.ts`. */

import { Command, InvalidArgumentError, Option } from 'commander'
import { parseDurationMs } from '../../model/rate.ts'
import type { Context } from '../context.ts'
import type { Finish } from '../main.ts'

/** How long a process waits for the next due message before it leaves the rest to `resume`. */
const defaultPatience = '15m'

export function waitOption(): Option {
  return new Option('--wait <duration>', 'how long to wait for the next due message before stopping')
    .argParser(durationMs)
    .default(durationMs(defaultPatience), defaultPatience)
}

/** The operator's word that this process is the one to send, where the journal has another on record. */
export function takeOverOption(): Option {
  return new Option(
    '--take-over',
    'send from this journal although it is a copy (it counts as the original from then on), or although an owner that cannot be seen from here may still be sending',
  )
}

/** What makes a run that is over end as one with failures. */
export function failOnOption(): Option {
  return new Option(
    '--fail-on <threshold>',
    'exit with 3 if the figures at the end are beyond it, such as "failure_rate > 1%"; may be repeated',
  ).argParser(collect)
}

export function quietOption(): Option {
  return new Option('--quiet', 'say nothing but the report, and errors')
}

export function logOption(): Option {
  return new Option('--log <file>', 'append every notice to this file, as lines of JSON')
}

export function sendCommand(context: Context, finish: Finish): Command {
  return new Command('send')
    .description('Send a campaign: show the plan, ask once, send, report. Sending again mails only who has not had it.')
    .argument('<campaign>', 'the campaign file, such as campaign.yml')
    .option('--yes', 'send without asking; --yes=COUNT sends only if COUNT messages are to be sent')
    .addOption(new Command().createOption('--yes-count <count>').hideHelp())
    .option('--dry-run', 'stop after the plan; nothing is sent or recorded')
    .option('--limit <count>', 'send to the first COUNT recipients only', wholeNumber)
    .option(
      '--test-to <address>',
      'send the first messages of the list (3, or --limit) to this address; nothing is recorded',
    )
    .option(
      '--at <time>',
      'let nothing leave before then, such as "2026-12-01 09:00 Europe/Berlin" (default: schedule.at of the campaign)',
    )
    .option('--again', 'go on under the same key although the content has changed since')
    .option('--skip-bad-rows', 'leave out rows that cannot be rendered, instead of stopping')
    .option('--var <name=value>', 'a merge field for everybody; may be repeated', collect)
    .addOption(waitOption())
    .addOption(failOnOption())
    .option('--json', 'notices as NDJSON on stdout, the last one the summary')
    .addOption(quietOption())
    .addOption(logOption())
    .option('--journal <path>', 'the journal (default: .mailblast/journal.db beside the campaign file)')
    .addOption(takeOverOption())
    .action(async (campaign: string, options: SendFlags) => {
      const { send } = await import('../sending.ts')
      finish(await send({ ...options, campaign }, context))
    })
}

/** As commander gives them. */
export interface SendFlags {
  readonly yes?: boolean
  readonly yesCount?: string
  readonly dryRun?: boolean
  readonly limit?: number
  readonly testTo?: string
  readonly at?: string
  readonly again?: boolean
  readonly skipBadRows?: boolean
  readonly var?: readonly string[]
  readonly wait: number
  readonly failOn?: readonly string[]
  readonly json?: boolean
  readonly quiet?: boolean
  readonly log?: string
  readonly journal?: string
  readonly takeOver?: boolean
}

export function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value]
}

/** For commander: a whole number of at least 1. */
export function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number of at least 1.')
  return Number(text)
}

/** For commander: a duration in milliseconds. */
export function durationMs(text: string): number {
  const ms = parseDurationMs(text)
  if (ms === undefined) throw new InvalidArgumentError('It must be a duration such as 90s, 15m, 4h or 2d.')
  return ms
}
