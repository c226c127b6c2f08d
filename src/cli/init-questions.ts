/** The three questions of `mailblast init` on a terminal; an empty answer takes what stands in brackets. */

import { mailbox } from '../intake/fields.ts'
import type { InitFlags } from './commands/init.ts'
import { asked } from './confirm.ts'
import type { Context } from './context.ts'

const senders = {
  newsletter: 'Example News <news@example.com>',
  notice: 'Example Releases <releases@example.com>',
} as const

/** Asked again so often where an answer is of no use. */
const triesMax = 5

/** Null for whoever leaves, or has no answer of use. */
export async function askForCampaign(context: Context): Promise<InitFlags | null> {
  const template = await askUntil<InitFlags['template']>(
    'What is it, a newsletter or a notice? [newsletter] ',
    context,
    answer => {
      const kind = answer === '' ? 'newsletter' : answer.toLowerCase()
      return kind === 'newsletter' || kind === 'notice' ? { ok: kind } : { why: 'newsletter or notice' }
    },
  )
  if (template === null) return null
  const name = await askUntil(
    'What is it called, such as november-newsletter? [as in the template] ',
    context,
    answer => (answer.length <= 200 ? { ok: answer } : { why: 'at most 200 characters' }),
  )
  if (name === null) return null
  const from = await askUntil(`Who sends it? [${senders[template]}] `, context, answer => {
    const read = answer === '' ? null : mailbox.safeParse(answer)
    return read === null || read.success ? { ok: answer } : { why: read.error.issues[0]?.message ?? 'no address' }
  })
  if (from === null) return null
  return { template, ...(name === '' ? {} : { name }), ...(from === '' ? {} : { from }) }
}

async function askUntil<Answer>(
  question: string,
  context: Context,
  read: (answer: string) => { readonly ok: Answer } | { readonly why: string },
): Promise<Answer | null> {
  for (let tries = 0; tries < triesMax; tries++) {
    const answer = await asked(question, context)
    if (answer === null) return null
    const found = read(answer)
    if ('ok' in found) return found.ok
    context.stderr.write(`  ${found.why}\n`)
  }
  return null
}
