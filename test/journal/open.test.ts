import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { JournalOptions } from '../../src/journal/open.ts'
import { openJournal } from '../../src/journal/open.ts'
import { migrations } from '../../src/journal/sqlite/migrations.ts'
import { InvariantError, UserError } from '../../src/model/errors.ts'
import { claimAll, deliverAll, figures, noon, own, rows, start } from './samples.ts'
import { newSqlitePlace, type SqlitePlace } from './sqlite/place.ts'

let place: SqlitePlace
beforeEach(() => {
  place = newSqlitePlace()
})
afterEach(() => place.remove())

const options: JournalOptions = { nowMs: () => noon, randomBytes: size => Buffer.alloc(size, 7) }

/** The UserError that opening gives, as the operator sees it, with the folder of this test left out. */
function problemOf(path: string, readOnly = false): string {
  try {
    openJournal(path, { ...options, readOnly }).close()
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    return `${error.message}\n→ ${error.remedy}\nexit ${error.exitCode}`.replaceAll(place.folder, '')
  }
  return 'opened'
}

describe('a new journal', () => {
  test('is readable by its owner only, and so are its folder and side files', () => {
    const path = join(place.folder, 'deep', 'er', 'journal.db')
    const journal = openJournal(path, options)
    expect([path, `${path}-wal`, `${path}-shm`].map(modeOf)).toEqual(['600', '600', '600'])
    expect([dirname(path), dirname(dirname(path))].map(modeOf)).toEqual(['700', '700'])
    journal.close()
  })

  test('takes an empty file, and closes it to others', () => {
    writeFileSync(place.path, '')
    chmodSync(place.path, 0o644)
    start(place.open(), ['ada'])
    expect(modeOf(place.path)).toBe('600')
  })

  test('is one file once it is closed', () => {
    const journal = place.open()
    start(journal, ['ada'])
    journal.close()
    journal.close()
    expect([place.path, `${place.path}-wal`, `${place.path}-shm`].map(existsSync)).toEqual([true, false, false])
  })
})

describe('what cannot be a journal', () => {
  const cases: { title: string; make: (folder: string) => string; shows: string }[] = [
    {
      title: 'a folder',
      make: folder => folder,
      shows: ' is a folder, so it cannot be the journal\n→ name a file in it, such as /journal.db\nexit 2',
    },
    {
      title: 'a device',
      make: () => '/dev/null',
      shows: '/dev/null is not a file, so it cannot be the journal\n→ name a file with --journal\nexit 2',
    },
    {
      title: 'a path under a file',
      make: folder => written(join(folder, 'file'), 'text', join(folder, 'file', 'journal.db')),
      shows:
        'the journal /file/journal.db cannot be used: a part of its path is a file, not a folder\n→ name another place with --journal\nexit 2',
    },
    {
      title: 'a path deep under a file',
      make: folder => written(join(folder, 'file'), 'text', join(folder, 'file', 'deep', 'journal.db')),
      shows:
        'the journal /file/deep/journal.db cannot be used: a part of its path is a file, not a folder\n→ name another place with --journal\nexit 2',
    },
    {
      title: 'a name that is too long',
      make: folder => join(folder, 'x'.repeat(300)),
      shows: `the journal /${'x'.repeat(300)} cannot be used: its path is too long\n→ name another place with --journal\nexit 2`,
    },
    {
      title: 'a name that ends with a space',
      make: folder => join(folder, 'journal.db '),
      shows: `the journal's path ends with a space: "/journal.db "\n→ give it a name without\nexit 2`,
    },
    {
      title: 'a text file',
      make: folder => written(join(folder, 'list.csv'), 'email\nada@example.org\n'),
      shows:
        'the journal /list.csv is not a journal: the file is no database at all (SQLITE_NOTADB: file is not a database)\n→ name another file with --journal, or move this one away\nexit 2',
    },
    {
      title: 'a database of something else',
      make: folder => database(join(folder, 'other.db'), 'CREATE TABLE contacts (email)'),
      shows: '/other.db is a database of something else, not a journal\n→ name another file with --journal\nexit 2',
    },
    {
      title: 'a database of something else without tables',
      make: folder => database(join(folder, 'other.db'), 'PRAGMA application_id = 42'),
      shows: '/other.db is a database of something else, not a journal\n→ name another file with --journal\nexit 2',
    },
    {
      title: 'a journal of a newer mailblast',
      make: () => {
        start(place.open(), [])
        return database(place.path, 'PRAGMA user_version = 99')
      },
      shows: `the journal /journal.db was made by a newer mailblast (the journal has version 99, this mailblast knows version ${migrations.length})\n→ bring mailblast up to date, or name another journal with --journal\nexit 2`,
    },
  ]

  test.each(cases)('$title', ({ make, shows }) => {
    const path = make(place.folder)
    const before = contentOf(path)
    expect(problemOf(path)).toBe(shows)
    expect(contentOf(path)).toEqual(before)
  })

  test.skipIf(process.getuid?.() === 0)('a folder that may not be written', () => {
    const folder = join(place.folder, 'locked')
    mkdirSync(folder, { mode: 0o500 })
    expect(problemOf(join(folder, 'journal.db'))).toMatch(/permission denied\n→ let yourself write to the file/)
  })
})

