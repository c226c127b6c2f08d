/** Short words for what every journal test needs: a place to keep one, a run with people on its list, and its rows as text. */

import type { Claimant, Journal, KnownAddress, Lease, RunDraft } from '../../src/journal/journal.ts'
import { type Address, domainOf, parseAddress } from '../../src/model/address.ts'
import type { Edition } from '../../src/model/edition.ts'
import type { AttemptCost, QueuedMessage, RunId, Settlement } from '../../src/model/message.ts'
import type { Cause, FailureClass } from '../../src/model/outcome.ts'
import type { ProcessMark } from '../../src/model/run.ts'

/** Where one journal is kept; each opening stands for another process. */
export interface Place {
  open(): Journal
  /** Closes what was opened and removes the place. */
  remove(): void
}

export const noon = Date.UTC(2026, 10, 22, 12)
export const second = 1000
export const minute = 60 * second
export const day = 24 * 60 * minute

/** `ada` is short for `ada@example.org`. */
export function address(name: string): Address {
  const parsed = parseAddress(name.includes('@') ? name : `${name}@example.org`)
  if (!parsed.ok) throw new Error(`${name}: ${parsed.problem}`)
  return parsed.address
}

export const edition: Edition = {
  from: { name: 'Acme News', address: address('news@acme.example') },
  replyTo: null,
  subject: 'Hello {{first_name}}',
  html: { file: 'hello.hbs', source: '<p>Hello {{first_name}}</p>', layout: null },
  text: null,
  partials: {},
  headers: [],
  attachments: [],
  data: { company: 'Acme' },
  list: null,
  empty: 'error',
}

export function draft(changes: Partial<RunDraft> = {}): RunDraft {
  return {
    key: 'november',
    campaignName: 'november-newsletter',
    campaignFile: '/campaigns/november/campaign.yml',
    edition,
    payloads: new Map(),
    delivery: {
      routes: [],
      sites: {},
      sitesBy: 'domain',
      schedule: null,
      retry: { delaysMs: [minute], maxAgeMs: 72 * 60 * minute, classes: {} },
      guard: { stopWhen: [], maxRecipients: null },
      thresholds: [],
      priority: 'bulk',
      canary: null,
    },
    nowMs: noon,
    ...changes,
  }
}

export function recipients(names: readonly string[], firstLine = 2) {
  return names.map(address).map((each, index) => ({
    address: each,
    line: firstLine + index,
    fields: { first_name: each.slice(0, each.indexOf('@')) },
    site: domainOf(each),
    files: [],
    zone: null,
  }))
}

/** A run that is still preparing, with these people on its list from line 2 on. */
export function prepare(journal: Journal, names: readonly string[], changes: Partial<RunDraft> = {}): RunId {
  const { id } = journal.createRun(draft(changes))
  journal.enqueue(id, { recipients: recipients(names), skipped: [], problems: [], nowMs: changes.nowMs ?? noon })
  return id
}

/** A run that may be sent. */
export function start(journal: Journal, names: readonly string[], changes: Partial<RunDraft> = {}): RunId {
  const id = prepare(journal, names, changes)
  journal.openRun(id)
  return id
}

/** Processes of these tests live in one space on one host, unless it is said otherwise. */
export function claimant(changes: Partial<Omit<Claimant, 'mark'> & ProcessMark> = {}): Claimant {
  const { host = 'here', space = 'this boot', pid = 1, started = 'at nine', ...more } = changes
  return { mark: { host, space, pid, started }, nowMs: noon, untilMs: noon + minute, isAlive: () => true, ...more }
}

export function own(journal: Journal, key = 'november', changes: Parameters<typeof claimant>[0] = {}): Lease {
  const acquired = journal.acquire(key, claimant(changes))
  if (acquired.ok) return acquired.lease
  throw new Error(acquired.why === 'held' ? `${key} is held by process ${acquired.owner.pid}` : `${key} is in a copy`)
}

export function claimAll(journal: Journal, run: RunId, dueByMs = noon): readonly QueuedMessage[] {
  return journal.claim(run, { dueByMs, limit: 1000, after: null }).messages
}

/** `ada` for `ada@example.org`, in the order given. */
export function namesOf(messages: readonly { readonly address: Address }[]): string[] {
  return messages.map(message => nameOf(message.address))
}

export function nameOf(text: string): string {
  return text.replace('@example.org', '')
}

export const accepted: Settlement = { to: 'accepted', providerId: 'provider-1' }

export function cause(failureClass: FailureClass, text = `it was ${failureClass}`): Cause {
  return { class: failureClass, text }
}

export function failed(failureClass: FailureClass, suppress = false): Settlement {
  return { to: 'failed', cause: cause(failureClass), suppress }
}

export const inDoubt: Settlement = { to: 'in doubt', cause: cause('unknown') }

export function deferred(dueAtMs: number, more: { costs?: AttemptCost; refuseRoute?: boolean } = {}): Settlement {
  return { to: 'queued', cause: cause('soft'), dueAtMs, costs: 'attempt', refuseRoute: false, ...more }
}

export function beginOne(journal: Journal, lease: Lease, run: RunId, messageIds: readonly number[], route = 'alpha') {
  const [begun] = journal.begin(lease, [{ run, route, messageIds, nowMs: noon }])
  if (begun?.messageIds.length !== messageIds.length) throw new Error('not all of them may go')
  return begun.attempt
}

/** Claims whoever is due, one parcel for all, and settles each as the table says; others are accepted. */
export function deliverAll(
  journal: Journal,
  lease: Lease,
  run: RunId,
  outcomes: Readonly<Record<string, Settlement>> = {},
  route = 'alpha',
): void {
  const messages = claimAll(journal, run)
  const attempt = beginOne(
    journal,
    lease,
    run,
    messages.map(message => message.id),
    route,
  )
  journal.settle([{ attempt, nowMs: noon, settlements: settlements(messages, outcomes) }])
}

export function settlements(messages: readonly QueuedMessage[], outcomes: Readonly<Record<string, Settlement>> = {}) {
  return messages.map(({ id, address: to }) => ({ messageId: id, settlement: outcomes[nameOf(to)] ?? accepted }))
}

/** The rows of a run, one a line: `3 bob failed hard`. */
export function rows(journal: Journal, run: RunId): string[] {
  return Array.from(journal.records(run), record =>
    [record.line, nameOf(record.address), record.state, record.skipReason, record.class].filter(Boolean).join(' '),
  )
}

/** The counts of a run that are not zero, as text. */
export function figures(journal: Journal, run: RunId): string {
  const { rows: all, ...parts } = journal.counts(run)
  const some = Object.entries(parts).filter(([, count]) => count > 0)
  return [`rows ${all}`, ...some.map(([name, count]) => `${name} ${count}`)].join(', ')
}

export function known(journal: Journal, run: RunId, names: readonly string[]): Record<string, KnownAddress> {
  return Object.fromEntries([...journal.known(run, names.map(address))].map(([each, facts]) => [nameOf(each), facts]))
}
