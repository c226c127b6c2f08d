/**
 * Takes due messages out of the queue. Nothing is written: a key is owned by one process, which keeps in memory what it
 * has in hand, and SQL asks it (`in_hand`) while it walks the index, so that the same message is never given twice.
 */

import type { QueuedMessage } from '../../model/message.ts'
import type { Journal } from '../journal.ts'
import { rowLimit, wholeMs } from './columns.ts'
import type { HandedOut } from './handed-out.ts'
import { type QueuedRow, queuedColumns, queuedMessage } from './queued-rows.ts'
import { openAttempts } from './recovery.ts'
import { ownRunFinder, type RunNumbers, runFinder } from './run-rows.ts'
import type { Store } from './store.ts'
import { skipSuppressedSql } from './suppressing.ts'

type Claims = Pick<Journal, 'claim' | 'claimSite' | 'giveBack' | 'nextDueAtMs' | 'skipSuppressed'>

export function claims(store: Store, handedOut: HandedOut): Claims {
  store.define('in_hand', messageId => handedOut.has(messageId))
  const findRun = runFinder(store)
  const findOwnRun = ownRunFinder(store)
  const listOpen = openAttempts(store)
  const due = store.statement<[DueQuery], QueuedRow>(`
    ${dueSql('due_at = :afterDueAtMs AND id > :afterId')} UNION ALL ${dueSql('due_at > :afterDueAtMs')}
    ORDER BY due_at, id LIMIT :limit`)
  const dueAtSite = store.statement<[SiteQuery], QueuedRow>(`
    SELECT ${queuedColumns} FROM messages INDEXED BY messages_due_by_site
    WHERE run = :run AND state = 'queued' AND site = :site AND due_at <= :dueByMs AND NOT in_hand(id)
    ORDER BY due_at, id LIMIT :limit`)
  const nextDue = store.statement<[number, number], { due_at: number }>(`
    SELECT due_at FROM messages INDEXED BY messages_due
    WHERE run = ? AND state = 'queued' AND due_at > ? AND NOT in_hand(id)
    ORDER BY due_at, id LIMIT 1`)
  const listSuppressed = store.statement<[number], { id: number }>(`
    SELECT id FROM messages INDEXED BY messages_due
    WHERE run = ? AND state = 'queued' AND lower(address) IN (SELECT address FROM suppressions) AND NOT in_hand(id)`)
  const anySuppressed = store.statement<[], { yes: 1 }>('SELECT 1 AS yes FROM suppressions LIMIT 1')
  const skip = store.statement<[number, number]>(skipSuppressedSql)

  /** What a former owner has begun is in hand too: nobody knows yet what became of it. */
  const holdWhatIsOpen = (run: RunNumbers) => {
    if (handedOut.knowsOthersOf(run.number)) return
    for (const { id, messageIds } of listOpen(run.number)) handedOut.begun(messageIds, id)
    handedOut.looked(run.number)
  }

  /** Only an open run gives anything: one that was cancelled meanwhile is empty for its sender. */
  const take = (id: string, query: (run: number) => QueuedRow[]): QueuedMessage[] => {
    const messages = store.read(() => {
      const run = findRun(id)
      if (run.state !== 'open') return []
      holdWhatIsOpen(run)
      return query(run.number).map(queuedMessage)
    })
    handedOut.claimed(messages.map(message => message.id))
    return messages
  }

  return {
    claim(id, { dueByMs, limit: asked, after }) {
      const limit = rowLimit(asked)
      const from = { afterDueAtMs: after?.dueAtMs ?? Number.MIN_SAFE_INTEGER, afterId: after?.id ?? 0 }
      const messages = take(id, run => due.all({ run, dueByMs, limit, ...from }))
      if (messages.length < limit) return { messages, cursor: null }
      const last = messages.at(-1)
      return { messages, cursor: last === undefined ? after : { dueAtMs: last.dueAtMs, id: last.id } }
    },
    claimSite: (id, { site, dueByMs, limit }) =>
      take(id, run => dueAtSite.all({ run, site, dueByMs, limit: rowLimit(limit) })),
    giveBack: ids => handedOut.givenBack(ids),
    skipSuppressed: (id, nowMs) =>
      store.write(() => {
        if (anySuppressed.get() === undefined) return 0
        const run = findOwnRun(id)
        holdWhatIsOpen(run)
        const suppressed = listSuppressed.all(run.number)
        for (const message of suppressed) skip.run(wholeMs(nowMs), message.id)
        return suppressed.length
      }),
    nextDueAtMs: (id, afterMs = Number.MIN_SAFE_INTEGER) =>
      store.read(() => nextDue.get(findRun(id).number, Math.floor(afterMs))?.due_at ?? null),
  }
}

interface DueQuery {
  readonly run: number
  readonly dueByMs: number
  readonly limit: number
  readonly afterDueAtMs: number
  readonly afterId: number
}

interface SiteQuery {
  readonly run: number
  readonly site: string
  readonly dueByMs: number
  readonly limit: number
}

/** SQLite seeks by one column of `(due_at, id) > (…)` only, and many are due at once; so it is asked in two halves. */
const dueSql = (place: string) => `
  SELECT ${queuedColumns} FROM messages INDEXED BY messages_due
  WHERE run = :run AND state = 'queued' AND due_at <= :dueByMs AND ${place} AND NOT in_hand(id)`
