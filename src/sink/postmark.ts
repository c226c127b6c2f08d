/**
 * Postmark as a sink plays it: `POST /email` and `POST /email/batch` as strictly as Postmark's pages describe them, each
 * message of a batch taken or refused by itself, and the questions that a run asks.
 */

import { isUtf8 } from 'node:buffer'
import { shownHeaders } from './header.ts'
import type { HttpAnswer } from './http-server.ts'
import { readMailbox, shownMailbox } from './mailbox.ts'
import { forbiddenFile, type PostmarkMail, postmarkMailLimits, postmarkMailSchema } from './postmark-mail.ts'
import { postmarkId, postmarkQuestion } from './postmark-questions.ts'
import type { Saying } from './replies.ts'
import { parsedJson } from './request-parts.ts'
import type { AskedWait, SinkVendor, VendorMail, VendorReading, VendorRequest } from './vendor.ts'

export const postmarkSink: SinkVendor = {
  name: 'postmark',
  requestMaxBytes: postmarkMailLimits.requestBytes,
  routeOptions: 'server_token: "${POSTMARK_SERVER_TOKEN}"',
  isLookup: (method, path) => method === 'GET' && postmarkQuestion(path) !== undefined,
  read,
  says,
}

/** With it mails are looked at and not delivered. */
const testToken = 'POSTMARK_API_TEST'

interface PostmarkError {
  readonly ErrorCode: number
  readonly Message: string
}

function read(request: VendorRequest, apiKey: string | null): VendorReading {
  const { method, path, headers, body } = request
  const token = String(headers['x-postmark-server-token'] ?? '')
  const isTest = method === 'POST' && token === testToken
  if (token === '' || (apiKey !== null && token !== apiKey && !isTest))
    return refused(401, 10, 'No Account or Server API tokens were supplied in the HTTP headers, or they are not valid.')
  const question = method === 'GET' ? postmarkQuestion(path) : undefined
  if (question !== undefined) return question
  if (method !== 'POST' || (path !== '/email' && path !== '/email/batch')) return refused(404, 404, 'Nothing is here.')
  if (headers['content-type'] !== 'application/json' || headers.accept !== 'application/json')
    return refused(422, 409, "The headers 'Accept' and 'Content-Type' must be application/json.")
  if (body.length > postmarkMailLimits.requestBytes) return refused(413, 413, 'Payload too large.')
  const json = isUtf8(body) ? parsedJson(body) : undefined
  if (json === undefined) return refused(422, 402, 'Invalid JSON.')
  return path === '/email' ? readOne(json, body.length, isTest) : readBatch(json, isTest)
}

function readOne(json: unknown, bytes: number, isTest: boolean): VendorReading {
  if (bytes > postmarkMailLimits.messageBytes) return refused(413, 413, 'Payload too large.')
  const mail = readMail(json)
  if (!isMail(mail)) return refused(422, mail.ErrorCode, mail.Message)
  return {
    kind: 'mails',
    mails: [mail],
    delivers: !isTest,
    answer: call => ({ status: 200, body: JSON.stringify(taken(call, mail, 0)) }),
  }
}

function readBatch(json: unknown, isTest: boolean): VendorReading {
  if (!Array.isArray(json) || json.length === 0) return refused(422, 403, 'Incompatible JSON: a batch is an array.')
  if (json.length > postmarkMailLimits.messages)
    return refused(422, 410, `A batch has at most ${postmarkMailLimits.messages} messages.`)
  const results: readonly (VendorMail | PostmarkError)[] = json.map(readMail)
  const mails = results.filter(isMail)
  const answer = (call: number, refusal?: { readonly of: VendorMail | undefined; readonly error: PostmarkError }) => ({
    status: 200,
    body: JSON.stringify(
      results.map((result, index) => {
        if (!isMail(result)) return result
        return refusal !== undefined && result === refusal.of ? refusal.error : taken(call, result, index)
      }),
    ),
  })
  if (mails.length === 0) return { kind: 'refused', answer: answer(0) }
  return {
    kind: 'mails',
    mails,
    delivers: !isTest,
    answer: call => answer(call),
    partial(call, about, saying) {
      const error = errorOfOne(saying, mails[about]?.to ?? '')
      return error === undefined ? undefined : answer(call, { of: mails[about], error })
    },
  }
}

function taken(call: number, { to, messageId }: VendorMail, index: number) {
  const id = postmarkId(call, messageId ?? String(index))
  return { To: to, SubmittedAt: '2026-01-01T00:00:00Z', MessageID: id, ErrorCode: 0, Message: 'OK' }
}

