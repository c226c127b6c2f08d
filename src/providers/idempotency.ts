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
  const hash = createHash('sha256')
  // A Message-ID holds no NUL, so no two parcels give the same text.
  for (const { messageId } of parcel) hash.update(messageId).update('\0')
  return `mailblast-${hash.digest('base64url')}`
}