describe('a damaged journal', () => {
  function startAndClose(): string {
    const journal = place.open()
    const run = start(
      journal,
      Array.from({ length: 2000 }, (_, index) => `person${index}`),
    )
    journal.close()
    return run
  }

  test('cut short: it cannot be opened', () => {
    startAndClose()
    truncateSync(place.path, 64 * 1024)
    expect(problemOf(place.path)).toMatch(
      /^the journal \/journal\.db is damaged .*\n→ restore it from a copy.*\nexit 2$/,
    )
  })

  test('overwritten in the middle: every method that meets the damage says so, and exit 4', () => {
    const run = startAndClose()
    const file = openSync(place.path, 'r+')
    writeSync(file, Buffer.alloc(200 * 1024, 0xff), 0, 200 * 1024, 160 * 1024)
    closeSync(file)
    const journal = place.open()
    const ways = [() => claimAll(journal, run), () => rows(journal, run), () => journal.tally(run)]
    for (const way of ways) {
      expect(way).toThrow(UserError)
      expect(way).toThrow(expect.objectContaining({ message: expect.stringContaining('is damaged'), exitCode: 4 }))
    }
  })

  test('overwritten at the beginning: it cannot be opened', () => {
    writeFileSync(place.path, Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(8192, 0xff)]))
    expect(problemOf(place.path)).toMatch(/^the journal \/journal\.db .*\n→ .*\nexit 2$/)
  })

  test('frozen content that is not what was frozen is never given out', () => {
    const journal = place.open()
    const hash = journal.run(start(journal, []))?.editionHash ?? ''
    database(place.path, "UPDATE editions SET content = replace(content, 'Hello', 'Hullo')")
    expect(() => journal.edition(hash)).toThrow(/is damaged/)
  })
})

describe('trouble while it is open', () => {
  test('locked by another process for too long', () => {
    const journal = place.open({ lockWaitMs: 5 })
    const other = new Database(place.path)
    other.exec('BEGIN IMMEDIATE')
    expect(() => own(journal)).toThrow(/was locked by another process for too long \(SQLITE_BUSY/)
    other.exec('ROLLBACK')
    other.close()
    own(journal)
  })

  test('after it was closed, a method is a bug', () => {
    const journal = place.open()
    journal.close()
    expect(() => journal.runs()).toThrow(InvariantError)
  })
})

describe('read only', () => {
  test.each([
    { title: 'nothing', make: () => place.path },
    { title: 'nothing, in a folder that is not there', make: () => join(place.folder, 'deep', 'journal.db') },
    { title: 'an empty file', make: () => written(place.path, '') },
  ])('of $title: there is no journal, and none is made', ({ make }) => {
    const path = make()
    const before = contentOf(path)
    expect(problemOf(path, true)).toMatch(
      /^there is no journal at .*journal\.db\n→ name the journal with --journal, or start with `mailblast send`\nexit 2$/,
    )
    expect(contentOf(path)).toEqual(before)
    expect(existsSync(join(place.folder, 'deep'))).toBe(false)
  })

  test('reads while another process writes, and sees what it has written', () => {
    const writer = place.open()
    const lease = own(writer)
    const run = start(writer, ['ada', 'bob'])
    const reader = place.open({ readOnly: true })
    expect(figures(reader, run)).toBe('rows 2, waiting 2')
    deliverAll(writer, lease, run)
    expect(figures(reader, run)).toBe('rows 2, accepted 2')
    expect(rows(reader, run)).toEqual(['2 ada accepted', '3 bob accepted'])
  })

  test('writes nothing and leaves nothing behind', () => {
    const writer = place.open()
    const run = start(writer, ['ada'])
    writer.close()
    const before = contentOf(place.path)
    const reader = place.open({ readOnly: true })
    expect(reader.overview(run, noon).counts.waiting).toBe(1)
    expect(() => reader.cancelRun(run, noon)).toThrow(InvariantError)
    reader.close()
    expect(contentOf(place.path)).toEqual(before)
    expect([`${place.path}-wal`, `${place.path}-shm`].map(existsSync)).toEqual([false, false])
  })
})

function modeOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8)
}

function contentOf(path: string): Buffer | undefined {
  return existsSync(path) && statSync(path).isFile() ? readFileSync(path) : undefined
}

function written(path: string, text: string, result = path): string {
  writeFileSync(path, text)
  return result
}

function database(path: string, sql: string): string {
  const other = new Database(path)
  other.exec(sql)
  other.close()
  return path
}
