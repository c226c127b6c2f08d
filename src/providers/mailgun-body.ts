/**
 * The bodies of Mailgun's `POST /v3/{domain}/messages`: forms of several parts. What all messages share is encoded once
 * into bytes. A recipient gets exactly the same from a call of her own and from a batch: in the one her slots stand in the
 * text, in the other Mailgun puts them where the tokens stand, from `recipient-variables`.
 */

import { type Attachment, type FilledMessage, type FixedText, joinText, type SharedContent } from '../model/edition.ts'
import { InvariantError } from '../model/errors.ts'
import type { BodyPiece } from './http-body.ts'
import { holdsName, type NameEdges, nameEdges, namelessHtml, namelessText } from './mailgun-names.ts'
import { type MailgunSettings, mailboxText, mailgunOptions } from './mailgun-options.ts'
import { chooseTokens, type Tokens } from './merge-tokens.ts'
import { asciiHeader } from './message-headers.ts'
import { type FormField, textField } from './multipart-form.ts'

/** The run's fixed text as Mailgun's calls hold it, encoded. */
export interface EncodedContent {
  readonly shared: SharedContent
  readonly settings: MailgunSettings
  /** The fixed text of each part, cut where the slots of a single call go. */
  readonly single: { readonly text: readonly Buffer[] | null; readonly html: readonly Buffer[] | null }
  /** The same in one piece each, with tokens in the slots' places. */
  readonly batch: { readonly text: Buffer | null; readonly html: Buffer | null }
  readonly attachments: readonly FormField[]
  readonly tokens: Tokens
  readonly names: NameEdges
}

export function encodeContent(shared: SharedContent, settings: MailgunSettings): EncodedContent {
  if (shared.text === null && shared.html === null) throw new InvariantError('a content has neither text nor HTML')
  const tokens = chooseTokens(shared, tokenOf)
  return {
    shared,
    settings,
    single: { text: encoded(shared.text), html: encoded(shared.html) },
    batch: { text: withTokens(shared.text, tokens.text), html: withTokens(shared.html, tokens.html) },
    attachments: shared.attachments.map(attachmentField),
    tokens,
    names: nameEdges(shared),
  }
}

/** "simply reference %recipient.yourkey%" (page on batch sending). The percent sign at its end lets none begin another. */
export function tokenOf(core: string, index: number): string {
  return `%recipient.${core}${index.toString(36)}%`
}

/** The variables that are not of a slot; the underscore tells them from those that are. */
export function variablesOf({ tokens: { core } }: Pick<EncodedContent, 'tokens'>) {
  const named = (name: string) => ({ key: `${core}_${name}`, token: `%recipient.${core}_${name}%` })
  return {
    subject: named('s'),
    messageId: named('m'),
    percent: named('p'),
    header: (index: number) => named(`h${index}`),
  }
}

/** The fields of a call for one message, its slots where they belong. */
export function singleFields(content: EncodedContent, message: FilledMessage): readonly FormField[] {
  checkParts(content.shared, message)
  const files = [...content.attachments, ...message.attachments.map(attachmentField)]
  if (holdsName(content.names, message)) return [...namelessFields(content, message), ...files]
  return [
    textField('from', mailboxText(content.shared.from)),
    textField('to', message.to),
    textField('subject', message.subject),
    ...splicedPart('text', content.single.text, message.text),
    ...splicedPart('html', content.single.html, message.html),
    ...mailgunOptions(content, message).map(({ name, value }) => textField(name, value)),
    ...files,
  ]
}

/** The same for a message in which names of Mailgun's own stand, with none left. */
function namelessFields({ shared, ...content }: EncodedContent, message: FilledMessage): readonly FormField[] {
  const { percent } = variablesOf(content)
  const nameless = (text: string) => namelessText(text, percent.token)
  const lines = [
    textField('from', nameless(mailboxText(shared.from))),
    textField('subject', nameless(message.subject)),
    ...wholePart('text', shared.text, message.text, nameless),
    ...mailgunOptions({ shared, ...content }, message).map(({ name, value }) => textField(name, nameless(value))),
  ]
  const variables = JSON.stringify({ [message.to]: { [percent.key]: '%' } })
  // Only where it is needed: without variables there is nothing for Mailgun to put in.
  const isNeeded = lines.some(field => field.content.some(piece => piece.includes(percent.token)))
  return [
    textField('to', message.to),
    ...lines,
    ...wholePart('html', shared.html, message.html, namelessHtml),
    ...(isNeeded ? [textField('recipient-variables', variables)] : []),
  ]
}

