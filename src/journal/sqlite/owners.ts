/**
 * Who owns a key. Every new owner gets a higher fence, and whatever begins an attempt shows its fence in the same
 * transaction: nobody can own one key twice at a time, and a former owner can never send again.
 */

import type { Owner, ProcessMark } from '../../model/run.ts'
import { type Acquired, type Claimant, FencedError, type Journal, type Lease } from '../journal.ts'
import { wholeMs } from './columns.ts'
import { damaged } from './failure.ts'
import { identityName, isSameFile } from './file-identity.ts'
import type { HandedOut } from './handed-out.ts'
import type { Store } from './store.ts'

export function owners(store: Store, handedOut: HandedOut): Pick<Journal, 'acquire' | 'renew' | 'release'> {
  const numberOfKey = keyNumbers(store)
  const original = originals(store)
  const read = store.statement<[number], KeyRow>(`SELECT ${keyColumns} FROM keys WHERE number = ?`)
  const hasRuns = store.statement<[number], { yes: 1 }>(
    "SELECT 1 AS yes FROM runs INDEXED BY runs_of_key WHERE key = ? AND state <> 'preparing' LIMIT 1",
  )
  const take = store.statement<[ProcessMark & { readonly number: number; readonly untilMs: number }]>(`
    UPDATE keys SET
      fence = fence + 1, host = :host, space = :space, pid = :pid, started = :started, lease_until = :untilMs
    WHERE number = :number`)
  const prolong = store.statement<[number, string, number]>(
    'UPDATE keys SET lease_until = ? WHERE key = ? AND fence = ? AND host IS NOT NULL',
  )
  const giveUp = store.statement<[string, number]>(`
    UPDATE keys SET host = NULL, space = NULL, pid = NULL, started = NULL, lease_until = NULL
    WHERE key = ? AND fence = ?`)

  return {
    acquire(key, claimant) {
      const acquired = store.write((): Acquired => {
        const number = numberOfKey(key)
        const row = read.get(number)
        const former = row === undefined ? null : ownerOf(row)
        if (former !== null && holdsAgainst(former, claimant)) return { ok: false, why: 'held', owner: former }
        const isCopy = !original.isHere()
        if (isCopy && claimant.takeOver !== true && hasRuns.get(number) !== undefined)
          return { ok: false, why: 'copied' }
        // Owning a new key in a copy says nothing about the others.
        if (!isCopy || claimant.takeOver === true) original.becomesThis()
        const { host, space, pid, started } = claimant.mark
        take.run({ host, space, pid, started, untilMs: wholeMs(claimant.untilMs), number })
        return { ok: true, lease: { key, fence: (row?.fence ?? 0) + 1 } }
      })
      if (acquired.ok) {
        store.ownedKeys.acquired(acquired.lease)
        handedOut.ownerChanged()
      }
      return acquired
    },
    renew: (lease, untilMs) => store.write(() => prolong.run(wholeMs(untilMs), lease.key, lease.fence).changes === 1),
    release(lease) {
      store.write(() => giveUp.run(lease.key, lease.fence))
    },
  }
}

/** Throws FencedError, inside a transaction, unless a lease is still its process's own: not released, and taken by nobody else. */
export function leases(store: Store): (lease: Lease) => void {
  const held = store.statement<[string, number], { yes: 1 }>(
    'SELECT 1 AS yes FROM keys WHERE key = ? AND fence = ? AND host IS NOT NULL',
  )
  return lease => {
    if (held.get(lease.key, lease.fence) === undefined)
      throw new FencedError(`another process has taken over ${lease.key}`)
  }
}

/** Gives, inside a write, the number under which a key is stored; a new key gets one. */
export function keyNumbers(store: Store): (key: string) => number {
  const add = store.statement<[string]>('INSERT INTO keys (key) VALUES (?) ON CONFLICT (key) DO NOTHING')
  const find = store.statement<[string], { number: number }>('SELECT number FROM keys WHERE key = ?')
  return key => find.get(key)?.number ?? Number(add.run(key).lastInsertRowid)
}

/** To follow `SELECT`; gives KeyRows. */
export const keyColumns = 'fence, host, space, pid, started, lease_until'

export interface KeyRow {
  readonly fence: number
  readonly host: string | null
  /** Null, as `started` is, for an owner that an older mailblast has written. */
  readonly space: string | null
  readonly pid: number | null
  readonly started: string | null
  readonly lease_until: number | null
}

export function ownerOf({ fence, host, space, pid, started, lease_until: leaseUntilMs }: KeyRow): Owner | null {
  if (host === null || pid === null || leaseUntilMs === null) return null
  return { host, space: space ?? '', pid, started: started ?? '', fence, leaseUntilMs }
}

/**
 * A lease that runs protects its owner, unless the owner can be seen to be dead. Where the operator says to take over, it
 * protects only whoever can be seen to live.
 */
function holdsAgainst(owner: Owner, claimant: Claimant): boolean {
  if (owner.leaseUntilMs <= claimant.nowMs) return false
  const life = lifeOf(owner, claimant)
  return claimant.takeOver === true ? life === 'alive' : life !== 'dead'
}

function lifeOf(owner: Owner, { mark, isAlive }: Claimant): 'alive' | 'dead' | 'cannot be seen' {
  const isSpaceSame = owner.space === mark.space
  const isPidSame = owner.pid === mark.pid
  if (isSpaceSame && isPidSame && owner.started === mark.started && owner.host === mark.host) return 'alive'
  if (!isSpaceSame || owner.space === '') return 'cannot be seen'
  // The number is the claimant's own by now, so whoever had it before is gone.
  return !isPidSame && isAlive(owner) ? 'alive' : 'dead'
}

/** Which file counts as the original; to be used inside a write. */
function originals(store: Store): { isHere(): boolean; becomesThis(): void } {
  const read = store.statement<[string], { value: Buffer }>('SELECT value FROM meta WHERE name = ?')
  const write = store.statement<[Buffer, string]>('UPDATE meta SET value = ? WHERE name = ?')

  return {
    isHere() {
      const row = read.get(identityName)
      if (row === undefined) throw damaged('it does not say which file it is')
      return isSameFile(row.value, store.identity)
    },
    becomesThis() {
      write.run(store.identity, identityName)
    },
  }
}
