/**
 * What Resend's answers mean. An error has a name, which decides more than its status. A batch in permissive mode is
 * answered with the ids of those that were taken, in order, and with the positions of those that were not. (Pages on batch
 * validation modes, idempotency keys, rate limits and errors.)
 *
 * | answer                                     | outcome |
 * | ------------------------------------------ | ------- |
 * | 200 with an id                             | accepted |
 * | 200 with ids for all but the positions in `errors` | accepted; those in `errors` as in the table of fields |
 * | 200 that broke off, or whose ids and errors do not make up the parcel | in doubt |
 * | any other 2xx                              | in doubt: not an answer that Resend documents |
 * | 400 or 422 about one message's field       | as in the table of fields; for several deferred, message, at once and apart |
 * | 400 or 422 that broke off                  | deferred, route, transient: what it says is not known |
 * | "API key is invalid" with 400, 401 or 403, any other 401, 403 invalid_api_key | refused, route, auth |
 * | any other 400, 403 or 422                  | refused, route, config: domain not verified, sender, our call |
 * | 408                                        | deferred, route, transient: the server says that it did not get the whole request |
 * | 409 invalid_idempotent_request             | in doubt: an earlier call for the same people had another body, and may have been taken |
 * | 409 concurrent_idempotent_requests, any other 409 | in doubt: an earlier call for the same people is under way, and may be taken |
 * | 413 for one message                        | refused, message, content |
 * | 413 for several                            | deferred, message, at once and apart |
 * | 429 daily_quota_exceeded, monthly_quota_exceeded | refused, route, quota |
 * | any other 429                              | deferred, route, throttled |
 * | any other 4xx                              | refused, route, config |
 * | 500 or 503 with Resend's own error body    | deferred, route, transient |
 * | any other 5xx                              | in doubt: a gateway may have lost the answer of a call that was taken |
 *
 * A 409 is of a call that was not taken, and yet of people who may have their mail: the key stands for their Message-IDs
 * alone. If they were merely put off, they might go in another parcel, which has another key, and get a second mail.
 *
 * | first field that is named                  | outcome |
 * | ------------------------------------------ | ------- |
 * | `to`, unless it is missing                 | refused, recipient, hard |
 * | `to`, `subject`, `html`, `text`, `headers` | refused, message, content |
 * | `attachments`, error invalid_attachment    | refused, message, content; route, config if the message has none of its own |
 * | any other, or none                         | refused, route, config |
 */

import type { FilledMessage } from '../model/edition.ts'
import { causeText, type Outcome } from '../model/outcome.ts'
import { apart, deferred, inDoubt, type Refused, refused, wordsOf } from './answer-outcomes.ts'
import { forAll } from './http-provider.ts'
import type { HttpReply } from './http-reply.ts'

export function resendOutcomes(reply: HttpReply, parcel: readonly FilledMessage[]): readonly Outcome[] {
  const { status } = reply
  const one = (outcome: Outcome) => forAll(parcel, outcome)
  const error = errorIn(reply.json())
  const said = resendWords(reply)
  switch (status) {
    case 200:
      return taken(reply, parcel) ?? one(inDoubt(status, said))
    case 400:
    case 403:
    case 422:
      if (!reply.whole && status !== 403) return one(deferred('transient', status, said))
      return isBadKey(error) ? one(refused('route', 'auth', status, said)) : ofField(status, error, said, parcel)
    case 401:
      return one(refused('route', 'auth', status, said))
    case 408:
      return one(deferred('transient', status, said))
    case 409:
      return one(inDoubt(status, said))
    case 413:
      return one(parcel.length === 1 ? refused('message', 'content', status, said) : apart(parcel.length, status, said))
    case 429:
      if (/quota_exceeded$/.test(error?.name ?? '')) return one(refused('route', 'quota', status, said))
      return one(deferred('throttled', status, said))
    case 500:
    case 503:
      return one(error === undefined ? inDoubt(status, said) : deferred('transient', status, said))
    default:
      return one(status >= 400 && status < 500 ? refused('route', 'config', status, said) : inDoubt(status, said))
  }
}

