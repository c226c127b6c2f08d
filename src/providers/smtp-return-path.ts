/**
 * The envelope sender, to which bounces go: one address for all, or one for each recipient, so that a bounce says by
 * where it arrives whom it is about, whatever else is in it. `ada@example.org` in `bounces+{recipient}@acme.example` is
 * `bounces+ada=example.org@acme.example`, as mail servers and list managers have long done it (variable envelope return
 * paths).
 *
 * It can be read back: the last `=` before the `@` stands for the recipient's own `@`, for no domain holds one; in what
 * is before it, `=` and two hexadecimal digits stand for a byte.
 */

import { type Address, parseAddress } from '../model/address.ts'

export interface ReturnPath {
  /** Without a recipient: the address itself, or `bounces@acme.example` for the above. */
  readonly fixed: Address
  /** What stands before and after the recipient; null if it is the same for all. */
  readonly around: { readonly before: string; readonly after: string } | null
}

/** Undefined if it is no address, or the recipient does not stand right before its `@`, behind something else. */
export function parseReturnPath(text: string): ReturnPath | undefined {
  const [, before, after] = /^([^{}@]+)\{recipient\}(@[^{}]+)$/.exec(text.trim()) ?? []
  const isFixed = before === undefined || after === undefined
  const fixed = parseAddress(isFixed ? text : `${before.replace(/[+=._-]$/, '')}${after}`)
  // An address may hold braces; one that holds the name of a slot is a slip.
  if (!fixed.ok || fixed.address.includes('{recipient}')) return undefined
  return { fixed: fixed.address, around: isFixed ? null : { before, after } }
}

/**
 * The sender of a message to this recipient. Where the two do not fit into one address (64 bytes before the `@`, 254 in
 * all: RFC 5321, section 4.5.3.1), it is the fixed one: better a bounce that is harder to read than a message not sent.
 */
export function returnPathTo({ fixed, around }: ReturnPath, to: Address): Address {
  if (around === null) return fixed
  const parsed = parseAddress(`${around.before}${encoded(to)}${around.after}`)
  return parsed.ok ? parsed.address : fixed
}

function encoded(to: Address): string {
  const at = to.lastIndexOf('@')
  const local = to.slice(0, at)
  // Dots may stand anywhere in a quoted local part, and only between other characters here. Servers of old give `%` and
  // `!` a meaning of their own.
  const unsafe = local.startsWith('"') ? /[^A-Za-z0-9_+-]/gu : /[^A-Za-z0-9._+-]/gu
  return `${local.replace(unsafe, bytesOf)}=${to.slice(at + 1)}`
}

function bytesOf(character: string): string {
  return [...Buffer.from(character)].map(byte => `=${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('')
}
