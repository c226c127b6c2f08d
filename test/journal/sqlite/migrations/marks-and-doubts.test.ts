/** A journal that version 1 has written is brought up to date with all that is in it. */

import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { migrate, versionOf } from '../../../../src/journal/sqlite/migrate.ts'
import { firstTables } from '../../../../src/journal/sqlite/migrations/first-tables.ts'
import { countsAddUp } from '../../../../src/model/message.ts'
import { claimAll, claimant, figures, minute, namesOf, noon, rows } from '../../samples.ts'
import { newSqlitePlace, type SqlitePlace } from '../place.ts'

let place: SqlitePlace
beforeEach(() => {
  place = newSqlitePlace()
  const database = new Database(place.path)
  database.pragma('foreign_keys = OFF')
  migrate(database, [firstTables], { nowMs: () => noon, randomBytes: size => Buffer.alloc(size) })
  database.exec(readFileSync(join(dirname(fileURLToPath(import.meta.url)), 'version-1.sql'), 'utf8'))
  expect([versionOf(database), database.pragma('foreign_key_check')]).toEqual([1, []])
  database.close()
})
afterEach(() => place.remove())

const [finished, cancelled, superseded, open] = ['cccccc', 'dddddd', 'eeeeee', 'ffffff'].map(name => `20261122-${name}`)

test('every row of every run is there, and the figures add up', () => {
  const journal = place.open()
  const runs = journal.runs({ key: 'november' })
  expect(runs.map(run => [run.id, run.state])).toEqual([
    [open, 'open'],
    [superseded, 'superseded'],
    [cancelled, 'cancelled'],
    [finished, 'finished'],
  ])
  expect(runs.toReversed().map(run => rows(journal, run.id))).toMatchInlineSnapshot(`
    [
      [
        "2 ada accepted",
        "3 bob failed hard",
        "4 eve in doubt transient",
      ],
      [
        "2 pat in doubt unknown",
        "3 zoe skipped cancelled",
      ],
      [
        "2 ivy skipped superseded",
      ],
      [
        "2 kim accepted",
        "3 lea queued soft",
        "4 max queued",
        "5 nat queued",
        "6 ada skipped already had it",
        "7 row problem",
      ],
    ]
  `)
  expect(runs.map(run => figures(journal, run.id))).toMatchInlineSnapshot(`
    [
      "rows 6, accepted 1, skipped 1, waiting 3, rowProblems 1",
      "rows 1, skipped 1",
      "rows 2, skipped 1, inDoubt 1",
      "rows 3, accepted 1, failed 1, inDoubt 1",
    ]
  `)
  expect(runs.every(run => countsAddUp(journal.counts(run.id)))).toBe(true)
  expect(journal.tokenKey()).toEqual(Buffer.alloc(32, 1))
  expect([...journal.suppressions()]).toHaveLength(1)
  expect([...journal.inDoubt(finished ?? '')]).toMatchObject([
    { address: 'eve@example.org', route: 'alpha', cause: { class: 'transient', code: 'ECONNRESET' } },
  ])
  expect(journal.tally(finished ?? '').settled).toEqual([])
})

test('an owner of version 1 cannot be seen: its lease must run out, or the operator must say so', () => {
  const journal = place.open()
  const owner = { host: 'here', space: '', pid: 4711, started: '', fence: 1, leaseUntilMs: noon + minute }
  expect(journal.overview(open ?? '', noon).owner).toEqual(owner)
  const dead = { isAlive: () => false }
  expect(journal.acquire('november', claimant(dead))).toEqual({ ok: false, why: 'held', owner })
  expect(journal.acquire('november', claimant({ ...dead, space: '' }))).toMatchObject({ ok: false, why: 'held' })
  expect(journal.acquire('november', claimant({ ...dead, takeOver: true }))).toMatchObject({ ok: true })
  expect(journal.acquire('december', claimant())).toMatchObject({ ok: true })
})

test('it is the original, and is gone on with', () => {
  const journal = place.open()
  const acquired = journal.acquire('november', claimant({ nowMs: noon + minute, untilMs: noon + 2 * minute }))
  if (!acquired.ok) throw new Error(acquired.why)
  expect(journal.discardPreparing('november')).toBe(1)
  expect(journal.recover(open ?? '', noon + minute)).toBe(1)
  expect(namesOf(claimAll(journal, open ?? '', noon + minute))).toEqual(['nat', 'lea'])
  const settlements = [...journal.inDoubt(open ?? '')].map(({ id }) => ({
    messageId: id,
    settlement: { to: 'accepted', by: 'operator', providerId: null } as const,
  }))
  expect(journal.settleDoubts(acquired.lease, open ?? '', settlements, noon + minute)).toBe(1)
  expect(figures(journal, open ?? '')).toBe('rows 6, accepted 2, skipped 1, waiting 2, rowProblems 1')
})
