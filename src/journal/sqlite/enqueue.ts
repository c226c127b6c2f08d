/**
 * Puts rows of the list into a run that is being prepared: as messages, or as rows left out with their reason. A batch is
 * one transaction, and a row that is already there changes nothing, so a batch may be repeated.
 */

import { InvariantError } from '../../model/errors.ts'
import type { EnqueuedRows, Journal, QueuedRecipient } from '../journal.ts'
import { bounded, listOrNull, wholeMs } from './columns.ts'
import { ownRunFinder, type RunNumbers } from './run-rows.ts'
import type { Store } from './store.ts'

export function enqueueing(store: Store): Pick<Journal, 'enqueue'> {
  const findRun = ownRunFinder(store)
  const addMessage = messageWriter(store)
  const leaveOut = leftOutWriter(store)

  return {
    enqueue(id, rows) {
      store.write(() => {
        const run = findRun(id)
        if (run.state !== 'preparing') throw new InvariantError(`run ${id} takes no more rows: it is ${run.state}`)
        const nowMs = wholeMs(rows.nowMs)
        for (const recipient of rows.recipients) addMessage(run, recipient, nowMs)
        for (const row of leftOutRows(rows)) leaveOut.run({ run: run.number, ...row })
      })
    },
  }
}

function messageWriter(store: Store): (run: RunNumbers, recipient: QueuedRecipient, nowMs: number) => void {
  // Due since ever: a clock that is set back must not make the first attempt wait.
  const add = store.statement<[number, number, string, number, string, string, string | null, string | null, number]>(`
    INSERT INTO messages (run, key, address, line, site, fields, files, zone, state, queued_at, due_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'queued', ?, 0)
    ON CONFLICT (run, address) DO NOTHING`)
  return (run, { address, line, site, fields, files, zone }, nowMs) => {
    add.run(run.number, run.key, address, line, site, JSON.stringify(fields), listOrNull(files), zone, nowMs)
  }
}

interface LeftOutRow {
  readonly line: number
  readonly kind: 'skipped' | 'row problem'
  readonly reason: string
  readonly address: string | null
  readonly detail: string | null
}

function* leftOutRows({ skipped, problems }: EnqueuedRows): Generator<LeftOutRow> {
  for (const { line, reason, address } of skipped) yield { line, kind: 'skipped', reason, address, detail: null }
  for (const { line, reason, detail } of problems)
    yield { line, kind: 'row problem', reason, address: null, detail: bounded(detail) }
}

/** Only a row that is the same in everything is a repetition: two rows on one line are two rows. */
function leftOutWriter(store: Store) {
  return store.statement<[LeftOutRow & { readonly run: number }]>(`
    INSERT INTO left_out (run, line, kind, reason, address, detail)
    SELECT :run, :line, :kind, :reason, :address, :detail
    WHERE NOT EXISTS (
      SELECT 1 FROM left_out INDEXED BY left_out_by_line
      WHERE run = :run AND line = :line AND kind = :kind AND reason = :reason
        AND address IS :address AND detail IS :detail)`)
}
