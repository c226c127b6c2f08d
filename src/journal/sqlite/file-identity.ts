/**
 * Tells a journal's file from a copy of it. The file is known by its number in its file system and by its birth, and by
 * nothing that changes when it is moved, shared with a container, or found again after a reboot.
 */

import { type BigIntStats, statSync } from 'node:fs'
import { storedJson } from './columns.ts'
import { fileFailure } from './failure.ts'

/** The name in `meta` of the file in which the journal was last owned. */
export const identityName = 'file'

interface Identity {
  readonly inode: string
  /** Null where the file system does not keep it. */
  readonly bornNs: string | null
}

/** Which file is at a path, as `meta` keeps it; it must be there. */
export function identityAt(path: string): Buffer {
  return identityOf(fileStats(path))
}

/** Throws UserError if there is nothing. */
export function fileStats(path: string): BigIntStats {
  try {
    return statSync(path, { bigint: true })
  } catch (error) {
    throw fileFailure(error, path)
  }
}

export function identityOf({ ino, birthtimeNs, ctimeNs }: BigIntStats): Buffer {
  // Where it is not kept, the system gives zero, or the time of the last change.
  const isKept = birthtimeNs > 0n && birthtimeNs !== ctimeNs
  const identity: Identity = { inode: String(ino), bornNs: isKept ? String(birthtimeNs) : null }
  return Buffer.from(JSON.stringify(identity))
}

/** Whether two identities are of one file, as far as can be told. */
export function isSameFile(one: Buffer, other: Buffer): boolean {
  const [first, second] = [stored(one), stored(other)]
  const isBirthKnown = first.bornNs !== null && second.bornNs !== null
  return first.inode === second.inode && (!isBirthKnown || first.bornNs === second.bornNs)
}

function stored(identity: Buffer): Identity {
  return storedJson<Identity>(identity.toString())
}
