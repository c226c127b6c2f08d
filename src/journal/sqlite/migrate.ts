/**
 * Brings a journal's tables up to date. Each migration is one transaction together with the version it leads to, so that
 * a kill in the middle leaves the version before; a journal is never taken back.
 */

import type Database from 'better-sqlite3'
import { InvariantError } from '../../model/errors.ts'

/** What a migration may need beyond SQL. */
export interface Origin {
  readonly nowMs: () => number
  readonly randomBytes: (size: number) => Buffer
}

/** The step from one version to the next; it runs inside a transaction. */
export type Migration = (database: Database.Database, origin: Origin) => void

/** Runs those migrations that the journal has not seen. The version after the n-th is n. */
export function migrate(database: Database.Database, migrations: readonly Migration[], origin: Origin): void {
  const step = database.transaction(() => {
    // Read again under the write lock: another process may have been faster.
    const version = versionOf(database)
    const migration = migrations[version]
    if (migration === undefined) return
    migration(database, origin)
    database.pragma(`user_version = ${version + 1}`)
  })
  while (versionOf(database) < migrations.length) step.immediate()
}

export function versionOf(database: Database.Database): number {
  const version: unknown = database.pragma('user_version', { simple: true })
  if (typeof version !== 'number') throw new InvariantError('SQLite gave no user_version')
  return version
}
