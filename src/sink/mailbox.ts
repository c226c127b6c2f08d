/** Mailboxes as APIs take them in one text: `ada@example.org`, `Ada <ada@example.org>`, `"Ada, of Acme" <ada@example.org>`. */

export interface SinkMailbox {
  readonly address: string
  /** Null if there is none. */
  readonly name: string | null
}

const form = /^(?:(?:"((?:[^"\\]|\\.)*)"|([^"<>,;:@]*?))\s*<([^\s<>"]+)>|([^\s<>"]+))$/

/** A line of a header is no longer (RFC 5322, section 2.1.1). */
const textMax = 998

/** Undefined if it is none: no address, a name that would have to stand in quotes, or more than one mailbox. */
export function readMailbox(text: string): SinkMailbox | undefined {
  if (text.length > textMax) return undefined
  const [, quoted, plain, inBrackets, bare] = form.exec(text) ?? []
  const address = inBrackets ?? bare
  if (address === undefined || !/^[^@,]+@[^@,]+$/.test(address)) return undefined
  const name = quoted === undefined ? (plain ?? '') : quoted.replace(/\\(.)/g, '$1')
  return { address, name: name === '' ? null : name }
}

/** As a mail program shows it: `Ada, of Acme <ada@example.org>`. */
export function shownMailbox({ name, address }: SinkMailbox): string {
  return name === null ? address : `${name} <${address}>`
}