/** One outcome a message; undefined if the answer does not say of each what became of it. */
function taken(reply: HttpReply, parcel: readonly FilledMessage[]): readonly Outcome[] | undefined {
  const json: unknown = reply.json()
  if (!reply.whole || typeof json !== 'object' || json === null) return undefined
  if (parcel.length === 1) {
    const id = idIn(json)
    return id === undefined ? undefined : [{ kind: 'accepted', providerId: id }]
  }
  const ids = 'data' in json && Array.isArray(json.data) ? json.data.map(idIn) : undefined
  const errors = 'errors' in json ? errorsByPosition(json.errors, parcel.length) : new Map<number, string>()
  if (ids === undefined || errors === undefined || ids.length + errors.size !== parcel.length) return undefined
  if (ids.includes(undefined)) return undefined
  const left = ids.values()
  return parcel.map((message, index) => {
    const text = errors.get(index)
    if (text !== undefined) return outcomeOfField(422, text, text, message)
    return { kind: 'accepted', providerId: left.next().value ?? '' }
  })
}

/** `[{"index":2,"message":"The `to` field is missing."}]`; undefined if it is not that, or names one twice. */
function errorsByPosition(json: unknown, count: number): ReadonlyMap<number, string> | undefined {
  if (!Array.isArray(json)) return undefined
  const found = new Map<number, string>()
  for (const each of json as readonly unknown[]) {
    if (typeof each !== 'object' || each === null || !('index' in each) || typeof each.index !== 'number')
      return undefined
    const { index } = each
    if (!Number.isInteger(index) || index < 0 || index >= count || found.has(index)) return undefined
    found.set(index, 'message' in each && typeof each.message === 'string' ? each.message : 'refused without a word')
  }
  return found
}

function idIn(json: unknown): string | undefined {
  if (typeof json !== 'object' || json === null || !('id' in json) || typeof json.id !== 'string') return undefined
  return json.id === '' ? undefined : causeText(json.id)
}

function ofField(
  status: number,
  error: ResendError | undefined,
  said: string,
  parcel: readonly FilledMessage[],
): readonly Outcome[] {
  const outcomes = parcel.map((message): Refused => {
    if (status === 403 || error === undefined) return refused('route', 'config', status, said)
    const field = error.name === 'invalid_attachment' ? '`attachments`' : error.message
    return outcomeOfField(status, field, said, message)
  })
  const isOfRoute = outcomes.some(outcome => outcome.scope === 'route')
  return parcel.length === 1 || isOfRoute ? outcomes : forAll(parcel, apart(parcel.length, status, said))
}

/** `text` is what names the field. */
function outcomeOfField(status: number, text: string, said: string, message: FilledMessage): Refused {
  switch (/`(\w+)`/.exec(text)?.[1]) {
    case 'to':
      if (!/missing|required/i.test(text)) return refused('recipient', 'hard', status, said)
      return refused('message', 'content', status, said)
    case 'subject':
    case 'html':
    case 'text':
    case 'headers':
      return refused('message', 'content', status, said)
    case 'attachments':
      if (message.attachments.length > 0) return refused('message', 'content', status, said)
      return refused('route', 'config', status, said)
    default:
      return refused('route', 'config', status, said)
  }
}

interface ResendError {
  readonly name: string
  readonly message: string
}

/** `{"statusCode":422,"name":"validation_error","message":"…"}`; undefined if it is not that. */
function errorIn(json: unknown): ResendError | undefined {
  if (typeof json !== 'object' || json === null || !('name' in json) || typeof json.name !== 'string') return undefined
  const message = 'message' in json && typeof json.message === 'string' ? json.message : ''
  return { name: json.name, message }
}

/** The page on errors has "API key is invalid" with 400 or 401 where it had 403 invalid_api_key before. */
function isBadKey(error: ResendError | undefined): boolean {
  return error?.name === 'invalid_api_key' || /^API key is invalid/i.test(error?.message ?? '')
}

/** The name of the error, where the answer is one of Resend's own. */
export function resendErrorName(reply: HttpReply): string | undefined {
  return errorIn(reply.json())?.name
}

/** Resend's own words in an answer, on whatever was asked. */
export function resendWords(reply: HttpReply): string {
  const error = errorIn(reply.json())
  return wordsOf(reply, 'Resend', error === undefined ? '' : `${error.message} (${error.name})`)
}
