/**
 * What marks a message at SES beside its text: its headers, and its tags, which come back with every event. SES overwrites
 * a Message-ID ("Amazon SES overrides the header with its own value", page on header fields), so ours goes where it stays.
 */

import type { FilledMessage } from '../model/edition.ts'
import { asciiHeader, distinctHeaders } from './message-headers.ts'

export const markHeaders = { messageId: 'X-Mailblast-Message-ID', run: 'X-Mailblast-Run' } as const
export const markTags = { messageId: 'mailblast_message_id', run: 'mailblast_run' } as const

/** Of `MessageHeaderList`, `MessageHeader` and `MessageTag` in the service model. */
export const headerLimits = { count: 15, nameMax: 126, valueMax: 995, togetherMax: 996, tagMax: 256 } as const

export interface SesHeader {
  readonly Name: string
  readonly Value: string
}

export type SesHeaders = readonly SesHeader[] | { readonly problem: string }

/** The headers of a message as SES takes them; or why it would not. */
export function sesHeaders(message: FilledMessage): SesHeaders {
  const headers = [
    { Name: markHeaders.messageId, Value: message.messageId },
    ...(message.run === null ? [] : [{ Name: markHeaders.run, Value: message.run }]),
    ...distinctHeaders(message, reserved)
      // A header without a value is refused (`min: 1`), and says nothing to anybody.
      .filter(({ value }) => value.trim() !== '')
      .map(({ name, value }) => ({ Name: name, Value: asciiHeader(value) })),
  ]
  if (headers.length > headerLimits.count)
    return { problem: `it has ${headers.length} headers with ours, and SES takes ${headerLimits.count}` }
  for (const header of headers) {
    const problem = problemOf(header)
    if (problem !== undefined)
      return { problem: `SES does not take the header ${header.Name.slice(0, 80)}: ${problem}` }
  }
  return headers
}

/** The tags of a message: name and value of what marks it. A value that is too long for a tag is in a header all the same. */
export function sesTags(message: FilledMessage): readonly SesHeader[] {
  return [
    { Name: markTags.messageId, Value: tagText(message.messageId) },
    ...(message.run === null ? [] : [{ Name: markTags.run, Value: tagText(message.run) }]),
  ].filter(({ Value }) => Value.length <= headerLimits.tagMax)
}

/**
 * Any text in the characters of a tag (letters, digits, `_` and `-`): each other byte, and `_` itself, as `_` and its two
 * hexadecimal digits. So it can be read, and read back: `<1.news@acme.example>` is `_3c1_2enews_40acme_2eexample_3e`.
 */
export function tagText(text: string): string {
  let tag = ''
  for (const byte of Buffer.from(text)) {
    const character = String.fromCharCode(byte)
    tag += /[A-Za-z0-9-]/.test(character) ? character : `_${byte.toString(16).padStart(2, '0')}`
  }
  return tag
}

/** Those that SES writes itself, or from other fields of the call, and our own. */
const reserved: ReadonlySet<string> = new Set([
  'from',
  'to',
  'cc',
  'bcc',
  'reply-to',
  'subject',
  'date',
  'message-id',
  'return-path',
  'mime-version',
  'content-type',
  'content-transfer-encoding',
  'content-disposition',
  'dkim-signature',
  'received',
  markHeaders.messageId.toLowerCase(),
  markHeaders.run.toLowerCase(),
])

function problemOf({ Name, Value }: SesHeader): string | undefined {
  if (!/^[!-9;-~]+$/.test(Name) || Name.length > headerLimits.nameMax) return 'its name is none, or too long'
  if (!/^[ -~]*$/.test(Value)) return 'its value has a character that is not to be printed'
  if (Value.length > headerLimits.valueMax || Name.length + Value.length > headerLimits.togetherMax)
    return `it is ${Value.length} characters long as it is sent`
  return undefined
}
