/**
 * How many messages go in one SES call: SES's limits, and who needs a call of her own. Pure, and linear in the messages
 * looked at.
 */

import type { FilledMessage } from '../model/edition.ts'
import { joinText } from '../model/edition.ts'
import { holdsToken } from './merge-tokens.ts'
import { attachmentProblem } from './ses-attachment.ts'
import { type EncodedContent, entryJson, templateData } from './ses-body.ts'
import { sesHeaders } from './ses-headers.ts'

export const sesLimits = {
  /** "You can send email to up to 50 destinations in each call to SendBulkEmail" (page on personalized email). */
  entries: 50,
  /** `EmailTemplateData` in the service model: characters of the string that holds an entry's data. */
  templateData: 262_144,
  /** "Each input JSON file can be up to 1 MB in size" with an inline template (the same page); the whole call is counted. */
  bulkBytes: 1_000_000,
  /** "Maximum message size (including attachments) 40 MB per message (after base64 encoding)" (page on quotas). */
  messageBytes: 40_000_000,
} as const

/** How many of the first `most` messages go in one call: at least 1. */
export function sesFits(content: EncodedContent, messages: readonly FilledMessage[], most: number): number {
  if (most <= 1 || !content.canMerge) return 1
  // Each entry has a comma before it, but for the first.
  let bytes = content.bulk.length + ']}'.length - ','.length
  let count = 0
  for (; count < most; count++) {
    const message = messages[count]
    if (message === undefined || needsOwnCall(content, message)) break
    bytes += Buffer.byteLength(entryJson(content, message)) + ','.length
    if (bytes > sesLimits.bulkBytes) break
  }
  return Math.max(1, count)
}

/** Why SES can have this message in no call; undefined if it can. */
export function unsendable(message: FilledMessage): string | undefined {
  const headers = sesHeaders(message)
  if ('problem' in headers) return headers.problem
  return message.attachments.map(attachmentProblem).find(problem => problem !== undefined)
}

/**
 * "The local part of a destination email address may only contain 7-bit ASCII characters" (service model, `Destination`).
 * A domain is in punycode already.
 */
export function isBeyondAscii(address: string): boolean {
  return /[^\0-\x7f]/.test(address)
}

/** Whether this message can only go alone, its slots spliced into the text; also one that can go in no call. */
export function needsOwnCall(content: EncodedContent, message: FilledMessage): boolean {
  return (
    message.attachments.length > 0 ||
    isBeyondAscii(message.to) ||
    unsendable(message) !== undefined ||
    holdsToken(content.tokens, message) ||
    holdsBraces(content, message) ||
    templateData(content, message).length > sesLimits.templateData
  )
}

/**
 * Whether fields, or fields and fixed text together, make what could be taken for a token. SES says nowhere in how many
 * passes it substitutes, nor whether it looks into headers.
 */
function holdsBraces({ tokens: { edges } }: EncodedContent, message: FilledMessage): boolean {
  const braces = /\{\{|\}\}/
  const texts = [message.subject, ...message.headers.flatMap(({ name, value }) => [name, value])]
  if (edges.text !== null) texts.push(joinText(edges.text, message.text))
  if (edges.html !== null) texts.push(joinText(edges.html, message.html))
  return texts.some(text => braces.test(text))
}
