/**
 * The fields of a call whose names begin with `o:`, `h:` or `v:`: Mailgun's settings, headers and variables. Together they
 * are bounded, so they are made in one place, where they can be counted. What the campaign does not speak of, such as
 * tracking, is left as the account has it.
 */

import * as mimeFuncs from 'nodemailer/lib/mime-funcs'
import type { Mailbox } from '../model/address.ts'
import type { FilledMessage, SharedContent } from '../model/edition.ts'
import { asciiHeader, distinctHeaders } from './message-headers.ts'

/** The variable by which an event of the message tells its run. It comes back as `user-variables`. */
export const runVariable = 'mailblast_run'

/** What the route's options ask of every call. */
export interface MailgunSettings {
  readonly sandbox: boolean
  readonly tags: readonly string[]
}

export interface MailgunOption {
  readonly name: string
  readonly value: string
}

/**
 * The Message-ID is ours, as a header. The run is a header like everywhere, and a variable too, for an event shows
 * variables and no headers of this kind.
 */
export function mailgunOptions(
  { shared, settings }: { readonly shared: SharedContent; readonly settings: MailgunSettings },
  message: FilledMessage,
): readonly MailgunOption[] {
  const { messageId, run } = message
  return [
    ...(shared.replyTo === null ? [] : [{ name: 'h:Reply-To', value: mailboxText(shared.replyTo) }]),
    { name: 'h:Message-Id', value: messageId },
    ...(run === null
      ? []
      : [
          { name: 'h:X-Mailblast-Run', value: run },
          { name: `v:${runVariable}`, value: run },
        ]),
    ...distinctHeaders(message, reservedHeaders).map(({ name, value }) => ({
      name: `h:${name}`,
      value: asciiHeader(value),
    })),
    ...settings.tags.map(value => ({ name: 'o:tag', value })),
    ...(settings.sandbox ? [{ name: 'o:testmode', value: 'yes' }] : []),
  ]
}

/** In bytes, the names with them: how Mailgun counts is not said, so it is counted as strictly as can be. */
export function optionBytes(options: readonly MailgunOption[]): number {
  return options.reduce((sum, { name, value }) => sum + Buffer.byteLength(name) + Buffer.byteLength(value), 0)
}

/** `"Friendly Name <email@domain.com>"` (API description, `from`): in ASCII, and quoted, as a header has it (RFC 5322, 2047). */
export function mailboxText({ name = '', address }: Mailbox): string {
  if (name === '') return address
  if (/[^\x20-\x7e]|=\?/.test(name)) return `${mimeFuncs.encodeWord(name.toWellFormed(), 'B', 52)} <${address}>`
  return `${/^[\w ]+$/.test(name) ? name : `"${name.replace(/["\\]/g, '\\$&')}"`} <${address}>`
}

/** What the other fields of a call and Mailgun itself write. */
const reservedHeaders: ReadonlySet<string> = new Set([
  'from',
  'to',
  'cc',
  'bcc',
  'reply-to',
  'subject',
  'date',
  'message-id',
  'mime-version',
  'content-type',
  'content-transfer-encoding',
  'x-mailblast-run',
])
