import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { fileFailure, journalFailure, type Stage } from '../../../src/journal/sqlite/failure.ts'
import { InvariantError, UserError } from '../../../src/model/errors.ts'

function shown(error: unknown): string {
  if (error instanceof InvariantError) return `a bug: ${error.message}`
  if (!(error instanceof UserError)) return 'passed through'
  return `${error.message} → ${error.remedy}, exit ${error.exitCode}`
}

test.each<{ code: string; stage: Stage; shows: string }>([
  {
    code: 'SQLITE_FULL',
    stage: 'open',
    shows:
      'the journal j.db cannot be written: the disk is full (SQLITE_FULL: as SQLite says) → free some space; then `mailblast resume` goes on where this stopped, exit 4',
  },
  {
    code: 'SQLITE_READONLY_DBMOVED',
    stage: 'open',
    shows:
      'the journal j.db cannot be written: the file, its folder or its file system is read-only (SQLITE_READONLY_DBMOVED: as SQLite says) → let yourself write to the file and its folder, or name another place with --journal, exit 4',
  },
  {
    code: 'SQLITE_IOERR_FSYNC',
    stage: 'open',
    shows:
      'the journal j.db cannot be read or written: the disk reports an error (SQLITE_IOERR_FSYNC: as SQLite says) → check the disk and its file system; the journal must be on a local disk, exit 4',
  },
  {
    code: 'SQLITE_BUSY_RECOVERY',
    stage: 'opening',
    shows:
      'the journal j.db was locked by another process for too long (SQLITE_BUSY_RECOVERY: as SQLite says) → find out who holds it (a backup? a database browser?) and try again, exit 2',
  },
  {
    code: 'SQLITE_CANTOPEN',
    stage: 'opening',
    shows:
      'the journal j.db cannot be opened, or its folder cannot be written (SQLITE_CANTOPEN: as SQLite says) → let yourself read and write the file and its folder, or copy it to where you may, exit 2',
  },
  {
    code: 'SQLITE_CONSTRAINT_CHECK',
    stage: 'open',
    shows: 'a bug: the journal j.db: as SQLite says (SQLITE_CONSTRAINT_CHECK)',
  },
])('SQLite says $code', ({ code, stage, shows }) => {
  expect(shown(journalFailure(new Database.SqliteError('as SQLite says', code), 'j.db', stage))).toBe(shows)
})

test.each([
  {
    code: 'EACCES',
    shows:
      'permission denied → let yourself write to the file and its folder, or name another place with --journal, exit 2',
  },
  { code: 'EROFS', shows: 'its file system is read-only → name another place with --journal, exit 2' },
  { code: 'ENOSPC', shows: 'the disk is full → free some space, exit 2' },
  { code: 'EMFILE', shows: 'the system says EMFILE → name another place with --journal, exit 2' },
])('the system says $code', ({ code, shows }) => {
  const error = Object.assign(new Error('open'), { code })
  expect(shown(fileFailure(error, '/var/j.db'))).toBe(`the journal /var/j.db cannot be used: ${shows}`)
})

test('what is neither is passed through', () => {
  const error = new RangeError('of somebody else')
  expect([journalFailure(error, 'j.db', 'open'), fileFailure(error, 'j.db')]).toEqual([error, error])
})
