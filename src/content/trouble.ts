/** Why a row cannot become a message: data for the rejects file, never thrown. */

import type { RowProblemReason } from '../model/recipient.ts'

export interface RowTrouble {
  readonly ok: false
  readonly problem: { readonly reason: RowProblemReason; readonly detail: string }
}

export function rowTrouble(reason: RowProblemReason, detail: string): RowTrouble {
  return { ok: false, problem: { reason, detail } }
}
