/**
 * The bodies of SendGrid's `POST /v3/mail/send`. What all messages share is escaped once into bytes; of each message only
 * its slots are escaped. A recipient gets exactly the same from a call of her own and from a batch: in the one her slots
 * stand in the text, in the other SendGrid puts them where the tokens stand.
 */

import type { Mailbox } from '../model/address.ts'
import type { Attachment, FilledMessage, FixedText, SharedContent } from '../model/edition.ts'
import { InvariantError } from '../model/errors.ts'
import type { BodyPiece } from './http-body.ts'
import { jsonText } from './json-text.ts'
import { chooseTokens, holdsToken, type Tokens } from './merge-tokens.ts'
import { asciiHeader, distinctHeaders, isListed } from './message-headers.ts'

/** The names of our custom arguments. SendGrid merges them into its events, so neither may be one of its own keys. */
export const customArgs = { messageId: 'mailblast_message_id', run: 'mailblast_run' } as const

/** The run's fixed text as SendGrid's calls hold it, encoded. */
export interface EncodedContent {
  readonly shared: SharedContent
  /** From the end of the personalizations to the end of the content, cut where the slots of a single call go. */
  readonly single: readonly Buffer[]
  /** The same in one piece, with tokens in the slots' places. */
  readonly batch: Buffer
  /** The attachments that go with every message: JSON objects with commas between. */
  readonly attachments: Buffer
  readonly tokens: Tokens
  /** Each token as a key of `substitutions`: `"-mb1a2b3c4d-0-":`. */
  readonly keys: readonly string[]
  readonly sandbox: boolean
}

export function encodeContent(shared: SharedContent, sandbox: boolean): EncodedContent {
  const tokens = chooseTokens(shared, tagOf)
  const head = `],"from":${mailboxJson(shared.from)}${shared.replyTo === null ? '' : `,"reply_to":${mailboxJson(shared.replyTo)}`},"content":[`
  // "If text/html or text/plain are to be sent: text/plain needs to be first" (errors page of mail/send, `content.value`).
  const parts = [part('text/plain', shared.text), part('text/html', shared.html)].filter(texts => texts !== null)
  if (parts.length === 0) throw new InvariantError('a content has neither text nor HTML')
  const pieces = [head]
  for (const [index, texts] of parts.entries()) {
    append(pieces, index === 0 ? '' : ',')
    append(pieces, texts[0] ?? '')
    pieces.push(...texts.slice(1))
  }
  append(pieces, ']')
  const all = [...tokens.text, ...tokens.html]
  return {
    shared,
    single: pieces.map(piece => Buffer.from(piece)),
    batch: Buffer.from(pieces.map((piece, index) => `${piece}${all[index] ?? ''}`).join('')),
    attachments: Buffer.from(shared.attachments.map(attachmentJson).join(',')),
    tokens,
    keys: all.map(token => `${JSON.stringify(token)}:`),
    sandbox,
  }
}

/** SendGrid's own manner of writing substitution tags; the core holds no hyphen, so none can arise between two of them. */
export function tagOf(core: string, index: number): string {
  return `-${core}-${index.toString(36)}-`
}

/** A call for one message, its slots where they belong. */
export function singleBody(content: EncodedContent, message: FilledMessage): readonly BodyPiece[] {
  checkParts(content.shared, message)
  const pieces: BodyPiece[] = ['{"personalizations":[', personalizationJson(message, null)]
  const slots = [...message.text, ...message.html]
  for (const [index, fixed] of content.single.entries()) {
    pieces.push(fixed)
    const slot = slots[index]
    if (slot !== undefined) pieces.push(jsonText(slot))
  }
  return [...pieces, ...attachmentPieces(content, message.attachments), settingsJson(content, message)]
}

/** A call for several messages, as `sendgridFits` has put them together. */
export function batchBody(content: EncodedContent, parcel: readonly FilledMessage[]): readonly BodyPiece[] {
  const first = parcel[0]
  if (first === undefined) throw new InvariantError('a batch has no message')
  const personalizations = parcel.map(message => {
    checkParts(content.shared, message)
    // What a batch cannot express would not be refused but arrive wrong, so it is looked at once more.
    if (message.attachments.length > 0 || isListed(message) !== isListed(first) || holdsToken(content.tokens, message))
      throw new InvariantError(`message ${message.id} cannot go in a batch with message ${first.id}`)
    return personalizationJson(message, substitutionsJson(content, message))
  })
  const envelope = `{"personalizations":[${personalizations.join(',')}`
  return [envelope, content.batch, ...attachmentPieces(content, []), settingsJson(content, first)]
}

/** What is a recipient's own in a call. */
export function personalizationJson(message: FilledMessage, substitutions: string | null): string {
  const headers = headersJson(message)
  return (
    `{"to":[{"email":${JSON.stringify(message.to)}}],"subject":"${jsonText(message.subject)}"` +
    `${headers === '{}' ? '' : `,"headers":${headers}`}` +
    `${substitutions === null || substitutions === '{}' ? '' : `,"substitutions":${substitutions}`}` +
    `,"custom_args":${customArgsJson(message)}}`
  )
}

