import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { connect } from '../../../src/journal/sqlite/connect.ts'
import { enqueueing } from '../../../src/journal/sqlite/enqueue.ts'
import { HeldFile } from '../../../src/journal/sqlite/held-file.ts'
import type { Migration } from '../../../src/journal/sqlite/migrate.ts'
import { migrations } from '../../../src/journal/sqlite/migrations.ts'
import { Store } from '../../../src/journal/sqlite/store.ts'
import { UserError } from '../../../src/model/errors.ts'
import { figures, noon, prepare, recipients, start } from '../samples.ts'
import { newSqlitePlace, type SqlitePlace } from './place.ts'

let place: SqlitePlace
beforeEach(() => {
  place = newSqlitePlace()
})
afterEach(() => place.remove())

function open() {
  return connect(place.path, { nowMs: () => noon, randomBytes, readOnly: false, lockWaitMs: 100 })
}

test.each([
  ['journal_mode', 'wal'],
  ['synchronous', 2],
  ['foreign_keys', 1],
  ['cache_size', -4096],
  ['mmap_size', 0],
  ['busy_timeout', 100],
  ['user_version', migrations.length],
])('%s is %s', (pragma, value) => {
  const { database } = open()
  expect(database.pragma(pragma, { simple: true })).toBe(value)
  database.close()
})

test('a journal of an older mailblast: writing brings it up to date with all that is in it, reading does not', () => {
  start(place.open(), ['ada'])
  const events: Migration = target => void target.exec('CREATE TABLE events (id INTEGER PRIMARY KEY) STRICT')
  const options = { nowMs: () => noon, randomBytes, lockWaitMs: 100 }
  const looking = () => connect(place.path, { ...options, readOnly: true }, [...migrations, events])
  const known = migrations.length
  expect(looking).toThrow(
    `was made by an older mailblast (the journal has version ${known}, this mailblast knows version ${known + 1})`,
  )
  connect(place.path, { ...options, readOnly: false }, [...migrations, events]).database.close()
  const { database } = looking()
  expect(database.prepare('SELECT address FROM messages').pluck().all()).toEqual(['ada@example.org'])
  expect(database.pragma('user_version', { simple: true })).toBe(known + 1)
  database.close()
  expect(() => place.open()).toThrow(/was made by a newer mailblast/)
})

test('a full disk: the operator is told, nothing of the batch is kept, and it goes on when there is space', () => {
  const journal = place.open()
  const run = prepare(journal, ['ada'])
  const { database, path } = open()
  const store = new Store(database, path, new HeldFile(path))
  const { enqueue } = enqueueing(store)
  const names = Array.from({ length: 1000 }, (_, index) => `person${index}`)
  const batch = { recipients: recipients(names), skipped: [], problems: [], nowMs: noon }
  // The limit on pages stands for the end of the disk.
  database.pragma(`max_page_count = ${Number(database.pragma('page_count', { simple: true })) + 5}`)
  expect(() => enqueue(run, batch)).toThrow(UserError)
  expect(() => enqueue(run, batch)).toThrow(/cannot be written: the disk is full/)
  expect(figures(journal, run)).toBe('rows 1, waiting 1')
  database.pragma('max_page_count = 100000')
  enqueue(run, batch)
  expect(figures(journal, run)).toBe('rows 1001, waiting 1001')
  database.close()
})
