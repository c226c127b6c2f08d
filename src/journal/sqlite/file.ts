/**
 * The journal's file on the disk. It holds everybody's address, so it and its folder are made readable by their owner
 * only, before SQLite writes the first byte.
 */

import { accessSync, chmodSync, closeSync, constants, mkdirSync, openSync, type Stats, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { UserError } from '../../model/errors.ts'
import { fileFailure } from './failure.ts'

/** Makes the file (mode 0600) and its folder (0700) where they are missing. Returns the absolute path. Throws UserError. */
export function makeJournalFile(path: string): string {
  const absolute = checkedPath(path)
  try {
    const file = fileAt(absolute)
    if (file === undefined) {
      mkdirSync(dirname(absolute), { recursive: true, mode: 0o700 })
      makeEmpty(absolute)
    } else if (file.size === 0) chmodSync(absolute, 0o600)
    accessSync(absolute, constants.R_OK | constants.W_OK)
    accessSync(dirname(absolute), constants.W_OK | constants.X_OK)
  } catch (error) {
    throw fileFailure(error, absolute)
  }
  return absolute
}

/** The absolute path of a journal that is there already. Throws UserError if none is. */
export function findJournalFile(path: string): string {
  const absolute = checkedPath(path)
  let size: number
  try {
    size = fileAt(absolute)?.size ?? 0
    if (size > 0) accessSync(absolute, constants.R_OK)
  } catch (error) {
    throw fileFailure(error, absolute)
  }
  if (size === 0) throw noJournal(absolute)
  return absolute
}

export function noJournal(path: string): UserError {
  return new UserError(`there is no journal at ${path}`, {
    where: path,
    remedy: 'name the journal with --journal, or start with `mailblast send`',
  })
}

function checkedPath(path: string): string {
  const absolute = resolve(path)
  // better-sqlite3 trims the name, and would open another file than the one made here.
  if (absolute.trim() !== absolute)
    throw new UserError(`the journal's path ends with a space: "${absolute}"`, { remedy: 'give it a name without' })
  return absolute
}

function fileAt(path: string): Stats | undefined {
  const stats = statIfThere(path)
  if (stats === undefined || stats.isFile()) return stats
  throw new UserError(`${path} is ${stats.isDirectory() ? 'a folder' : 'not a file'}, so it cannot be the journal`, {
    where: path,
    remedy: stats.isDirectory()
      ? `name a file in it, such as ${join(path, 'journal.db')}`
      : 'name a file with --journal',
  })
}

function statIfThere(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false })
}

function makeEmpty(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    // Another process that opens the same new journal was faster.
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST' && statIfThere(path) !== undefined))
      throw error
  }
}
