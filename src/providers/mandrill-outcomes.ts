/**
 * What Mandrill's answers mean. A refusal is told by its `name`, for clients have seen all of them with status 500; a success
 * says what became of the one recipient, and only that decides.
 *
 * | answer                                          | outcome |
 * | ----------------------------------------------- | ------- |
 * | 200, `sent`, `scheduled`, `queued`              | accepted |
 * | `queued` for `hourly-quota-exhausted`, `sending-backlogged` | accepted; the route rests for ten minutes |
 * | `queued` for `sending-suspended`, `sending-paused`, `account-suspended`, `monthly-limit-reached`, `free-trial-sends-exhausted` | accepted, for it is with them; the route rests for an hour |
 * | `rejected`: `hard-bounce`, `invalid`, `spam`, `unsub`, `custom` | refused, recipient, hard: she is on their list of rejections |
 * | `rejected`: `soft-bounce`                       | deferred, recipient, soft: that entry of the list expires |
 * | `rejected`: `unsigned`, `invalid-sender`, `test-mode-limit` | refused, route, config: it would be said of everybody |
 * | `rejected`: `rule`, or anything not documented  | refused, message, content: no word of her mailbox |
 * | `invalid`                                       | refused, recipient, hard |
 * | any other success                               | in doubt |
 * | `Invalid_Key`, or 401 without a name            | refused, route, auth |
 * | `PaymentRequired`                               | refused, route, quota |
 * | `RequestLimitExceeded`, or 429 without a name   | deferred, route, throttled |
 * | `ServiceUnavailable`, 408                       | deferred, route, transient |
 * | `ValidationError` of `message.to`               | refused, recipient, hard |
 * | `ValidationError` of what is hers in `message`  | refused, message, content |
 * | 413                                             | refused, message, content |
 * | any other name (`ValidationError`, `Unknown_Subaccount`, …) | refused, route, config |
 * | `GeneralError`, or 5xx without a name           | in doubt: "an unknown error occurred processing your request" |
 * | any other 4xx                                   | refused, route, config |
 */

import type { FilledMessage } from '../model/edition.ts'
import { causeText, type Outcome } from '../model/outcome.ts'
import { causeOf, deferred, inDoubt, refused, wordsOf } from './answer-outcomes.ts'
import type { HttpReply } from './http-reply.ts'

/** An hourly quota fills again little by little, and Mandrill sends what waits by itself. */
const slowRestMs = 10 * 60_000

/** What the operator must mend is not mended sooner, and every further call would only wait there too. */
const stoppedRestMs = 60 * 60_000

export function mandrillOutcomes(reply: HttpReply, message: FilledMessage): Outcome {
  const error = mandrillError(reply.json())
  const said = mandrillWords(reply)
  if (error !== undefined) return ofError(error, reply.status, said, message)
  const { status } = reply
  if (status < 300) return ofResult(reply, said)
  switch (status) {
    case 401:
      return refused('route', 'auth', status, said)
    case 408:
      return deferred('transient', status, said)
    case 413:
      return refused('message', 'content', status, said)
    case 429:
      return deferred('throttled', status, said)
    default:
      return status < 500 ? refused('route', 'config', status, said) : inDoubt(status, said)
  }
}

/** The answer has one entry, for the call had one recipient. */
function ofResult(reply: HttpReply, said: string): Outcome {
  const result = resultIn(reply.json())
  if (reply.status !== 200 || result === undefined) return inDoubt(reply.status, said)
  const { status, reason, id } = result
  switch (status) {
    case 'sent':
    case 'scheduled':
    case 'queued':
      return { kind: 'accepted', providerId: causeText(id), ...restFor(reason) }
    case 'rejected':
      return ofRejection(reason)
    case 'invalid':
      return refused('recipient', 'hard', 'invalid', `Mandrill holds the address to be invalid${inWords(reason)}`)
    default:
      return inDoubt(reply.status, `Mandrill gave a status that it does not document: ${status}`)
  }
}

function restFor(queuedReason: string): { readonly restMs?: number } {
  if (/^(hourly-quota-exhausted|sending-backlogged)$/.test(queuedReason)) return { restMs: slowRestMs }
  const stopped =
    /^(sending-suspended|sending-paused|account-suspended|monthly-limit-reached|free-trial-sends-exhausted)$/
  return stopped.test(queuedReason) ? { restMs: stoppedRestMs } : {}
}

