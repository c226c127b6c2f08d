/** Moves people who wait without a call: to a later time, or out of the queue because they are suppressed or too late. */

import type { Journal } from '../journal.ts'
import { bounded, rowLimit, wholeMs } from './columns.ts'
import type { HandedOut } from './handed-out.ts'
import { holdings } from './holdings.ts'
import { ownRunFinder } from './run-rows.ts'
import type { Store } from './store.ts'
import { skipSuppressedSql } from './suppressing.ts'

type PuttingOff = Pick<Journal, 'putOff' | 'putOffSites' | 'expire' | 'expireWaiting' | 'skipSuppressed'>

export function puttingOff(store: Store, handedOut: HandedOut): PuttingOff {
  const findRun = ownRunFinder(store)
  const holdWhatIsOpen = holdings(store, handedOut)
  const putOff = store.statement<[{ readonly id: number; readonly run: number; dueAtMs: number; nowMs: number }]>(`
    UPDATE messages SET due_at = :dueAtMs, changed_at = :nowMs WHERE id = :id AND run = :run AND state = 'queued'`)
  const putOffSite = store.statement<[{ readonly run: number; site: string; dueAtMs: number; nowMs: number }]>(`
    UPDATE messages INDEXED BY messages_due_by_site SET due_at = :dueAtMs, changed_at = :nowMs
    WHERE run = :run AND state = 'queued' AND site = :site AND due_at <= :nowMs AND NOT in_hand(id)`)
  const expired = `
    state = 'failed', due_at = NULL, changed_at = :nowMs, class = 'expired', code = NULL, status = NULL, text = :text`
  const expireOne = store.statement<[{ readonly id: number; readonly run: number; text: string; nowMs: number }]>(`
    UPDATE messages SET ${expired} WHERE id = :id AND run = :run AND state = 'queued'`)
  const expireSome = store.statement<[{ readonly run: number; text: string; nowMs: number; limit: number }]>(`
    UPDATE messages SET ${expired}
    WHERE id IN (
      SELECT id FROM messages INDEXED BY messages_due
      WHERE run = :run AND state = 'queued' AND NOT in_hand(id) ORDER BY due_at, id LIMIT :limit)`)
  const listSuppressed = store.statement<[number], { id: number }>(`
    SELECT id FROM messages INDEXED BY messages_due
    WHERE run = ? AND state = 'queued' AND lower(address) IN (SELECT address FROM suppressions) AND NOT in_hand(id)`)
  const anySuppressed = store.statement<[], { yes: 1 }>('SELECT 1 AS yes FROM suppressions LIMIT 1')
  const skip = store.statement<[number, number]>(skipSuppressedSql)

  return {
    putOff(id, ids, query) {
      handedOut.mustBeFree(ids)
      const times = { dueAtMs: wholeMs(query.dueAtMs), nowMs: wholeMs(query.nowMs) }
      store.write(() => {
        const run = findRun(id).number
        for (const messageId of ids) putOff.run({ id: messageId, run, ...times })
      })
      handedOut.freed(ids)
    },
    putOffSites: (id, sites, nowMs) =>
      store.write(() => {
        const run = findRun(id)
        holdWhatIsOpen(run)
        return sites.reduce((sum, { site, dueAtMs }) => {
          const row = { run: run.number, site, dueAtMs: wholeMs(dueAtMs), nowMs: wholeMs(nowMs) }
          return sum + putOffSite.run(row).changes
        }, 0)
      }),
    expire(id, ids, query) {
      handedOut.mustBeFree(ids)
      const ending = { text: bounded(query.text), nowMs: wholeMs(query.nowMs) }
      store.write(() => {
        const run = findRun(id).number
        for (const messageId of ids) expireOne.run({ id: messageId, run, ...ending })
      })
      handedOut.freed(ids)
    },
    expireWaiting: (id, { text, nowMs, limit }) =>
      store.write(() => {
        const run = findRun(id)
        holdWhatIsOpen(run)
        const row = { run: run.number, text: bounded(text), nowMs: wholeMs(nowMs), limit: rowLimit(limit) }
        return expireSome.run(row).changes
      }),
    skipSuppressed: (id, nowMs) =>
      store.write(() => {
        if (anySuppressed.get() === undefined) return 0
        const run = findRun(id)
        holdWhatIsOpen(run)
        const suppressed = listSuppressed.all(run.number)
        for (const message of suppressed) skip.run(wholeMs(nowMs), message.id)
        return suppressed.length
      }),
  }
}
