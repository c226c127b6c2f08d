/**
 * E-mail addresses as the whole project compares them: the local part to the letter, the domain in lower case and in
 * punycode. An Address is always of that form, so two that are equal as text are the same mailbox.
 */

import { domainToASCII } from 'node:url'

declare const brand: unique symbol
export type Address = string & { readonly [brand]: 'Address' }

/** An address with the name that is shown beside it. */
export interface Mailbox {
  readonly name?: string
  readonly address: Address
}

export type ParsedAddress =
  | { readonly ok: true; readonly address: Address }
  | { readonly ok: false; readonly problem: string }

/** RFC 5321, section 4.5.3.1: octets of the local part and of the domain, and of the path without its brackets. */
const localPartMaxBytes = 64
const domainMaxBytes = 255
const addressMaxBytes = 254

/** RFC 5321's atom characters, and anything beyond ASCII (RFC 6531) that is neither a control nor white space. */
const localPart = /^[\w!#$%&'*+/=?^`{|}~\u{a1}-\u{10ffff}-]+(\.[\w!#$%&'*+/=?^`{|}~\u{a1}-\u{10ffff}-]+)*$/u
const quotedLocalPart = /^"([\x20\x21\x23-\x5b\x5d-\x7e]|\\[\x20-\x7e])+"$/
const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/

/** Reads one bare address, as a CSV cell or a campaign file holds it; the problem is a phrase for people. */
export function parseAddress(text: string): ParsedAddress {
  const trimmed = text.trim()
  if (trimmed === '') return bad('the address is empty')
  if (/[\0-\x1f\x7f-\x9f\u2028\u2029]/.test(trimmed))
    return bad('the address contains a line break or control character')
  // Zero-width and other invisible characters would make one mailbox look like two.
  if (/\p{Cf}/u.test(trimmed)) return bad('the address contains an invisible character')
  const at = trimmed.lastIndexOf('@')
  if (at === -1) return bad('the address has no @')
  const local = trimmed.slice(0, at).normalize('NFC')
  if (local === '') return bad('nothing stands before the @')
  if (!localPart.test(local) && !quotedLocalPart.test(local)) return bad(localPartProblem(local))
  if (Buffer.byteLength(local) > localPartMaxBytes)
    return bad(`more than ${localPartMaxBytes} bytes stand before the @`)
  const domain = parseDomain(trimmed.slice(at + 1))
  if (domain === undefined) return bad('what follows the @ is not a domain')
  const address = `${local}@${domain}`
  if (Buffer.byteLength(address) > addressMaxBytes) return bad(`the address is longer than ${addressMaxBytes} bytes`)
  return { ok: true, address: address as Address }
}

/** A domain in lower case and punycode, or undefined if it is none; a dot is required, except in `localhost`. */
export function parseDomain(text: string): string | undefined {
  const domain = domainToASCII(text.toLowerCase())
  if (domain === '' || domain.length > domainMaxBytes) return undefined
  const labels = domain.split('.')
  if (!labels.every(each => label.test(each))) return undefined
  if (labels.length < 2 && domain !== 'localhost') return undefined
  if (/^\d+$/.test(labels.at(-1) ?? '')) return undefined
  return domain
}

/** The part after the @, in lower case and punycode. */
export function domainOf(address: Address): string {
  return address.slice(address.lastIndexOf('@') + 1)
}

/** Whether a pattern covers an address: it is the address, its domain, or an ending of that (`*.acme.example`). */
export function coversAddress(pattern: string, address: Address): boolean {
  const domain = domainOf(address)
  if (pattern.startsWith('*.')) return domain.endsWith(pattern.slice(1))
  return pattern.includes('@') ? pattern === address : pattern === domain
}

function localPartProblem(local: string): string {
  if (local.includes('@')) return 'the address has more than one @'
  if (/\s/.test(local)) return 'a space stands before the @'
  if (local.startsWith('.') || local.endsWith('.') || local.includes('..'))
    return 'a dot is in the wrong place before the @'
  return 'a character before the @ is not allowed'
}

function bad(problem: string): ParsedAddress {
  return { ok: false, problem }
}
