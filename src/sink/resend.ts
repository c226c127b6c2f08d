/**
 * Resend as a sink plays it: `POST /emails` and `POST /emails/batch` as strictly as Resend's pages describe them, in either
 * validation mode, with idempotency keys. Asked for domains, it takes every key for one that may only send.
 */

import { isUtf8 } from 'node:buffer'
import { createHash } from 'node:crypto'
import { fingerprint, type Repeatable } from './call-memory.ts'
import { shownHeaders } from './header.ts'
import type { HttpAnswer } from './http-server.ts'
import { readMailbox, shownMailbox } from './mailbox.ts'
import type { Saying } from './replies.ts'
import { parsedJson } from './request-parts.ts'
import { type ResendMail, readResendMail, resendMailLimits } from './resend-mail.ts'
import type { AskedWait, SinkVendor, VendorMail, VendorReading, VendorRequest } from './vendor.ts'

export const resendSink: SinkVendor = {
  name: 'resend',
  requestMaxBytes: resendMailLimits.bytes,
  routeOptions: 'api_key: "${RESEND_API_KEY}"',
  isLookup: (method, path) => method === 'GET' && /^\/domains(?:\?|$)/.test(path),
  read,
  says,
}

/** "We keep idempotency keys in our system for 24 hours" (page on idempotency keys). */
const windowMs = 24 * 60 * 60_000

function read(request: VendorRequest, apiKey: string | null): VendorReading {
  const { method, path, headers, body } = request
  const { authorization = '' } = headers
  if (!/^Bearer \S+$/.test(authorization)) return refused(401, 'missing_api_key', 'Missing API Key')
  if (apiKey !== null && authorization !== `Bearer ${apiKey}`)
    return refused(401, 'validation_error', 'API key is invalid')
  if (resendSink.isLookup(method, path))
    return { kind: 'asked', answer: error(401, 'restricted_api_key', restrictedWords) }
  if (path !== '/emails' && path !== '/emails/batch') return refused(404, 'not_found', 'The endpoint does not exist.')
  if (method !== 'POST') return refused(405, 'method_not_allowed', 'The method is not allowed here.')
  const key = headers['idempotency-key']
  if (key !== undefined && (typeof key !== 'string' || key.length < 1 || key.length > 256))
    return refused(400, 'invalid_idempotency_key', 'Idempotency keys must have between 1 and 256 characters.')
  if (body.length > resendMailLimits.bytes) return refused(413, 'validation_error', 'The request is too large.')
  const json = headers['content-type'] === 'application/json' && isUtf8(body) ? parsedJson(body) : undefined
  if (json === undefined) return refused(400, 'validation_error', 'The request is not JSON.')
  const isPermissive = headers['x-batch-validation'] === 'permissive'
  const reading = path === '/emails' ? readOne(json) : readBatch(json, isPermissive)
  return reading.kind === 'mails' && key !== undefined
    ? { ...reading, repeatable: repeatableBy(`${path} ${key}`, body) }
    : reading
}

const restrictedWords = 'This API key is restricted to only send emails'

function repeatableBy(key: string, body: Buffer): Repeatable {
  const words = 'This idempotency key was used before with another request body.'
  return { key, fingerprint: fingerprint(body), windowMs, conflict: error(409, 'invalid_idempotent_request', words) }
}

function readOne(json: unknown): VendorReading {
  const mail = readResendMail(json, false)
  if (typeof mail === 'string') return refused(422, 'validation_error', mail)
  return {
    kind: 'mails',
    mails: mailsOf(mail),
    delivers: true,
    answer: call => ({ status: 200, body: JSON.stringify({ id: resendId(call, 0) }) }),
  }
}