/** The fields of a call for several messages, as `mailgunFits` has put them together. */
export function batchFields(content: EncodedContent, parcel: readonly FilledMessage[]): readonly FormField[] {
  const [first] = parcel
  if (first === undefined) throw new InvariantError('a batch has no message')
  const { subject, messageId, header } = variablesOf(content)
  const tokens = {
    ...first,
    messageId: messageId.token,
    headers: first.headers.map(({ name }, index) => ({ name, value: header(index).token })),
  }
  const rows = parcel.map(message => {
    checkParts(content.shared, message)
    return `${JSON.stringify(message.to)}:${variablesJson(content, message)}`
  })
  return [
    textField('from', mailboxText(content.shared.from)),
    ...parcel.map(({ to }) => textField('to', to)),
    textField('subject', subject.token),
    ...batchPart('text', content.batch.text),
    ...batchPart('html', content.batch.html),
    ...mailgunOptions(content, tokens).map(({ name, value }) => textField(name, value)),
    // Without them "the email will show all recipients emails in the to field for all recipients" (page on batch sending).
    textField('recipient-variables', `{${rows.join(',')}}`),
    ...content.attachments,
  ]
}

/** What Mailgun is to put in for this recipient, by key: `{"mb1a2b3c4d0":"Ada",…}`. */
export function variablesJson(content: EncodedContent, message: FilledMessage): string {
  const { subject, messageId, header } = variablesOf(content)
  const variables: Record<string, string> = {
    [subject.key]: message.subject.toWellFormed(),
    [messageId.key]: message.messageId,
  }
  for (const [index, { value }] of message.headers.entries()) variables[header(index).key] = asciiHeader(value)
  for (const [index, slot] of [...message.text, ...message.html].entries())
    variables[`${content.tokens.core}${index.toString(36)}`] = slot.toWellFormed()
  return JSON.stringify(variables)
}

/** A part in the pieces that are ready. */
function splicedPart(
  name: 'text' | 'html',
  pieces: readonly Buffer[] | null,
  slots: readonly string[],
): readonly FormField[] {
  if (pieces === null) return []
  const content: BodyPiece[] = []
  for (const [index, piece] of pieces.entries()) {
    content.push(piece)
    const slot = slots[index]
    if (slot !== undefined) content.push(slot.toWellFormed())
  }
  return [{ name, content }]
}

/** A part in one piece, for a name may stand across the border of two. */
function wholePart(
  name: 'text' | 'html',
  fixed: FixedText | null,
  slots: readonly string[],
  nameless: (text: string) => string,
): readonly FormField[] {
  return fixed === null ? [] : [textField(name, nameless(joined(fixed, slots)))]
}

function batchPart(name: 'text' | 'html', bytes: Buffer | null): readonly FormField[] {
  return bytes === null ? [] : [{ name, content: [bytes] }]
}

/**
 * An image of the HTML is `inline`, and its Content-ID is its file's name ("cid:" and the file's name, page on sending
 * inline images). A type loses its parameters.
 */
function attachmentField({ fileName, contentType, bytes, contentId }: Attachment): FormField {
  const type = (contentType.split(';')[0] ?? '').trim()
  const usable = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/.test(type) ? type : 'application/octet-stream'
  const file = { name: contentId ?? fileName, type: usable }
  return { name: contentId === undefined ? 'attachment' : 'inline', file, content: [bytes] }
}

function encoded(fixed: FixedText | null): readonly Buffer[] | null {
  return fixed === null ? null : fixed.map(piece => Buffer.from(piece))
}

function withTokens(fixed: FixedText | null, tokens: readonly string[]): Buffer | null {
  if (fixed === null) return null
  return Buffer.from(joined(fixed, tokens))
}

/** Piece by piece fit for UTF-8, as `jsonText` has it. */
function joined(fixed: FixedText, slots: readonly string[]): string {
  return joinText(
    fixed.map(piece => piece.toWellFormed()),
    slots.map(slot => slot.toWellFormed()),
  )
}

/** A message whose parts do not match the shared text would be mixed up; one without a subject would be refused. */
function checkParts(shared: SharedContent, message: FilledMessage): void {
  if (message.subject === '') throw new InvariantError(`message ${message.id} has an empty subject`)
  for (const name of ['text', 'html'] as const) {
    const gaps = Math.max(0, (shared[name]?.length ?? 1) - 1)
    const slots = message[name].length
    if (slots !== gaps) throw new InvariantError(`message ${message.id} has ${slots} ${name} slots for ${gaps} gaps`)
  }
}
