/** The journal's file is deleted or replaced while it is in use: nothing more is begun, and nothing that is known is lost. */

import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Journal, Lease } from '../../../src/journal/journal.ts'
import { openJournal } from '../../../src/journal/open.ts'
import { UserError } from '../../../src/model/errors.ts'
import type { QueuedMessage, RunId } from '../../../src/model/message.ts'
import { beginOne, claimAll, claimant, deliverAll, figures, noon, own, rows, settlements, start } from '../samples.ts'
import { newSqlitePlace, type SqlitePlace } from './place.ts'

let place: SqlitePlace
let folder: string
let path: string
let journal: Journal
let lease: Lease
let run: RunId
let calling: { readonly attempt: number; readonly messages: readonly QueuedMessage[] }
let waiting: readonly QueuedMessage[]
beforeEach(() => {
  place = newSqlitePlace()
  folder = join(place.folder, 'of its own')
  path = join(folder, 'journal.db')
  journal = open()
  lease = own(journal)
  run = start(journal, ['ada', 'bob', 'eve'])
  const [ada, bob, eve] = claimAll(journal, run)
  const messages = [ada, bob].filter(message => message !== undefined)
  const ids = messages.map(message => message.id)
  calling = { messages, attempt: beginOne(journal, lease, run, ids) }
  waiting = eve === undefined ? [] : [eve]
})
afterEach(() => place.remove())

function open(at = path, readOnly = false): Journal {
  return openJournal(at, { nowMs: () => noon, randomBytes: size => Buffer.alloc(size, 7), readOnly })
}

/** The UserError that something ends with, as the operator sees it, with the folder of this test left out. */
function problemOf(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    return `${error.message}\n→ ${error.remedy}\nexit ${error.exitCode}`.replaceAll(folder, '')
  }
  return 'nothing'
}

const begin = () =>
  beginOne(
    journal,
    lease,
    run,
    waiting.map(message => message.id),
  )
const settle = () =>
  journal.settle([{ attempt: calling.attempt, nowMs: noon, settlements: settlements(calling.messages) }])

const ways: { how: string; lose: () => void; gone: string; first: string }[] = [
  { how: 'deleted', lose: () => rmSync(path), gone: 'deleted', first: '' },
  {
    how: 'deleted with its side files',
    lose: () => {
      for (const end of ['', '-wal', '-shm']) rmSync(`${path}${end}`)
    },
    gone: 'deleted',
    first: '',
  },
  { how: 'deleted with its folder', lose: () => rmSync(folder, { recursive: true }), gone: 'deleted', first: '' },
  { how: 'moved away', lose: () => renameSync(path, join(folder, 'away.db')), gone: 'deleted', first: '' },
  {
    how: 'replaced by another file',
    lose: () => {
      writeFileSync(join(folder, 'other'), 'something else')
      renameSync(join(folder, 'other'), path)
    },
    gone: 'replaced by another file',
    first: 'move the file that is there away, ',
  },
]

describe.each(ways)('$how', ({ lose, gone, first }) => {
  test('begin writes nothing and says what happened; settle still records; close saves it all', () => {
    lose()
    expect(problemOf(begin)).toBe(
      `the journal /journal.db was ${gone} while it was in use: nothing more is sent
→ what is known is saved as /journal.db.rescued when this ends: then ${first}move /journal.db.rescued to /journal.db and go on with \`mailblast resume --take-over\`
exit 4`,
    )
    expect(journal.overview(run, noon).sending).toBe(2)
    settle()
    expect(problemOf(() => journal.close())).toBe(
      `the journal /journal.db was ${gone} while it was in use: what is known was saved as /journal.db.rescued
→ ${first}move /journal.db.rescued to /journal.db and go on with \`mailblast resume --take-over\`
exit 4`,
    )
    journal.close()
    expect(readdirSync(folder).filter(name => name.includes('rescued'))).toEqual(['journal.db.rescued'])
    expect((statSync(`${path}.rescued`).mode & 0o777).toString(8)).toBe('600')
  })

  test('moved back to its place, it is whole, and goes on at the word of the operator', () => {
    lose()
    settle()
    expect(problemOf(() => journal.close())).toMatch(/was saved as/)
    if (existsSync(path)) expect(readFileSync(path, 'utf8')).toBe('something else')
    renameSync(`${path}.rescued`, path)
    const database = new Database(path)
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok')
    database.close()
    const again = open()
    expect(rows(again, run)).toEqual(['2 ada accepted', '3 bob accepted', '4 eve queued'])
    expect(again.acquire('november', claimant({ pid: 2, isAlive: () => false }))).toEqual({ ok: false, why: 'copied' })
    deliverAll(again, own(again, 'november', { pid: 2, isAlive: () => false, takeOver: true }), run)
    expect(figures(again, run)).toBe('rows 3, accepted 3')
    again.close()
  })
})

