/** Runs and their figures. The counts of a run are one row, kept by triggers, so they may be asked for at any time. */

import type { Address } from '../../model/address.ts'
import { InvariantError } from '../../model/errors.ts'
import type { Counts, FrozenFile, RunId } from '../../model/message.ts'
import type { Fields } from '../../model/recipient.ts'
import type { Run } from '../../model/run.ts'
import type { Journal } from '../journal.ts'
import { storedJson, storedList } from './columns.ts'
import { type KeyRow, keyColumns, ownerOf } from './owners.ts'
import { openAttempts } from './recovery.ts'
import { type RunRow, runFinder, runOf, runRows } from './run-rows.ts'
import { standingReader } from './standings.ts'
import type { Store } from './store.ts'

type Reading = Pick<Journal, 'run' | 'runs' | 'overview' | 'counts' | 'sample' | 'tokenKey'>

export function reading(store: Store): Reading {
  const findRun = runFinder(store)
  const readCounts = countReader(store)
  const listOpen = openAttempts(store)
  const readStanding = standingReader(store)
  const findRow = store.statement<[RunId], RunRow>(`SELECT ${runRows} WHERE id = ?`)
  const allRows = store.statement<[{ key: string | null }], RunRow>(
    `SELECT ${runRows} WHERE state <> 'preparing' AND (:key IS NULL OR keys.key = :key) ORDER BY runs.number DESC`,
  )
  const findOwner = store.statement<[number], KeyRow>(`SELECT ${keyColumns} FROM keys WHERE number = ?`)
  const firstDue = store.statement<[number], { due_at: number }>(
    "SELECT due_at FROM messages INDEXED BY messages_due WHERE run = ? AND state = 'queued' ORDER BY due_at, id LIMIT 1",
  )
  const firstCanaryDue = store.statement<[number], { due_at: number }>(`
    SELECT due_at FROM messages INDEXED BY messages_canary
    WHERE run = ? AND state = 'queued' AND canary = 1 ORDER BY due_at LIMIT 1`)
  const first = store.statement<[number, number], SampleRow>(`
    SELECT address, line, fields, files FROM messages INDEXED BY messages_by_line
    WHERE run = ? ORDER BY line, id LIMIT ?`)
  const readTokenKey = store.statement<[], { value: Buffer }>("SELECT value FROM meta WHERE name = 'token key'")

  return {
    run: id =>
      store.read(() => {
        const row = findRow.get(id)
        return row === undefined ? undefined : runOf(row)
      }),
    runs: query => store.read(() => allRows.all({ key: query?.key ?? null }).map(runOf)),
    overview: (id, nowMs) =>
      store.read(() => {
        const { number, key } = findRun(id)
        const row = findRow.get(id)
        const keyRow = findOwner.get(key)
        if (row === undefined || keyRow === undefined) throw new InvariantError(`run ${id} has no key`)
        const owner = ownerOf(keyRow)
        const run = runOf(row)
        const counts = readCounts(number)
        const due = (run.canary === null ? firstDue : firstCanaryDue).get(number)?.due_at ?? null
        return {
          run,
          counts,
          sending: listOpen(number).reduce((sum, { messageIds }) => sum + messageIds.length, 0),
          nextDueAtMs: counts.waiting === 0 ? null : notBefore(row, earlier(due, holdUntilMs(run)), nowMs),
          owner: owner !== null && owner.leaseUntilMs > nowMs ? owner : null,
          standing: readStanding(number),
        }
      }),
    counts: id => store.read(() => readCounts(findRun(id).number)),
    sample: (id, limit) =>
      store.read(() =>
        first.all(findRun(id).number, limit).map(({ address, line, fields, files }) => ({
          address,
          line,
          fields: storedJson<Fields>(fields),
          files: storedList<FrozenFile>(files),
        })),
      ),
    tokenKey: () =>
      store.read(() => {
        const row = readTokenKey.get()
        if (row === undefined) throw new InvariantError('the journal has no token key')
        return row.value
      }),
  }
}

/** Until when all but the canaries wait; null if they do not, or for ones that have not all been tried. */
function holdUntilMs({ canary }: Run): number | null {
  return canary?.kind === 'holding' ? canary.untilMs : null
}

function earlier(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.min(one, other)
}

/** Reads, inside a transaction, the counts of a run by its number. */
export function countReader(store: Store): (runNumber: number) => Counts {
  const read = store.statement<[number], CountsRow>(
    'SELECT queued, accepted, failed, skipped, in_doubt, row_problems FROM run_counts WHERE run = ?',
  )
  return runNumber => {
    const row = read.get(runNumber)
    if (row === undefined) throw new InvariantError('a run has no counts')
    const { queued: waiting, accepted, failed, skipped, in_doubt: inDoubt, row_problems: rowProblems } = row
    const rows = waiting + accepted + failed + skipped + inDoubt + rowProblems
    return { rows, accepted, failed, skipped, inDoubt, waiting, rowProblems }
  }
}

interface CountsRow {
  readonly queued: number
  readonly accepted: number
  readonly failed: number
  readonly skipped: number
  readonly in_doubt: number
  readonly row_problems: number
}

interface SampleRow {
  readonly address: Address
  readonly line: number
  readonly fields: string
  readonly files: string | null
}

/** Whoever stopped knew of more than when messages are due. A clock that was ahead by then keeps nobody waiting. */
function notBefore({ stopped_at: at, stopped_until: until }: RunRow, dueAtMs: number | null, nowMs: number) {
  if (dueAtMs === null) return null
  return at === null || until === null || at > nowMs ? dueAtMs : Math.max(dueAtMs, until)
}
