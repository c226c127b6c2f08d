/**
 * The bodies of SES's two calls: `SendEmail` for one message, `SendBulkEmail` for several. What all messages share is escaped
 * once into bytes; of each message only its slots are. A recipient gets exactly the same from both: in the one her slots
 * stand in the text, in the other SES puts them where the tokens stand.
 *
 * A token is `{{name}}`, for an inline template takes "only simple substitutions" (service model, `TemplateContent`); what
 * else Handlebars has is refused ("Template contains unsupported operations.", aws-sdk-js-v3, issue 6657). Its value arrives
 * as it is: "SES doesn't escape HTML content when rendering the HTML template for a message" (page on advanced
 * personalization). So `{{{name}}}` would win nothing, and is not known to be a simple substitution.
 */

import type { Mailbox } from '../model/address.ts'
import type { Attachment, FilledMessage, FixedText, SharedContent } from '../model/edition.ts'
import { InvariantError } from '../model/errors.ts'
import { asciiMailbox } from './ascii-mailbox.ts'
import type { BodyPiece } from './http-body.ts'
import { jsonString, jsonText, prepareJsonString } from './json-text.ts'
import { chooseTokens, type Tokens } from './merge-tokens.ts'
import { sesAttachmentJson } from './ses-attachment.ts'
import { sesHeaders, sesTags } from './ses-headers.ts'

/** The run's fixed text as SES's calls hold it, encoded. */
export interface EncodedContent {
  readonly shared: SharedContent
  /** Sender and configuration set, with which both calls begin. */
  readonly sender: string
  /** The string of each part, with the slots in their places. */
  readonly text: ((slots: readonly string[]) => BodyPiece[]) | null
  readonly html: ((slots: readonly string[]) => BodyPiece[]) | null
  /** A bulk call up to its entries, with tokens in the slots' places. */
  readonly bulk: Buffer
  /** The attachments that go with every message: JSON objects with commas between. */
  readonly attachments: Buffer
  readonly tokens: Tokens
  /** Each token's name as a key: `"mb1a2b3c4d_0":`; the subject's stands first, then those of the text and the HTML. */
  readonly keys: readonly string[]
  /** False if the fixed text holds what SES would take for a token, or would make one unreadable. */
  readonly canMerge: boolean
}

export function encodeContent(shared: SharedContent, configurationSet: string | null): EncodedContent {
  const tokens = chooseTokens(shared, (core, index) => `{{${nameOf(core, index)}}}`)
  const sender = [
    `"FromEmailAddress":${mailboxJson(shared.from)}`,
    ...(shared.replyTo === null ? [] : [`"ReplyToAddresses":[${mailboxJson(shared.replyTo)}]`]),
    ...(configurationSet === null ? [] : [`"ConfigurationSetName":${jsonString(configurationSet)}`]),
  ].join(',')
  const attachments = Buffer.from(shared.attachments.map(sesAttachmentJson).join(','))
  const subject = `${tokens.core}_s`
  const count = tokens.text.length + tokens.html.length
  const names = [subject, ...Array.from({ length: count }, (_, index) => nameOf(tokens.core, index))]
  return {
    shared,
    sender,
    text: shared.text && prepareJsonString(shared.text),
    html: shared.html && prepareJsonString(shared.html),
    bulk: bulkHead(shared, { sender, attachments, subject: `{{${subject}}}`, tokens }),
    attachments,
    tokens,
    keys: names.map(name => `"${name}":`),
    canMerge: [shared.text, shared.html].every(fixed => fixed === null || takesTokens(fixed)),
  }
}

/** A `SendEmail` call for one message, its slots where they belong; `unsendable` has found nothing against it. */
export function singleBody(content: EncodedContent, message: FilledMessage): readonly BodyPiece[] {
  const part = (name: string, pieces: readonly BodyPiece[]) => [`"${name}":{"Charset":"UTF-8","Data":`, ...pieces, '}']
  const text = content.text && part('Text', content.text(message.text))
  const html = content.html && part('Html', content.html(message.html))
  return [
    `{${content.sender},${addresseeJson(message)},"EmailTags":${JSON.stringify(sesTags(message))},"Content":{"Simple":{`,
    `"Subject":{"Charset":"UTF-8","Data":${jsonString(message.subject)}},"Headers":${headersJson(message)},"Body":{`,
    ...(text ?? []),
    ...(text !== null && html !== null ? [','] : []),
    ...(html ?? []),
    '}',
    ...attachmentPieces(content, message.attachments),
    '}}}',
  ]
}

