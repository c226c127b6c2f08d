/** The headers of a message's own, as APIs take them: as data, one of a name, and mostly in ASCII. */

import * as mimeFuncs from 'nodemailer/lib/mime-funcs'
import type { FilledMessage } from '../model/edition.ts'

/** Whether the message has an unsubscribe link of the campaign, so that its provider must not add one of its own. */
export function isListed(message: FilledMessage): boolean {
  return message.headers.some(({ name }) => name.toLowerCase() === 'list-unsubscribe')
}

/** Of two headers of one name the later counts; `reserved` are those, in lower case, that the API does not let us give. */
export function distinctHeaders(
  message: FilledMessage,
  reserved: ReadonlySet<string>,
): readonly { readonly name: string; readonly value: string }[] {
  const headers = new Map<string, { readonly name: string; readonly value: string }>()
  for (const header of message.headers) {
    const key = header.name.toLowerCase()
    if (!reserved.has(key)) headers.set(key, header)
  }
  return [...headers.values()]
}

/** A value for an API that puts it into the message as it is: encoded words (RFC 2047) where it is not ASCII. */
export function asciiHeader(value: string): string {
  return /[^\0-\x7f]/.test(value) ? mimeFuncs.encodeWords(value.toWellFormed(), 'Q', 52) : value
}
