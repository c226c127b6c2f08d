/**
 * The bodies of Brevo's `POST /smtp/email`: for one message, or for several as `messageVersions`, each with all its content of
 * its own. What all messages share is escaped once into bytes; of each message only its slots are.
 */

import { createHash } from 'node:crypto'
import * as mimeFuncs from 'nodemailer/lib/mime-funcs'
import type { Mailbox } from '../model/address.ts'
import { type Attachment, type FilledMessage, joinText, type SharedContent } from '../model/edition.ts'
import { InvariantError } from '../model/errors.ts'
import { type Refused, refused } from './answer-outcomes.ts'
import { holdsTemplateTag, slotWithoutTags, withoutTags } from './brevo-template.ts'
import type { BodyPiece } from './http-body.ts'
import { parcelKey } from './idempotency.ts'
import { jsonString, piecesBytes, prepareJsonString } from './json-text.ts'
import { distinctHeaders } from './message-headers.ts'

/** A name of a sender: "Maximum allowed characters are 70" (API description, `sender`). */
export const nameMax = 70

/** "Allowed extensions for attachment file" (API description, `attachment`): Brevo takes the type from them. */
const extensions: ReadonlySet<string> = new Set(
  (
    'xlsx xls ods docx docm doc csv pdf txt gif jpg jpeg png tif tiff rtf bmp cgm css shtml html htm zip xml ppt pptx tar ez ' +
    'ics mobi msg pub eps odt mp3 m4a m4v wma ogg flac wav aif aifc aiff mp4 mov avi mkv mpeg mpg wmv pkpass xlsm'
  ).split(' '),
)

export interface BrevoContent {
  readonly shared: SharedContent
  /** `"sender":{…}`, and the reply address if there is one. */
  readonly sender: string
  readonly html: (slots: readonly string[]) => readonly BodyPiece[]
  readonly text: ((slots: readonly string[]) => readonly BodyPiece[]) | null
  /** Whether a piece of the text ends with a brace, so that a tag may arise with any slot. */
  readonly textEndsOpen: boolean
  /** JSON objects with commas between. */
  readonly attachments: Buffer
  readonly sandbox: boolean
}

export function encodeBrevo(shared: SharedContent, sandbox: boolean): BrevoContent {
  const { from, replyTo, html, text } = shared
  if (html === null) throw new InvariantError('a content without HTML is no content for Brevo')
  return {
    shared,
    sender: `"sender":${mailboxJson(from)}${replyTo === null ? '' : `,"replyTo":${replyToJson(replyTo)}`}`,
    html: prepareJsonString(withoutTags(html)),
    text: text === null ? null : prepareJsonString(text),
    textEndsOpen: text?.some(piece => piece.endsWith('{')) ?? false,
    attachments: Buffer.from(shared.attachments.map(attachmentJson).join(',')),
    sandbox,
  }
}

/** A call for one message. */
export function brevoSingle(content: BrevoContent, message: FilledMessage): readonly BodyPiece[] {
  return [
    `{${content.sender},`,
    ...versionPieces(content, message),
    `,"headers":${headersJson({ ...callHeaders(content, [message]), ...ownHeaders(message) })}${tagsJson(message)}`,
    ...attachmentPieces(content, message.attachments),
    '}',
  ]
}

/**
 * A call for several messages of one run. "htmlContent and textContent can be customized only if any of the two … is present
 * in global parameters", and so for the subject: what stands there is nobody's.
 */
export function brevoBatch(content: BrevoContent, parcel: readonly FilledMessage[]): readonly BodyPiece[] {
  const [first] = parcel
  if (first === undefined) throw new InvariantError('a batch has no message')
  const pieces: BodyPiece[] = [
    `{${content.sender},"subject":"-","htmlContent":"<html><body></body></html>"` +
      `,"headers":${headersJson(callHeaders(content, parcel))}${tagsJson(first)}`,
    ...attachmentPieces(content, []),
    ',"messageVersions":[',
  ]
  for (const [index, message] of parcel.entries()) {
    if (message.attachments.length > 0 || message.run !== first.run)
      throw new InvariantError(`message ${message.id} cannot go in a batch with message ${first.id}`)
    pieces.push(index === 0 ? '{' : ',{', ...brevoVersion(content, message), '}')
  }
  return [...pieces, ']}']
}

/** What is a message's own in a batch. */
export function brevoVersion(content: BrevoContent, message: FilledMessage): readonly BodyPiece[] {
  return [...versionPieces(content, message), `,"headers":${headersJson(ownHeaders(message))}`]
}

/** What a batch holds beside its versions. */
export function batchBaseBytes(content: BrevoContent): number {
  return content.attachments.length + Buffer.byteLength(content.sender) + 1000
}

/** Why Brevo can never carry this message as it was rendered, if it cannot. */
export function brevoMisfit(content: BrevoContent, message: FilledMessage, maxBytes: number): Refused | undefined {
  const not = (code: string, text: string) => refused('message', 'content', code, text)
  if (holdsTemplateTag(message.subject)) return not('template tag', `${wouldEvaluate} the subject`)
  if (textHoldsTag(content, message)) return not('template tag', `${wouldEvaluate} the text part`)
  const odd = distinctHeaders(message, reserved).find(({ value }) => /[^\t\x20-\x7e]/.test(value))
  if (odd !== undefined)
    return not(
      'header',
      `Brevo sends the header ${odd.name} as raw bytes, and receivers refuse what is not ASCII there`,
    )
  for (const file of message.attachments) {
    const lack = attachmentLack(file)
    if (lack !== undefined) return not('attachment', lack)
  }
  const bytes = piecesBytes(brevoSingle(content, message))
  return bytes > maxBytes
    ? not('too big', `the message comes to ${bytes} bytes, and Brevo takes ${maxBytes}`)
    : undefined
}

