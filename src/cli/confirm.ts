/** The one question that a send asks, and the flags that answer it where nobody can be asked. */

import { createInterface } from 'node:readline/promises'
import { UserError } from '../model/errors.ts'
import { count, plural } from '../model/words.ts'
import type { Context } from './context.ts'

/** What `--yes[=COUNT]` says: not given, given, or given with the expected number of messages. */
export type Consent = false | true | number

/** Reads the value of `--yes`; throws UserError for anything but a whole number. */
export function parseConsent(value: string | boolean | undefined): Consent {
  if (value === undefined || typeof value === 'boolean') return value === true
  if (/^\d+$/.test(value)) return Number(value)
  throw new UserError(`--yes=${value}: not a number`, {
    remedy: 'say --yes, or --yes=COUNT with the number of messages you expect',
  })
}

/**
 * True if the operator agrees to send so many messages. On a terminal that number is to be typed; without one, or with
 * `--yes`, nothing is asked. Throws UserError where consent is missing or given for another number.
 */
export async function isAgreed(consent: Consent, messages: number, context: Context): Promise<boolean> {
  if (consent === true) return true
  if (typeof consent === 'number') {
    if (consent === messages) return true
    throw new UserError(`--yes=${consent}, but there are ${plural(messages, 'message')} to send; nothing was sent`, {
      remedy: 'look at the plan above; if it is right, say so with the right number',
    })
  }
  if (!context.stdin.isTTY || !context.stderr.isTerminal) {
    throw new UserError(`${plural(messages, 'message')} to send, and nobody to ask; nothing was sent`, {
      remedy: `say --yes, or --yes=${messages} to send only if that is the number`,
    })
  }
  return (await typed(messages, context)) === String(messages)
}

async function typed(messages: number, context: Context): Promise<string> {
  const lines = createInterface({ input: context.stdin, output: context.stderr.stream })
  try {
    const question = `Type ${messages} to send ${count(messages)} ${messages === 1 ? 'message' : 'messages'}, anything else to leave: `
    const closed = new Promise<null>(resolve => lines.once('close', () => resolve(null)))
    const answer = await Promise.race([lines.question(question), closed])
    // Whoever leaves by Ctrl-C has not ended the line.
    if (answer === null) context.stderr.write('\n')
    return (answer ?? '').trim().replaceAll(',', '')
  } finally {
    lines.close()
  }
}
