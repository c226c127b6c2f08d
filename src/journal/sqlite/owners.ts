/**
 * Who owns a key. Every new owner gets a higher fence, and whatever begins an attempt shows its fence in the same
 * transaction: nobody can own one key twice at a time, and a former owner can never send again.
 */

import type { Owner } from '../../model/run.ts'
import type { Claimant, Journal, Lease } from '../journal.ts'
import { wholeMs } from './columns.ts'
import type { HandedOut } from './handed-out.ts'
import type { Store } from './store.ts'

export function owners(store: Store, handedOut: HandedOut): Pick<Journal, 'acquire' | 'renew' | 'release'> {
  const numberOfKey = keyNumbers(store)
  const read = store.statement<[number], KeyRow>('SELECT fence, host, pid, lease_until FROM keys WHERE number = ?')
  const take = store.statement<[string, number, number, number]>(
    'UPDATE keys SET fence = fence + 1, host = ?, pid = ?, lease_until = ? WHERE number = ?',
  )
  const prolong = store.statement<[number, string, number]>(
    'UPDATE keys SET lease_until = ? WHERE key = ? AND fence = ? AND host IS NOT NULL',
  )
  const giveUp = store.statement<[string, number]>(
    'UPDATE keys SET host = NULL, pid = NULL, lease_until = NULL WHERE key = ? AND fence = ?',
  )

  return {
    acquire(key, claimant) {
      const acquired = store.write(() => {
        const number = numberOfKey(key)
        const row = read.get(number)
        const former = row === undefined ? null : ownerOf(row)
        if (former !== null && holdsAgainst(former, claimant)) return { ok: false as const, owner: former }
        take.run(claimant.host, claimant.pid, wholeMs(claimant.untilMs), number)
        return { ok: true as const, lease: { key, fence: (row?.fence ?? 0) + 1 } }
      })
      if (acquired.ok) handedOut.ownerChanged()
      return acquired
    },
    renew: (lease, untilMs) => store.write(() => prolong.run(wholeMs(untilMs), lease.key, lease.fence).changes === 1),
    release(lease) {
      store.write(() => giveUp.run(lease.key, lease.fence))
    },
  }
}

/** Tells, inside a transaction, whether a lease is still its process's own: not released, and taken by nobody else. */
export function leases(store: Store): (lease: Lease) => boolean {
  const held = store.statement<[string, number], { yes: 1 }>(
    'SELECT 1 AS yes FROM keys WHERE key = ? AND fence = ? AND host IS NOT NULL',
  )
  return lease => held.get(lease.key, lease.fence) !== undefined
}

/** Gives, inside a write, the number under which a key is stored; a new key gets one. */
export function keyNumbers(store: Store): (key: string) => number {
  const add = store.statement<[string]>('INSERT INTO keys (key) VALUES (?) ON CONFLICT (key) DO NOTHING')
  const find = store.statement<[string], { number: number }>('SELECT number FROM keys WHERE key = ?')
  return key => find.get(key)?.number ?? Number(add.run(key).lastInsertRowid)
}

export interface KeyRow {
  readonly fence: number
  readonly host: string | null
  readonly pid: number | null
  readonly lease_until: number | null
}

export function ownerOf(row: KeyRow): Owner | null {
  if (row.host === null || row.pid === null || row.lease_until === null) return null
  return { host: row.host, pid: row.pid, fence: row.fence, leaseUntilMs: row.lease_until }
}

/** A lease that runs protects its owner, unless the owner can be seen to be dead. Another host's process cannot be seen. */
function holdsAgainst(owner: Owner, claimant: Claimant): boolean {
  if (owner.leaseUntilMs <= claimant.nowMs) return false
  return owner.host !== claimant.host || claimant.isAlive(owner.pid)
}
