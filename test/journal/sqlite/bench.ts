/** Measures the journal on this machine: `node test/journal/sqlite/bench.ts [rows]`. It is no test and asserts nothing. */

import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
import type { ClaimCursor, Journal, Lease } from '../../../src/journal/journal.ts'
import { domainOf } from '../../../src/model/address.ts'
import type { QueuedMessage, RunId } from '../../../src/model/message.ts'
import { address, draft, noon, own } from '../samples.ts'
import { newSqlitePlace } from './place.ts'

const rowCount = Number(process.argv[2] ?? 200_000)
const place = newSqlitePlace()
const journal = place.open()
const lease = own(journal)
const run = journal.createRun(draft()).id

const batches = Math.ceil(rowCount / 500)
perSecond('enqueue rows in batches of 500, each asked about first', rowCount, () => {
  for (let batch = 0; batch < batches; batch++) enqueueBatch(batch * 500)
})
journal.openRun(run)
perSecond('counts()', 1000, () => {
  for (let times = 0; times < 1000; times++) journal.counts(run)
})
deliver('parcels of 1,000', { messages: Math.floor(rowCount * 0.8), group: 1000, parcel: 1000 })
deliver('parcels of 1, 20 in a commit', { messages: Math.floor(rowCount * 0.1), group: 20, parcel: 1 })
deliver('parcels of 1, alone', { messages: 2000, group: 1, parcel: 1 })
perSecond('records()', rowCount, () => {
  for (const record of journal.records(run)) if (record.line < 0) throw new Error('impossible')
})
perSecond('tally()', 1, () => void journal.tally(run))
journal.close()
print('file, bytes a recipient', statSync(place.path).size / rowCount)
place.remove()

/** Addresses come in no order, as in a real list. */
function enqueueBatch(first: number): void {
  const recipients = Array.from({ length: 500 }, (_, index) => {
    const line = first + index + 2
    const name = createHash('md5').update(String(line)).digest('hex').slice(0, 12)
    const to = address(`${name}${line}@${line % 5 === 0 ? `site${line % 977}.example` : 'gmail.com'}`)
    const fields = { first_name: 'Ada', plan: 'Gold', city: 'Utrecht' }
    return { address: to, line, fields, site: domainOf(to), files: [], zone: null }
  })
  journal.known(
    run,
    recipients.map(recipient => recipient.address),
  )
  journal.enqueue(run, { recipients, skipped: [], problems: [], nowMs: noon })
}

/** Claims, begins and settles in groups, each group one commit to begin and one to settle. */
function deliver(name: string, { messages, group, parcel }: { messages: number; group: number; parcel: number }): void {
  const spent = { claim: 0, begin: 0, settle: 0 }
  let after: ClaimCursor | null = null
  for (let done = 0; done < messages; done += group) {
    const claimed = timed(() => journal.claim(run, { dueByMs: noon, limit: group, after }))
    after = claimed.result.cursor
    const parcels = cut(claimed.result.messages, parcel)
    const begun = timed(() => begin(journal, lease, run, parcels))
    const settled = timed(() => settle(journal, parcels, begun.result))
    spent.claim += claimed.ms
    spent.begin += begun.ms
    spent.settle += settled.ms
  }
  for (const [step, ms] of Object.entries(spent)) print(`${name}: ${step}, messages/s`, (messages / ms) * 1000)
}

function cut(messages: readonly QueuedMessage[], size: number): (readonly QueuedMessage[])[] {
  return Array.from({ length: Math.ceil(messages.length / size) }, (_, index) =>
    messages.slice(index * size, (index + 1) * size),
  )
}

function begin(to: Journal, holding: Lease, id: RunId, parcels: readonly (readonly QueuedMessage[])[]) {
  const intents = parcels.map(messages => ({
    run: id,
    route: 'alpha',
    messageIds: messages.map(each => each.id),
    nowMs: noon,
  }))
  return to.begin(holding, intents).map(begun => begun?.attempt ?? 0)
}

function settle(to: Journal, parcels: readonly (readonly QueuedMessage[])[], attempts: readonly number[]): void {
  to.settle(
    parcels.map((messages, index) => ({
      attempt: attempts[index] ?? 0,
      nowMs: noon,
      settlements: messages.map(({ id }) => {
        return { messageId: id, settlement: { to: 'accepted', providerId: `0100018c-abcd-4f2e-9b1e-${id}` } }
      }),
    })),
  )
}

function timed<Result>(work: () => Result): { result: Result; ms: number } {
  const startMs = performance.now()
  return { result: work(), ms: performance.now() - startMs }
}

function perSecond(name: string, times: number, work: () => void): void {
  print(`${name}, per second`, (times / timed(work).ms) * 1000)
}

function print(name: string, figure: number): void {
  process.stdout.write(`${name}: ${figure < 10 ? figure.toFixed(2) : Math.round(figure).toLocaleString('en')}\n`)
}
