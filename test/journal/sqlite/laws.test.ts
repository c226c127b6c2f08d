/** Laws that the database holds by itself, tried by going around the code. */

import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Journal, Lease } from '../../../src/journal/journal.ts'
import { countsAddUp } from '../../../src/model/message.ts'
import {
  beginOne,
  claimAll,
  deliverAll,
  failed,
  figures,
  inDoubt,
  known,
  noon,
  own,
  prepare,
  settlements,
  start,
} from '../samples.ts'
import { newSqlitePlace, type SqlitePlace } from './place.ts'

let place: SqlitePlace
let journal: Journal
let lease: Lease
let around: Database.Database
beforeEach(() => {
  place = newSqlitePlace()
  journal = place.open()
  lease = own(journal)
  around = new Database(place.path)
})
afterEach(() => {
  around.close()
  place.remove()
})

const queueAgain = "UPDATE messages SET state = 'queued', due_at = 0, skip_reason = NULL"

test.each([
  { law: 'what was accepted stays accepted', sql: `${queueAgain} WHERE state = 'accepted'` },
  { law: 'an address is in a run once', sql: "UPDATE messages SET address = 'ada@example.org'" },
  { law: 'a state is one of the known', sql: "UPDATE messages SET state = 'sent' WHERE state = 'failed'" },
  { law: 'who waits has a due time', sql: "UPDATE messages SET state = 'queued' WHERE state = 'failed'" },
  { law: 'who is skipped has a reason', sql: "UPDATE messages SET state = 'skipped' WHERE state = 'failed'" },
  { law: 'who has settled a doubt is one of the known', sql: "UPDATE messages SET settled_by = 'hope'" },
  {
    law: 'who is in doubt has not been settled',
    sql: "UPDATE messages SET state = 'in doubt', settled_by = 'asked' WHERE state = 'failed'",
  },
  { law: 'a message has the key of its run', sql: 'UPDATE messages SET key = key + 1' },
  { law: 'a run with messages is not removed', sql: 'DELETE FROM runs' },
])('the database refuses to break: $law', ({ sql }) => {
  const run = start(journal, ['ada', 'bob'])
  deliverAll(journal, lease, run, { bob: failed('soft') })
  expect(() => around.exec(sql)).toThrow(Database.SqliteError)
  expect(figures(journal, run)).toBe('rows 2, accepted 1, failed 1')
})

test('the counts follow whatever is written', () => {
  const run = start(journal, ['ada', 'bob', 'eve'])
  around.exec("UPDATE messages SET state = 'failed', due_at = NULL WHERE address LIKE 'bob%'")
  expect(figures(journal, run)).toBe('rows 3, failed 1, waiting 2')
  expect(countsAddUp(journal.counts(run))).toBe(true)
})

test('in doubt in two runs of one key: neither is queued while the other is in doubt', () => {
  const runs = ['ada', 'bob'].map(name => {
    const run = start(journal, [name])
    deliverAll(journal, lease, run, { [name]: inDoubt })
    return run
  })
  around.exec("UPDATE messages SET address = 'ada@example.org'")
  const settle = (run: string) => {
    const [ada] = journal.inDoubt(run)
    const settlement = { to: 'queued', by: 'resent' } as const
    return journal.settleDoubts(lease, run, [{ messageId: ada?.id ?? 0, settlement }], noon)
  }
  expect(runs.map(settle)).toEqual([0, 0])
  expect(runs.map(run => figures(journal, run))).toEqual(['rows 1, inDoubt 1', 'rows 1, inDoubt 1'])
})

test('accepted is more binding than in doubt', () => {
  const run = start(journal, ['ada'])
  deliverAll(journal, lease, run, { ada: inDoubt })
  const other = start(journal, ['bob'])
  deliverAll(journal, lease, other)
  around.exec("UPDATE messages SET address = 'ada@example.org' WHERE address LIKE 'bob%'")
  expect(known(journal, prepare(journal, []), ['ada'])).toMatchObject({ ada: { underKey: 'accepted' } })
})

describe('an address that was accepted twice under one key all the same', () => {
  test('is kept as accepted in both runs, and every report shows it', () => {
    const first = start(journal, ['ada'])
    deliverAll(journal, lease, first)
    const second = start(journal, ['ada', 'bob'])
    expect(figures(journal, second)).toBe('rows 2, skipped 1, waiting 1')
    around.exec(`${queueAgain} WHERE state = 'skipped'`)
    deliverAll(journal, lease, second)
    expect(figures(journal, second)).toBe('rows 2, accepted 2')
    const words = `mailed twice under this key: also in run ${first}, line 2`
    expect([...journal.records(second)].map(record => [record.state, record.providerId, record.text])).toEqual([
      ['accepted', 'provider-1', words],
      ['accepted', 'provider-1', null],
    ])
    expect(journal.tally(second).causes).toEqual([
      { state: 'accepted', cause: { class: 'unknown', text: words }, count: 1, example: 'ada@example.org' },
    ])
    expect(journal.tally(second).classes).toEqual([])
  })

  test('the same message, by two attempts: the first stays, the second is noted', () => {
    const run = start(journal, ['ada'])
    const messages = claimAll(journal, run)
    const ids = messages.map(message => message.id)
    const late = beginOne(journal, lease, run, ids)
    journal.recover(run, noon)
    around.exec(queueAgain)
    deliverAll(journal, lease, run, {}, 'beta')
    journal.settle([{ attempt: late, nowMs: noon, settlements: settlements(messages) }])
    expect([...journal.records(run)].map(({ state, route, text }) => [state, route, text])).toEqual([
      ['accepted', 'beta', 'mailed twice: accepted again by alpha as provider-1'],
    ])
    expect(figures(journal, run)).toBe('rows 1, accepted 1')
  })
})