function ofRejection(reason: string): Outcome {
  switch (reason) {
    case 'hard-bounce':
    case 'invalid':
    case 'spam':
    case 'unsub':
    case 'custom':
      return refused('recipient', 'hard', reason, `Mandrill rejects mail to this address: ${reason}`)
    case 'soft-bounce':
      return {
        kind: 'deferred',
        scope: 'recipient',
        cause: causeOf('soft', reason, 'Mandrill rejects mail to this address for a while: soft-bounce'),
      }
    case 'unsigned':
      return refused(
        'route',
        'config',
        reason,
        'the domain of `from` is not verified at Mandrill, or lacks SPF and DKIM',
      )
    case 'invalid-sender':
      return refused('route', 'config', reason, 'Mandrill does not accept the address of `from`')
    case 'test-mode-limit':
      return refused('route', 'config', reason, 'the API key is one for tests, and its limit is reached')
    default:
      return refused('message', 'content', reason || 'rejected', `Mandrill rejected the message${inWords(reason)}`)
  }
}

function inWords(reason: string): string {
  return reason === '' ? '' : `: ${reason}`
}

function ofError(
  { name, message: words }: MandrillError,
  status: number,
  said: string,
  message: FilledMessage,
): Outcome {
  const code = name === '' ? status : name
  switch (name) {
    case 'Invalid_Key':
      return refused('route', 'auth', code, said)
    case 'PaymentRequired':
      return refused('route', 'quota', code, said)
    case 'RequestLimitExceeded':
      return deferred('throttled', code, said)
    case 'ServiceUnavailable':
      return deferred('transient', code, said)
    case 'GeneralError':
    case '':
      return inDoubt(code, said)
    case 'ValidationError':
      return ofInvalid(words, said, message)
    default:
      return refused('route', 'config', code, said)
  }
}

/** `Validation error: {"message":{"to":[{"email":"…"}]}}`: the field at fault is in JSON behind the words. */
function ofInvalid(words: string, said: string, { attachments }: FilledMessage): Outcome {
  const named = new Set(fieldsIn(words))
  const code = 'ValidationError'
  if (named.has('to')) return refused('recipient', 'hard', code, said)
  const own = ['subject', 'headers', 'metadata', ...(attachments.length > 0 ? ['attachments', 'images'] : [])]
  if (own.some(field => named.has(field))) return refused('message', 'content', code, said)
  return refused('route', 'config', code, said)
}

function fieldsIn(words: string): readonly string[] {
  try {
    const fields: unknown = JSON.parse(words.slice(words.indexOf('{')))
    if (typeof fields !== 'object' || fields === null || !('message' in fields)) return []
    return typeof fields.message === 'object' && fields.message !== null ? Object.keys(fields.message) : []
  } catch {
    return []
  }
}

interface Result {
  readonly status: string
  /** `reject_reason` or `queued_reason`; empty if neither is given. */
  readonly reason: string
  readonly id: string
}

/** `[{"email":"…","status":"sent","reject_reason":null,"queued_reason":null,"_id":"…"}]`; undefined if it is not that. */
function resultIn(json: unknown): Result | undefined {
  if (!Array.isArray(json) || json.length !== 1) return undefined
  const only: unknown = json[0]
  if (typeof only !== 'object' || only === null || !('status' in only) || typeof only.status !== 'string')
    return undefined
  const id = '_id' in only && typeof only._id === 'string' ? only._id : ''
  const reasons = [
    'reject_reason' in only ? only.reject_reason : null,
    'queued_reason' in only ? only.queued_reason : null,
  ]
  const reason = reasons.find(each => typeof each === 'string' && each !== '')
  return { status: only.status, reason: typeof reason === 'string' ? reason : '', id }
}

interface MandrillError {
  readonly name: string
  readonly message: string
}

/** Mandrill's error body: `{"status":"error","code":-1,"name":"GeneralError","message":"…"}`; undefined if it is none. */
export function mandrillError(json: unknown): MandrillError | undefined {
  if (typeof json !== 'object' || json === null || !('status' in json) || json.status !== 'error') return undefined
  const name = 'name' in json && typeof json.name === 'string' ? json.name : ''
  return { name: causeText(name), message: 'message' in json && typeof json.message === 'string' ? json.message : '' }
}

/** Mandrill's own words in an answer that is no success, on whatever was asked. */
export function mandrillWords(reply: HttpReply): string {
  const error = mandrillError(reply.json())
  return wordsOf(reply, 'Mandrill', error === undefined ? '' : error.message || error.name)
}