function isMail(result: VendorMail | PostmarkError): result is VendorMail {
  return !('ErrorCode' in result)
}

/** What the recipient gets, or why it is refused. */
function readMail(json: unknown): VendorMail | PostmarkError {
  const parsed = postmarkMailSchema.safeParse(json)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const where = issue?.path.join('.') ?? ''
    return { ErrorCode: 300, Message: where === '' ? (issue?.message ?? '') : `${issue?.message} (${where})` }
  }
  if (parsed.data.Attachments?.some(each => forbiddenFile.test(each.Name)))
    return { ErrorCode: 411, Message: 'Forbidden attachment type.' }
  if (Buffer.byteLength(JSON.stringify(json)) > postmarkMailLimits.messageBytes)
    return { ErrorCode: 300, Message: 'Message is larger than 10 MB.' }
  return mailOf(parsed.data)
}

/** Headers that are Postmark's, not ours. */
const instructions = new Set(['message-id', 'x-pm-keepid'])

function mailOf(mail: PostmarkMail): VendorMail {
  const headers = mail.Headers ?? []
  const headerOf = (name: string) => headers.find(each => each.Name.toLowerCase() === name)?.Value
  const keepsId = headerOf('x-pm-keepid') === 'true'
  const from = readMailbox(mail.From)
  const own = headers.filter(each => !instructions.has(each.Name.toLowerCase()))
  return {
    to: readMailbox(mail.To)?.address ?? mail.To,
    from: from === undefined ? mail.From : shownMailbox(from),
    replyTo: mail.ReplyTo === undefined ? null : (readMailbox(mail.ReplyTo)?.address ?? mail.ReplyTo),
    messageId: keepsId ? (headerOf('message-id') ?? null) : null,
    run: mail.Metadata?.['mailblast_run'] ?? null,
    subject: mail.Subject ?? '',
    text: mail.TextBody ?? null,
    html: mail.HtmlBody ?? null,
    headers: shownHeaders(Object.fromEntries(own.map(each => [each.Name, each.Value]))),
    attachments: (mail.Attachments ?? []).map(each => ({
      fileName: each.Name,
      contentType: each.ContentType,
      content: each.Content,
      contentId: each.ContentID?.replace(/^cid:/, '') ?? null,
    })),
  }
}

/** What Postmark says of one message of a batch; of what it says of a whole call only, nothing. */
function errorOfOne(saying: Saying, to: string): PostmarkError | undefined {
  switch (saying) {
    case 'no-such-user':
      return {
        ErrorCode: 406,
        Message: `You tried to send to recipients that have been marked as inactive. Found inactive addresses: ${to}.`,
      }
    case 'content':
      return { ErrorCode: 300, Message: "Invalid 'Headers': one of them cannot be used." }
    default:
      return undefined
  }
}

/** What Postmark answers with, by what it is to say; what it never says itself comes in the nearest of its forms. */
function says(saying: Saying, _about: number, wait: AskedWait | null): HttpAnswer {
  // Postmark documents no form for a wait, so it is asked for in that of HTTP (RFC 9110, section 10.2.3).
  const headers = wait === null ? {} : { headers: { 'retry-after': String(wait.seconds) } }
  const one = (status: number, ErrorCode: number, Message: string): HttpAnswer => ({
    status,
    body: JSON.stringify({ ErrorCode, Message }),
    ...(status === 429 || status === 503 ? headers : {}),
  })
  switch (saying) {
    case 'no-such-user':
    case 'content': {
      const { ErrorCode, Message } = errorOfOne(saying, 'the recipient') ?? { ErrorCode: 300, Message: '' }
      return one(422, ErrorCode, Message)
    }
    case 'too-big':
      return one(413, 413, 'Payload too large.')
    case 'blocked':
      return one(422, 413, 'This account may not send.')
    case 'bad-key':
      return one(401, 10, 'The Server API token is not valid.')
    case 'no-credit':
      return one(422, 405, 'Not allowed to send: this account has run out of credits.')
    case 'throttled':
      return one(429, 429, 'Rate limit exceeded.')
    case 'busy':
    case 'mailbox-full':
    case 'greylisted':
      return one(503, 100, 'Postmark is under maintenance.')
  }
}

function refused(status: number, ErrorCode: number, Message: string): VendorReading {
  return { kind: 'refused', answer: { status, body: JSON.stringify({ ErrorCode, Message }) } }
}
