/**
 * Mandrill as a sink plays it: `POST /messages/send` as strictly as Mandrill's API description has it, with an answer for each
 * recipient, and `POST /messages/search`, `POST /users/info` and `POST /senders/domains` for those who ask. The key stands in the body of each.
 */

import { isUtf8 } from 'node:buffer'
import type { z } from 'zod'
import { shownHeaders } from './header.ts'
import type { HttpAnswer } from './http-server.ts'
import { type MandrillMessage, mandrillLimits, mandrillSchema } from './mandrill-mail.ts'
import { mergerFor } from './mandrill-merge.ts'
import { mandrillId, searchAnswer, searchSchema } from './mandrill-search.ts'
import type { Saying } from './replies.ts'
import { parsedJson } from './request-parts.ts'
import type { AskedWait, SinkVendor, VendorMail, VendorReading, VendorRequest } from './vendor.ts'

export const mandrillSink: SinkVendor = {
  name: 'mandrill',
  requestMaxBytes: mandrillLimits.requestBytes,
  routeOptions: 'api_key: "${MANDRILL_API_KEY}"',
  isLookup: (_, path) => path === '/messages/search' || Object.hasOwn(accountAnswers, path),
  read,
  says,
}

function read({ method, path, headers, body }: VendorRequest, apiKey: string | null): VendorReading {
  const refused = (answer: HttpAnswer): VendorReading => ({ kind: 'refused', answer })
  const account = Object.hasOwn(accountAnswers, path) ? accountAnswers[path] : undefined
  if (account === undefined && path !== '/messages/send' && path !== '/messages/search')
    return refused(error(404, 'Unknown_Method', `Unknown method "${path.slice(1, 60)}"`))
  if (method !== 'POST') return refused(error(405, 'ValidationError', 'You must POST'))
  if (headers['content-type'] !== 'application/json')
    return refused(error(415, 'ValidationError', 'The content type must be application/json'))
  if (body.length > mandrillLimits.requestBytes) return refused(tooLarge)
  const json = isUtf8(body) ? parsedJson(body) : undefined
  const key = typeof json === 'object' && json !== null && 'key' in json ? json.key : undefined
  if (typeof key !== 'string' || key === '' || (apiKey !== null && key !== apiKey)) return refused(invalidKey)
  if (account !== undefined) return { kind: 'asked', answer: { status: 200, body: JSON.stringify(account) } }
  if (path === '/messages/search') {
    const search = searchSchema.safeParse(json)
    if (!search.success) return refused(invalid(search.error.issues))
    return { kind: 'lookup', answer: taken => searchAnswer(search.data, taken) }
  }
  const parsed = mandrillSchema.safeParse(json)
  return parsed.success
    ? reading(parsed.data.message, parsed.data.async === true)
    : refused(invalid(parsed.error.issues))
}

function reading(message: MandrillMessage, background: boolean): VendorReading {
  const mails = message.to.map(({ email }) => mailOf(message, email))
  // "In async mode, messages/send will immediately return a status of "queued" for every recipient."
  const queues = background || mails.length > mandrillLimits.answeredRecipients
  const results = (call: number) => mails.map(({ to }) => resultOf(call, to, queues ? 'queued' : 'sent', null))
  return {
    kind: 'mails',
    mails,
    delivers: true,
    answer: call => ({ status: 200, body: JSON.stringify(results(call)) }),
    partial(call, about, saying) {
      const reason = rejections[saying]
      const to = mails[about]?.to
      if (reason === undefined || to === undefined || queues) return undefined
      const rejected = resultOf(call, to, 'rejected', reason)
      return { status: 200, body: JSON.stringify(results(call).with(about, rejected)) }
    },
  }
}

/** What is said of one recipient, by what it is to mean. */
const rejections: Readonly<Partial<Record<Saying, string>>> = {
  'no-such-user': 'hard-bounce',
  'mailbox-full': 'soft-bounce',
  content: 'rule',
  blocked: 'unsigned',
}

function resultOf(call: number, email: string, status: string, rejectReason: string | null) {
  return { email, status, reject_reason: rejectReason, queued_reason: null, _id: mandrillId(call, email) }
}

