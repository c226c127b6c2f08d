/** What tells one message from every other, made from the key and the address alone: made again, it is the same. */

import { createHmac, hash } from 'node:crypto'
import { type Address, domainOf } from '../model/address.ts'

/**
 * The Message-ID of what this address gets under this key (RFC 5322, section 3.6.4), with its angle brackets. The same
 * however often it is sent, so that a receiver, and whoever reads its logs, can tell a message that comes twice.
 */
export function messageIdFor(key: string, address: string, from: Address): string {
  // A key holds no NUL, so no two pairs give the same text.
  return `<${hash('sha256', `${key}\0${address}`, 'hex').slice(0, 32)}@${domainOf(from)}>`
}

/**
 * The token by which an address unsubscribes: 24 characters fit for a URL, which nobody can make without `tokenKey` and
 * from which nobody can read the address. `tokenKey` is the journal's, 32 random bytes.
 */
export function unsubscribeTokenFor(tokenKey: Buffer, address: Address): string {
  return createHmac('sha256', tokenKey).update(address).digest().subarray(0, 18).toString('base64url')
}
