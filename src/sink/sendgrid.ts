/**
 * SendGrid as a sink plays it: `POST /v3/mail/send` as strictly as SendGrid's pages describe it, refused with SendGrid's
 * words and fields, `GET /v3/messages`, its Email Activity, and what it is asked about the account. Take whole or refuse
 * whole, as SendGrid does.
 */

import { isUtf8 } from 'node:buffer'
import { shownHeaders } from './header.ts'
import type { HttpAnswer } from './http-server.ts'
import type { Saying } from './replies.ts'
import { parsedJson, pathOf, queryOf } from './request-parts.ts'
import { accountAnswer, accountPaths } from './sendgrid-account.ts'
import { activityAnswer } from './sendgrid-activity.ts'
import { type Mail, mailLimits, mailSchema } from './sendgrid-mail.ts'
import type { AskedWait, SinkVendor, VendorMail, VendorReading, VendorRequest } from './vendor.ts'

export const sendgridSink: SinkVendor = {
  name: 'sendgrid',
  requestMaxBytes: mailLimits.requestBytes,
  routeOptions: 'api_key: "${SENDGRID_API_KEY}"',
  isLookup: (method, path) => method === 'GET' && expectedMethods.get(pathOf(path)) === 'GET',
  read,
  says,
}

const expectedMethods: ReadonlyMap<string, string> = new Map([
  ['/v3/mail/send', 'POST'],
  ['/v3/messages', 'GET'],
  ...accountPaths.map((path): [string, string] => [path, 'GET']),
])

function read(request: VendorRequest, apiKey: string | null): VendorReading {
  const refused = refusal(request, apiKey)
  if (refused !== undefined) return { kind: 'refused', answer: refused }
  if (request.method === 'GET') {
    const query = new URLSearchParams(queryOf(request.path))
    const account = accountAnswer(pathOf(request.path), query)
    if (account !== undefined) return { kind: 'asked', answer: { status: 200, body: account } }
    return { kind: 'lookup', answer: taken => activityAnswer(query, taken) }
  }
  const parsed = mailSchema.safeParse(parsedJson(request.body))
  if (!parsed.success) {
    const errors = parsed.error.issues.map(({ message, path }) => ({
      message,
      field: path.length === 0 ? null : path.join('.'),
    }))
    return { kind: 'refused', answer: { status: 400, body: errorBody(errors) } }
  }
  const sandbox = parsed.data.mail_settings?.sandbox_mode?.enable === true
  return {
    kind: 'mails',
    mails: deliveriesOf(parsed.data),
    delivers: !sandbox,
    answer: call => ({ status: sandbox ? 200 : 202, headers: { 'x-message-id': sendgridId(call) } }),
  }
}

/** What SendGrid says before it looks at what a body holds, in the order in which it looks. */
function refusal({ method, path, headers, body }: VendorRequest, apiKey: string | null): HttpAnswer | undefined {
  const one = (status: number, message: string) => ({ status, body: errorBody([{ message, field: null }]) })
  const expected = expectedMethods.get(pathOf(path))
  if (expected === undefined) return one(404, 'not found')
  if (method !== expected) return one(405, 'method not allowed')
  const { authorization = '' } = headers
  if (apiKey === null ? !/^Bearer \S+$/.test(authorization) : authorization !== `Bearer ${apiKey}`)
    return one(401, 'The provided authorization grant is invalid, expired, or revoked')
  if (method === 'GET') return undefined
  if (headers['content-type'] !== 'application/json') return one(415, 'Content-Type should be application/json.')
  if (body.length > mailLimits.requestBytes)
    return { status: 413, body: '<html><head><title>413 Request Entity Too Large</title></head></html>' }
  return isUtf8(body) ? undefined : one(415, 'Invalid UTF8 in request')
}

/** What each recipient gets of a call. The text is put together only when it is read. */
function deliveriesOf(mail: Mail): readonly VendorMail[] {
  const html = mail.content.find(part => part.type === 'text/html')?.value ?? null
  const text = mail.content.find(part => part.type === 'text/plain')?.value ?? null
  const from = mail.from.name === undefined ? mail.from.email : `${mail.from.name} <${mail.from.email}>`
  return mail.personalizations.flatMap(personalization => {
    const substitutions = personalization.substitutions ?? {}
    const customArgs = personalization.custom_args ?? {}
    return personalization.to.map(({ email }) => ({
      to: email,
      from,
      replyTo: mail.reply_to?.email ?? null,
      messageId: customArgs['mailblast_message_id'] ?? null,
      run: customArgs['mailblast_run'] ?? null,
      subject: substituted(personalization.subject ?? mail.subject ?? '', substitutions),
      get text() {
        return text === null ? null : substituted(text, substitutions)
      },
      get html() {
        return html === null ? null : substituted(html, substitutions)
      },
      headers: shownHeaders(personalization.headers ?? {}),
      attachments: (mail.attachments ?? []).map(each => ({
        fileName: each.filename,
        contentType: each.type ?? null,
        content: each.content,
        contentId: each.content_id ?? null,
      })),
    }))
  })
}

/** Plain text is replaced by plain text, tag after tag (SendGrid's page on substitution tags). */
function substituted(text: string, substitutions: Readonly<Record<string, string>>): string {
  let result = text
  for (const [tag, value] of Object.entries(substitutions)) result = result.replaceAll(tag, () => value)
  return result
}

/** X-Message-Id of a call's answer, with which the ids of all its messages begin. */
function sendgridId(call: number): string {
  return `id-${call}`
}

/** What SendGrid answers with, by what it is to say; what it never says itself comes in the nearest of its forms. */
function says(saying: Saying, about: number, wait: AskedWait | null): HttpAnswer {
  const one = (status: number, message: string, field: string | null = null) => ({
    status,
    body: errorBody([{ message, field }]),
    ...(wait === null
      ? {}
      : { headers: status === 429 ? windowHeaders(wait) : { 'retry-after': String(wait.seconds) } }),
  })
  switch (saying) {
    case 'no-such-user':
      return one(400, 'Does not contain a valid address.', `personalizations.${about}.to.0.email`)
    case 'content':
      return one(400, 'The headers of this message cannot be used.', `personalizations.${about}.headers`)
    case 'too-big':
      return one(413, 'Payload too large')
    case 'blocked':
      return one(403, 'access forbidden')
    case 'bad-key':
      return one(401, 'The provided authorization grant is invalid, expired, or revoked')
    case 'no-credit':
      return one(401, 'Maximum credits exceeded')
    case 'throttled':
      return one(429, 'too many requests')
    case 'busy':
    case 'mailbox-full':
    case 'greylisted':
      return one(503, 'the service is not available at the moment')
  }
}

/** "X-RateLimit-Reset: 1392815263", a Unix time; a Retry-After it does not have there (rate limits page). */
function windowHeaders({ seconds, fromMs }: AskedWait): Readonly<Record<string, string>> {
  const reset = Math.ceil(fromMs / 1000) + seconds
  return { 'x-ratelimit-limit': '500', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(reset) }
}

function errorBody(errors: readonly { readonly message: string; readonly field: string | null }[]): string {
  return JSON.stringify({ errors: errors.map(error => ({ ...error, help: null })) })
}
