/** A SQLite journal in a folder of its own, with chance that is the same in every run of the tests. */

import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Journal } from '../../../src/journal/journal.ts'
import { type JournalOptions, openJournal } from '../../../src/journal/open.ts'
import { noon, type Place } from '../samples.ts'

export interface SqlitePlace extends Place {
  readonly folder: string
  readonly path: string
  open(changes?: Partial<JournalOptions>): Journal
}

let places = 0

export function newSqlitePlace(): SqlitePlace {
  const folder = mkdtempSync(join(tmpdir(), 'mailblast-journal-'))
  const path = join(folder, 'journal.db')
  const opened: Journal[] = []
  const randomBytes = chance(`place ${places++}`)
  return {
    folder,
    path,
    open(changes) {
      const journal = openJournal(path, { nowMs: () => noon, randomBytes, ...changes })
      opened.push(journal)
      return journal
    },
    remove() {
      for (const journal of opened) journal.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function chance(seed: string): (size: number) => Buffer {
  let drawn = 0
  return size => createHash('sha512').update(`${seed} ${drawn++}`).digest().subarray(0, size)
}
