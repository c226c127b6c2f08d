/**
 * A message in the form in which SMTP and raw APIs take it (RFC 5322, 2045–2047). What all messages of a run share is
 * encoded once; per message only the headers and slots are. The same input gives the same bytes, and all of them are
 * ASCII with CRLF line ends, apart from a recipient's local part that is not (RFC 6532).
 */

import { createHash } from 'node:crypto'
import type { Attachment, FilledMessage, FixedText, SharedContent } from '../model/edition.ts'
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
  const body = prepareBody(shared, boundary)
  // Without HTML there is nothing to show an image in.
  const isFile = (each: Attachment) => shared.html === null || !isInline(each)
  const attachments = shared.attachments.filter(isFile).map(encodeAttachment)
  return (message, atMs) => {
    const head = [sender, Buffer.from(messageHeaders(message, atMs))]
    const files = [...attachments, ...message.attachments.filter(isFile).map(encodeAttachment)]
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

type MakeBody = (message: FilledMessage) => readonly Buffer[]

function prepareBody(shared: SharedContent, boundary: Boundaries): MakeBody {
  const textPart = shared.text && prepareTextual('text/plain', shared.text, message => message.text)
  const htmlPart = shared.html && prepareHtml(shared.html, shared.attachments, boundary.related)
  if (textPart && htmlPart) {
    // RFC 2046, section 5.1.4: the plainest alternative comes first.
    return message => multipart('alternative', boundary.alternative, [textPart(message), htmlPart(message)])
  }
  const only = textPart ?? htmlPart
  if (only === null) throw new InvariantError('a message needs a text or an HTML part')
  return only
}

/** The HTML, in one part with the images that it shows, where there are any (RFC 2387). */
function prepareHtml(fixed: FixedText, attachments: readonly Attachment[], boundary: string): MakeBody {
  const html = prepareTextual('text/html', fixed, message => message.html)
  const shared = attachments.filter(isInline).map(encodeAttachment)
  return message => {
    const images = [...shared, ...message.attachments.filter(isInline).map(encodeAttachment)]
    return images.length === 0 ? html(message) : multipart('related', boundary, [html(message), ...images])
  }
}

function isInline({ contentId }: Attachment): boolean {
  return contentId !== undefined
}

const lineBreak = Buffer.from('\r\n')

function prepareTextual(
  contentType: string,
  fixed: FixedText,
  slotsOf: (message: FilledMessage) => readonly string[],
): MakeBody {
  const { encoding, fill } = prepareText(fixed)
  const headers = Buffer.from(
    `Content-Type: ${contentType}; charset=utf-8\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n`,
  )
  return message => [headers, ...fill(slotsOf(message))]
}

function multipart(subtype: keyof Boundaries, boundary: string, parts: readonly Part[]): readonly Buffer[] {
  const opening = Buffer.from(`--${boundary}\r\n`)
  // RFC 2387, section 3.1, demands the type of the part that shows the others.
  const params = subtype === 'related' ? { type: 'text/html', boundary } : { boundary }
  return [
    Buffer.from(`${parameterHeader('Content-Type', `multipart/${subtype}`, params)}\r\n`),
    // The line break before a boundary belongs to the boundary (RFC 2046, section 5.1.1), not to the part.
    ...parts.flatMap(part => [opening, ...(Buffer.isBuffer(part) ? [part] : part), lineBreak]),
    Buffer.from(`--${boundary}--`),
  ]
}

/**
 * Boundaries that no content can hold: neither quoted-printable nor base64 ever has `=_`. They hang on the content, so
 * that a message enclosed in another (forwarded, bounced) has others than the one around it.
 */
function boundaries(shared: SharedContent): Boundaries {
  const hash = createHash('sha256').update(JSON.stringify([shared.from, shared.text, shared.html]))
  for (const attachment of shared.attachments) hash.update(attachmentDigest(attachment))
  const id = hash.digest('hex').slice(0, 24)
  return { mixed: `=_mixed_${id}`, alternative: `=_alternative_${id}`, related: `=_related_${id}` }
}

interface Boundaries {
  readonly mixed: string
  readonly alternative: string
  readonly related: string
}

function attachmentDigest(attachment: Attachment): Buffer {
  return createHash('sha256').update(attachment.bytes).digest()
}
