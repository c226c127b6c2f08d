/** Addresses that must not be mailed, and why. */

import type { Address } from './address.ts'

export type SuppressionReason = 'hard bounce' | 'complaint' | 'unsubscribed' | 'manual'

export const suppressionReasons: readonly SuppressionReason[] = ['hard bounce', 'complaint', 'unsubscribed', 'manual']

export interface Suppression {
  readonly address: Address
  readonly reason: SuppressionReason
  /** Where the word came from: a run, a file, a person's note. */
  readonly source: string
  /** Milliseconds since 1970. */
  readonly atMs: number
}