/** Token by token what SendGrid is to put in its place: `{"-mb1a2b3c4d-0-":"Ada"}`. */
export function substitutionsJson(content: EncodedContent, message: FilledMessage): string {
  let json = '{'
  let index = 0
  for (const slot of message.text) json += `${index === 0 ? '' : ','}${content.keys[index++]}"${jsonText(slot)}"`
  for (const slot of message.html) json += `${index === 0 ? '' : ','}${content.keys[index++]}"${jsonText(slot)}"`
  return `${json}}`
}

/**
 * Comes back with every event of the message, and the Email Activity API finds it by them. A Message-ID of ours cannot be
 * set: "It is overwritten by a message-id we generate on our servers" (a SendGrid engineer's notes on the Web API; the API
 * description says nothing of it).
 */
function customArgsJson(message: FilledMessage): string {
  const run = message.run === null ? '' : `,"${customArgs.run}":"${jsonText(message.run)}"`
  return `{"${customArgs.messageId}":"${jsonText(message.messageId)}"${run}}`
}

/** "You may not override the following headers" (API description, `headers`). */
const reservedHeaders: ReadonlySet<string> = new Set([
  'x-sg-id',
  'x-sg-eid',
  'received',
  'dkim-signature',
  'content-type',
  'content-transfer-encoding',
  'to',
  'from',
  'subject',
  'reply-to',
  'cc',
  'bcc',
])

/** "The headers cannot contain duplicate keys", and "you must ensure these are properly encoded" (errors page; `headers`). */
function headersJson(message: FilledMessage): string {
  const headers = distinctHeaders(message, reservedHeaders)
  return `{${headers.map(({ name, value }) => `${JSON.stringify(name)}:${JSON.stringify(asciiHeader(value))}`).join(',')}}`
}

/** SendGrid's settings, where they must differ from the account's, and the end of the body. */
function settingsJson(content: EncodedContent, message: FilledMessage): string {
  const tracking = isListed(message) ? ',"tracking_settings":{"subscription_tracking":{"enable":false}}' : ''
  const sandbox = content.sandbox ? ',"mail_settings":{"sandbox_mode":{"enable":true}}' : ''
  return `${tracking}${sandbox}}`
}

function attachmentPieces(content: EncodedContent, own: readonly Attachment[]): readonly BodyPiece[] {
  const shared = content.attachments
  if (shared.length === 0 && own.length === 0) return []
  const owned = own.map(attachmentJson).join(',')
  return [',"attachments":[', shared, shared.length > 0 && own.length > 0 ? `,${owned}` : owned, ']']
}

/** Names and types "may not include the characters ; , \n \r" (errors page, `attachments`); a type loses its parameters. */
function attachmentJson(attachment: Attachment): string {
  const name = attachment.fileName.toWellFormed().replace(/[;,\r\n]/g, '_')
  const type = (attachment.contentType.split(';')[0] ?? '').trim()
  const usable = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/.test(type) ? type : 'application/octet-stream'
  const content = attachment.bytes.toString('base64')
  const { contentId } = attachment
  const place =
    contentId === undefined
      ? '"disposition":"attachment"'
      : `"disposition":"inline","content_id":${JSON.stringify(contentId)}`
  return `{"content":"${content}","filename":${JSON.stringify(name)},"type":"${usable}",${place}}`
}

function mailboxJson(mailbox: Mailbox): string {
  const name = mailbox.name === undefined || mailbox.name === '' ? '' : `,"name":"${jsonText(mailbox.name)}"`
  return `{"email":${JSON.stringify(mailbox.address)}${name}}`
}

/** One entry of `content`, its fixed text escaped and cut at the slots. */
function part(type: string, fixed: FixedText | null): readonly string[] | null {
  if (fixed === null) return null
  const texts = fixed.map(jsonText)
  texts[0] = `{"type":"${type}","value":"${texts[0] ?? ''}`
  append(texts, '"}')
  return texts
}

function append(pieces: string[], text: string): void {
  pieces[pieces.length - 1] += text
}

/** A message whose parts do not match the shared text would be mixed up; one with an empty part would be refused. */
function checkParts(shared: SharedContent, message: FilledMessage): void {
  if (message.subject === '') throw new InvariantError(`message ${message.id} has an empty subject`)
  checkPart(message, 'text', shared.text, message.text)
  checkPart(message, 'HTML', shared.html, message.html)
}

function checkPart(message: FilledMessage, name: string, fixed: FixedText | null, slots: readonly string[]): void {
  const gaps = fixed === null ? 0 : fixed.length - 1
  if (slots.length !== gaps)
    throw new InvariantError(`message ${message.id} has ${slots.length} ${name} slots for ${gaps} gaps`)
  if (fixed?.every(piece => piece === '') && slots.every(slot => slot === ''))
    throw new InvariantError(`message ${message.id} has an empty ${name} part`)
}
