/**
 * What Postmark's answers mean. The HTTP status decides first, for the numbers of `ErrorCode` look like statuses and are
 * none. A batch is answered with 200 and one result a message, in the order of the request, each taken or refused by
 * itself. (Pages on batch email and on API errors; the classes of its library postmark.js.)
 *
 * | answer                                     | outcome |
 * | ------------------------------------------ | ------- |
 * | 200, ErrorCode 0 with a MessageID          | accepted |
 * | 200, ErrorCode 0 "will not deliver to these inactive addresses" | refused, recipient, hard: she was its only recipient |
 * | 200, another ErrorCode                     | as in the table of codes |
 * | 200 that broke off, with more or fewer results than messages, or with another's address | in doubt |
 * | any other 2xx                              | in doubt: not an answer that Postmark documents |
 * | 401, 403                                   | refused, route, auth |
 * | 408                                        | deferred, route, transient: the server says that it did not get the whole request |
 * | 413 for one message                        | refused, message, content |
 * | 413 for several                            | deferred, message, at once and apart |
 * | 422 for one message, and one about the route | as in the table of codes |
 * | 422 for several, about one of them         | deferred, message, at once and apart: it does not say which |
 * | 422 that broke off                         | deferred, route, transient: what it says is not known |
 * | 429                                        | deferred, route, throttled |
 * | any other 4xx                              | refused, route, config |
 * | 503 with Postmark's own error body         | deferred, route, transient |
 * | 500, with any body                         | in doubt: "in most cases the message is lost", and so in some it is not |
 * | any other 5xx                              | in doubt: a gateway may have lost the answer of a call that was taken |
 *
 * | ErrorCode                                  | outcome |
 * | ------------------------------------------ | ------- |
 * | 10 bad or missing token                    | refused, route, auth |
 * | 100 maintenance                            | deferred, route, transient |
 * | 300 naming 'From', 'ReplyTo', 'MessageStream', 'TrackOpens' or 'TrackLinks' | refused, route, config |
 * | 300 naming 'To'                            | refused, recipient, hard |
 * | any other 300                              | refused, message, content |
 * | 405 not allowed to send: out of credits    | refused, route, quota |
 * | 406 inactive recipient                     | refused, recipient, hard |
 * | 411 forbidden type of attachment           | refused, message, content; route, config if it goes with every message |
 * | 429 rate limit exceeded                    | deferred, route, throttled |
 * | any other (400 and 401 sender signature, 412 and 413 account, 1235 stream …) | refused, route, config |
 */

import type { FilledMessage } from '../model/edition.ts'
import { causeText, type Outcome } from '../model/outcome.ts'
import { apart, deferred, inDoubt, refused, wordsOf } from './answer-outcomes.ts'
import { forAll } from './http-provider.ts'
import type { HttpReply } from './http-reply.ts'

/** `sharesFiles`: whether an attachment goes with every message. */
export function postmarkOutcomes(
  reply: HttpReply,
  parcel: readonly FilledMessage[],
  sharesFiles: boolean,
): readonly Outcome[] {
  const { status } = reply
  const one = (outcome: Outcome) => forAll(parcel, outcome)
  const said = postmarkWords(reply)
  switch (status) {
    case 200:
      return results(reply, parcel, sharesFiles) ?? one(inDoubt(status, said))
    case 401:
    case 403:
      return one(refused('route', 'auth', status, said))
    case 408:
      return one(deferred('transient', status, said))
    case 413:
      return one(parcel.length === 1 ? refused('message', 'content', status, said) : apart(parcel.length, status, said))
    case 422:
      return reply.whole ? unprocessable(reply, parcel, sharesFiles) : one(deferred('transient', status, said))
    case 429:
      return one(deferred('throttled', status, said))
    case 503:
      return one(resultIn(reply.json()) === undefined ? inDoubt(status, said) : deferred('transient', status, said))
    default:
      return one(status >= 400 && status < 500 ? refused('route', 'config', status, said) : inDoubt(status, said))
  }
}

