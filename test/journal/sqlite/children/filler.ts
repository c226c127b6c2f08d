/**
 * Works in the journal at argv[2], with a call of the run argv[3] open, until a write fails for want of space; prints what
 * the journal says to that, and to what is tried after it, one JSON line each.
 */

import { randomBytes } from 'node:crypto'
import { openJournal } from '../../../../src/journal/open.ts'
import { UserError } from '../../../../src/model/errors.ts'
import { beginOne, noon, own, prepare, recipients, settlements } from '../../samples.ts'

const [, , path = '', run = ''] = process.argv
const journal = openJournal(path, { nowMs: () => noon, randomBytes })
const lease = own(journal, 'november', { pid: process.pid })
const { messages } = journal.claim(run, { dueByMs: noon, limit: 2, after: null })
const attempt = beginOne(
  journal,
  lease,
  run,
  messages.map(message => message.id),
)
const long = prepare(journal, [])
const batch = (first: number) => {
  const names = Array.from({ length: 100 }, (_, index) => `person${first + index}`)
  journal.enqueue(long, { recipients: recipients(names, first), skipped: [], problems: [], nowMs: noon })
}

say('enqueue', () => {
  for (let first = 0; first < 1_000_000; first += 100) batch(first)
})
say('enqueue again', () => {
  for (let first = 2_000_000; first < 3_000_000; first += 100) batch(first)
})
say('settle', () => journal.settle([{ attempt, nowMs: noon, settlements: settlements(messages) }]))
say('close', () => journal.close())

function say(step: string, work: () => void): void {
  let answer = 'done'
  try {
    work()
  } catch (error) {
    answer = error instanceof UserError ? `exit ${error.exitCode}: ${error.message} → ${error.remedy}` : String(error)
  }
  process.stdout.write(`${JSON.stringify({ step, answer })}\n`)
}