const wouldEvaluate = 'Brevo would take {{, {% or {# for a tag of its template language in'

/** What Brevo cannot carry of a file, in words. "Brevo's v3 API doesn't support inline images" (its support, by django-anymail). */
export function attachmentLack({ fileName, contentId }: Attachment): string | undefined {
  if (contentId !== undefined) return `Brevo has no images inside of a mail, and the HTML shows ${fileName} by cid:`
  const extension = /\.([^.]+)$/.exec(fileName)?.[1]?.toLowerCase() ?? ''
  return extensions.has(extension) ? undefined : `Brevo takes no attachment that ends as ${fileName} does`
}

function textHoldsTag({ shared, textEndsOpen }: BrevoContent, message: FilledMessage): boolean {
  if (shared.text === null || (!textEndsOpen && !message.text.some(slot => slot.includes('{')))) return false
  return holdsTemplateTag(joinText(shared.text, message.text))
}

function versionPieces(content: BrevoContent, message: FilledMessage): readonly BodyPiece[] {
  if (content.text === null && message.text.length > 0)
    throw new InvariantError(`${message.text.length} text slots were given for a content without text`)
  return [
    `"to":[{"email":${JSON.stringify(message.to)}}],"subject":${jsonString(message.subject)},"htmlContent":`,
    ...content.html(message.html.map(slotWithoutTags)),
    ...(content.text === null ? [] : [',"textContent":', ...content.text(message.text)]),
  ]
}

/** Other headers than these have no place of their own in a body. */
const reserved: ReadonlySet<string> = new Set(
  (
    'from to cc bcc subject reply-to date message-id mime-version content-type content-transfer-encoding ' +
    'x-mailin-custom x-sib-sandbox idempotencykey sender.ip'
  ).split(' '),
)

/**
 * The marker is visible to the recipient, and comes back with every event ("X-Mailin-custom"). A Message-ID of ours cannot be
 * set: Brevo puts its own in its place (PHPMailer, issue 2859).
 */
function ownHeaders(message: FilledMessage): Readonly<Record<string, string>> {
  const { messageId, run } = message
  const marker = { mailblast_id: messageId, ...(run === null ? {} : { mailblast_run: run }) }
  const headers = distinctHeaders(message, reserved).map(({ name, value }) => [name, value] as const)
  return { ...Object.fromEntries(headers), 'X-Mailin-custom': JSON.stringify(marker) }
}

/**
 * Two names that Brevo reads itself; in the body, and not in the head of the request. A call in the sandbox has another key than
 * the same one in earnest, or the mail that follows a rehearsal would be ignored as a repetition.
 */
function callHeaders(content: BrevoContent, parcel: readonly FilledMessage[]): Readonly<Record<string, string>> {
  const key = parcelKey(parcel)
  if (content.sandbox) return { idempotencyKey: uuidOf(`${key} sandbox`), 'X-Sib-Sandbox': 'drop' }
  return { idempotencyKey: uuidOf(key) }
}

/**
 * "The idempotencyKey must be a UUID", and "we recommend to use a UUID v4": so it is of that form, and its other bits are those
 * of a hash, the same for the same parcel (RFC 9562, section 5.4).
 */
function uuidOf(key: string): string {
  const bytes = createHash('sha256').update(key).digest().subarray(0, 16)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

function headersJson(headers: Readonly<Record<string, string>>): string {
  return JSON.stringify(headers)
}

/** One tag a run: with the address it names the message, and the list of sent mails shows it. */
function tagsJson({ run }: FilledMessage): string {
  return run === null ? '' : `,"tags":[${jsonString(runTag(run))}]`
}

export function runTag(run: string): string {
  return `mailblast ${run}`
}

function attachmentPieces(content: BrevoContent, own: readonly Attachment[]): readonly BodyPiece[] {
  const shared = content.attachments
  if (shared.length === 0 && own.length === 0) return []
  const owned = own.map(attachmentJson).join(',')
  return [',"attachment":[', shared, shared.length > 0 && own.length > 0 ? `,${owned}` : owned, ']']
}

function attachmentJson({ fileName, bytes }: Attachment): string {
  return `{"name":${jsonString(fileName)},"content":"${bytes.toString('base64')}"}`
}

function mailboxJson({ name, address }: Mailbox): string {
  const named = name === undefined || name === '' ? '' : `,"name":${jsonString(writtenName(name))}`
  return `{"email":${JSON.stringify(address)}${named}}`
}

/**
 * Brevo "silently drops the name field if it contains both non-ASCII chars and a comma (or other special)", and reads an encoded
 * word (django-anymail, backend of Brevo, tested against its API).
 */
export function writtenName(name: string): string {
  const dropped = /[^\x20-\x7e]/.test(name) && /[()<>[\]:;@\\,."]/.test(name)
  return dropped ? mimeFuncs.encodeWord(name.toWellFormed(), 'Q', 52) : name
}

/** "In replyTo, Brevo sends the name as 8-bit (unencoded) utf-8" (the same): such a name is left out, the address does. */
function replyToJson({ name, address }: Mailbox): string {
  return mailboxJson(name !== undefined && /^[\x20-\x7e]*$/.test(name) ? { name, address } : { address })
}
