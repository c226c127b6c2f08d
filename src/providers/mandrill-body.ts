/**
 * The body of Mandrill's `POST /messages/send`. What all messages share is escaped once; of each message only its slots are.
 * Nothing here is left to what an account has set, where that could change what a recipient reads or sees of others.
 */

import * as mimeFuncs from 'nodemailer/lib/mime-funcs'
import type { Mailbox } from '../model/address.ts'
import type { Attachment, FilledMessage, FixedText, SharedContent } from '../model/edition.ts'
import { InvariantError } from '../model/errors.ts'
import { refused } from './answer-outcomes.ts'
import type { BodyPiece } from './http-body.ts'
import { jsonString, prepareJsonString } from './json-text.ts'
import { asciiHeader, distinctHeaders } from './message-headers.ts'

/** The names of our metadata: "only alphanumeric characters and underscores", none "may start with an underscore" (page on custom metadata). */
export const metadataNames = { messageId: 'mailblast_id', run: 'mailblast_run' } as const

/** "Each message's metadata is limited to 200 bytes of JSON-encoded data" (the same page). */
const metadataMaxBytes = 200

/** What a route sets for all its calls. */
export interface MandrillSettings {
  readonly subaccount?: string | undefined
  readonly ip_pool?: string | undefined
  readonly return_path_domain?: string | undefined
  readonly important: boolean
}

/** The run's fixed text as Mandrill's calls hold it, encoded. */
export interface MandrillContent {
  readonly shared: SharedContent
  /** Text and HTML alone, and the attachments that go with every message: so much every call holds at least. */
  readonly sharedBytes: number
  readonly text: Part
  readonly html: Part
  /** Sender and settings: members of `message`, each with a comma before it. */
  readonly fixed: Buffer
  /** After the end of `message`. */
  readonly end: string
  readonly attachments: Buffer
  readonly images: Buffer
  readonly replyTo: string | null
}

type Part = ((slots: readonly string[]) => readonly BodyPiece[]) | null

export function encodeMandrill(shared: SharedContent, settings: MandrillSettings): MandrillContent {
  const { from, replyTo, text, html } = shared
  if (text === null && html === null) throw new InvariantError('a content has neither text nor HTML')
  const attachments = filesJson(shared.attachments, 'attachments')
  const images = filesJson(shared.attachments, 'images')
  const bytesOf = (fixed: FixedText | null) => (fixed ?? []).reduce((sum, piece) => sum + Buffer.byteLength(piece), 0)
  return {
    shared,
    sharedBytes: bytesOf(text) + bytesOf(html) + attachments.length + images.length,
    text: text === null ? null : prepareJsonString(text),
    html: html === null ? null : prepareJsonString(html),
    fixed: Buffer.from(fixedJson(from, settings)),
    end: `${member('ip_pool', settings.ip_pool)},"async":false}`,
    attachments: Buffer.from(attachments),
    images: Buffer.from(images),
    replyTo: replyTo === null ? null : mailboxHeader(replyTo),
  }
}

/** `key` is the member of the body that holds it. */
export function mandrillBody(content: MandrillContent, message: FilledMessage, key: string): readonly BodyPiece[] {
  const text = partPieces('text', content.text, message.text)
  const html = partPieces('html', content.html, message.html)
  const head =
    `{${key},"message":{"to":[{"email":${JSON.stringify(message.to)},"type":"to"}]` +
    `,"subject":${jsonString(message.subject)},"headers":${headersJson(content, message)}` +
    `,"metadata":${metadataJson(message)}`
  return [
    head,
    content.fixed,
    ...text,
    ...html,
    ...listPieces('attachments', content.attachments, message),
    ...listPieces('images', content.images, message),
    '}',
    content.end,
  ]
}

/** Why this message can never go through Mandrill, if it cannot. */
export function mandrillMisfit(message: FilledMessage, bodyBytes: number, maxBytes: number) {
  // "maxLength": 998 (API description, `subject`).
  if (message.subject.length > 998)
    return refused('message', 'content', 'too long', 'the subject has more than the 998 characters that Mandrill takes')
  if (bodyBytes > maxBytes)
    return refused(
      'message',
      'content',
      'too big',
      `the message comes to ${bodyBytes} bytes, and Mandrill takes ${maxBytes}`,
    )
  const odd = message.attachments.find(each => each.contentId !== undefined && !isImage(each))
  if (odd === undefined) return undefined
  return refused(
    'message',
    'content',
    'no image',
    `Mandrill shows only images in the HTML, and ${odd.fileName} is none`,
  )
}

