/**
 * The journal's file on the disk. It holds everybody's address, so it and its folder are made readable by their owner
 * only, before SQLite writes the first byte.
 */

import { accessSync, chmodSync, closeSync, constants, mkdirSync, openSync, type Stats, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { UserError } from '../../model/errors.ts'
import { NoJournalError } from '../journal.ts'
import { fileFailure } from './failure.ts'
import { remainsBeside } from './rescue.ts'

/**
 * Makes the file (mode 0600) and its folder (0700) where they are missing. Returns the absolute path. Throws UserError, also
 * where a new journal would forget what is left there of an earlier one.
 */
export function makeJournalFile(path: string): string {
  const absolute = checkedPath(path)
  try {
    const file = fileAt(absolute)
    if (isNew(file)) mustNotForget(absolute)
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
  if (size === 0) {
    mustNotForget(absolute)
    throw noJournal(absolute)
  }
  return absolute
}

export function noJournal(path: string): UserError {
  return new NoJournalError(`there is no journal at ${path}`, {
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

function isNew(file: Stats | undefined): boolean {
  return file === undefined || file.size === 0
}

function mustNotForget(path: string): void {
  const remains = remainsBeside(path)
  // Another process may have made the journal, and its log, since it was looked for.
  if (remains === null || !isNew(statIfThere(path))) return
  throw remains.kind === 'rescued'
    ? new UserError(`there is no journal at ${path}, but one was rescued from there: ${remains.path}`, {
        where: remains.path,
        remedy: `move it to ${path}; or, if nobody who was mailed need be remembered, move it away`,
      })
    : new UserError(`the journal ${path} was deleted while it was in use; its log is still there: ${remains.path}`, {
        where: remains.path,
        remedy:
          'let the mailblast that uses it end, which saves what it knows; if none does, move the log and the file beside it (-shm) away and keep them, for they would be written into whatever journal is put here; only then restore the journal from a copy',
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
