/** Opens the journal at argv[2] and tries to own a key as soon as its standard input ends; prints what came of it. */

import { randomBytes } from 'node:crypto'
import { openJournal } from '../../../../src/journal/open.ts'
import { claimant } from '../../samples.ts'

const [, , path = '', key = ''] = process.argv
process.stdout.write('ready\n')
process.stdin.resume().once('end', () => {
  const journal = openJournal(path, { nowMs: () => 0, randomBytes })
  const acquired = journal.acquire(key, claimant({ pid: process.pid }))
  process.stdout.write(`${JSON.stringify(acquired)}\n`)
  journal.close()
})
