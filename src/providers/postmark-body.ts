/**
 * The messages of Postmark's `POST /email` and `POST /email/batch`. Each is finished: nothing is merged on Postmark's side,
 * so a recipient gets the same alone and in company. Fixed text is escaped once; of each message only its slots are.
 *
 * Sources: Postmark's API description (`SendEmailRequest`); its pages on the email API, on custom metadata (at most 10
 * fields, a name of up to 20 characters, a value of up to 80) and on sending by SMTP (`X-PM-KeepID`).
 */

import type { Attachment, FilledMessage, SharedContent } from '../model/edition.ts'
import { InvariantError } from '../model/errors.ts'
import type { BodyPiece } from './http-body.ts'
import { jsonString, jsonText, prepareJsonString } from './json-text.ts'
import { mailboxText } from './mailbox-text.ts'
import { asciiHeader, distinctHeaders } from './message-headers.ts'

/** The names of our metadata. They come back with every event, and a search can be made by them. */
export const metadataNames = { messageId: 'mailblast_id', run: 'mailblast_run' } as const

/** What stands in every message of a route beside the content. */
export interface PostmarkSettings {
  readonly messageStream: string
  /** Who puts List-Unsubscribe into the mails: of `postmark`'s there must not be ours as well. */
  readonly unsubscribe: 'own' | 'postmark'
  /** Undefined: as the server is set. */
  readonly trackOpens: boolean | undefined
  readonly trackLinks: string | undefined
}

/** Makes the JSON of one message. */
export interface PostmarkBody {
  message(message: FilledMessage): readonly BodyPiece[]
  /** Bytes of its HTML and text parts as they arrive, whichever is larger. */
  partBytes(message: FilledMessage): number
}

export function preparePostmark(shared: SharedContent, settings: PostmarkSettings): PostmarkBody {
  if (shared.html === null && shared.text === null) throw new InvariantError('a content has neither text nor HTML')
  const head = headOf(shared, settings)
  const html = shared.html === null ? null : prepareJsonString(shared.html)
  const text = shared.text === null ? null : prepareJsonString(shared.text)
  const files = shared.attachments.map(attachmentJson).join(',')
  const attachments = Buffer.from(files)
  const fixedBytes = { html: textBytes(shared.html ?? []), text: textBytes(shared.text ?? []) }

  function pieces(message: FilledMessage): readonly BodyPiece[] {
    if (message.subject === '') throw new InvariantError(`message ${message.id} has an empty subject`)
    const body: BodyPiece[] = [head, ownJson(message, settings)]
    if (text !== null) body.push(',"TextBody":', ...text(message.text))
    if (html !== null) body.push(',"HtmlBody":', ...html(message.html))
    const own = message.attachments.map(attachmentJson).join(',')
    if (files !== '' || own !== '')
      body.push(',"Attachments":[', attachments, files !== '' && own !== '' ? `,${own}` : own, ']')
    body.push('}')
    return body
  }

  return {
    message: pieces,
    partBytes: ({ html: htmlSlots, text: textSlots }) =>
      Math.max(fixedBytes.html + textBytes(htmlSlots), fixedBytes.text + textBytes(textSlots)),
  }
}

/**
 * A Message-ID, or a run, as metadata. Of one that is longer than a value may be, the beginning stands for it: Message-IDs
 * begin with a hash of key and address, by which no two are alike, and only the sender's domain is cut.
 */
export function metadataValue(value: string): string {
  return value.slice(0, metadataValueMax)
}

const metadataValueMax = 80

/** `"From":…,"MessageStream":…`: an object's beginning, without its end. */
function headOf(shared: SharedContent, settings: PostmarkSettings): Buffer {
  const { messageStream, trackOpens, trackLinks } = settings
  const replyTo = shared.replyTo === null ? '' : `,"ReplyTo":${jsonString(mailboxText(shared.replyTo))}`
  const opens = trackOpens === undefined ? '' : `,"TrackOpens":${trackOpens}`
  const links = trackLinks === undefined ? '' : `,"TrackLinks":${jsonString(trackLinks)}`
  const from = jsonString(mailboxText(shared.from))
  return Buffer.from(`{"From":${from}${replyTo},"MessageStream":${jsonString(messageStream)}${opens}${links}`)
}

/** What is a recipient's own, parts and files apart. */
function ownJson(message: FilledMessage, settings: PostmarkSettings): string {
  const { messageId, run } = message
  const runField = run === null ? '' : `,"${metadataNames.run}":${jsonString(metadataValue(run))}`
  const metadata = `{"${metadataNames.messageId}":${jsonString(metadataValue(messageId))}${runField}}`
  return `,"To":${jsonString(message.to)},"Subject":"${jsonText(message.subject)}","Headers":[${headersJson(message, settings)}],"Metadata":${metadata}`
}

/** Those that Postmark's own libraries leave out of `Headers`, for they have fields of their own or are Postmark's. */
const reservedHeaders: ReadonlySet<string> = new Set(
  'return-path x-pm-rcpt from reply-to sender received date content-type content-transfer-encoding mime-version cc bcc subject tag attachment to track-opens track-links message-id x-pm-keepid'.split(
    ' ',
  ),
)

/** "There is not a way to edit the List-Unsubscribe headers when Postmark is managing your unsubscribes" (support article 1299). */
const reservedWhereManaged: ReadonlySet<string> = new Set([
  ...reservedHeaders,
  'list-unsubscribe',
  'list-unsubscribe-post',
])

/** Without `X-PM-KeepID: true` Postmark puts a Message-ID of its own in the place of ours. */
function headersJson(message: FilledMessage, { unsubscribe }: PostmarkSettings): string {
  const own = distinctHeaders(message, unsubscribe === 'postmark' ? reservedWhereManaged : reservedHeaders)
  const all = [
    { name: 'Message-ID', value: message.messageId },
    { name: 'X-PM-KeepID', value: 'true' },
    ...own.map(({ name, value }) => ({ name, value: asciiHeader(value) })),
  ]
  return all.map(({ name, value }) => `{"Name":${jsonString(name)},"Value":${jsonString(value)}}`).join(',')
}

/** An image of the HTML has a ContentID "cid:…", as the HTML refers to it. */
function attachmentJson({ fileName, contentType, bytes, contentId }: Attachment): string {
  const cid = contentId === undefined ? '' : `,"ContentID":${jsonString(`cid:${contentId}`)}`
  const content = bytes.toString('base64')
  return `{"Name":${jsonString(fileName)},"Content":"${content}","ContentType":${jsonString(contentType)}${cid}}`
}

function textBytes(pieces: readonly string[]): number {
  return pieces.reduce((sum, piece) => sum + Buffer.byteLength(piece), 0)
}
