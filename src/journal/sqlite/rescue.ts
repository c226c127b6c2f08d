/**
 * Saves a journal whose file is not in its place any more, beside that place, under a name that no other file has. While
 * one lies there, no new journal is made: it would not know who has been mailed.
 */

import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type Database from 'better-sqlite3'

/**
 * Writes all that an open database holds into a new file, readable by its owner only. Returns its path. Throws whatever
 * SQLite or the file system says, having left no half file.
 */
export function rescue(database: Database.Database, path: string): string {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const rescued = makeRescueFile(path)
  try {
    database.prepare('VACUUM INTO ?').run(rescued)
    flush(rescued)
  } catch (error) {
    rmSync(rescued, { force: true })
    throw error
  }
  // The log keeps its place: SQLite would apply what is left in it to whatever journal is put beside it.
  database.pragma('wal_checkpoint(TRUNCATE)')
  return rescued
}

/** Where the next rescue will save the journal. */
export function freeRescuePath(path: string): string {
  for (let number = 1; ; number++) if (!existsSync(rescuePath(path, number))) return rescuePath(path, number)
}

/**
 * What is left of a journal that was at `path`: the first of those that were rescued from there, else the log of one that
 * was deleted while it was in use. Null if there is neither.
 */
export function remainsBeside(path: string): { readonly kind: 'rescued' | 'log'; readonly path: string } | null {
  const name = basename(path)
  const isRescued = (each: string) => each.startsWith(name) && /^\.rescued(-\d+)?$/.test(each.slice(name.length))
  const rescued = namesIn(dirname(path)).filter(isRescued).sort()[0]
  if (rescued !== undefined) return { kind: 'rescued', path: join(dirname(path), rescued) }
  const log = `${path}-wal`
  return (statSync(log, { throwIfNoEntry: false })?.size ?? 0) > 0 ? { kind: 'log', path: log } : null
}

function rescuePath(path: string, number: number): string {
  return `${path}.rescued${number === 1 ? '' : `-${number}`}`
}

/** SQLite writes into an empty file that is there already, but makes a missing one readable by everybody. */
function makeRescueFile(path: string): string {
  for (let number = 1; ; number++) {
    const rescued = rescuePath(path, number)
    try {
      closeSync(openSync(rescued, 'wx', 0o600))
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST') continue
      throw error
    }
    // The process's mask may have taken away even the owner's rights.
    chmodSync(rescued, 0o600)
    return rescued
  }
}

function flush(path: string): void {
  const file = openSync(path, 'r+')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

function namesIn(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder) : []
}
