/** The disk at its worst: full, forbidden, damaged. What the journal says is true, or it says that it cannot tell. */

import { spawnSync } from 'node:child_process'
import { chmodSync, closeSync, copyFileSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Journal } from '../../../src/journal/journal.ts'
import { openJournal } from '../../../src/journal/open.ts'
import { UserError } from '../../../src/model/errors.ts'
import { countsAddUp, type RunId } from '../../../src/model/message.ts'
import { beginOne, claimAll, failed, figures, inDoubt, noon, own, rows, settlements, start } from '../samples.ts'
import { newSqlitePlace, type SqlitePlace } from './place.ts'

let place: SqlitePlace
beforeEach(() => {
  place = newSqlitePlace()
})
afterEach(() => place.remove())

const options = { nowMs: () => noon, randomBytes: (size: number) => Buffer.alloc(size, 7) }

describe.skipIf(process.platform === 'win32')('a process that may write no more than a megabyte to a file', () => {
  function fill(run: RunId): Record<string, string> {
    const path = join(dirname(fileURLToPath(import.meta.url)), 'children', 'filler.ts')
    // In blocks of 512 bytes or, in some shells, of 1,024.
    const command = 'ulimit -f 2048 && exec "$0" --disable-warning=ExperimentalWarning "$@"'
    const { stdout, stderr } = spawnSync('sh', ['-c', command, process.execPath, path, place.path, run], {
      encoding: 'utf8',
    })
    expect(stderr).toBe('')
    const said = stdout.trimEnd().split('\n')
    return Object.fromEntries(said.map(line => JSON.parse(line)).map(({ step, answer }) => [step, answer]))
  }

  test('is told so at the write that fails, and nothing of it is kept; all that was promised before is', () => {
    const journal = place.open()
    const run = start(journal, ['ada', 'bob', 'eve'])
    journal.close()
    const said = fill(run)
    for (const step of ['enqueue', 'enqueue again'])
      expect(said[step]).toMatch(/^exit 4: the journal .* cannot be (read or )?written: .* → .*/)
    const again = place.open()
    expect(again.overview(run, noon).sending).toBe(said['settle'] === 'done' ? 0 : 2)
    own(again, 'november', { pid: 2, isAlive: () => false })
    const recovered = again.recover(run, noon)
    expect(figures(again, run)).toBe(recovered === 0 ? 'rows 3, accepted 2, waiting 1' : 'rows 3, inDoubt 2, waiting 1')
    const database = new Database(place.path)
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok')
    const enqueued = Number(database.prepare('SELECT count(*) FROM messages').pluck().get()) - 3
    expect([enqueued > 0, enqueued % 100]).toEqual([true, 0])
    database.close()
  })
})

describe.skipIf(process.getuid?.() === 0)('what may not be written', () => {
  test.each([
    { title: 'the file', forbid: () => chmodSync(place.path, 0o400), allow: () => chmodSync(place.path, 0o600) },
    { title: 'its folder', forbid: () => chmodSync(place.folder, 0o500), allow: () => chmodSync(place.folder, 0o700) },
  ])('$title: the operator is told before anything is begun, and nothing is changed', ({ forbid, allow }) => {
    const journal = place.open()
    const run = start(journal, ['ada'])
    journal.close()
    const before = readFileSync(place.path)
    forbid()
    expect(() => place.open()).toThrow(/permission denied/)
    allow()
    expect(readFileSync(place.path)).toEqual(before)
    expect(figures(place.open(), run)).toBe('rows 1, waiting 1')
  })
})