/** One outcome a message; undefined if the results cannot be told to belong to the messages. */
function results(
  reply: HttpReply,
  parcel: readonly FilledMessage[],
  sharesFiles: boolean,
): readonly Outcome[] | undefined {
  const json = reply.json()
  const list: readonly unknown[] = Array.isArray(json) ? json : [json]
  if (!reply.whole || list.length !== parcel.length || Array.isArray(json) !== parcel.length > 1) return undefined
  const found: Outcome[] = []
  for (const [index, message] of parcel.entries()) {
    const result = resultIn(list[index])
    // A result in another's place puts all the others in doubt as well.
    if (result !== undefined && result.to !== '' && !isSame(result.to, message)) return undefined
    found.push(
      result === undefined ? inDoubt(200, 'its result is not readable') : outcomeOf(result, message, sharesFiles),
    )
  }
  return found
}

function outcomeOf(result: Result, message: FilledMessage, sharesFiles: boolean): Outcome {
  if (result.code !== 0) return outcomeOfCode(result, message, sharesFiles)
  if (/will not deliver to these inactive addresses/i.test(result.text))
    return refused('recipient', 'hard', 406, result.text)
  if (result.messageId === '') return inDoubt(200, 'its result has no MessageID')
  return { kind: 'accepted', providerId: causeText(result.messageId) }
}

function unprocessable(reply: HttpReply, parcel: readonly FilledMessage[], sharesFiles: boolean): readonly Outcome[] {
  const [first] = parcel
  const result = resultIn(reply.json())
  if (result === undefined || result.code === 0 || first === undefined)
    return forAll(parcel, refused('route', 'config', 422, postmarkWords(reply)))
  const outcome = outcomeOfCode(result, first, sharesFiles)
  const isOfOne = 'scope' in outcome && outcome.scope !== 'route'
  return forAll(parcel, isOfOne && parcel.length > 1 ? apart(parcel.length, result.code, result.text) : outcome)
}

function outcomeOfCode({ code, text }: Result, message: FilledMessage, sharesFiles: boolean): Outcome {
  switch (code) {
    case 10:
      return refused('route', 'auth', code, text)
    case 100:
      return deferred('transient', code, text)
    case 300:
      if (/'(From|ReplyTo|MessageStream|TrackOpens|TrackLinks)'/i.test(text))
        return refused('route', 'config', code, text)
      return /'To'/i.test(text) ? refused('recipient', 'hard', code, text) : refused('message', 'content', code, text)
    case 405:
      return refused('route', 'quota', code, text)
    case 406:
      return refused('recipient', 'hard', code, text)
    case 411:
      if (sharesFiles && message.attachments.length === 0) return refused('route', 'config', code, text)
      return refused('message', 'content', code, text)
    case 429:
      return deferred('throttled', code, text)
    default:
      return refused('route', 'config', code, text)
  }
}

interface Result {
  /** 0 if it was taken. */
  readonly code: number
  readonly text: string
  /** Empty where there is none, as in a refusal. */
  readonly messageId: string
  readonly to: string
}

/** `{"To":"…","SubmittedAt":"…","MessageID":"…","ErrorCode":0,"Message":"OK"}`; undefined if it is not that. */
function resultIn(json: unknown): Result | undefined {
  if (typeof json !== 'object' || json === null || !('ErrorCode' in json) || typeof json.ErrorCode !== 'number')
    return undefined
  const textOf = (name: string) => {
    const value: unknown = (json as Readonly<Record<string, unknown>>)[name]
    return typeof value === 'string' ? value : ''
  }
  const { ErrorCode: code } = json
  return {
    code,
    text: textOf('Message') === '' ? `Postmark's error ${code}` : textOf('Message'),
    messageId: textOf('MessageID'),
    to: textOf('To'),
  }
}

/** Postmark may write an address in small letters, or with a name. */
function isSame(to: string, message: FilledMessage): boolean {
  return to.toLowerCase().includes(message.to.toLowerCase())
}

/** Postmark's own words in an answer, on whatever was asked. */
export function postmarkWords(reply: HttpReply): string {
  const result = resultIn(reply.json())
  return wordsOf(reply, 'Postmark', result === undefined ? '' : `${result.text} (error ${result.code})`)
}
