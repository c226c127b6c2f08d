/**
 * Opens the database: recognises whose it is before it changes anything, sets what durability and memory need, and
 * brings the tables up to date. It never writes into a file that is not a journal.
 */

import Database from 'better-sqlite3'
import { UserError } from '../../model/errors.ts'
import { journalFailure } from './failure.ts'
import { findJournalFile, makeJournalFile, noJournal } from './file.ts'
import { cacheBytes, checkpointPages, logMaxBytes } from './limits.ts'
import { type Migration, migrate, type Origin, versionOf } from './migrate.ts'
import { applicationId } from './migrations/first-tables.ts'
import { migrations } from './migrations.ts'

/** As long as a lock is waited for elsewhere: 250 times 20 ms. */
const switchTries = 250
const switchPauseMs = 20

export interface ConnectOptions extends Origin {
  readonly readOnly: boolean
  readonly lockWaitMs: number
}

export interface Connection {
  readonly database: Database.Database
  /** Absolute. */
  readonly path: string
}

/**
 * Opens the journal at `path`, made if missing unless `readOnly`, and brings it up to the last of `steps`. Throws UserError
 * for whatever the operator can mend.
 */
export function connect(path: string, options: ConnectOptions, steps: readonly Migration[] = migrations): Connection {
  const absolute = options.readOnly ? findJournalFile(path) : makeJournalFile(path)
  let database: Database.Database | undefined
  try {
    // A read-only connection is a common one that may not write: SQLite's own would leave its side files behind.
    database = new Database(absolute, { fileMustExist: true, timeout: options.lockWaitMs })
    if (options.readOnly) prepareReading(database, absolute, steps)
    else prepareWriting(database, absolute, steps, options)
  } catch (error) {
    database?.close()
    throw journalFailure(error, absolute, 'opening')
  }
  return { database, path: absolute }
}

function prepareReading(database: Database.Database, path: string, steps: readonly Migration[]): void {
  database.pragma('query_only = ON')
  bindMemory(database)
  if (!isJournal(database, path, steps)) throw noJournal(path)
  if (versionOf(database) < steps.length)
    throw new UserError(`the journal ${path} was made by an older mailblast (${versionsOf(database, steps)})`, {
      where: path,
      remedy: 'any command that writes brings it up to date, such as `mailblast resume`',
    })
}

function prepareWriting(database: Database.Database, path: string, steps: readonly Migration[], origin: Origin): void {
  bindMemory(database)
  isJournal(database, path, steps)
  // The write-ahead log lets others read while this process writes; FULL makes every commit durable by itself.
  const mode = switchToLog(database)
  if (mode !== 'wal')
    throw new UserError(`the journal ${path} is on a file system without shared memory`, {
      where: path,
      remedy: 'name a place on a local disk with --journal',
    })
  database.pragma('synchronous = FULL')
  database.pragma('foreign_keys = ON')
  database.pragma(`wal_autocheckpoint = ${checkpointPages}`)
  database.pragma(`journal_size_limit = ${logMaxBytes}`)
  migrate(database, steps, origin)
}

/** Another process that makes the same journal at the same instant is in the way for a moment, which SQLite does not wait for. */
function switchToLog(database: Database.Database): unknown {
  for (let tries = 0; ; tries++) {
    try {
      return database.pragma('journal_mode = WAL', { simple: true })
    } catch (error) {
      const busy = error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')
      if (!busy || tries === switchTries) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, switchPauseMs)
    }
  }
}

function bindMemory(database: Database.Database): void {
  database.pragma(`cache_size = ${-cacheBytes / 1024}`)
  database.pragma('mmap_size = 0')
}

/** True for a journal, false for an empty database, and a UserError for anything else. */
function isJournal(database: Database.Database, path: string, steps: readonly Migration[]): boolean {
  // In one transaction, so that another process which is making the journal is seen before or after, not in between.
  return database.transaction(() => recognise(database, path, steps))()
}

function recognise(database: Database.Database, path: string, steps: readonly Migration[]): boolean {
  const owner: unknown = database.pragma('application_id', { simple: true })
  const version = versionOf(database)
  if (owner === applicationId && version > steps.length)
    throw new UserError(`the journal ${path} was made by a newer mailblast (${versionsOf(database, steps)})`, {
      where: path,
      remedy: 'bring mailblast up to date, or name another journal with --journal',
    })
  if (owner === applicationId && version > 0) return true
  const hasTables = database.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() !== undefined
  if (owner === 0 && version === 0 && !hasTables) return false
  throw new UserError(`${path} is a database of something else, not a journal`, {
    where: path,
    remedy: 'name another file with --journal',
  })
}

function versionsOf(database: Database.Database, steps: readonly Migration[]): string {
  return `the journal has version ${versionOf(database)}, this mailblast knows version ${steps.length}`
}
