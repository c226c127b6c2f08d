/** May this recipient be mailed in this run? Decided once per row of the list, from what the journal knows of her. */

import type { SkipReason } from '../model/recipient.ts'

export interface ScreeningFacts {
  /** The address stood on an earlier line of this list. */
  readonly seenBefore: boolean
  readonly suppressed: boolean
  /** What became of the address in other runs of the same key. */
  readonly underKey: 'accepted' | 'in doubt' | null
  /** How many more may be queued in this run. */
  readonly roomLeft: number
}

export type Screening = { readonly kind: 'queue' } | { readonly kind: 'skip'; readonly reason: SkipReason }

/**
 * The order of the questions is the order of the reasons that a report gives. Someone in doubt is not mailed again: the
 * earlier call may have reached her.
 */
export function screen(facts: ScreeningFacts): Screening {
  if (facts.seenBefore) return skip('duplicate')
  if (facts.suppressed) return skip('suppressed')
  if (facts.underKey === 'accepted') return skip('already had it')
  if (facts.underKey === 'in doubt') return skip('in doubt from an earlier run')
  if (facts.roomLeft <= 0) return skip('beyond the limit')
  return { kind: 'queue' }
}

function skip(reason: SkipReason): Screening {
  return { kind: 'skip', reason }
}
