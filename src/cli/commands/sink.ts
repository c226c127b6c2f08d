/** `mailblast sink`: what may be said on its command line. What it does is in `sinking.ts`. */

import { Command, InvalidArgumentError } from 'commander'
import type { Context } from '../context.ts'
import type { Finish } from '../main.ts'
import { collect } from './send.ts'

export interface SinkFlags {
  readonly smtpPort: number
  readonly httpPort: number
  readonly ledger?: string
  readonly rules?: string
  readonly rule?: readonly string[]
  readonly seed?: number
  readonly quiet?: boolean
}

export function sinkCommand(context: Context, finish: Finish): Command {
  return new Command('sink')
    .description('Stand for SMTP servers and HTTP providers on this machine: for rehearsals. It delivers to nobody.')
    .option('--smtp-port <port>', 'where it speaks SMTP; 0 for any that is free', port, 2525)
    .option('--http-port <port>', 'where it speaks the APIs of HTTP providers; 0 for any that is free', port, 8025)
    .option(
      '--ledger <file>',
      'append a JSON line for everybody it accepts to this file (default: the lines go to stdout)',
    )
    .option('--rules <file>', 'misbehave by the rules in this YAML file')
    .option(
      '--rule <rule>',
      "misbehave by this rule, such as 'site=yahoo.com phase=answer share=1% do=lose-answer'; may be repeated",
      collect,
    )
    .option('--seed <number>', 'what chance is drawn from (default: by chance, and said)', seed)
    .option('--quiet', 'say nothing but errors')
    .addHelpText('after', ruleHelp)
    .action(async (options: SinkFlags) => {
      const { sink } = await import('../sinking.ts')
      finish(await sink(options, context))
    })
}

const ruleHelp = `
A rule names what is done (do=) and, if it is not to be done always and to everybody, when:
  do=refuse | defer | throttle | slow | lose-answer | drop | garbage | refuse-part | hang | refuse-connections
  provider=smtp | sendgrid        site=yahoo.com,*.edu            share=1%
  phase=connect | mail | rcpt | data | head | body | answer | lookup
  after=100 (so many pass first)  first=3 (so many at most)       delay=2s
  refuse, defer, throttle:        say=no-such-user | blocked | mailbox-full | …   voice=gmail | yahoo | outlook | apple
                                  reply="550 5.7.1 Go away"  status=403  body=…   retry_after=30s
  garbage, hang: taken=yes | no   refuse-connections: for=30s
In a file the same names stand in a list under \`rules:\`.
`

/** For commander: a TCP port, or 0. */
function port(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) throw new InvalidArgumentError('It must be from 0 to 65535.')
  return Number(text)
}

function seed(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
  return Number(text)
}
