/** A copy of a journal, or one restored from a copy, may not know of mails that were sent since: it is told from the original. */

import { copyFileSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Journal } from '../../../src/journal/journal.ts'
import { openJournal } from '../../../src/journal/open.ts'
import { isSameFile } from '../../../src/journal/sqlite/file-identity.ts'
import { claimant, deliverAll, minute, noon, own, prepare, start } from '../samples.ts'
import { newSqlitePlace, type SqlitePlace } from './place.ts'

let place: SqlitePlace
const opened: Journal[] = []
beforeEach(() => {
  place = newSqlitePlace()
})
afterEach(() => {
  for (const journal of opened.splice(0)) journal.close()
  place.remove()
})

function open(path = place.path): Journal {
  const journal = openJournal(path, { nowMs: () => noon, randomBytes: size => Buffer.alloc(size, 7) })
  opened.push(journal)
  return journal
}

/** A journal in which November was mailed and December is being prepared, closed. */
function mailed(): void {
  const journal = open()
  const lease = own(journal)
  deliverAll(journal, lease, start(journal, ['ada']))
  prepare(journal, ['ada'], { key: 'december' })
  journal.release(lease)
  journal.close()
}

const copy = () => join(place.folder, 'copy.db')

test.each<{ title: string; make: () => string }>([
  {
    title: 'copied',
    make: () => {
      copyFileSync(place.path, copy())
      return copy()
    },
  },
  {
    title: 'restored in its own place',
    make: () => {
      copyFileSync(place.path, copy())
      rmSync(place.path)
      copyFileSync(copy(), place.path)
      return place.path
    },
  },
  {
    title: 'replaced by its copy',
    make: () => {
      copyFileSync(place.path, copy())
      renameSync(copy(), place.path)
      return place.path
    },
  },
])(
  '$title: a key with runs is not to be had, another one is; and the word of the operator makes it the original',
  ({ make }) => {
    mailed()
    const path = make()
    const journal = open(path)
    expect(journal.acquire('november', claimant())).toEqual({ ok: false, why: 'copied' })
    for (const key of ['december', 'january']) expect(journal.acquire(key, claimant())).toMatchObject({ ok: true })
    expect(journal.acquire('november', claimant())).toEqual({ ok: false, why: 'copied' })
    journal.release(own(journal, 'november', { takeOver: true }))
    journal.close()
    own(open(path))
  },
)

test.each<{ title: string; make: () => string }>([
  {
    title: 'moved within its folder',
    make: () => {
      renameSync(place.path, copy())
      return copy()
    },
  },
  {
    title: 'moved with its folder',
    make: () => {
      const [from, to] = [join(place.folder, 'from'), join(place.folder, 'to')]
      mkdirSync(from)
      renameSync(place.path, join(from, 'journal.db'))
      renameSync(from, to)
      return join(to, 'journal.db')
    },
  },
])('$title: it is the same', ({ make }) => {
  mailed()
  own(open(make()))
})

test('an owner that lives in the original holds against the copy too, whatever the operator says', () => {
  mailed()
  const original = open()
  own(original)
  original.close()
  copyFileSync(place.path, copy())
  const takeOver = claimant({ pid: 2, takeOver: true })
  expect(open(copy()).acquire('november', takeOver)).toMatchObject({ ok: false, why: 'held', owner: { pid: 1 } })
  const later = { pid: 2, nowMs: noon + minute }
  expect(open(copy()).acquire('november', claimant(later))).toEqual({ ok: false, why: 'copied' })
})

test('a take-over that is refused does not make the copy the original', () => {
  mailed()
  const original = open()
  own(original)
  original.close()
  copyFileSync(place.path, copy())
  const journal = open(copy())
  journal.acquire('november', claimant({ pid: 2, takeOver: true }))
  expect(journal.acquire('november', claimant({ pid: 2, isAlive: () => false }))).toEqual({ ok: false, why: 'copied' })
})

describe('identities', () => {
  const identity = (inode: string, bornNs: string | null) => Buffer.from(JSON.stringify({ inode, bornNs }))
  test.each([
    { one: identity('7', '100'), other: identity('7', '100'), same: true },
    { one: identity('7', '100'), other: identity('8', '100'), same: false },
    { one: identity('7', '100'), other: identity('7', '200'), same: false },
    { one: identity('7', null), other: identity('7', '200'), same: true },
    { one: identity('7', null), other: identity('8', null), same: false },
  ])('$one, $other → the same file $same', ({ one, other, same }) => {
    expect([isSameFile(one, other), isSameFile(other, one)]).toEqual([same, same])
  })
})