/** What this recipient gets. The text is put together only when it is read. */
function mailOf(message: MandrillMessage, to: string): VendorMail {
  const { from_email, from_name, metadata = {}, attachments = [], images = [] } = message
  const merged = mergerFor(message, to)
  const {
    'reply-to': replyTo,
    'message-id': named,
    'x-mailblast-run': marked,
    ...own
  } = shownHeaders(message.headers ?? {})
  const [messageId, run] = [metadata['mailblast_id'] ?? named, metadata['mailblast_run'] ?? marked]
  return {
    to,
    messageId: typeof messageId === 'string' ? messageId : null,
    run: typeof run === 'string' ? run : null,
    from: from_name ? `${from_name} <${from_email}>` : from_email,
    replyTo: replyTo === undefined ? null : (/<([^<>]*)>$/.exec(replyTo)?.[1] ?? replyTo),
    subject: merged(message.subject ?? ''),
    get text() {
      return typeof message.text === 'string' ? merged(message.text) : null
    },
    get html() {
      return typeof message.html === 'string' ? merged(message.html) : null
    },
    headers: own,
    attachments: [
      ...attachments.map(({ type, name, content }) => ({
        fileName: name,
        contentType: type,
        content,
        contentId: null,
      })),
      ...images.map(({ type, name, content }) => ({ fileName: name, contentType: type, content, contentId: name })),
    ],
  }
}

/** What Mandrill answers with, by what it is to say; what it never says itself comes in the nearest of its forms. */
function says(saying: Saying, about: number, wait: AskedWait | null): HttpAnswer {
  const later = wait === null ? {} : { headers: { 'retry-after': String(wait.seconds) } }
  switch (saying) {
    case 'no-such-user':
      return invalid([{ path: ['message', 'to', about, 'email'], message: 'An email address must contain a single @' }])
    case 'content':
      return invalid([{ path: ['message', 'headers'], message: 'A header of this message cannot be used' }])
    case 'blocked':
      return invalid([{ path: ['message', 'from_email'], message: 'This sender is not allowed' }])
    case 'too-big':
      return tooLarge
    case 'bad-key':
      return invalidKey
    case 'no-credit':
      return error(402, 'PaymentRequired', 'Sending is only available for accounts with a positive balance.')
    case 'throttled':
      return { ...error(429, 'RequestLimitExceeded', 'Too Many Requests attempted recently'), ...later }
    case 'busy':
    case 'mailbox-full':
    case 'greylisted':
      return { ...error(503, 'ServiceUnavailable', 'Service Temporarily Unavailable'), ...later }
  }
}

const codes: Readonly<Record<string, number>> = { Invalid_Key: 401, PaymentRequired: 10, RequestLimitExceeded: 429 }

function error(status: number, name: string, message: string): HttpAnswer {
  return { status, body: JSON.stringify({ status: 'error', code: codes[name] ?? -2, name, message }) }
}

const invalidKey = error(401, 'Invalid_Key', 'Invalid API key')

const tooLarge: HttpAnswer = {
  status: 413,
  body: '<html><head><title>413 Request Entity Too Large</title></head></html>',
}

/** An account that may send as much as it likes; of its domains nothing is known before they are sent from. */
const accountAnswers: Readonly<Record<string, unknown>> = {
  '/users/info': {
    username: 'sink@mailblast.invalid',
    created_at: '2013-01-01 15:30:27',
    public_id: 'sink',
    reputation: 100,
    hourly_quota: 1_000_000,
    backlog: 0,
    stats: {},
  },
  '/senders/domains': [],
}

/** `Validation error: {"message":{"to":[{"email":"…"}]}}`, of the first thing that is wrong. */
function invalid(issues: readonly Pick<z.core.$ZodIssue, 'path' | 'message'>[]): HttpAnswer {
  const [first = { path: [], message: 'You must specify a JSON object' }] = issues
  const fields = first.path.reduceRight<unknown>(
    (inner, key) => (typeof key === 'number' ? [inner] : { [String(key)]: inner }),
    first.message,
  )
  return error(422, 'ValidationError', `Validation error: ${JSON.stringify(fields)}`)
}
