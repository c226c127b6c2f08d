/**
 * How many messages go in one Mailgun call: Mailgun's limits, and who needs a call of her own. Pure, and linear in the
 * messages looked at. Whoever needs a call of her own ends the parcel before her.
 */

import type { FilledMessage } from '../model/edition.ts'
import { type EncodedContent, variablesJson } from './mailgun-body.ts'
import { holdsName } from './mailgun-names.ts'
import { mailgunOptions, optionBytes } from './mailgun-options.ts'
import { holdsToken } from './merge-tokens.ts'

export const mailgunLimits = {
  /** "The maximum number of recipients allowed for batch is 1,000" (page on batch sending). */
  recipients: 1000,
  /** "Send options (parameters starting with o:, h:, v:, or t:) are limited to 16KB total" (API description). */
  optionBytes: 16_000,
  /**
   * "We have a recipient variable limit of 16KB" (Mailgun's support, in issue 768 of mailgun-php; its pages say nothing of
   * it). Newsletter programs send a thousand recipients with more than that together, so it is held for each of them.
   */
  variableBytes: 16_000,
  /** "The maximum message size Mailgun supports is 25MB" (page on sending); as in that issue, the whole call is held to it. */
  messageBytes: 25_000_000,
} as const

/** How many of the first `most` messages go in one call: at least 1. */
export function mailgunFits(content: EncodedContent, messages: readonly FilledMessage[], most: number): number {
  const [first] = messages
  if (most <= 1 || first === undefined) return 1
  const seen = new Set<string>()
  let bytes = sharedBytes(content)
  let count = 0
  for (const message of messages.slice(0, most)) {
    const variables = variablesJson(content, message)
    if (needsOwnCall(content, message, variables) || !haveOneShape(first, message)) break
    // "Duplicate addresses are automatically ignored" (API description, `to`): the second of two would get nothing.
    const address = message.to.toLowerCase()
    if (seen.has(address)) break
    seen.add(address)
    bytes += Buffer.byteLength(variables) + 2 * message.to.length + 150
    if (bytes > mailgunLimits.messageBytes) break
    count++
  }
  return Math.max(1, count)
}

/** Text and attachments of every message, as they stand in it: a file as base64 in lines (RFC 2045, section 6.8). */
export function sharedBytes({ batch, shared }: EncodedContent): number {
  return (batch.text?.length ?? 0) + (batch.html?.length ?? 0) + filesBytes(shared.attachments)
}

/** The size of one message, its text counted in UTF-8: how Mailgun encodes it is not said. */
export function messageBytes(content: EncodedContent, { text, html, attachments }: FilledMessage): number {
  const slots = [...text, ...html].reduce((sum, slot) => sum + Buffer.byteLength(slot), 0)
  return sharedBytes(content) + slots + filesBytes(attachments)
}

function filesBytes(files: readonly { readonly bytes: Buffer }[]): number {
  return files.reduce((sum, { bytes }) => sum + Math.ceil(bytes.length / 57) * 78, 0)
}

function needsOwnCall(content: EncodedContent, message: FilledMessage, variables: string): boolean {
  return (
    message.attachments.length > 0 ||
    !isPlain(message.to) ||
    Buffer.byteLength(variables) > mailgunLimits.variableBytes ||
    optionBytes(mailgunOptions(content, message)) > mailgunLimits.optionBytes ||
    holdsToken(content.tokens, message) ||
    holdsName(content.names, message)
  )
}

/**
 * For addresses with a `+` "or some other allowed characters" before the `@`, Mailgun has been seen to find no variables:
 * the mail went out with `%recipient%` as To and every token in it (mailgun.js, issue 413). So they go in no batch.
 */
function isPlain(address: string): boolean {
  return /^[\w.-]+@/.test(address)
}

/** The run and the names of the headers stand once in a call, for all its messages. */
function haveOneShape(one: FilledMessage, other: FilledMessage): boolean {
  return (
    one.run === other.run &&
    one.headers.length === other.headers.length &&
    one.headers.every(({ name }, index) => name === other.headers[index]?.name)
  )
}
