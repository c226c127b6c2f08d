/** `mailblast show`: all that the journal knows of one address. */

import { messageIdFor } from '../content/identity.ts'
import { parseAddress } from '../model/address.ts'
import { type ExitCode, exitCode, UserError } from '../model/errors.ts'
import type { Run } from '../model/run.ts'
import { terminalSafe } from '../model/words.ts'
import { storyJson, storyText, type Told } from '../report/story.ts'
import type { ShowFlags } from './commands/show.ts'
import type { Context } from './context.ts'
import { withRecovered } from './opening.ts'
import { print } from './printing.ts'

export async function show(
  { address: given, ...options }: ShowFlags & { readonly address: string },
  context: Context,
): Promise<ExitCode> {
  const parsed = parseAddress(given)
  if (!parsed.ok) throw new UserError(`${terminalSafe(given)}: ${parsed.problem}`, { remedy: 'give one bare address' })
  return withRecovered(options, context, async journal => {
    const story = journal.story(parsed.address)
    if (story.suppression === null && story.chapters.length === 0) {
      throw new UserError(`the journal has never heard of ${parsed.address}`, {
        remedy: 'look at the spelling; --journal PATH names another journal',
      })
    }
    const messageIdOf = (run: Run, address: string): string =>
      messageIdFor(run.key, address, journal.edition(run.editionHash).from.address)
    const told: Told = { address: parsed.address, story, messageIdOf, nowMs: context.clock.nowMs() }
    await print(options.json === true ? [storyJson(told)] : storyText(told), context)
    await context.stdout.flush()
    return exitCode.done
  })
}
