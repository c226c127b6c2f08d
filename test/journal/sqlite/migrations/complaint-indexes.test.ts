/** Complaints about what was sent before the journal was brought up to date are counted too. */

import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { migrate } from '../../../../src/journal/sqlite/migrate.ts'
import { firstTables } from '../../../../src/journal/sqlite/migrations/first-tables.ts'
import { noon } from '../../samples.ts'
import { newSqlitePlace, type SqlitePlace } from '../place.ts'

let place: SqlitePlace
beforeEach(() => {
  place = newSqlitePlace()
})
afterEach(() => place.remove())

test('who was accepted, and who had complained, in whatever case of the letters', () => {
  const old = new Database(place.path)
  old.pragma('foreign_keys = OFF')
  migrate(old, [firstTables], { nowMs: () => noon, randomBytes: size => Buffer.alloc(size) })
  old.exec(readFileSync(join(dirname(fileURLToPath(import.meta.url)), 'version-1.sql'), 'utf8'))
  old.exec(`
    UPDATE messages SET address = 'Kim@example.org' WHERE address = 'kim@example.org';
    INSERT INTO suppressions (address, reason, source, at) VALUES
      ('ada@example.org', 'complaint', 'a note', ${noon}), ('kim@example.org', 'complaint', 'a note', ${noon})`)
  old.close()
  const journal = place.open()
  const runs = journal.runs({ key: 'november' }).map(run => [run.id.slice(-6), journal.complaints(run.id, noon)])
  expect(runs).toEqual([
    ['ffffff', 1],
    ['eeeeee', 0],
    ['dddddd', 0],
    ['cccccc', 1],
  ])
})
