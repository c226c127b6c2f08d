/** The outcomes of an HTTP answer as every vendor's table writes them, and the words in which an answer is repeated. */

import type { FilledMessage } from '../model/edition.ts'
import { type Cause, causeText, type FailureClass, type Outcome, type Scope } from '../model/outcome.ts'
import type { HttpReply } from './http-reply.ts'

export type Refused = Outcome & { readonly kind: 'refused' }

export function refused(scope: Scope, failureClass: FailureClass, code: string | number, text: string): Refused {
  return { kind: 'refused', scope, cause: causeOf(failureClass, code, text) }
}

/** By the route: all of it waits, and no attempt is burned. */
export function deferred(failureClass: FailureClass, code: string | number, text: string): Outcome {
  return { kind: 'deferred', scope: 'route', cause: causeOf(failureClass, code, text) }
}

export function inDoubt(code: string | number, text: string): Outcome {
  return { kind: 'in-doubt', cause: causeOf('unknown', code, text) }
}

/** Not taken, because the call was refused for another of its messages: it goes into the next parcel at once. */
export function notSentForAnother(code: string | number): Outcome {
  return {
    kind: 'deferred',
    scope: 'message',
    cause: causeOf('transient', code, 'not sent: the call was refused for another address'),
    retryAfterMs: 0,
  }
}

/**
 * A call that was refused for one of its messages without a word for which: all of them are tried again at once in parcels
 * half as large, so that the one is found in as many steps as the parcel's size has binary digits. For a call of one it is no
 * answer.
 */
export function apart(count: number, code: string | number, text: string): Outcome {
  return {
    kind: 'deferred',
    scope: 'message',
    cause: causeOf('transient', code, `not sent: the call was refused for one of its messages: ${text}`),
    retryAfterMs: 0,
    partMax: Math.max(1, Math.ceil(count / 2)),
  }
}

/**
 * A call that was refused for its size. What no provider takes has been held back before the call, so an answer of 413 comes of a
 * limit that we do not know, a gateway's for one. Of several messages it may be only too many; one by itself is at fault
 * only with files of its own. What is left is much the same for everybody, who must not fail for it one after the other.
 */
export function tooLarge(parcel: readonly FilledMessage[], code: string | number, text: string): Outcome {
  const [first, ...others] = parcel
  if (others.length > 0) return apart(parcel.length, code, text)
  if ((first?.attachments.length ?? 0) > 0) return refused('message', 'content', code, text)
  return refused('route', 'config', code, text)
}

export function causeOf(failureClass: FailureClass, code: string | number, text: string): Cause {
  return { class: failureClass, code: String(code), text: causeText(text) }
}

/**
 * What an answer says in words: `said`, its vendor's own reading of it, or what can be made of the body; of a page of HTML,
 * as a gateway answers with, only the title. `vendor` is its name for people.
 */
export function wordsOf(reply: HttpReply, vendor: string, said: string): string {
  if (said !== '') return said
  const body = reply.text().slice(0, 4000)
  const words = /<title>([^<]{1,200})</i.exec(body)?.[1] ?? (/^\s*</.test(body) ? '' : body.slice(0, 200))
  return words.trim() === ''
    ? `${vendor} answered ${reply.status}`
    : `${vendor} answered ${reply.status}: ${words.trim()}`
}