/**
 * `preserve_recipients: false`, so that no recipient ever sees another. `merge: false`: what looks like a merge tag of
 * Mandrill's is text here, and arrives as it was written ("whether to evaluate merge tags in the message"). No part is
 * made from the other, and no style moved, beyond what was done here. Tracking is as the account has it. `async: false`, at
 * the end of the body: only then does the answer say who is refused ("In async mode, messages/send will immediately return
 * a status of queued for every recipient").
 */
function fixedJson(from: Mailbox, settings: MandrillSettings): string {
  const always = '"preserve_recipients":false,"merge":false,"auto_text":false,"auto_html":false,"inline_css":false'
  return (
    `,"from_email":${JSON.stringify(from.address)}${member('from_name', from.name === '' ? undefined : from.name)}` +
    `,${always},"important":${settings.important}` +
    `${member('subaccount', settings.subaccount)}${member('return_path_domain', settings.return_path_domain)}`
  )
}

function member(name: string, value: string | undefined): string {
  return value === undefined ? '' : `,"${name}":${jsonString(value)}`
}

function partPieces(name: 'text' | 'html', part: Part, slots: readonly string[]): readonly BodyPiece[] {
  if (part !== null) return [`,"${name}":`, ...part(slots)]
  if (slots.length > 0)
    throw new InvariantError(`${slots.length} ${name} slots were given for a content without ${name}`)
  return []
}

/** What the body says in members of its own. */
const reserved: ReadonlySet<string> = new Set([
  'from',
  'to',
  'cc',
  'bcc',
  'subject',
  'reply-to',
  'message-id',
  'x-mailblast-run',
])

/**
 * "Most headers are allowed" (API description, `headers`). A Reply-To has no other place, and the marker goes here too: the
 * recipient's copy is then named as over any other provider, where Mandrill keeps our Message-ID.
 */
function headersJson(content: MandrillContent, message: FilledMessage): string {
  const headers = distinctHeaders(message, reserved).map(({ name, value }) => [name, asciiHeader(value)] as const)
  const own = [
    ...(content.replyTo === null ? [] : [['Reply-To', content.replyTo] as const]),
    ['Message-ID', message.messageId] as const,
    ...(message.run === null ? [] : [['X-Mailblast-Run', message.run] as const]),
  ]
  return JSON.stringify(Object.fromEntries([...headers, ...own]))
}

/** Comes back with every event and with what a search finds. Run and address name a message already, so the run goes first. */
function metadataJson({ messageId, run }: FilledMessage): string {
  const named = { ...(run === null ? {} : { [metadataNames.run]: run }), [metadataNames.messageId]: messageId }
  const json = JSON.stringify(named)
  if (Buffer.byteLength(json) <= metadataMaxBytes) return json
  return run === null ? '{}' : JSON.stringify({ [metadataNames.run]: run })
}

function listPieces(list: 'attachments' | 'images', shared: Buffer, message: FilledMessage): readonly BodyPiece[] {
  const own = filesJson(message.attachments, list)
  if (shared.length === 0 && own === '') return []
  return [`,"${list}":[`, shared, shared.length > 0 && own !== '' ? `,${own}` : own, ']']
}

/** An image of the HTML is named by its Content-ID: "used <img src=cid:THIS_VALUE>" (API description, `images`). */
function filesJson(files: readonly Attachment[], list: 'attachments' | 'images'): string {
  return files
    .filter(({ contentId }) => (contentId === undefined) === (list === 'attachments'))
    .map(file => {
      const type = file.contentType === '' ? 'application/octet-stream' : file.contentType
      const name = file.contentId ?? file.fileName
      return `{"type":${jsonString(type)},"name":${jsonString(name)},"content":"${file.bytes.toString('base64')}"}`
    })
    .join(',')
}

function isImage({ contentType }: Attachment): boolean {
  return /^image\//i.test(contentType)
}

/** As a header has it (RFC 5322, section 3.4), for Mandrill puts it into the message as it is. */
function mailboxHeader({ name, address }: Mailbox): string {
  if (name === undefined || name === '') return address
  const ascii = /^[\x20-\x7e]*$/.test(name)
  return `${ascii ? `"${name.replace(/["\\]/g, '\\$&')}"` : mimeFuncs.encodeWord(name.toWellFormed(), 'Q', 52)} <${address}>`
}
