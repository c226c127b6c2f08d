/**
 * An edition made ready to be filled: what all messages share, and a function from one recipient to her message. Filling
 * is pure, takes no time worth naming, and never throws for anything that a row of the list holds.
 */

import type { Address } from '../model/address.ts'
import type { Attachment, Edition, FilledMessage, FixedText, SharedContent } from '../model/edition.ts'
import type { Fields } from '../model/recipient.ts'
import { type AttachmentPath, fillPath } from './attachment-path.ts'
import { attachmentsMaxBytes, totalBytes } from './attachments.ts'
import { contextFor } from './context.ts'
import type { TemplateContext } from './environment.ts'
import { mebibytes } from './files.ts'
import { fillLine } from './header-line.ts'
import { messageIdFor } from './identity.ts'
import { type ShowOwn, showOwn } from './inline-images.ts'
import { fillList } from './list.ts'
import type { Filled } from './skeleton.ts'
import { checkTemplates, compileTemplates, type Templates } from './templates.ts'
import { type RowTrouble, rowTrouble } from './trouble.ts'

export interface CompiledEdition {
  readonly shared: SharedContent
  /**
   * Throws UserError if a template reads a field that is neither one of these columns, nor in the campaign's data, nor one
   * of ours.
   */
  checkColumns(columns: readonly string[]): void
  fill(recipient: RecipientFields, identity: Identity): FillResult
  /** The absolute paths of the recipient's own attachments, in the campaign's order; whether they exist is not asked. */
  attachmentPaths(fields: Fields): AttachmentPaths
}

export interface RecipientFields {
  readonly address: Address
  readonly fields: Fields
}

/** What a message has beside its content. */
export interface Identity {
  /** Its number in the journal; 0 where none is kept. */
  readonly id: number
  /** Null where there is none: preview, test sends. */
  readonly run: string | null
  readonly key: string
  /** The journal's, from which unsubscribe tokens are made. */
  readonly tokenKey: Buffer
  readonly attachments: readonly Attachment[]
}

export type FillResult = { readonly ok: true; readonly message: FilledMessage } | RowTrouble
export type AttachmentPaths = { readonly ok: true; readonly paths: readonly string[] } | RowTrouble

/** `payload` gives the bytes of a shared attachment by their SHA-256. Throws UserError for whatever a template has wrong. */
export function compileEdition(edition: Edition, payload: (sha256: string) => Buffer): CompiledEdition {
  const templates = compileTemplates(edition)
  const shared = {
    from: edition.from,
    replyTo: edition.replyTo,
    html: templates.html?.fixed ?? null,
    text: templates.text?.fixed ?? null,
    attachments: edition.attachments.flatMap(each =>
      each.kind === 'shared' ? [sharedAttachment(each, payload(each.sha256))] : [],
    ),
  }
  const show = showOwn(edition, shared)
  const sharedBytes = totalBytes(shared.attachments)
  return {
    shared,
    checkColumns: columns => checkTemplates(edition, templates, columns),
    fill: (recipient, identity) =>
      sharedBytes + totalBytes(identity.attachments) > attachmentsMaxBytes
        ? rowTrouble('attachment missing', `its attachments are larger than ${mebibytes(attachmentsMaxBytes)} together`)
        : fill(edition, templates, show, recipient, identity),
    attachmentPaths: fields => fillPaths(templates.paths, { ...edition.data, ...fields }),
  }
}

function sharedAttachment(
  { fileName, contentType, contentId }: Extract<Edition['attachments'][number], { kind: 'shared' }>,
  bytes: Buffer,
): Attachment {
  return { fileName, contentType, bytes, ...(contentId === undefined ? {} : { contentId }) }
}

function fill(
  edition: Edition,
  templates: Templates,
  show: ShowOwn,
  recipient: RecipientFields,
  identity: Identity,
): FillResult {
  const { address, fields } = recipient
  const { id, run, key, tokenKey } = identity
  const list = fillList(templates.list, contextFor(edition.data, recipient, tokenKey), fields)
  if (!list.ok) return list
  const context = contextFor(edition.data, recipient, tokenKey, list.fields)
  const subject = fillLine(templates.subject, 'the subject', context, fields)
  if (!subject.ok) return subject
  if (subject.value === '') return rowTrouble('cannot be rendered', 'the subject would be empty')
  const headers = fillHeaders(templates, context, fields)
  if (!headers.ok) return headers
  const body = fillBody(templates, context)
  if (!body.ok) return body
  const paths = () => fillPaths(templates.paths, { ...edition.data, ...fields })
  const own = show(body.html, paths, identity.attachments)
  if (!own.ok) return own
  return {
    ok: true,
    message: {
      id,
      to: address,
      messageId: messageIdFor(key, address, edition.from.address),
      run,
      subject: subject.value,
      html: body.html,
      text: body.text,
      headers: [...headers.lines, ...list.headers],
      attachments: own.attachments,
    },
  }
}

/** In the campaign's order. A header that comes out empty is left out. */
function fillHeaders(
  { headers }: Templates,
  context: TemplateContext,
  fields: Fields,
): { readonly ok: true; readonly lines: FilledMessage['headers'] } | RowTrouble {
  const lines: FilledMessage['headers'][number][] = []
  for (const { name, skeleton } of headers) {
    const line = fillLine(skeleton, name, context, fields)
    if (!line.ok) return line
    if (line.value !== '') lines.push({ name, value: line.value })
  }
  return { ok: true, lines }
}

function fillBody(
  { html, text }: Templates,
  context: TemplateContext,
): { readonly ok: true; readonly html: readonly string[]; readonly text: readonly string[] } | RowTrouble {
  const filledHtml: Filled = html === null ? { ok: true, slots: [] } : html.fill(context)
  if (!filledHtml.ok) return rowTrouble('cannot be rendered', filledHtml.detail)
  const filledText = fillText(text, filledHtml.slots, context)
  if (!filledText.ok) return rowTrouble('cannot be rendered', filledText.detail)
  // Providers refuse an empty part, and a mail with nothing in it is nobody's wish.
  if (isBlank(html?.fixed, filledHtml.slots)) return rowTrouble('cannot be rendered', 'the HTML part would be empty')
  if (isBlank(text?.fixed, filledText.slots)) return rowTrouble('cannot be rendered', 'the text part would be empty')
  return { ok: true, html: filledHtml.slots, text: filledText.slots }
}

function isBlank(fixed: FixedText | undefined, slots: readonly string[]): boolean {
  return fixed?.every(isSpace) === true && slots.every(isSpace)
}

function isSpace(text: string): boolean {
  return text.trim() === ''
}

function fillText(text: Templates['text'], html: readonly string[], context: TemplateContext): Filled {
  if (text === null) return { ok: true, slots: [] }
  return 'way' in text ? text.fill(html) : text.fill(context)
}

function fillPaths(paths: readonly AttachmentPath[], context: TemplateContext): AttachmentPaths {
  const filled: string[] = []
  for (const each of paths) {
    const path = fillPath(each, context)
    if (!path.ok) return path
    filled.push(path.path)
  }
  return { ok: true, paths: filled }
}
