import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Migration, migrate, versionOf } from '../../../src/journal/sqlite/migrate.ts'
import { noon } from '../samples.ts'

let database: Database.Database
beforeEach(() => {
  database = new Database(':memory:')
})
afterEach(() => database.close())

const origin = { nowMs: () => noon, randomBytes: (size: number) => Buffer.alloc(size, 7) }

const first: Migration = target => void target.exec('CREATE TABLE one (a)')
const second: Migration = (target, { nowMs }) => {
  target.exec('CREATE TABLE two (b)')
  target.prepare('INSERT INTO one VALUES (?)').run(nowMs())
}
const broken: Migration = target => {
  target.exec('CREATE TABLE two (b)')
  throw new Error('killed in the middle')
}

function tables(): unknown[] {
  return database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").pluck().all()
}

test('runs every step once, in order', () => {
  migrate(database, [first, second], origin)
  migrate(database, [first, second], origin)
  expect([versionOf(database), tables()]).toEqual([2, ['one', 'two']])
  expect(database.prepare('SELECT a FROM one').pluck().all()).toEqual([noon])
})

test('runs only the steps that are new', () => {
  migrate(database, [first], origin)
  migrate(database, [broken, second], origin)
  expect([versionOf(database), tables()]).toEqual([2, ['one', 'two']])
})

test('a step that does not reach its end leaves the version before, and can be repeated', () => {
  expect(() => migrate(database, [first, broken], origin)).toThrow('killed in the middle')
  expect([versionOf(database), tables()]).toEqual([1, ['one']])
  migrate(database, [first, second], origin)
  expect([versionOf(database), tables()]).toEqual([2, ['one', 'two']])
})

test('nothing is taken back where a newer version has been', () => {
  migrate(database, [first, second], origin)
  migrate(database, [first], origin)
  expect(versionOf(database)).toBe(2)
})
