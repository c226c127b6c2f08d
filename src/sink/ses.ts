/**
 * Amazon SES as a sink plays it: `SendEmail` and `SendBulkEmail` of its API v2 as strictly as the service model and SES's pages
 * describe them, signed as AWS wants it and refused with AWS's error types, and what it is asked about the account. In a
 * bulk call each entry is taken or refused by itself.
 */

import { isUtf8 } from 'node:buffer'
import { decodedText, shownHeaders } from './header.ts'
import type { HttpAnswer } from './http-server.ts'
import type { Saying } from './replies.ts'
import { parsedJson, pathOf } from './request-parts.ts'
import { accountAnswer, isAccountPath } from './ses-account.ts'
import {
  addressOf,
  missingNames,
  parseData,
  type SendBulkEmail,
  type SendEmail,
  type SesAttachment,
  sendBulkEmailSchema,
  sendEmailSchema,
  sesMailLimits,
  substituted,
} from './ses-mail.ts'
import { signatureProblem } from './ses-signature.ts'
import type { SinkVendor, VendorAttachment, VendorMail, VendorReading, VendorRequest } from './vendor.ts'

export const sesSink: SinkVendor = {
  name: 'ses',
  requestMaxBytes: sesMailLimits.requestBytes,
  routeOptions: 'region: eu-west-1, access_key_id: AKIDEXAMPLE0000000, secret_access_key: "${AWS_SECRET_ACCESS_KEY}"',
  isLookup: (method, path) => method === 'GET' && isAccountPath(pathOf(path)),
  read,
  // SES's refusals hold no time to wait ("wait up to 10 minutes", says its page on quota errors).
  says: saying => errorAnswer(...refusals[saying]),
}

/** Where mails are handed over. */
const single = '/v2/email/outbound-emails'
const bulk = '/v2/email/outbound-bulk-emails'

function read(request: VendorRequest, apiKey: string | null): VendorReading {
  const refused = refusal(request, apiKey)
  if (refused !== undefined) return { kind: 'refused', answer: refused }
  const path = pathOf(request.path)
  const account = request.method === 'GET' ? accountAnswer(path) : undefined
  if (account !== undefined) return { kind: 'asked', answer: { status: 200, body: account } }
  return path === single ? readSingle(request.body) : readBulk(request.body)
}

/** What AWS says before SES looks at what a body holds, in the order in which it looks. */
function refusal(request: VendorRequest, apiKey: string | null): HttpAnswer | undefined {
  const { method, mountedAt = '', path, headers, body } = request
  const known =
    method === 'GET' ? isAccountPath(pathOf(path)) : method === 'POST' && [single, bulk].includes(pathOf(path))
  if (!known) return errorAnswer(404, 'UnknownOperationException', 'There is no such operation.')
  const problem = signatureProblem({ method, url: `${mountedAt}${path}`, headers, body }, 'ses', apiKey)
  if (problem !== undefined) return errorAnswer(403, problem.type, problem.message)
  if (method === 'GET') return undefined
  const max = pathOf(path) === bulk ? sesMailLimits.bulkBytes : sesMailLimits.requestBytes
  if (body.length > max) return errorAnswer(413, 'RequestEntityTooLargeException', 'The request entity is too large.')
  if (headers['content-type'] !== 'application/json')
    return errorAnswer(415, 'UnsupportedMediaTypeException', 'The content type is application/json.')
  return isUtf8(body) ? undefined : errorAnswer(400, 'SerializationException', 'The body is no UTF-8.')
}

function readSingle(body: Buffer): VendorReading {
  const { data: mail, error } = sendEmailSchema.safeParse(parsedJson(body))
  if (mail === undefined) return badRequest(error)
  return {
    kind: 'mails',
    mails: [mailOf(mail)],
    delivers: true,
    answer: call => ({ status: 200, body: JSON.stringify({ MessageId: messageIdOf(call, 0) }) }),
  }
}

function readBulk(body: Buffer): VendorReading {
  const { data: mail, error } = sendBulkEmailSchema.safeParse(parsedJson(body))
  if (mail === undefined) return badRequest(error)
  const { TemplateContent, TemplateData } = mail.DefaultContent.Template
  const values = mail.BulkEmailEntries.map(entry => ({
    ...parseData(TemplateData),
    ...parseData(entry.ReplacementEmailContent.ReplacementTemplate.ReplacementTemplateData),
  }))
  // SES takes such a mail and tells of it later, by an event (Rendering Failure); a rehearsal would never hear of it.
  const texts = Object.values(TemplateContent).join('\n')
  const [missing] = values.flatMap(data => missingNames(texts, data))
  if (missing !== undefined)
    return {
      kind: 'refused',
      answer: errorAnswer(400, 'BadRequestException', `Attribute '${missing}' is not present in the rendering data.`),
    }
  const results = (call: number) =>
    values.map((_, index) => ({ Status: 'SUCCESS', MessageId: messageIdOf(call, index) }))
  const answer = (list: readonly object[]) => ({ status: 200, body: JSON.stringify({ BulkEmailEntryResults: list }) })
  return {
    kind: 'mails',
    mails: mail.BulkEmailEntries.map((_, index) => entryOf(mail, index, values[index] ?? {})),
    delivers: true,
    answer: call => answer(results(call)),
    partial(call, about, saying) {
      const refused = entryRefusals[saying]
      if (refused === undefined) return undefined
      const [status, message] = refused
      const entry = { Status: status, Error: message }
      return answer(results(call).map((result, index) => (index === about ? entry : result)))
    },
  }
}

