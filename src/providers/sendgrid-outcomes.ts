/**
 * What SendGrid's answers mean. A call is taken whole or refused whole; a 202 makes SendGrid responsible for every message
 * in it. A bad address must cost only itself, a bad key nobody, and a gateway's error after the call has left decides
 * nothing.
 *
 * | answer                                     | outcome |
 * | ------------------------------------------ | ------- |
 * | 202, 200 in the sandbox                    | accepted |
 * | 202 that broke off without X-Message-Id    | in doubt |
 * | any other 2xx                              | in doubt: not an answer that SendGrid documents |
 * | 400 naming `personalizations.N.to`         | N refused, recipient, hard; the others deferred, message, at once |
 * | 400 naming anything else of personalization N | N refused, message, content; the others deferred, message, at once |
 * | 400 naming `attachments`, her own attachment | refused, message, content |
 * | 400 that broke off                         | deferred, route, transient: who it names is not known |
 * | any other 400                              | refused, route, config |
 * | 401 "Maximum credits exceeded"             | refused, route, quota |
 * | any other 401                              | refused, route, auth |
 * | 408                                        | deferred, route, transient: the server says that it did not get the whole request |
 * | 413                                        | of one: refused, message, content, or route, config if it has no files of its own; of several: apart |
 * | 429                                        | deferred, route, throttled |
 * | any other 4xx                              | refused, route, config |
 * | 503 with SendGrid's own error body        | deferred, route, transient |
 * | any other 5xx                              | in doubt: who fails within may have taken the call, and a gateway may have lost the answer |
 */

import type { FilledMessage } from '../model/edition.ts'
import { causeText, type Outcome } from '../model/outcome.ts'
import { deferred, inDoubt, notSentForAnother, type Refused, refused, tooLarge, wordsOf } from './answer-outcomes.ts'
import { forAll } from './http-provider.ts'
import type { HttpReply } from './http-reply.ts'

export function sendgridOutcomes(
  reply: HttpReply,
  parcel: readonly FilledMessage[],
  sandbox: boolean,
): readonly Outcome[] {
  const { status } = reply
  const one = (outcome: Outcome) => forAll(parcel, outcome)
  if (status < 300) return one(taken(reply, sandbox))
  const errors = errorsIn(reply.json())
  const said = words(reply, errors)
  switch (status) {
    case 400:
      return reply.whole ? badRequest(errors, said, parcel) : one(deferred('transient', status, said))
    case 401:
      return one(refused('route', /maximum credits exceeded/i.test(said) ? 'quota' : 'auth', status, said))
    case 408:
      return one(deferred('transient', status, said))
    case 413:
      return one(tooLarge(parcel, status, said))
    case 429:
      return one(deferred('throttled', status, said))
    case 503:
      return one(errors.length > 0 ? deferred('transient', status, said) : inDoubt(status, said))
    default:
      return one(status < 500 ? refused('route', 'config', status, said) : inDoubt(status, said))
  }
}

/** "200: valid, but not queued (sandbox mode only)", "202: valid, and queued to be delivered" (errors page of mail/send). */
function taken(reply: HttpReply, sandbox: boolean): Outcome {
  const providerId = causeText(reply.header('x-message-id') ?? '')
  const documented = reply.status === 202 || (reply.status === 200 && sandbox)
  if (documented && (reply.whole || providerId !== '')) return { kind: 'accepted', providerId }
  return inDoubt(reply.status, words(reply, []))
}

function badRequest(
  errors: readonly SendGridError[],
  said: string,
  parcel: readonly FilledMessage[],
): readonly Outcome[] {
  const named = new Map<number, Outcome>()
  for (const error of errors) {
    const index = personalizationOf(error, parcel)
    if (index === undefined) continue
    const outcome = refusedOne(error)
    // Of two errors about one message, the one about its address decides: no change of the message would help it.
    if (!named.has(index) || outcome.scope === 'recipient') named.set(index, outcome)
  }
  if (named.size === 0) return forAll(parcel, refused('route', 'config', 400, said))
  // Each such call takes at least one message out, so this ends.
  return parcel.map((_, index) => named.get(index) ?? notSentForAnother(400))
}

function refusedOne(error: SendGridError): Refused {
  const text = wordsOfError(error)
  // An address that SendGrid has seen twice, or a value of a wrong type, says nothing of the mailbox: never suppress it.
  const ofAddress = /^personalizations\W*\d*\W*\.?to\b/.test(error.field)
  const ofMailbox = ofAddress && !/more than once|duplicate|unique|invalid type/i.test(error.message)
  return ofMailbox ? refused('recipient', 'hard', 400, text) : refused('message', 'content', 400, text)
}

/**
 * Which message an error is about: `personalizations.3.to.0.email` is the fourth. In a call for one, an error without a
 * number (`personalizations.to`) can only be about that one.
 */
function personalizationOf(error: SendGridError, parcel: readonly FilledMessage[]): number | undefined {
  const only = parcel.length === 1 ? parcel[0] : undefined
  const match = /^personalizations(?:\.(\d{1,4})\b|\[(\d{1,4})\]|\.)/.exec(error.field)
  const digits = match?.[1] ?? match?.[2]
  if (digits !== undefined) return Number(digits) < parcel.length ? Number(digits) : undefined
  const ofOnly = match !== null || (/^attachments\b/.test(error.field) && (only?.attachments.length ?? 0) > 0)
  return only !== undefined && ofOnly ? 0 : undefined
}

interface SendGridError {
  readonly message: string
  /** Empty if none is named. */
  readonly field: string
}

/** SendGrid's error body: `{"errors":[{"message":"…","field":"personalizations.0.to","help":"…"}]}`; empty if it is none. */
function errorsIn(json: unknown): readonly SendGridError[] {
  if (typeof json !== 'object' || json === null || !('errors' in json) || !Array.isArray(json.errors)) return []
  const found: SendGridError[] = []
  for (const each of json.errors as readonly unknown[]) {
    if (typeof each !== 'object' || each === null || !('message' in each) || typeof each.message !== 'string') continue
    found.push({ message: each.message, field: 'field' in each && typeof each.field === 'string' ? each.field : '' })
  }
  return found
}

/** SendGrid's own words in an answer that is no success, on whatever was asked. */
export function sendgridWords(reply: HttpReply): string {
  return words(reply, errorsIn(reply.json()))
}

function words(reply: HttpReply, errors: readonly SendGridError[]): string {
  return wordsOf(reply, 'SendGrid', errors.slice(0, 20).map(wordsOfError).join('; '))
}

function wordsOfError(error: SendGridError): string {
  return error.field === '' || error.field === 'null' ? error.message : `${error.message} (${error.field})`
}