describe('a damaged page', () => {
  const people = Array.from({ length: 200 }, (_, index) => `person${index}`)
  const outcomes = Object.fromEntries(
    people.map((name, index) => [name, index % 3 === 0 ? inDoubt : index % 3 === 1 ? failed('soft') : undefined]),
  )

  /** A journal with people in every state, closed. */
  function make(): RunId {
    const journal = place.open()
    const lease = own(journal)
    const run = start(journal, people)
    const messages = claimAll(journal, run)
    const sent = messages.slice(0, 150)
    const attempt = beginOne(
      journal,
      lease,
      run,
      sent.map(message => message.id),
    )
    const known = Object.fromEntries(Object.entries(outcomes).flatMap(([name, each]) => (each ? [[name, each]] : [])))
    journal.settle([{ attempt, nowMs: noon, settlements: settlements(sent, known) }])
    journal.release(lease)
    journal.close()
    return run
  }

  /** What each way of reading gives: a result, or that the journal is damaged. Anything else is thrown. */
  function look(path: string, run: RunId): Record<string, unknown> {
    const ways: Record<string, (journal: Journal) => unknown> = {
      counts: journal => journal.counts(run),
      tally: journal => journal.tally(run),
      records: journal => rows(journal, run),
      'in doubt': journal => [...journal.inDoubt(run)],
      calls: journal => journal.doubtfulCalls(run, { after: 0, limit: 9 }),
      due: journal => claimAll(journal, run).map(message => message.address),
    }
    let journal: Journal | undefined
    try {
      journal = openJournal(path, options)
      const open = journal
      return Object.fromEntries(Object.entries(ways).map(([way, ask]) => [way, orDamaged(() => ask(open))]))
    } catch (error) {
      return { opening: sayDamaged(error) }
    } finally {
      journal?.close()
    }
  }

  function orDamaged(ask: () => unknown): unknown {
    try {
      return ask()
    } catch (error) {
      return sayDamaged(error)
    }
  }

  function sayDamaged(error: unknown): string {
    if (error instanceof UserError && /is damaged|is no database/.test(error.message)) return 'damaged'
    throw error
  }

  test.each([
    { with: 'ones', byte: 0xff },
    { with: 'zeros', byte: 0 },
  ])('whichever page is filled with $with: every answer is the true one, or that it is damaged', ({ byte }) => {
    const run = make()
    const truth = look(place.path, run)
    const copy = join(place.folder, 'copy.db')
    const pages = statSync(place.path).size / 4096
    expect(pages).toBeGreaterThan(30)
    let found = 0
    for (let page = 0; page < pages; page++) {
      copyFileSync(place.path, copy)
      overwrite(copy, page * 4096, Buffer.alloc(4096, byte))
      const seen = look(copy, run)
      for (const [way, answer] of Object.entries(seen)) {
        if (answer === 'damaged') found += 1
        else expect({ page, way, answer }).toEqual({ page, way, answer: truth[way] })
      }
      rmSync(copy)
    }
    expect(found).toBeGreaterThan(pages / 2)
  })

  test('a state that no row can have is in no sum: the tally says that it is damaged', () => {
    const run = make()
    const bytes = readFileSync(place.path)
    // Once in her row, and perhaps in what is left of it where it was before.
    const row = '{"first_name":"person3"}in doubt'
    for (let at = bytes.indexOf(row); at !== -1; at = bytes.indexOf(row, at + 1))
      overwrite(place.path, at + row.indexOf('in doubt'), Buffer.from('in daubt'))
    const journal = place.open()
    expect(() => journal.tally(run)).toThrow(/is damaged .*the counts of run .* are not those of its rows/)
  })

  test('begin and settle on it: all is written, or nothing', () => {
    const run = make()
    const copy = join(place.folder, 'copy.db')
    const pages = statSync(place.path).size / 4096
    const seen = new Set<string>()
    for (let page = 1; page < pages; page++) {
      copyFileSync(place.path, copy)
      overwrite(copy, page * 4096, Buffer.alloc(4096, 0xff))
      seen.add(tryToSend(copy, run))
      rmSync(copy)
    }
    expect([...seen].sort()).toEqual(['begin failed', 'not begun', 'sent', 'settle failed'])
  })

  /** Sends to ten people until something throws, and holds what is then in the journal against what it said. */
  function tryToSend(path: string, run: RunId): string {
    let reached = 'not begun'
    try {
      const journal = openJournal(path, options)
      try {
        const before = journal.overview(run, noon)
        const lease = own(journal, 'november', { takeOver: true })
        const messages = claimAll(journal, run).slice(0, 10)
        const ids = messages.map(message => message.id)
        reached = 'begin failed'
        const attempt = orDamaged(() => beginOne(journal, lease, run, ids))
        if (typeof attempt === 'number') {
          reached = 'settle failed'
          const settled = orDamaged(() =>
            journal.settle([{ attempt, nowMs: noon, settlements: settlements(messages) }]),
          )
          if (settled !== 'damaged') reached = 'sent'
        }
        const { counts, sending } = journal.overview(run, noon)
        expect(sending).toBe(reached === 'settle failed' ? 10 : 0)
        expect(counts.accepted).toBe(before.counts.accepted + (reached === 'sent' ? 10 : 0))
        expect(countsAddUp(journal.tally(run).counts)).toBe(true)
      } finally {
        journal.close()
      }
    } catch (error) {
      sayDamaged(error)
    }
    return reached
  }

  function overwrite(path: string, at: number, bytes: Buffer): void {
    const file = openSync(path, 'r+')
    writeSync(file, bytes, 0, bytes.length, at)
    closeSync(file)
  }
})
