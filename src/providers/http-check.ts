/** What the end of a question tells of a route when the vendor's words do not decide it. */

import type { CallEnding, HttpAnswer } from './http-call.ts'
import type { HttpCheck } from './http-provider.ts'
import type { HttpReply } from './http-reply.ts'
import type { Check } from './provider.ts'

export function readCheck<Prepared>(
  check: HttpCheck<Prepared>,
  prepared: Prepared,
  ending: CallEnding,
  before: readonly Check[],
  replyOf: (answer: HttpAnswer) => HttpReply,
): readonly Check[] {
  const { what } = check
  if (ending.kind !== 'answered') return [{ what, verdict: 'bad', words: `no answer: ${ending.failure.text}` }]
  const { status, broken } = ending.answer
  if (status >= 300 && status < 400)
    return [{ what, verdict: 'bad', words: `answered ${status}, a redirect, which is not followed: check base_url` }]
  if (broken !== null) return [{ what, verdict: 'unknown', words: `the answer broke off: ${broken.text}` }]
  return check.found(prepared, replyOf(ending.answer), before)
}
