/**
 * Reads the journal of a process that was killed, before anything else touches it: from a copy, so that nothing is
 * recovered, checkpointed or locked by looking. And makes a journal as an older version would have left it.
 */

import { copyFileSync, existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { connect } from '../../src/journal/sqlite/connect.ts'
import { firstTables } from '../../src/journal/sqlite/migrations/first-tables.ts'

export interface OpenCall {
  readonly attempt: number
  readonly run: string
  readonly addresses: readonly string[]
}

export interface Snapshot {
  /** Of its tables; 0 for a journal without any, or none at all. */
  readonly version: number
  /** In the order in which they began. */
  readonly runs: readonly { readonly id: string; readonly state: string; readonly waiting: number }[]
  /** Calls that were begun and neither settled nor given up. */
  readonly openCalls: readonly OpenCall[]
  /** Who is in doubt already, in any run. */
  readonly inDoubt: readonly { readonly run: string; readonly address: string }[]
}

/** The process that wrote it must be dead. */
export function snapshot(path: string): Snapshot {
  const none: Snapshot = { version: 0, runs: [], openCalls: [], inDoubt: [] }
  if (!existsSync(path)) return none
  const folder = mkdtempSync(join(tmpdir(), 'mailblast-snapshot-'))
  const copy = join(folder, 'journal.db')
  try {
    for (const end of ['', '-wal']) if (existsSync(`${path}${end}`)) copyFileSync(`${path}${end}`, `${copy}${end}`)
    const database = new Database(copy)
    try {
      const version = versionOf(database)
      return version === 0 ? none : { version, ...contentOf(database) }
    } finally {
      database.close()
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function contentOf(database: Database.Database): Omit<Snapshot, 'version'> {
  const runs = database
    .prepare<[], Snapshot['runs'][number]>(
      'SELECT id, state, run_counts.queued AS waiting FROM runs JOIN run_counts ON run = number ORDER BY number',
    )
    .all()
  const calls = database
    .prepare<[], { attempt: number; run: string; addresses: string }>(`
      SELECT attempts.id AS attempt, runs.id AS run, (
        SELECT json_group_array(address) FROM messages WHERE id IN (SELECT value FROM json_each(attempts.messages))
      ) AS addresses
      FROM attempts JOIN routes ON routes.number = attempts.route JOIN runs ON runs.number = routes.run
      WHERE settled_at IS NULL AND recovered_at IS NULL`)
    .all()
  const inDoubt = database
    .prepare<[], { run: string; address: string }>(
      "SELECT id AS run, address FROM (SELECT run AS number, address FROM messages WHERE state = 'in doubt') JOIN runs USING (number)",
    )
    .all()
  return {
    runs,
    openCalls: calls.map(({ addresses, ...call }) => ({ ...call, addresses: JSON.parse(addresses) as string[] })),
    inDoubt,
  }
}

/**
 * Puts in place of a journal one of version 1 with the same content, as if that version had been interrupted. Its owner is
 * on record as a host and a number whose lease has run out.
 */
export function asVersion1(path: string): void {
  const made = `${path}.version-1`
  const origin = { nowMs: Date.now, randomBytes: () => Buffer.alloc(32), readOnly: false, lockWaitMs: 1000 }
  const { database } = connect(made, origin, [firstTables])
  database.prepare('ATTACH ? AS newer').run(path)
  database.transaction(() => {
    database.exec("DELETE FROM main.meta; INSERT INTO main.meta SELECT * FROM newer.meta WHERE name = 'token key'")
    for (const table of copiedTables) copyTable(database, table)
    database.exec('UPDATE main.keys SET lease_until = 1 WHERE host IS NOT NULL')
  })()
  database.exec('DETACH newer')
  database.close()
  for (const end of ['-wal', '-shm']) rmSync(`${path}${end}`, { force: true })
  renameSync(made, path)
}

/** In the order in which they refer to each other. What triggers count is not copied but counted again. */
const copiedTables = [
  'keys',
  'editions',
  'payloads',
  'edition_payloads',
  'runs',
  'routes',
  'attempts',
  'messages',
  'left_out',
  'suppressions',
]

function copyTable(database: Database.Database, table: string): void {
  const columns = database.prepare<[string], string>('SELECT name FROM pragma_table_info(?)').pluck().all(table)
  // A trigger counts a route's calls as they are copied.
  const values = columns.map(column => (table === 'routes' && column === 'attempts' ? '0' : column))
  database.exec(`INSERT INTO main.${table} (${columns.join(', ')}) SELECT ${values.join(', ')} FROM newer.${table}`)
}

function versionOf(database: Database.Database): number {
  return database.pragma('user_version', { simple: true }) as number
}
