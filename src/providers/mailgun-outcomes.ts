/**
 * What Mailgun's answers mean: this table, and nothing else. A call is taken whole or refused whole, and a refusal does not
 * say for which recipient; so a batch is taken apart until the one stands alone.
 *
 * | answer                                            | outcome |
 * | ------------------------------------------------- | ------- |
 * | 200 with an `id`                                  | accepted: one id for all recipients of the call |
 * | any other 2xx, or no `id` in it                   | in doubt: not an answer that Mailgun documents |
 * | 400 "to parameter is not a valid address"         | of one: refused, recipient, hard; of several: apart |
 * | 400 "limited to 16KB", of options or variables    | of one: refused, message, content; of several: apart |
 * | 413                                               | of one: refused, message, content, or route, config if it has no files of its own; of several: apart |
 * | 400 or 403 "large batches", "too many recipients" | of one: refused, route, config; of several: apart |
 * | 400, 402 or 403 "… limit exceeded"                | refused, route, quota |
 * | 400 or 403 "Domain … is not allowed to send"      | refused, route, config: unverified, disabled, a test account |
 * | 400, 402 or 404, anything else                    | refused, route, config |
 * | 401                                               | refused, route, auth |
 * | 403, anything else                                | refused, route, auth |
 * | 400 that broke off                                | deferred, route, transient: what it says is not known |
 * | 408                                               | deferred, route, transient: the server says that it did not get the whole request |
 * | 420 or 429 with a limit of requests               | deferred, route, throttled |
 * | 420 or 429 with any other limit                   | deferred, route, quota: recipients or bytes of the account |
 * | any other 4xx                                     | refused, route, config |
 * | 503 with Mailgun's own error body                 | deferred, route, transient |
 * | any other 5xx                                     | in doubt: who fails within may have taken the call, and a gateway may have lost the answer |
 *
 * Sources: the API description; the pages on errors, on sending and on batch sending. 420 is in issue 50 of mailgun-java.
 */

import type { FilledMessage } from '../model/edition.ts'
import { causeText, type Outcome } from '../model/outcome.ts'
import { apart, deferred, inDoubt, refused, tooLarge, wordsOf } from './answer-outcomes.ts'
import { forAll } from './http-provider.ts'
import type { HttpReply } from './http-reply.ts'

export function mailgunOutcomes(reply: HttpReply, parcel: readonly FilledMessage[]): readonly Outcome[] {
  return forAll(parcel, outcomeOf(reply, parcel))
}

function outcomeOf(reply: HttpReply, parcel: readonly FilledMessage[]): Outcome {
  const { status } = reply
  const count = parcel.length
  if (status < 300) return taken(reply)
  const said = mailgunWords(reply)
  const orApart = (ofOne: Outcome) => (count === 1 ? ofOne : apart(count, status, said))
  switch (status) {
    case 400:
    case 402:
    case 403:
      return reply.whole ? refusal(status, said, orApart) : deferred('transient', status, said)
    case 401:
      return refused('route', 'auth', status, `${said}; ${wrongKey}`)
    case 404:
      return refused('route', 'config', status, `${said}; ${wrongRegion}`)
    case 408:
      return deferred('transient', status, said)
    case 413:
      return tooLarge(parcel, status, said)
    case 420:
    case 429:
      return deferred(isQuota(said) ? 'quota' : 'throttled', status, said)
    case 503:
      return messageIn(reply) === undefined ? inDoubt(status, said) : deferred('transient', status, said)
    default:
      return status < 500 ? refused('route', 'config', status, said) : inDoubt(status, said)
  }
}

/** "Domain Metadata" and messages are "Region-Bound", API keys are not (page on regions); yet who asks elsewhere may get a 401. */
const wrongRegion = 'check domain, and region: a domain is known in its own region only'
const wrongKey = 'check api_key, and region: the domain of another region may be refused so too'

/** `{"id":"<…>","message":"Queued. Thank you."}`: one id, whoever the recipients are (a maintainer, mailgun-php issue 919). */
function taken(reply: HttpReply): Outcome {
  const json = reply.json()
  const id = typeof json === 'object' && json !== null && 'id' in json && typeof json.id === 'string' ? json.id : ''
  if (reply.status !== 200 || id === '') return inDoubt(reply.status, mailgunWords(reply))
  return { kind: 'accepted', providerId: causeText(id) }
}

function refusal(status: number, said: string, orApart: (ofOne: Outcome) => Outcome): Outcome {
  if (/\bto'? parameter is not a valid address/i.test(said)) return orApart(refused('recipient', 'hard', status, said))
  if (/limited to 16 ?KB/i.test(said)) return orApart(refused('message', 'content', status, said))
  if (/large batches|too many recipients/i.test(said)) return orApart(refused('route', 'config', status, said))
  if (/limit exceeded/i.test(said)) return refused('route', 'quota', status, said)
  const isOfKey = status === 403 && !/not allowed to send/i.test(said)
  return isOfKey ? refused('route', 'auth', status, `${said}; ${wrongKey}`) : refused('route', 'config', status, said)
}

/** "account-requests-per-sec limit exceeded" is for being too fast; `recipient` and `bytes` are what the account may send. */
function isQuota(said: string): boolean {
  const limit = /([\w-]+) limit exceeded/i.exec(said)?.[1]
  return limit !== undefined && !/request/i.test(limit)
}

/** Mailgun's own words in an answer that is no success, on whatever was asked. */
export function mailgunWords(reply: HttpReply): string {
  return wordsOf(reply, 'Mailgun', messageIn(reply) ?? '')
}

/** Mailgun's error body, `{"message":"…"}`, or its bare `Forbidden`; undefined if it is neither. */
function messageIn(reply: HttpReply): string | undefined {
  const json = reply.json()
  if (typeof json === 'string' && json !== '') return json
  if (typeof json !== 'object' || json === null || !('message' in json)) return undefined
  return typeof json.message === 'string' && json.message !== '' ? json.message : undefined
}
