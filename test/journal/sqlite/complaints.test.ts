/** How complaints are counted where there are many people and many suppressions. */

import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { countSql } from '../../../src/journal/sqlite/complaints.ts'
import { newSqlitePlace, type SqlitePlace } from './place.ts'

let place: SqlitePlace
beforeEach(() => {
  place = newSqlitePlace()
  place.open()
})
afterEach(() => place.remove())

test('nothing is gone through: each step is a search by all that is known', () => {
  const database = new Database(place.path)
  const plan = database.prepare<[object], { detail: string }>(`EXPLAIN QUERY PLAN ${countSql}`)
  expect(plan.all({ run: 1, sinceMs: 0 }).map(({ detail }) => detail)).toEqual([
    'SEARCH suppressions USING COVERING INDEX suppressions_complaints (at>?)',
    'CORRELATED SCALAR SUBQUERY 1',
    'SEARCH messages USING INDEX messages_of_run (run=? AND address=?)',
    'CORRELATED SCALAR SUBQUERY 2',
    'SEARCH messages USING INDEX messages_with_capitals (run=? AND <expr>=?)',
  ])
  database.close()
})
