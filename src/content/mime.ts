/**
 * A message in the form in which SMTP and raw APIs take it (RFC 5322, 2045–2047). What all messages of a run share is
 * encoded once; per message only the headers and slots are. The same input gives the same bytes, and all of them are
 * ASCII with CRLF line ends, apart from a recipient's local part that is not (RFC 6532).
 */

import { createHash } from 'node:crypto'
import type { Attachment, FilledMessage, SharedContent } from '../model/edition.ts'
import { InvariantError } from '../model/errors.ts'
import { encodeAttachment } from './mime-attachment.ts'
import { headerLine, mailboxHeader, ownHeaders, parameterHeader, textHeader } from './mime-header.ts'
import { prepareText } from './mime-text.ts'

/** Makes one message; `atMs` (since 1970) becomes its Date. */
export type MakeMime = (message: FilledMessage, atMs: number) => Buffer

/**
 * Encodes what the messages of a run share. Throws InvariantError if there is neither text nor HTML; the function it
 * returns throws it for a header or address with a line break or control character, and for wrong numbers of slots.
 */
export function prepareMime(shared: SharedContent): MakeMime {
  const boundary = boundaries(shared)
  const sender = Buffer.from(
    mailboxHeader('From', shared.from) + (shared.replyTo ? mailboxHeader('Reply-To', shared.replyTo) : ''),
  )
  const body = prepareBody(shared, boundary.alternative)
  const attachments = shared.attachments.map(encodeAttachment)
  return (message, atMs) => {
    const head = [sender, Buffer.from(messageHeaders(message, atMs))]
    const files = [...attachments, ...message.attachments.map(encodeAttachment)]
    const content = files.length === 0 ? body(message) : multipart('mixed', boundary.mixed, [body(message), ...files])
    return Buffer.concat([...head, ...content, ...(content.at(-1)?.at(-1) === 0x0a ? [] : [lineBreak])])
  }
}

function messageHeaders(message: FilledMessage, atMs: number): string {
  const own = message.headers.find(header => ownHeaders.has(header.name.toLowerCase()))
  if (own !== undefined) throw new InvariantError(`the header ${own.name} was given a second time`)
  return [
    mailboxHeader('To', { address: message.to }),
    textHeader('Subject', message.subject),
    headerLine('Date', date(atMs)),
    headerLine('Message-ID', message.messageId),
    // With the Message-ID, what is seen of the message anywhere can be traced to its row in the journal.
    ...(message.run === null ? [] : [headerLine('X-Mailblast-Run', message.run)]),
    ...message.headers.map(header => textHeader(header.name, header.value)),
    headerLine('MIME-Version', '1.0'),
  ].join('')
}

/** As RFC 5322, section 3.3, writes it: `Fri, 21 Nov 2026 09:00:00 +0000`. */
function date(atMs: number): string {
  return new Date(atMs).toUTCString().replace('GMT', '+0000')
}

/** A part of a message, in pieces: its own headers, a blank line, its content. */
type Part = Buffer | readonly Buffer[]

function prepareBody(shared: SharedContent, boundary: string): (message: FilledMessage) => readonly Buffer[] {
  const text = shared.text && prepareText(shared.text)
  const html = shared.html && prepareText(shared.html)
  const textPart = text && ((message: FilledMessage) => textual('text/plain', text(message.text)))
  const htmlPart = html && ((message: FilledMessage) => textual('text/html', html(message.html)))
  if (textPart && htmlPart) {
    // RFC 2046, section 5.1.4: the plainest alternative comes first.
    return message => multipart('alternative', boundary, [textPart(message), htmlPart(message)])
  }
  const only = textPart ?? htmlPart
  if (only === null) throw new InvariantError('a message needs a text or an HTML part')
  return only
}

const textHeaders = (contentType: string) =>
  Buffer.from(`Content-Type: ${contentType}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n`)
const textualHeaders = { 'text/plain': textHeaders('text/plain'), 'text/html': textHeaders('text/html') }
const lineBreak = Buffer.from('\r\n')

function textual(contentType: keyof typeof textualHeaders, content: readonly Buffer[]): readonly Buffer[] {
  return [textualHeaders[contentType], ...content]
}

function multipart(subtype: string, boundary: string, parts: readonly Part[]): readonly Buffer[] {
  const opening = Buffer.from(`--${boundary}\r\n`)
  return [
    Buffer.from(`${parameterHeader('Content-Type', `multipart/${subtype}`, { boundary })}\r\n`),
    // The line break before a boundary belongs to the boundary (RFC 2046, section 5.1.1), not to the part.
    ...parts.flatMap(part => [opening, ...(Buffer.isBuffer(part) ? [part] : part), lineBreak]),
    Buffer.from(`--${boundary}--`),
  ]
}

/**
 * Boundaries that no content can hold: neither quoted-printable nor base64 ever has `=_`. They hang on the content, so
 * that a message enclosed in another (forwarded, bounced) has others than the one around it.
 */
function boundaries(shared: SharedContent): { readonly mixed: string; readonly alternative: string } {
  const hash = createHash('sha256').update(JSON.stringify([shared.from, shared.text, shared.html]))
  for (const attachment of shared.attachments) hash.update(attachmentDigest(attachment))
  const id = hash.digest('hex').slice(0, 24)
  return { mixed: `=_mixed_${id}`, alternative: `=_alternative_${id}` }
}

function attachmentDigest(attachment: Attachment): Buffer {
  return createHash('sha256').update(attachment.bytes).digest()
}
