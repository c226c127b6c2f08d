/**
 * The key by which a provider can tell that a parcel is handed over a second time. It is made from the Message-IDs of the
 * parcel alone, in their order: no clock, no chance, no count of attempts, or a repeated call would be a second mail.
 *
 * A second copy that the operator orders keeps the key of the first if it goes in the same parcel, and that is right:
 * within the provider's window it is then delivered once, which is what everybody would rather have.
 */

import { createHash } from 'node:crypto'
import type { FilledMessage } from '../model/edition.ts'

/**
 * Of letters, digits, `-` and `_`, 53 characters long. Resend takes 1 to 256 characters in the header `Idempotency-Key`,
 * for a single mail and for a batch, and keeps them for 24 hours (its API description and its page on idempotency keys).
 */
export function parcelKey(parcel: readonly FilledMessage[]): string {
  return `mailblast-${digest(parcel).toString('base64url')}`
}

/**
 * The same as a UUID of version 8, the one for values made in a way of one's own (RFC 9562, section 5.8). Brevo wants a
 * UUID in `idempotencyKey` and keeps it for 30 minutes (developers.brevo.com, the guide on batches of different versions).
 */
export function parcelUuid(parcel: readonly FilledMessage[]): string {
  const bytes = digest(parcel).subarray(0, 16)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  const hex = bytes.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

function digest(parcel: readonly FilledMessage[]): Buffer {
  const hash = createHash('sha256')
  // A Message-ID holds no NUL, so no two parcels give the same text.
  for (const { messageId } of parcel) hash.update(messageId).update('\0')
  return hash.digest()
}
