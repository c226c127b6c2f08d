/** A walk through a long list that finds next to nothing is done in pieces, so that it never holds up everything else. */

import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ClaimCursor, Journal } from '../../../src/journal/journal.ts'
import { looksMax } from '../../../src/journal/sqlite/limits.ts'
import { namesOf, noon, own, start } from '../samples.ts'
import { newSqlitePlace, type SqlitePlace } from './place.ts'

let place: SqlitePlace
let journal: Journal
beforeEach(() => {
  place = newSqlitePlace()
  journal = place.open()
  own(journal)
})
afterEach(() => place.remove())

test('what is left aside is looked at a bounded number at a time', () => {
  const people = Array.from({ length: looksMax + 10 }, (_, index) => `p${index}@full.example`)
  const run = start(journal, [...people, 'ada'])
  const leaveAside = (site: string): boolean => site === 'full.example'
  const walked: (readonly string[] | 'on')[] = []
  let after: ClaimCursor | null = null
  do {
    const { messages, cursor } = journal.claim(run, { dueByMs: noon, limit: 10, after, leaveAside })
    walked.push(namesOf(messages), ...(cursor === null ? [] : (['on'] as const)))
    after = cursor
  } while (after !== null)
  expect(walked).toEqual([[], 'on', ['ada']])
})
