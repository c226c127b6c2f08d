/** Real processes: two that want the same key, and some that are killed in the middle of what they do. */

import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { connect } from '../../../src/journal/sqlite/connect.ts'
import { versionOf } from '../../../src/journal/sqlite/migrate.ts'
import { firstTables } from '../../../src/journal/sqlite/migrations/first-tables.ts'
import type { ProcessMark } from '../../../src/model/run.ts'
import { claimAll, claimant, figures, namesOf, noon, own, rows, start } from '../samples.ts'
import { newSqlitePlace, type SqlitePlace } from './place.ts'

let place: SqlitePlace
const children: ChildProcessByStdio<Writable, Readable, null>[] = []
beforeEach(() => {
  place = newSqlitePlace()
})
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  place.remove()
})

function run(script: string, ...args: string[]) {
  const path = join(dirname(fileURLToPath(import.meta.url)), 'children', script)
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', path, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  children.push(child)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return { child, nextLine: async () => String((await lines.next()).value) }
}

test('of processes that make one journal and want one key at the same moment, exactly one owns it', async () => {
  const racers = Array.from({ length: 3 }, () => run('racer.ts', place.path, 'november'))
  await Promise.all(racers.map(racer => racer.nextLine()))
  for (const { child } of racers) child.stdin.end()
  const answers = await Promise.all(racers.map(async racer => JSON.parse(await racer.nextLine())))
  const winners = answers.flatMap((answer, index) => (answer.ok ? [racers[index]?.child.pid] : []))
  expect(winners).toHaveLength(1)
  const losers = answers.filter(answer => !answer.ok)
  expect(losers.map(answer => answer.owner.pid)).toEqual([winners[0], winners[0]])
})

test('killed between begin and settle: exactly those of the open call are in doubt', async () => {
  const journal = place.open()
  const id = start(journal, ['ada', 'bob', 'eve', 'pat', 'zoe', 'ivy', 'kim'])
  const { child, nextLine } = run('sender.ts', place.path, id)
  expect(await nextLine()).toBe('begun')
  expect(journal.acquire('november', claimant({ pid: process.pid, isAlive }))).toMatchObject({
    ok: false,
    why: 'held',
    owner: { pid: child.pid },
  })
  child.kill('SIGKILL')
  await once(child, 'exit')

  own(journal, 'november', { pid: process.pid, isAlive })
  expect(journal.recover(id, noon)).toBe(3)
  expect(rows(journal, id)).toEqual([
    '2 ada accepted',
    '3 bob accepted',
    '4 eve in doubt unknown',
    '5 pat in doubt unknown',
    '6 zoe in doubt unknown',
    '7 ivy queued',
    '8 kim queued',
  ])
  expect(namesOf(claimAll(journal, id))).toEqual(['ivy', 'kim'])
  expect(figures(journal, id)).toBe('rows 7, accepted 2, inDoubt 3, waiting 2')
})

test('killed in the middle of a migration: the version before is there, whole, and the next process repeats it', async () => {
  const options = { nowMs: () => noon, randomBytes: (size: number) => Buffer.alloc(size, 7), lockWaitMs: 1000 }
  connect(place.path, { ...options, readOnly: false }, [firstTables]).database.close()
  const { child, nextLine } = run('migrator.ts', place.path)
  expect(await nextLine()).toBe('in the middle')
  child.kill('SIGKILL')
  await once(child, 'exit')
  const { database } = connect(place.path, { ...options, readOnly: true }, [firstTables])
  expect([versionOf(database), database.pragma('integrity_check', { simple: true })]).toEqual([1, 'ok'])
  expect(database.prepare("SELECT name FROM pragma_table_info('keys')").pluck().all()).not.toContain('space')
  database.close()
  expect(figures(place.open(), start(place.open(), ['ada']))).toBe('rows 1, waiting 1')
})

function isAlive({ pid }: ProcessMark): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
