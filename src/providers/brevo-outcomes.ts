/**
 * What Brevo's answers mean. A call is taken whole or refused whole; a 201 brings an id for each message, in their order. Brevo
 * says what is wrong in a code and a sentence, and in a batch not whose it is.
 *
 * | answer                                       | outcome |
 * | -------------------------------------------- | ------- |
 * | 201 or 202 with an id for each message       | accepted |
 * | any other 2xx                                | in doubt |
 * | `duplicate_parameter`, `duplicate_request` that name the idempotency key | accepted, by an earlier call with this very parcel; its id was in the lost answer |
 * | the same that name something else            | in doubt: each call has a key, and which of the two is meant cannot be told |
 * | `unauthorized`, 401                          | refused, route, auth |
 * | `not_enough_credits`, any other 402          | refused, route, quota |
 * | `account_under_validation`, `permission_denied`, 403 | refused, route, config |
 * | 400 naming the sender or the reply address   | refused, route, config |
 * | 400 in a batch, naming anything else         | all deferred, message, in parcels half as large |
 * | 400 naming `to`, for one                     | refused, recipient, hard |
 * | 400 naming her headers, subject or attachment | refused, message, content |
 * | any other 400                                | refused, route, config |
 * | 413                                          | for one: refused, message, content; for several: parcels half as large |
 * | 408, and 500 or 503 with Brevo's error body  | deferred, route, transient: the key makes a repeated call harmless |
 * | 429                                          | deferred, route, throttled |
 * | any other 4xx                                | refused, route, config |
 * | any other 5xx                                | in doubt |
 */

import type { FilledMessage } from '../model/edition.ts'
import { causeText, type Outcome } from '../model/outcome.ts'
import { apart, deferred, inDoubt, refused, wordsOf } from './answer-outcomes.ts'
import { forAll } from './http-provider.ts'
import type { HttpReply } from './http-reply.ts'

export function brevoOutcomes(reply: HttpReply, parcel: readonly FilledMessage[]): readonly Outcome[] {
  const { status } = reply
  const error = brevoError(reply.json())
  const said = brevoWords(reply)
  if (status < 300) return taken(reply, parcel) ?? forAll(parcel, inDoubt(status, said))
  return forAll(parcel, ofRefusal(status, error, said, parcel))
}

/** `{"messageId":"<…>"}` for one, `{"messageIds":["<…>",…]}` for several. */
function taken(reply: HttpReply, parcel: readonly FilledMessage[]): readonly Outcome[] | undefined {
  const json = reply.json()
  if ((reply.status !== 201 && reply.status !== 202) || typeof json !== 'object' || json === null) return undefined
  const given: unknown = 'messageIds' in json ? json.messageIds : 'messageId' in json ? [json.messageId] : undefined
  if (!Array.isArray(given) || given.length !== parcel.length) return undefined
  const ids = given.filter((id: unknown) => typeof id === 'string' && id !== '')
  if (ids.length !== parcel.length) return undefined
  return ids.map((id: string) => ({ kind: 'accepted', providerId: causeText(id) }))
}

function ofRefusal(
  status: number,
  error: BrevoError | undefined,
  said: string,
  parcel: readonly FilledMessage[],
): Outcome {
  const code = error === undefined || error.code === '' ? status : error.code
  switch (error?.code) {
    case 'duplicate_parameter':
    case 'duplicate_request':
      return /idempoten/i.test(said) ? { kind: 'accepted', providerId: '' } : inDoubt(code, said)
    case 'unauthorized':
      return refused('route', 'auth', code, said)
    case 'not_enough_credits':
      return refused('route', 'quota', code, said)
    case 'account_under_validation':
    case 'permission_denied':
      return refused('route', 'config', code, said)
    default:
      return ofStatus(status, code, said, parcel, error !== undefined)
  }
}

function ofStatus(
  status: number,
  code: string | number,
  said: string,
  parcel: readonly FilledMessage[],
  isBrevos: boolean,
): Outcome {
  switch (status) {
    case 400:
      return isBrevos ? badRequest(code, said, parcel) : refused('route', 'config', code, said)
    case 401:
      return refused('route', 'auth', code, said)
    case 402:
      return refused('route', 'quota', code, said)
    case 408:
      return deferred('transient', code, said)
    case 413:
      return parcel.length > 1 ? apart(parcel.length, code, said) : refused('message', 'content', code, said)
    case 429:
      return deferred('throttled', code, said)
    case 500:
    case 503:
      return isBrevos ? deferred('transient', code, said) : inDoubt(code, said)
    default:
      return status < 500 ? refused('route', 'config', code, said) : inDoubt(code, said)
  }
}

/** `email is not valid in to` (brevo-node, issue 40): the field stands somewhere in the sentence. */
function badRequest(code: string | number, said: string, parcel: readonly FilledMessage[]): Outcome {
  if (/\b(sender|reply-?to|from)\b/i.test(said)) return refused('route', 'config', code, said)
  if (parcel.length > 1) return apart(parcel.length, code, said)
  if (/\bin to\b|^\W*to\b/i.test(said)) return refused('recipient', 'hard', code, said)
  const ownFile = (parcel[0]?.attachments.length ?? 0) > 0 && /\battachment/i.test(said)
  if (ownFile || /\b(headers?|subject)\b/i.test(said)) return refused('message', 'content', code, said)
  return refused('route', 'config', code, said)
}

interface BrevoError {
  readonly code: string
  readonly message: string
}

/** Brevo's error body: `{"code":"invalid_parameter","message":"…"}`; undefined if it is none. Codes were once in capitals. */
export function brevoError(json: unknown): BrevoError | undefined {
  if (typeof json !== 'object' || json === null || !('code' in json) || typeof json.code !== 'string') return undefined
  const message = 'message' in json && typeof json.message === 'string' ? json.message : ''
  return { code: causeText(json.code).toLowerCase(), message }
}

/** Brevo's own words in an answer that is no success, on whatever was asked. */
export function brevoWords(reply: HttpReply): string {
  const error = brevoError(reply.json())
  return wordsOf(reply, 'Brevo', error === undefined ? '' : error.message || error.code)
}
