/** A mailbox in one text, as APIs take it that have no field of its own for the name: `Acme News <news@acme.example>`. */

import type { Mailbox } from '../model/address.ts'

/** A name with anything but letters, digits and spaces stands in quotes (RFC 5322, section 3.2.4), or a comma would begin another. */
export function mailboxText({ name, address }: Mailbox): string {
  if (name === undefined || name === '') return address
  const plain = /^[\p{L}\p{M}\p{N} ]+$/u.test(name)
  return `${plain ? name : `"${name.replace(/["\\]/g, '\\$&')}"`} <${address}>`
}
