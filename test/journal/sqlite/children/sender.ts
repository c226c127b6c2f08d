/**
 * Resumes the run argv[3] in the journal at argv[2]: settles one call of 2, begins one of 3, says so and waits to be
 * killed.
 */

import { randomBytes } from 'node:crypto'
import { openJournal } from '../../../../src/journal/open.ts'
import { beginOne, noon, own, settlements } from '../../samples.ts'

const [, , path = '', run = ''] = process.argv
const journal = openJournal(path, { nowMs: () => noon, randomBytes })
const lease = own(journal, 'november', { pid: process.pid })
const { messages } = journal.claim(run, { dueByMs: noon, limit: 10, after: null })
const idsOf = (from: number, to: number) => messages.slice(from, to).map(message => message.id)
const attempt = beginOne(journal, lease, run, idsOf(0, 2))
journal.settle([{ attempt, nowMs: noon, settlements: settlements(messages.slice(0, 2)) }])
beginOne(journal, lease, run, idsOf(2, 5))
process.stdout.write('begun\n')
setInterval(() => undefined, 1000)