/** A `SendBulkEmail` call for several messages, as `sesFits` has put them together. */
export function bulkBody(content: EncodedContent, parcel: readonly FilledMessage[]): readonly BodyPiece[] {
  return [content.bulk, parcel.map(message => entryJson(content, message)).join(','), ']}']
}

/** What is a recipient's own in a bulk call. */
export function entryJson(content: EncodedContent, message: FilledMessage): string {
  return (
    `{${addresseeJson(message)},"ReplacementTags":${JSON.stringify(sesTags(message))},` +
    `"ReplacementHeaders":${headersJson(message)},"ReplacementEmailContent":{"ReplacementTemplate":` +
    `{"ReplacementTemplateData":${jsonString(templateData(content, message))}}}}`
  )
}

/** Token by token what SES is to put in its place, as the JSON that stands in a string: `{"mb1a2b3c4d_s":"News"}`. */
export function templateData({ keys, tokens }: EncodedContent, message: FilledMessage): string {
  if (message.text.length !== tokens.text.length || message.html.length !== tokens.html.length)
    throw new InvariantError(`message ${message.id} has other slots than its content has gaps`)
  const values = [message.subject, ...message.text, ...message.html]
  return `{${values.map((value, index) => `${keys[index]}"${jsonText(value)}"`).join(',')}}`
}

function nameOf(core: string, index: number): string {
  return `${core}_${index.toString(36)}_`
}

interface BulkParts extends Pick<EncodedContent, 'sender' | 'attachments' | 'tokens'> {
  readonly subject: string
}

function bulkHead(shared: SharedContent, { sender, attachments, subject, tokens }: BulkParts): Buffer {
  const parts = [
    `"Subject":${jsonString(subject)}`,
    ...(shared.text === null ? [] : [`"Text":${jsonString(withTokens(shared.text, tokens.text))}`]),
    ...(shared.html === null ? [] : [`"Html":${jsonString(withTokens(shared.html, tokens.html))}`]),
  ]
  const files = attachments.length === 0 ? '' : `,"Attachments":[${attachments}]`
  return Buffer.from(
    `{${sender},"DefaultContent":{"Template":{"TemplateContent":{${parts.join(',')}},"TemplateData":"{}"${files}}},"BulkEmailEntries":[`,
  )
}

function withTokens(fixed: FixedText, tokens: readonly string[]): string {
  return fixed.map((piece, index) => `${piece}${tokens[index] ?? ''}`).join('')
}

/**
 * Whether tokens can stand in this text and nothing else in it is taken for one: no braces in pairs, none beside a token, no
 * backslash before one, by which Handlebars leaves a token as it is, and no NUL, at which its parser fails.
 */
function takesTokens(fixed: FixedText): boolean {
  const last = fixed.length - 1
  return fixed.every(
    (piece, index) =>
      !/\{\{|\}\}|\0/.test(piece) &&
      (index === last || !/[{\\]$/.test(piece)) &&
      (index === 0 || !piece.startsWith('}')),
  )
}

function addresseeJson(message: FilledMessage): string {
  return `"Destination":{"ToAddresses":[${jsonString(message.to)}]}`
}

function headersJson(message: FilledMessage): string {
  const headers = sesHeaders(message)
  if ('problem' in headers) throw new InvariantError(`message ${message.id} was not looked at: ${headers.problem}`)
  return JSON.stringify(headers)
}

function attachmentPieces({ attachments }: EncodedContent, own: readonly Attachment[]): readonly BodyPiece[] {
  if (attachments.length === 0 && own.length === 0) return []
  const owned = own.map(sesAttachmentJson).join(',')
  return [',"Attachments":[', attachments, attachments.length > 0 && own.length > 0 ? `,${owned}` : owned, ']']
}

function mailboxJson(mailbox: Mailbox): string {
  return jsonString(asciiMailbox(mailbox))
}
