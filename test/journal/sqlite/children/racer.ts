/** Opens the journal at argv[2] and tries to own a key as soon as its standard input ends; prints what came of it. */

import { randomBytes } from 'node:crypto'
import { openJournal } from '../../../../src/journal/open.ts'

const [, , path = '', key = ''] = process.argv
process.stdout.write('ready\n')
process.stdin.resume().once('end', () => {
  const journal = openJournal(path, { nowMs: () => 0, randomBytes })
  const claimant = { host: 'here', pid: process.pid, nowMs: 0, untilMs: 60_000, isAlive: () => true }
  const acquired = journal.acquire(key, claimant)
  process.stdout.write(`${JSON.stringify(acquired)}\n`)
  journal.close()
})
