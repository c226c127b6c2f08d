/**
 * What SES says in sentences, for its error types say too little: `MessageRejected` may be about the sender, a recipient or
 * the text, and `BadRequestException` about anything. The sentences are those of SES's page on sending errors, and of
 * reports of them; none of them is relied on for more than whose trouble it is.
 */

import { domainOf, type Mailbox } from '../model/address.ts'

/** "Daily message quota exceeded", "Maximum sending rate exceeded" (page on quota errors). */
export function isQuota(words: string): boolean {
  return /\bquota\b/i.test(words) && !/\brate\b/i.test(words)
}

/**
 * The addresses that "Email address is not verified. The following identities failed the check in region EU-WEST-1: a, b"
 * names, in lower case; `sender` if they are the sender's, or if none is named; undefined if it is about something else.
 */
export function unverified(words: string, from: Mailbox): ReadonlySet<string> | 'sender' | undefined {
  if (!/\bnot verified\b/i.test(words)) return undefined
  // Of more than it shows, "the error message ends with an ellipsis".
  const list = /failed the check in region [^:]*:(.*)$/is.exec(words)?.[1] ?? ''
  const identities = list
    .split(/,\s*/)
    .map(each =>
      (/<([^<>]+)>\s*$/.exec(each)?.[1] ?? each)
        .replace(/\.{3}|…/g, '')
        .trim()
        .toLowerCase(),
    )
    .filter(each => each !== '')
  const senders = new Set([from.address.toLowerCase(), domainOf(from.address)])
  return identities.length === 0 || identities.some(each => senders.has(each)) ? 'sender' : new Set(identities)
}

/** "Sending suspended for this account", "Sending paused for this account", "Configuration set … sending paused". */
export function aboutSending(words: string): boolean {
  return /\bsending\b.*\b(suspended|paused|disabled|shut ?down)\b|\baccount\b.*\b(suspended|paused|disabled)\b/i.test(
    words,
  )
}

/** Of all the addresses in a call, those that stand in it once: nothing that is said of them is about a recipient. */
export function aboutSender(words: string): boolean {
  return /\b(from|sender|source)\b.*\b(address|domain|identity|email)\b|reply.?to|return.?path|feedback/i.test(words)
}

/** "Illegal address", "Missing final '@domain'", "Local address contains control or whitespace", "Domain starts with dot". */
export function aboutAddress(words: string): boolean {
  return /illegal address|missing (final '@domain'|local name|domain|user name)|user name is missing|local (address|part|name)\b|\bdomain (name|contains|starts|ends|is)\b|invalid (domain|recipient|(e-?mail )?address)|address length|destination/i.test(
    words,
  )
}

/** "Message length is more than 41943040 bytes long". */
export function aboutSize(words: string): boolean {
  return /length is more than|too (large|long|big)|\bexceed/i.test(words)
}