function mailOf(mail: SendEmail): VendorMail {
  const { Subject, Body, Headers = [], Attachments = [] } = mail.Content.Simple
  return {
    ...envelopeOf(mail, mail.Destination.ToAddresses, Headers),
    subject: Subject.Data,
    text: Body.Text?.Data ?? null,
    html: Body.Html?.Data ?? null,
    attachments: Attachments.map(attachmentOf),
  }
}

/** The texts are put together only when they are read. */
function entryOf(mail: SendBulkEmail, index: number, data: Readonly<Record<string, string>>): VendorMail {
  const { TemplateContent, Attachments = [] } = mail.DefaultContent.Template
  const entry = mail.BulkEmailEntries[index]
  const { Subject, Text, Html } = TemplateContent
  return {
    ...envelopeOf(mail, entry?.Destination.ToAddresses ?? [], entry?.ReplacementHeaders ?? []),
    subject: substituted(Subject, data),
    get text() {
      return Text === undefined ? null : substituted(Text, data)
    },
    get html() {
      return Html === undefined ? null : substituted(Html, data)
    },
    attachments: Attachments.map(attachmentOf),
  }
}

const marks = { messageId: 'x-mailblast-message-id', run: 'x-mailblast-run' } as const

function envelopeOf(
  mail: Pick<SendEmail, 'FromEmailAddress' | 'ReplyToAddresses'>,
  to: readonly string[],
  headers: readonly { readonly Name: string; readonly Value: string }[],
) {
  const shown = shownHeaders(Object.fromEntries(headers.map(({ Name, Value }) => [Name, Value])))
  const { [marks.messageId]: messageId = null, [marks.run]: run = null, ...own } = shown
  const replyTo = mail.ReplyToAddresses?.[0]
  return {
    to: to[0] ?? '',
    messageId,
    run,
    from: shownMailbox(mail.FromEmailAddress),
    replyTo: replyTo === undefined ? null : addressOf(replyTo),
    headers: own,
  }
}

function shownMailbox(text: string): string {
  const [, name, address] = /^(.*?) *<([^<>]*)>$/s.exec(text) ?? []
  if (name === undefined || address === undefined) return text
  const unquoted = /^"(.*)"$/s.exec(name)?.[1]?.replace(/\\(.)/gs, '$1') ?? name
  return `${decodedText(unquoted)} <${address}>`
}

function attachmentOf(attachment: SesAttachment): VendorAttachment {
  return {
    fileName: attachment.FileName,
    contentType: attachment.ContentType ?? null,
    content: attachment.RawContent,
    contentId: attachment.ContentDisposition === 'INLINE' ? (attachment.ContentId ?? null) : null,
  }
}

function messageIdOf(call: number, index: number): string {
  return `0102-${call}-${String(index).padStart(6, '0')}`
}

type Refusal = readonly [status: number, type: string, message: string]

const busy: Refusal = [503, 'ServiceUnavailable', 'The service is not available for the moment.']

/** What SES answers with, by what it is to say; what it never says itself comes in the nearest of its forms. */
const refusals: Readonly<Record<Saying, Refusal>> = {
  'no-such-user': [400, 'BadRequestException', 'Illegal address'],
  content: [400, 'MessageRejected', 'The content of this message is not allowed.'],
  'too-big': [400, 'BadRequestException', 'Message length is more than 41943040 bytes long.'],
  blocked: [400, 'AccountSuspendedException', 'The account may not send any more.'],
  'bad-key': [403, 'UnrecognizedClientException', 'The security token included in the request is invalid.'],
  'no-credit': [429, 'TooManyRequestsException', 'Daily message quota exceeded.'],
  throttled: [429, 'TooManyRequestsException', 'Maximum sending rate exceeded.'],
  busy,
  'mailbox-full': busy,
  greylisted: busy,
}

/** The same of one entry inside a success; what is missing concerns the account, and so the call. */
const entryRefusals: Readonly<Partial<Record<Saying, readonly [status: string, message: string]>>> = {
  'no-such-user': ['INVALID_PARAMETER', 'Illegal address'],
  content: ['MESSAGE_REJECTED', 'The content of this message is not allowed.'],
  'too-big': ['INVALID_PARAMETER', 'Message length is more than 41943040 bytes long.'],
  busy: ['TRANSIENT_FAILURE', 'The message could not be processed for the moment.'],
  'mailbox-full': ['TRANSIENT_FAILURE', 'The message could not be processed for the moment.'],
  greylisted: ['TRANSIENT_FAILURE', 'The message could not be processed for the moment.'],
}

function badRequest(error: { readonly issues: readonly { path: PropertyKey[]; message: string }[] }): VendorReading {
  const said = error.issues.slice(0, 5).map(({ path, message }) => `${message} (${path.map(String).join('.')})`)
  return { kind: 'refused', answer: errorAnswer(400, 'BadRequestException', said.join('; ')) }
}

function errorAnswer(...[status, type, message]: Refusal): HttpAnswer {
  return { status, headers: { 'x-amzn-errortype': `${type}:` }, body: JSON.stringify({ message }) }
}
