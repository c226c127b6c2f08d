/**
 * The ledger as a file: appended to, never overwritten, readable by its owner alone. Every call's lines are written in one
 * synchronous write, so that whoever reads it sees whole calls, and a sink that is killed has written all it has said.
 */

import { closeSync, openSync, writeSync } from 'node:fs'
import { UserError } from '../model/errors.ts'
import { type LedgerEntry, ledgerLines } from './ledger.ts'

export interface LedgerFile {
  append(entries: readonly LedgerEntry[]): void
  close(): void
}

/** Throws UserError if the file cannot be opened for appending; `append` throws one if the disk takes no more. */
export function openLedgerFile(path: string): LedgerFile {
  const file = attempt(path, () => openSync(path, 'a', 0o600))
  return {
    append(entries) {
      const bytes = Buffer.from(ledgerLines(entries))
      attempt(path, () => {
        // A disk that is nearly full takes a part; what is missing then cannot be taken back, so it is tried once more.
        for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written)
      })
    },
    close: () => closeSync(file),
  }
}

function attempt<Result>(path: string, act: () => Result): Result {
  try {
    return act()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
    throw new UserError(`the ledger cannot be written (${code})`, {
      where: path,
      remedy: 'Give the path of a file that may be written, on a disk with room.',
    })
  }
}
