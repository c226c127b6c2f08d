/**
 * How many messages go in one SendGrid call: SendGrid's limits, and who needs a call of her own. Pure, and linear in the
 * messages looked at. A call over a limit is refused whole, so every limit is kept as the strictest page states it.
 */

import type { FilledMessage } from '../model/edition.ts'
import { holdsToken } from './merge-tokens.ts'
import { isListed } from './message-headers.ts'
import { type EncodedContent, personalizationJson, substitutionsJson } from './sendgrid-body.ts'

export const sendgridLimits = {
  /** "limited to 1000 personalizations per API request" (errors page of mail/send). */
  personalizations: 1000,
  /** "may not exceed 10,000 bytes per personalization object" (API description, `substitutions`). */
  substitutionBytes: 10_000,
  /** "limited to 150 items per personalization block" (errors page). */
  substitutions: 150,
  /** "a maximum of 50,000 bytes per request" (errors page). Its 10,000 substitutions per request cannot be reached first. */
  requestSubstitutionBytes: 50_000,
  /** 30 MB are allowed; the older advice is to stay under 20. */
  requestBytes: 20_000_000,
} as const

/** How many of the first `most` messages go in one call: at least 1. */
export function sendgridFits(content: EncodedContent, messages: readonly FilledMessage[], most: number): number {
  const first = messages[0]
  if (most <= 1 || first === undefined || needsOwnCall(content, first, substitutionsJson(content, first))) return 1
  const listed = isListed(first)
  const seen = new Set<string>()
  let bytes = content.batch.length + content.attachments.length
  let substitutionBytes = 0
  let count = 0
  for (; count < most; count++) {
    const message = messages[count]
    if (message === undefined) break
    const json = substitutionsJson(content, message)
    // The settings and the attachments stand once in a call, for all its messages.
    if (isListed(message) !== listed || needsOwnCall(content, message, json)) break
    // "Each unique email address in the personalizations array should only be included once" (errors page).
    const address = message.to.toLowerCase()
    if (seen.has(address)) break
    seen.add(address)
    substitutionBytes += Buffer.byteLength(json)
    bytes += Buffer.byteLength(personalizationJson(message, json)) + 1
    if (substitutionBytes > sendgridLimits.requestSubstitutionBytes) break
    if (bytes > sendgridLimits.requestBytes) break
  }
  return Math.max(1, count)
}

/** Whether this message can only go alone, its slots spliced into the text. */
function needsOwnCall(content: EncodedContent, message: FilledMessage, substitutions: string): boolean {
  return (
    message.attachments.length > 0 ||
    slotCount(message) > sendgridLimits.substitutions ||
    Buffer.byteLength(substitutions) > sendgridLimits.substitutionBytes ||
    holdsToken(content.tokens, message)
  )
}

function slotCount(message: FilledMessage): number {
  return message.text.length + message.html.length
}
