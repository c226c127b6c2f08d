/**
 * Reads the list into the journal: every row becomes a queued message, a skipped address or a row problem, and every
 * message to be sent is rendered once, so that nothing leaves before the last row is known to be good.
 *
 * Only who is to be mailed is asked a site for. Some batches are read on while sites are being found, for a single domain
 * whose servers do not answer takes longer than all the others together; they are stored in their order.
 */

import type { EnqueuedRows, Journal, QueuedRecipient } from '../journal/journal.ts'
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

/** Finds the sites of domains (lower case, punycode): each that is asked for is in what it gives. */
export type SitesOf = (domains: readonly string[]) => Promise<ReadonlyMap<string, string>>

/** Sites by the domains alone, without asking anybody. */
export const sitesByDomain: SitesOf = async domains => new Map(domains.map(domain => [domain, siteOf(domain)]))

/** Finds a recipient's own time zone; null where the schedule's holds. */
export type ZoneOf = (
  recipient: Recipient,
) => { readonly ok: true; readonly zone: string | null } | { readonly ok: false; readonly detail: string }

export interface Enqueueing {
  readonly run: RunId
  readonly journal: Journal
  readonly clock: Clock
  readonly batches: AsyncIterable<RowBatch>
  readonly rehearse: Rehearse
  readonly sitesOf: SitesOf
  readonly zoneOf: ZoneOf
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

/** Batches that are held while their sites are being found, at most. */
const heldMax = 8

export async function enqueue(enqueueing: Enqueueing): Promise<Enqueued> {
  const tally = new EnqueueTally()
  const held: ScreenedBatch[] = []
  for await (const batch of enqueueing.batches) {
    held.push(await screenBatch(batch, held, enqueueing, tally))
    while (held.length >= heldMax || held[0]?.isReady() === true) await storeFirst(held, enqueueing, tally)
  }
  while (held.length > 0) await storeFirst(held, enqueueing, tally)
  return tally
}

class EnqueueTally {
  rows = 0
  queued = 0
  unrendered = { count: 0, first: [] as RowProblem[] }
  unserved = { count: 0, first: [] as Recipient[] }
}

interface ScreenedRecipient {
  readonly recipient: Recipient
  readonly files: readonly FrozenFile[]
  readonly zone: string | null
}

/** A batch of which it is known who is to be mailed, while their sites are being found. */
interface ScreenedBatch {
  readonly rows: number
  readonly recipients: readonly ScreenedRecipient[]
  readonly skipped: EnqueuedRows['skipped']
  readonly problems: readonly RowProblem[]
  /** All of its addresses that the journal is going to know. */
  readonly addresses: ReadonlySet<Address>
  readonly sites: Promise<ReadonlyMap<string, string>>
  /** Whether it need not be waited for. */
  readonly isReady: () => boolean
}

async function screenBatch(
  batch: RowBatch,
  held: readonly ScreenedBatch[],
  enqueueing: Enqueueing,
  tally: EnqueueTally,
): Promise<ScreenedBatch> {
  const screened = await screenRows(batch, held, enqueueing, tally)
  const { recipients, skipped, problems } = screened
  const addresses = recipients.map(({ recipient }) => recipient.address)
  const sites = enqueueing.sitesOf([...new Set(addresses.map(domainOf))])
  let ready = false
  const settle = (): void => {
    ready = true
  }
  // A failure is seen when the batch is stored.
  sites.then(settle, settle)
  return {
    rows: batch.recipients.length + batch.problems.length,
    recipients,
    skipped,
    problems: [...batch.problems, ...problems].sort((a, b) => a.line - b.line),
    addresses: new Set([...addresses, ...skipped.map(({ address }) => address)]),
    sites,
    isReady: () => ready,
  }
}

async function screenRows(
  batch: RowBatch,
  held: readonly ScreenedBatch[],
  { journal, run, limit, rehearse, zoneOf }: Enqueueing,
  tally: EnqueueTally,
): Promise<Pick<ScreenedBatch, 'recipients' | 'skipped' | 'problems'>> {
  const recipients: ScreenedRecipient[] = []
  const skipped: EnqueuedRows['skipped'][number][] = []
  const problems: RowProblem[] = []
  const seen = new Set<Address>()
  const known = journal.known(
    run,
    batch.recipients.map(each => each.address),
  )
  for (const recipient of batch.recipients) {
    const { address, line } = recipient
    const facts = known.get(address)
    const isHeld = held.some(each => each.addresses.has(address))
    const screening = screen({
      seenBefore: seen.has(address) || isHeld || (facts?.earlierLine ?? null) !== null,
      suppressed: (facts?.suppressed ?? null) !== null,
      underKey: facts?.underKey ?? null,
      roomLeft: limit - tally.queued,
    })
    if (screening.kind === 'skip') {
      skipped.push({ address, line, reason: screening.reason })
      continue
    }
    const zone = zoneOf(recipient)
    if (!zone.ok) {
      problems.push({ line, reason: 'unknown time zone', detail: zone.detail, text: batch.textOf(recipient) })
      continue
    }
    const rehearsal = await rehearse(recipient)
    if (!rehearsal.ok) {
      const problem = { line, ...rehearsal.problem, text: batch.textOf(recipient) }
      problems.push(problem)
      note(tally.unrendered, problem)
      continue
    }
    // A row that could not be rendered has mailed nobody: a good one with the same address is not its duplicate.
    seen.add(address)
    recipients.push({ recipient, files: rehearsal.files, zone: zone.zone })
    tally.queued += 1
  }
  return { recipients, skipped, problems }
}

/** Stores the batch that has been held longest. */
async function storeFirst(held: ScreenedBatch[], enqueueing: Enqueueing, tally: EnqueueTally): Promise<void> {
  const { journal, run, clock, routes, reject, progress } = enqueueing
  const [batch] = held
  if (batch === undefined) return
  const sites = await batch.sites
  const recipients = batch.recipients.map(({ recipient, files, zone }): QueuedRecipient => {
    const { address, line, fields } = recipient
    const site = sites.get(domainOf(address)) ?? domainOf(address)
    if (!routes.some(route => serves(route, site, domainOf(address)))) note(tally.unserved, recipient)
    return { address, line, fields, site, files, zone }
  })
  if (batch.problems.length > 0) await reject(batch.problems)
  journal.enqueue(run, { recipients, skipped: batch.skipped, problems: batch.problems, nowMs: clock.nowMs() })
  held.shift()
  tally.rows += batch.rows
  progress(tally.rows)
}

function note<Item>(noted: { count: number; first: Item[] }, item: Item): void {
  noted.count += 1
  if (noted.first.length < examples) noted.first.push(item)
}
