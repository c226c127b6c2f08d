/**
 * Takes due messages out of the queue. Nothing is written: a key is owned by one process, which keeps in memory what it
 * has in hand, and SQL asks it (`in_hand`, defined where the journal is opened) while it walks the index, so that the same
 * message is never given twice.
 */

import type { QueuedMessage } from '../../model/message.ts'
import type { ClaimCursor, ClaimQuery, Journal } from '../journal.ts'
import { rowLimit } from './columns.ts'
import type { HandedOut } from './handed-out.ts'
import { holdings } from './holdings.ts'
import { looksMax } from './limits.ts'
import { type QueuedRow, queuedColumns, queuedMessage } from './queued-rows.ts'
import { type RunNumbers, runFinder } from './run-rows.ts'
import type { Statement, Store } from './store.ts'

type Claims = Pick<Journal, 'claim' | 'claimSite' | 'giveBack' | 'nextDueAtMs' | 'zoneDueAt'>

export function claims(store: Store, handedOut: HandedOut): Claims {
  const findRun = runFinder(store)
  const holdWhatIsOpen = holdings(store, handedOut)
  const everybody = queries(store, '', { due: 'messages_due', dueAtSite: 'messages_due_by_site' })
  const canaries = queries(store, 'AND canary = 1', { due: 'messages_canary', dueAtSite: 'messages_due_by_site' })
  const queriesOf = (run: RunNumbers) => (run.canary === null ? everybody : canaries)
  const byId = store.statement<[string], QueuedRow>(`
    SELECT ${queuedColumns} FROM json_each(?) AS found CROSS JOIN messages ON messages.id = found.value ORDER BY found.key`)

  /** Only an open run gives anything: one that was cancelled meanwhile is empty for its sender. */
  const take = <Taken extends { readonly messages: readonly QueuedMessage[] }>(
    id: string,
    nothing: Taken,
    query: (run: RunNumbers) => Taken,
  ): Taken => {
    const taken = store.read(() => {
      const run = findRun(id)
      if (run.state !== 'open') return nothing
      holdWhatIsOpen(run)
      return query(run)
    })
    handedOut.claimed(taken.messages.map(message => message.id))
    return taken
  }

  return {
    claim: (id, query) =>
      take(id, { messages: [], cursor: null as ClaimCursor | null }, run => {
        const { ids, cursor } = walk(queriesOf(run).due, run.number, query)
        return { messages: byId.all(JSON.stringify(ids)).map(queuedMessage), cursor }
      }),
    claimSite: (id, { site, dueByMs, limit, putOff = false }) =>
      take(id, { messages: [] as readonly QueuedMessage[] }, run => {
        // Whoever was never put off is due at 0.
        const afterDueAtMs = putOff ? 0 : -1
        const query = { run: run.number, site, dueByMs, afterDueAtMs, limit: rowLimit(limit) }
        const rows = queriesOf(run).dueAtSite.all(query)
        return { messages: rows.map(queuedMessage) }
      }).messages,
    giveBack: ids => handedOut.givenBack(ids),
    nextDueAtMs: (id, afterMs = Number.MIN_SAFE_INTEGER) =>
      store.read(() => {
        const run = findRun(id)
        return queriesOf(run).nextDue.get(run.number, Math.floor(afterMs))?.due_at ?? null
      }),
    zoneDueAt: (id, dueAtMs) =>
      store.read(() => {
        const run = findRun(id)
        return queriesOf(run).zoneDue.get(run.number, Math.floor(dueAtMs))?.zone ?? null
      }),
  }
}

interface DueRow {
  readonly id: number
  readonly due_at: number
  readonly site: string
}

/** Walks the due messages in their order until there are enough, or enough have been looked at. */
function walk(
  due: Statement<[DueQuery], DueRow>,
  run: number,
  { dueByMs, limit: asked, after, leaveAside }: ClaimQuery,
): { readonly ids: readonly number[]; readonly cursor: ClaimCursor | null } {
  const limit = rowLimit(asked)
  if (limit === 0) return { ids: [], cursor: after }
  const from = { afterDueAtMs: after?.dueAtMs ?? Number.MIN_SAFE_INTEGER, afterId: after?.id ?? 0 }
  const ids: number[] = []
  let looks = 0
  for (const row of due.iterate({ run, dueByMs, ...from })) {
    if (leaveAside?.(row.site) !== true) ids.push(row.id)
    looks += 1
    if (ids.length === limit || looks === looksMax) return { ids, cursor: { dueAtMs: row.due_at, id: row.id } }
  }
  return { ids, cursor: null }
}

interface DueQuery {
  readonly run: number
  readonly dueByMs: number
  readonly afterDueAtMs: number
  readonly afterId: number
}

interface SiteQuery {
  readonly run: number
  readonly dueByMs: number
  readonly afterDueAtMs: number
  readonly limit: number
  readonly site: string
}

interface Queries {
  readonly due: Statement<[DueQuery], DueRow>
  readonly dueAtSite: Statement<[SiteQuery], QueuedRow>
  readonly nextDue: Statement<[number, number], { due_at: number }>
  readonly zoneDue: Statement<[number, number], { zone: string | null }>
}

/** The questions to an index that knows only those who may be claimed. */
function queries(store: Store, who: string, index: { readonly due: string; readonly dueAtSite: string }): Queries {
  // SQLite seeks by one column of `(due_at, id) > (…)` only, and many are due at once; so it is asked in two halves.
  const half = (place: string) => `
    SELECT id, due_at, site FROM messages INDEXED BY ${index.due}
    WHERE run = :run AND state = 'queued' ${who} AND due_at <= :dueByMs AND ${place} AND NOT in_hand(id)`
  return {
    due: store.statement(`
      ${half('due_at = :afterDueAtMs AND id > :afterId')} UNION ALL ${half('due_at > :afterDueAtMs')}
      ORDER BY due_at, id`),
    dueAtSite: store.statement(`
      SELECT ${queuedColumns} FROM messages INDEXED BY ${index.dueAtSite}
      WHERE run = :run AND state = 'queued' ${who} AND site = :site
        AND due_at <= :dueByMs AND due_at > :afterDueAtMs AND NOT in_hand(id)
      ORDER BY due_at, id LIMIT :limit`),
    nextDue: store.statement(`
      SELECT due_at FROM messages INDEXED BY ${index.due}
      WHERE run = ? AND state = 'queued' ${who} AND due_at > ? AND NOT in_hand(id)
      ORDER BY due_at, id LIMIT 1`),
    zoneDue: store.statement(`
      SELECT zone FROM messages INDEXED BY ${index.due}
      WHERE run = ? AND state = 'queued' ${who} AND due_at = ? AND NOT in_hand(id) LIMIT 1`),
  }
}