function readBatch(json: unknown, isPermissive: boolean): VendorReading {
  if (!Array.isArray(json) || json.length === 0)
    return refused(422, 'validation_error', 'A batch is an array of emails.')
  if (json.length > resendMailLimits.messages)
    return refused(422, 'validation_error', `A batch has at most ${resendMailLimits.messages} emails.`)
  const results = json.map(each => readResendMail(each, true))
  const wrong = results.find(each => typeof each === 'string')
  if (wrong !== undefined && !isPermissive) return refused(422, 'validation_error', wrong)
  const errors = results.flatMap((each, index) => (typeof each === 'string' ? [{ index, message: each }] : []))
  const taken = results.flatMap((each, index) => (typeof each === 'string' ? [] : [{ index, mails: mailsOf(each) }]))
  const answerOf = (call: number, without: typeof errors): HttpAnswer => {
    const failed = [...errors, ...without].sort((one, other) => one.index - other.index)
    const data = taken
      .filter(({ index }) => !without.some(each => each.index === index))
      .map(({ index }) => ({ id: resendId(call, index) }))
    return { status: 200, body: JSON.stringify(isPermissive ? { data, errors: failed } : { data }) }
  }
  if (taken.length === 0) return { kind: 'refused', answer: answerOf(0, []) }
  const mails = taken.flatMap(each => each.mails)
  return {
    kind: 'mails',
    mails,
    delivers: true,
    answer: call => answerOf(call, []),
    partial(call, about, saying) {
      const message = wordsOfOne(saying)
      const index = taken.find(each => mails[about] !== undefined && each.mails.includes(mails[about]))?.index
      if (!isPermissive || message === undefined || index === undefined) return undefined
      return answerOf(call, [{ index, message }])
    },
  }
}

/** What each recipient gets of an email. */
function mailsOf(mail: ResendMail): readonly VendorMail[] {
  const headers = shownHeaders(mail.headers ?? {})
  const { 'x-mailblast-message-id': messageId = null, 'x-mailblast-run': run = null, ...own } = headers
  const from = readMailbox(mail.from)
  return mail.to.map(to => ({
    to: readMailbox(to)?.address ?? to,
    from: from === undefined ? mail.from : shownMailbox(from),
    replyTo: readMailbox(mail.reply_to?.[0] ?? '')?.address ?? null,
    messageId,
    run,
    subject: mail.subject,
    text: mail.text ?? null,
    html: mail.html ?? null,
    headers: own,
    attachments: (mail.attachments ?? []).map(each => ({
      fileName: each.filename,
      contentType: each.content_type ?? null,
      content: each.content,
      contentId: each.content_id ?? null,
    })),
  }))
}

function resendId(call: number, index: number): string {
  const hex = createHash('sha256').update(`${call}\0${index}`).digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-')
}

/** What Resend says of one email of a batch; of what it says of a whole call only, nothing. */
function wordsOfOne(saying: Saying): string | undefined {
  switch (saying) {
    case 'no-such-user':
      return 'Invalid `to` field. The address cannot be used.'
    case 'content':
      return 'Invalid `headers` field. One of them cannot be used.'
    default:
      return undefined
  }
}

/** What Resend answers with, by what it is to say; what it never says itself comes in the nearest of its forms. */
function says(saying: Saying, _about: number, wait: AskedWait | null): HttpAnswer {
  const waiting = (answer: HttpAnswer): HttpAnswer =>
    wait === null ? answer : { ...answer, headers: waitHeaders(wait) }
  switch (saying) {
    case 'no-such-user':
    case 'content':
      return error(422, 'validation_error', wordsOfOne(saying) ?? '')
    case 'too-big':
      return error(413, 'validation_error', 'The request is too large.')
    case 'blocked':
      return error(403, 'validation_error', 'The domain is not verified. Please add and verify it.')
    case 'bad-key':
      return error(401, 'validation_error', 'API key is invalid')
    case 'no-credit':
      return error(429, 'monthly_quota_exceeded', 'You have reached your monthly email sending quota.')
    case 'throttled':
      return waiting(error(429, 'rate_limit_exceeded', 'Too many requests.'))
    case 'busy':
    case 'mailbox-full':
    case 'greylisted':
      return waiting(error(503, 'internal_server_error', 'An unexpected error occurred.'))
  }
}

/** Both are seconds from now (page on rate limits). */
function waitHeaders({ seconds }: AskedWait): Readonly<Record<string, string>> {
  return { 'ratelimit-remaining': '0', 'ratelimit-reset': String(seconds), 'retry-after': String(seconds) }
}

function error(statusCode: number, name: string, message: string): HttpAnswer {
  return { status: statusCode, body: JSON.stringify({ statusCode, name, message }) }
}

function refused(status: number, name: string, message: string): VendorReading {
  return { kind: 'refused', answer: error(status, name, message) }
}
