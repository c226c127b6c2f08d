/** The questions that are asked before mail leaves, and the flags that answer them where nobody can be asked. */

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
  return typed(
    messages,
    `Type ${messages} to send ${count(messages)} ${messages === 1 ? 'message' : 'messages'}, anything else to leave: `,
    context,
  )
}

/**
 * True if the operator agrees that so many people may get a second copy. That wants their number in any case: a bare `--yes`
 * stands in many a script and was not said for this. Throws UserError where it is missing or another one.
 */
export async function isSecondCopyAgreed(consent: Consent, people: number, context: Context): Promise<boolean> {
  if (consent === people) return true
  const who = plural(people, 'person', 'people')
  if (typeof consent === 'number') {
    throw new UserError(`--yes=${consent}, but ${who} in doubt would be mailed again; nothing was sent`, {
      remedy: 'look at who is in doubt (mailblast status --in-doubt); if that is right, say so with the right number',
    })
  }
  if (consent || !context.stdin.isTTY || !context.stderr.isTerminal) {
    throw new UserError(`${who} in doubt may get a second copy; nothing was sent`, {
      remedy: `say --yes=${people} if that is to be risked`,
    })
  }
  const may = `${people === 1 ? 'This person' : `These ${who}`} may have the mail already and would then get it twice.`
  return typed(people, `${may}\nType ${people} to send it again, anything else to leave: `, context)
}

async function typed(expected: number, question: string, context: Context): Promise<boolean> {
  const answer = await asked(question, context)
  return (answer ?? '').replaceAll(',', '') === String(expected)
}

/** What is answered on the terminal, without white space around it; null for whoever leaves. */
export async function asked(question: string, context: Context): Promise<string | null> {
  const lines = createInterface({ input: context.stdin, output: context.stderr.stream })
  try {
    const closed = new Promise<null>(resolve => lines.once('close', () => resolve(null)))
    const answer = await Promise.race([lines.question(question), closed])
    // Whoever leaves by Ctrl-C has not ended the line.
    if (answer === null) context.stderr.write('\n')
    return answer === null ? null : answer.trim()
  } finally {
    lines.close()
  }
}
