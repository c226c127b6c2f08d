/**
 * The emails of Resend's `POST /emails` and `POST /emails/batch`. Each is finished: nothing is merged on Resend's side, so a
 * recipient gets the same alone and in company. Fixed text is escaped once; of each message only its slots are.
 *
 * The same message must give the same bytes however often it is handed over, for Resend compares a repeated call with the
 * first one: nothing here may depend on time, chance or the number of the attempt.
 *
 * Sources: Resend's API description (`SendEmailRequest`, `Attachment`, `Tag`) and its page on custom headers.
 */

import type { Attachment, FilledMessage, SharedContent } from '../model/edition.ts'
import { InvariantError } from '../model/errors.ts'
import type { BodyPiece } from './http-body.ts'
import { jsonString, jsonText, prepareJsonString } from './json-text.ts'
import { mailboxText } from './mailbox-text.ts'
import { asciiHeader, distinctHeaders } from './message-headers.ts'

/**
 * Our marks. The Message-ID itself is Resend's (its API description gives it back as `message_id`, and has no field to set
 * it by), so ours has a header of another name. Tags come back with every event.
 */
export const marks = {
  messageIdHeader: 'X-Mailblast-Message-ID',
  runHeader: 'X-Mailblast-Run',
  messageIdTag: 'mailblast_id',
  runTag: 'mailblast_run',
} as const

/** Makes the JSON of one message. */
export type ResendBody = (message: FilledMessage) => readonly BodyPiece[]

export function prepareResend(shared: SharedContent): ResendBody {
  if (shared.html === null && shared.text === null) throw new InvariantError('a content has neither text nor HTML')
  const replyTo = shared.replyTo === null ? '' : `,"reply_to":${jsonString(mailboxText(shared.replyTo))}`
  const head = Buffer.from(`{"from":${jsonString(mailboxText(shared.from))}${replyTo}`)
  const html = shared.html === null ? null : prepareJsonString(shared.html)
  const text = shared.text === null ? null : prepareJsonString(shared.text)
  const files = shared.attachments.map(attachmentJson).join(',')
  const attachments = Buffer.from(files)
  return message => {
    if (message.subject === '') throw new InvariantError(`message ${message.id} has an empty subject`)
    const body: BodyPiece[] = [head, ownJson(message)]
    if (text !== null) body.push(',"text":', ...text(message.text))
    if (html !== null) body.push(',"html":', ...html(message.html))
    const own = message.attachments.map(attachmentJson).join(',')
    if (files !== '' || own !== '')
      body.push(',"attachments":[', attachments, files !== '' && own !== '' ? `,${own}` : own, ']')
    body.push('}')
    return body
  }
}

/** "It can only contain ASCII letters, numbers, underscores or dashes" and "no more than 256 characters" (`Tag`). */
export function tagValue(text: string): string {
  return text
    .replace(/^<|>$/g, '')
    .replace(/[^A-Za-z0-9_-]/g, '_')
    .slice(0, 256)
}

/** What is a recipient's own, parts and files apart. */
function ownJson(message: FilledMessage): string {
  const { messageId, run } = message
  const tags = [tagJson(marks.messageIdTag, messageId), ...(run === null ? [] : [tagJson(marks.runTag, run)])]
  return (
    `,"to":[${jsonString(message.to)}],"subject":"${jsonText(message.subject)}"` +
    `,"headers":{${headersJson(message)}},"tags":[${tags.join(',')}]`
  )
}

function tagJson(name: string, value: string): string {
  return `{"name":"${name}","value":"${tagValue(value)}"}`
}

/** Those that have fields of their own, and those that only whoever makes the message can write. */
const reservedHeaders: ReadonlySet<string> = new Set(
  'from to cc bcc subject reply-to sender date message-id return-path received mime-version content-type content-transfer-encoding dkim-signature'.split(
    ' ',
  ),
)

function headersJson(message: FilledMessage): string {
  const own = distinctHeaders(message, reservedHeaders)
  const all = [
    { name: marks.messageIdHeader, value: message.messageId },
    ...(message.run === null ? [] : [{ name: marks.runHeader, value: message.run }]),
    ...own.map(({ name, value }) => ({ name, value: asciiHeader(value) })),
  ]
  return all.map(({ name, value }) => `${jsonString(name)}:${jsonString(value)}`).join(',')
}

/** An image of the HTML has a `content_id`, without the `cid:` by which the HTML refers to it. */
function attachmentJson({ fileName, contentType, bytes, contentId }: Attachment): string {
  const id = contentId === undefined ? '' : `,"content_id":${jsonString(contentId)}`
  const content = bytes.toString('base64')
  return `{"filename":${jsonString(fileName)},"content":"${content}","content_type":${jsonString(contentType)}${id}}`
}