test('moved away: the moved file knows it all too', () => {
  renameSync(path, join(folder, 'away.db'))
  settle()
  expect(problemOf(() => journal.close())).toMatch(/was saved as/)
  const away = open(join(folder, 'away.db'))
  expect(figures(away, run)).toBe('rows 3, accepted 2, waiting 1')
  away.close()
})

test('moved away and back again: nothing has happened', () => {
  renameSync(path, join(folder, 'away.db'))
  expect(begin).toThrow(UserError)
  renameSync(join(folder, 'away.db'), path)
  begin()
  settle()
  journal.close()
  expect(readdirSync(folder)).toEqual(['journal.db'])
})

test('who was in the open call is in doubt in what was rescued', () => {
  rmSync(path)
  expect(problemOf(() => journal.close())).toMatch(/was saved as/)
  renameSync(`${path}.rescued`, path)
  const again = open()
  own(again, 'november', { pid: 2, takeOver: true, isAlive: () => false })
  expect(again.recover(run, noon)).toBe(2)
  expect(figures(again, run)).toBe('rows 3, inDoubt 2, waiting 1')
  again.close()
})

test('a name that is taken is left alone', () => {
  writeFileSync(`${path}.rescued`, 'an earlier one')
  writeFileSync(`${path}.rescued-2`, 'another one')
  rmSync(path)
  expect(problemOf(begin)).toContain('saved as /journal.db.rescued-3 when')
  expect(problemOf(() => journal.close())).toContain('saved as /journal.db.rescued-3\n')
  expect(readFileSync(`${path}.rescued`, 'utf8')).toBe('an earlier one')
})

test.each([0o000, 0o777])('whatever the mask of the process (%i), its owner can read it and nobody else', mask => {
  rmSync(path)
  const before = process.umask(mask)
  try {
    expect(problemOf(() => journal.close())).toMatch(/was saved as/)
  } finally {
    process.umask(before)
  }
  expect((statSync(`${path}.rescued`).mode & 0o777).toString(8)).toBe('600')
})

test('where it cannot be saved, the operator is told what that means, and no half file is left', () => {
  rmSync(folder, { recursive: true })
  writeFileSync(folder, 'a file in place of the folder')
  expect(problemOf(begin)).toMatch(/^the journal \/journal.db was deleted while it was in use: nothing more is sent/)
  expect(problemOf(() => journal.close())).toMatch(
    /^the journal \/journal.db was deleted while it was in use, and what it held could not be saved: E.*\n→ learn from your providers who has been mailed before .*\nexit 4$/,
  )
  rmSync(folder)
})

test('for whoever only reads, nothing of it is done', () => {
  const reader = open(path, true)
  rmSync(path)
  reader.close()
  expect(readdirSync(folder).filter(name => name.includes('rescued'))).toEqual([])
  expect(problemOf(() => journal.close())).toMatch(/was saved as/)
})

describe('a new journal would not know who has been mailed', () => {
  const rescued = `there is no journal at /journal.db, but one was rescued from there: /journal.db.rescued
→ move it to /journal.db; or, if nobody who was mailed need be remembered, move it away
exit 2`

  test.each([
    { title: 'nothing', make: () => undefined },
    { title: 'an empty file', make: () => closeSync(openSync(path, 'w')) },
  ])('so none is made of $title beside one that was rescued', ({ make }) => {
    rmSync(path)
    expect(problemOf(() => journal.close())).toMatch(/was saved as/)
    make()
    const before = readdirSync(folder)
    expect(problemOf(open)).toBe(rescued)
    expect(problemOf(() => open(path, true))).toBe(rescued)
    expect(readdirSync(folder)).toEqual(before)
    renameSync(`${path}.rescued`, join(folder, 'not wanted.db'))
    expect(problemOf(() => open().close())).toBe('nothing')
  })

  test('nor while the process that uses the deleted one still runs', () => {
    rmSync(path)
    expect(problemOf(open)).toBe(
      `the journal /journal.db was deleted while it was in use; its log is still there: /journal.db-wal
→ let the mailblast that uses it end, which saves what it knows; if none does, move the log and the file beside it (-shm) away and keep them, for they would be written into whatever journal is put here; only then restore the journal from a copy
exit 2`,
    )
    expect(problemOf(() => journal.close())).toMatch(/was saved as/)
    expect(problemOf(open)).toBe(rescued)
  })

  test('other names beside it do not matter', () => {
    mkdirSync(join(folder, 'journal.db.rescued-not'))
    writeFileSync(join(folder, 'other.db.rescued'), '')
    expect(problemOf(() => open(join(folder, 'journal')).close())).toBe('nothing')
    settle()
    journal.close()
  })
})
