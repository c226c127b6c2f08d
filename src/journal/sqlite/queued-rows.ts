/** Messages as they are stored, read as what is handed over. */

import type { Address } from '../../model/address.ts'
import type { FrozenFile, QueuedMessage } from '../../model/message.ts'
import type { Fields } from '../../model/recipient.ts'
import { storedJson, storedList } from './columns.ts'

/** To follow `SELECT`; gives QueuedRows. */
export const queuedColumns = `
  messages.id, address, line, site, fields, files, messages.attempts, ages_from, due_at, refused_routes, zone`

export interface QueuedRow {
  readonly id: number
  readonly address: Address
  readonly line: number
  readonly site: string
  readonly fields: string
  readonly files: string | null
  readonly attempts: number
  readonly ages_from: number | null
  /** Null for a message that does not wait any more. */
  readonly due_at: number | null
  readonly refused_routes: string | null
  readonly zone: string | null
}

export function queuedMessage(row: QueuedRow): QueuedMessage {
  return {
    id: row.id,
    address: row.address,
    line: row.line,
    fields: storedJson<Fields>(row.fields),
    site: row.site,
    attempts: row.attempts,
    agesFromMs: row.ages_from,
    dueAtMs: row.due_at ?? 0,
    refusedRoutes: storedList<string>(row.refused_routes),
    files: storedList<FrozenFile>(row.files),
    zone: row.zone,
  }
}
