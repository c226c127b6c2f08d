/** Ages and settings of a journal that version 1 has written, once it has been brought up to date. */

import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { migrate } from '../../../../src/journal/sqlite/migrate.ts'
import { firstTables } from '../../../../src/journal/sqlite/migrations/first-tables.ts'
import { claimant, nameOf, noon } from '../../samples.ts'
import { newSqlitePlace, type SqlitePlace } from '../place.ts'

let place: SqlitePlace
beforeEach(() => {
  place = newSqlitePlace()
  const database = new Database(place.path)
  database.pragma('foreign_keys = OFF')
  migrate(database, [firstTables], { nowMs: () => noon, randomBytes: size => Buffer.alloc(size) })
  database.exec(readFileSync(join(dirname(fileURLToPath(import.meta.url)), 'version-1.sql'), 'utf8'))
  database.close()
})
afterEach(() => place.remove())

const open = '20261122-ffffff'

test('who has been tried is as old as before, and who has not has no age', () => {
  const around = new Database(place.path)
  const before = around.prepare('SELECT address, attempts, queued_at FROM messages').all() as {
    address: string
    attempts: number
    queued_at: number
  }[]
  around.close()
  const journal = place.open()
  journal.acquire('november', claimant({ takeOver: true }))
  const { messages } = journal.claim(open, { dueByMs: Number.MAX_SAFE_INTEGER, limit: 10, after: null })
  expect(messages.map(message => [nameOf(message.address), message.attempts])).toEqual([
    ['nat', 0],
    ['lea', 1],
  ])
  for (const { address, agesFromMs, attempts } of messages) {
    const queuedAtMs = before.find(each => each.address === address && each.attempts === attempts)?.queued_at
    expect(agesFromMs).toBe(attempts > 0 ? queuedAtMs : null)
  }
})

test('what its settings leave out is as it was for it', () => {
  expect(place.open().run(open)?.delivery).toEqual({
    routes: [],
    schedule: null,
    sites: {},
    sitesBy: 'domain',
    retry: { delaysMs: [60_000], maxAgeMs: 259_200_000, classes: {} },
    guard: { stopWhen: [], maxRecipients: null },
    thresholds: [],
    priority: 'bulk',
    canary: null,
  })
})
