/** A mailbox in one text of ASCII alone, for APIs that put it into the header as it is: a name beyond it in encoded words. */

import * as mimeFuncs from 'nodemailer/lib/mime-funcs'
import type { Mailbox } from '../model/address.ts'

export function asciiMailbox({ name, address }: Mailbox): string {
  if (name === undefined || name === '') return address
  // What looks like an encoded word would be read as one.
  if (/[^\x20-\x7e]|=\?/.test(name)) return `${mimeFuncs.encodeWord(name.toWellFormed(), 'Q', 52)} <${address}>`
  return `${/^[\w ]+$/.test(name) ? name : `"${name.replace(/["\\]/g, '\\$&')}"`} <${address}>`
}
