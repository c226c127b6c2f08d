/**
 * Addresses that must not be mailed. What an operator or a recipient said of one is never overruled by a bounce. They are
 * kept and compared in lower case throughout: whoever asked not to be mailed did not mean one spelling of it.
 */

import type { Address } from '../../model/address.ts'
import type { RunId } from '../../model/message.ts'
import type { Cause } from '../../model/outcome.ts'
import type { SuppressionReason } from '../../model/suppression.ts'
import type { Journal } from '../journal.ts'
import { bounded, wholeMs } from './columns.ts'
import { pageRows } from './limits.ts'
import type { Store } from './store.ts'

export function suppressing(store: Store): Pick<Journal, 'suppress' | 'unsuppress' | 'suppressions'> {
  const isSuppressed = store.statement<[string], { yes: 1 }>(
    'SELECT 1 AS yes FROM suppressions WHERE address = lower(?)',
  )
  const set = store.statement<[string, string, string, number]>(`
    INSERT INTO suppressions (address, reason, source, at) VALUES (lower(?), ?, ?, ?)
    ON CONFLICT (address) DO UPDATE SET reason = excluded.reason, source = excluded.source, at = excluded.at`)
  const remove = store.statement<[string]>('DELETE FROM suppressions WHERE address = lower(?)')
  const page = store.statement<[string, number], SuppressionRow>(
    'SELECT address, reason, source, at FROM suppressions WHERE address > ? ORDER BY address LIMIT ?',
  )

  return {
    suppress(suppressions) {
      return store.write(() => {
        let added = 0
        for (const { address, reason, source, atMs } of suppressions) {
          if (isSuppressed.get(address) === undefined) added++
          set.run(address, reason, bounded(source), wholeMs(atMs))
        }
        return added
      })
    },
    unsuppress(addresses) {
      return store.write(() => addresses.reduce((removed, address) => removed + remove.run(address).changes, 0))
    },
    *suppressions() {
      let after = ''
      for (;;) {
        const rows = store.read(() => page.all(after, pageRows))
        for (const { address, reason, source, at } of rows) yield { address, reason, source, atMs: at }
        const last = rows.at(-1)
        if (last === undefined) return
        after = last.address
      }
    },
  }
}

/** For a message that waits and whose address has been suppressed since: when, and its number. */
export const skipSuppressedSql =
  "UPDATE messages SET state = 'skipped', skip_reason = 'suppressed', due_at = NULL, changed_at = ? WHERE id = ?"

interface SuppressionRow {
  readonly address: Address
  readonly reason: SuppressionReason
  readonly source: string
  readonly at: number
}

/** Suppresses, inside a write, the address of a message that can never be reached. */
export function hardBounces(store: Store): (messageId: number, run: RunId, cause: Cause, nowMs: number) => void {
  const add = store.statement<[string, number, number]>(`
    INSERT INTO suppressions (address, reason, source, at)
    SELECT lower(address), 'hard bounce', ?, ? FROM messages WHERE id = ?
    ON CONFLICT (address) DO NOTHING`)
  return (messageId, run, { code, status, text }, nowMs) => {
    const words = [code, status, text].filter(word => word !== undefined && word !== '').join(' ')
    add.run(bounded(`run ${run}: ${words}`), nowMs, messageId)
  }
}
