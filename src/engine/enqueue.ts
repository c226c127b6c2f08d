/**
 * Reads the list into the journal: every row becomes a queued message, a skipped address or a row problem, and every
 * message to be sent is rendered once, so that nothing leaves before the last row is known to be good.
 */

import type { EnqueuedRows, Journal, KnownAddress, QueuedRecipient } from '../journal/journal.ts'
import { type Address, domainOf } from '../model/address.ts'
import type { RouteSettings } from '../model/campaign.ts'
import type { Clock } from '../model/clock.ts'
import type { FrozenFile, RunId } from '../model/message.ts'
import type { Recipient, RowProblem, RowProblemReason } from '../model/recipient.ts'
import { serves } from '../policy/routing.ts'
import { screen } from '../policy/screening.ts'
import { siteOf } from '../policy/sites.ts'

/** Rows as intake reads them: some became recipients, some did not. */
export interface RowBatch {
  readonly recipients: readonly Recipient[]
  readonly problems: readonly RowProblem[]
  /** A recipient's row as it stands in the file. */
  readonly textOf: (recipient: Recipient) => string
}

/** Renders a recipient's message for the first time, and pins down the files that go with it. */
export type Rehearse = (
  recipient: Recipient,
) => Promise<
  | { readonly ok: true; readonly files: readonly FrozenFile[] }
  | { readonly ok: false; readonly problem: { readonly reason: RowProblemReason; readonly detail: string } }
>

export interface Enqueueing {
  readonly run: RunId
  readonly journal: Journal
  readonly clock: Clock
  readonly batches: AsyncIterable<RowBatch>
  readonly rehearse: Rehearse
  readonly routes: readonly RouteSettings[]
  /** How many may be queued, at most. */
  readonly limit: number
  /** Told of every row problem, in the order of batches. */
  readonly reject: (problems: readonly RowProblem[]) => Promise<void>
  readonly progress: (rows: number) => void
}

export interface Enqueued {
  readonly queued: number
  /** Rows that could not be rendered: how many, and the first of them. */
  readonly unrendered: { readonly count: number; readonly first: readonly RowProblem[] }
  /** Recipients that no route serves: how many, and the first of them. */
  readonly unserved: { readonly count: number; readonly first: readonly Recipient[] }
}

/** How many rows of each kind are kept as examples. */
const examples = 20

export async function enqueue(enqueueing: Enqueueing): Promise<Enqueued> {
  const { journal, run, batches, clock, progress, reject } = enqueueing
  const tally = new EnqueueTally()
  let rows = 0
  for await (const batch of batches) {
    const known = journal.known(
      run,
      batch.recipients.map(each => each.address),
    )
    const sorted = await sort(batch, known, enqueueing, tally)
    const problems = [...batch.problems, ...sorted.unrendered].sort((a, b) => a.line - b.line)
    if (problems.length > 0) await reject(problems)
    journal.enqueue(run, { ...sorted.rows, problems, nowMs: clock.nowMs() })
    rows += batch.recipients.length + batch.problems.length
    progress(rows)
  }
  return tally
}

class EnqueueTally {
  queued = 0
  unrendered = { count: 0, first: [] as RowProblem[] }
  unserved = { count: 0, first: [] as Recipient[] }
}

async function sort(
  batch: RowBatch,
  known: ReadonlyMap<Address, KnownAddress>,
  enqueueing: Enqueueing,
  tally: EnqueueTally,
): Promise<{ rows: Pick<EnqueuedRows, 'recipients' | 'skipped'>; unrendered: readonly RowProblem[] }> {
  const recipients: QueuedRecipient[] = []
  const skipped: EnqueuedRows['skipped'][number][] = []
  const unrendered: RowProblem[] = []
  const seen = new Set<Address>()
  for (const recipient of batch.recipients) {
    const { address, line, fields } = recipient
    const facts = known.get(address)
    const screening = screen({
      seenBefore: seen.has(address) || (facts?.earlierLine ?? null) !== null,
      suppressed: (facts?.suppressed ?? null) !== null,
      underKey: facts?.underKey ?? null,
      roomLeft: enqueueing.limit - tally.queued,
    })
    if (screening.kind === 'skip') {
      skipped.push({ address, line, reason: screening.reason })
      continue
    }
    const rehearsal = await enqueueing.rehearse(recipient)
    if (!rehearsal.ok) {
      const problem = { line, ...rehearsal.problem, text: batch.textOf(recipient) }
      unrendered.push(problem)
      note(tally.unrendered, problem)
      continue
    }
    // A row that could not be rendered has mailed nobody: a good one with the same address is not its duplicate.
    seen.add(address)
    const site = siteOf(domainOf(address))
    if (!enqueueing.routes.some(route => serves(route, site, domainOf(address)))) note(tally.unserved, recipient)
    recipients.push({ address, line, fields, site, files: rehearsal.files, zone: null })
    tally.queued += 1
  }
  return { rows: { recipients, skipped }, unrendered }
}

function note<Item>(noted: { count: number; first: Item[] }, item: Item): void {
  noted.count += 1
  if (noted.first.length < examples) noted.first.push(item)
}
