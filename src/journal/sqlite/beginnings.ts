/**
 * A run's beginning: created, filled by `enqueue`, opened. Opening is the moment at which it takes over from the earlier
 * runs of its key, and it is one transaction: before it they may be resumed, after it only this one.
 */

import { InvariantError } from '../../model/errors.ts'
import type { RunId } from '../../model/message.ts'
import type { Journal } from '../journal.ts'
import { wholeMs } from './columns.ts'
import { editionSweeper, editionWriter } from './editions.ts'
import { keyNumbers } from './owners.ts'
import { attemptRecovery } from './recovery.ts'
import { askedOfNobody, ownRunFinder, type RunNumbers, type RunRow, runOf, runRows } from './run-rows.ts'
import { standingSweeper } from './standings.ts'
import type { Store } from './store.ts'

type Beginnings = Pick<Journal, 'createRun' | 'setRejectsFile' | 'openRun' | 'discardRun' | 'discardPreparing'>

export function beginnings(
  store: Store,
  outside: { readonly nowMs: () => number; readonly randomBytes: (size: number) => Buffer },
): Beginnings {
  const findRun = ownRunFinder(store)
  const numberOfKey = keyNumbers(store)
  const writeEdition = editionWriter(store)
  const takeOver = successions(store)
  const removeRun = removals(store)
  const addRun = store.statement<[NewRun]>(`
    INSERT INTO runs (id, key, campaign_name, campaign_file, state, edition, delivery, created_at)
    VALUES (:id, :key, :campaignName, :campaignFile, 'preparing', :edition, :delivery, :createdAtMs)
    ON CONFLICT (id) DO NOTHING`)
  const readRun = store.statement<[RunId], RunRow>(`SELECT ${runRows} WHERE id = ?`)
  const setRejects = store.statement<[string, number]>('UPDATE runs SET rejects_file = ? WHERE number = ?')
  const open = store.statement<[number]>("UPDATE runs SET state = 'open' WHERE number = ?")
  const preparing = store.statement<[string], RunNumbers>(
    `SELECT runs.number, runs.key, state, canary FROM runs JOIN keys ON keys.number = runs.key
     WHERE keys.key = ? AND state = 'preparing'`,
  )

  return {
    createRun(draft) {
      return store.write(() => {
        const key = numberOfKey(draft.key)
        store.ownedKeys.mustBeOwn(key)
        const run = {
          key,
          campaignName: draft.campaignName,
          campaignFile: draft.campaignFile,
          edition: writeEdition(draft),
          delivery: JSON.stringify(draft.delivery),
          createdAtMs: wholeMs(draft.nowMs),
        }
        for (const id of runIds(draft.nowMs, outside.randomBytes)) {
          if (addRun.run({ id, ...run }).changes === 0) continue
          const row = readRun.get(id)
          if (row !== undefined) return runOf(row)
        }
        throw new InvariantError('no free run number was found')
      })
    },
    setRejectsFile(id, path) {
      store.write(() => setRejects.run(path, findRun(id).number))
    },
    openRun(id) {
      store.write(() => {
        const run = findRun(id)
        if (run.state !== 'preparing') throw new InvariantError(`run ${id} cannot be opened: it is ${run.state}`)
        open.run(run.number)
        takeOver(run, wholeMs(outside.nowMs()))
      })
    },
    discardRun(id) {
      store.write(() => {
        const run = findRun(id)
        if (run.state !== 'preparing') throw new InvariantError(`run ${id} cannot be discarded: it is ${run.state}`)
        removeRun(run)
      })
    },
    discardPreparing(key) {
      return store.write(() => {
        store.ownedKeys.mustBeOwn(numberOfKey(key))
        const runs = preparing.all(key)
        for (const run of runs) removeRun(run)
        return runs.length
      })
    },
  }
}

/** Names to try for a new run, to be typed by people: its date, and chance so that two journals have no common names. */
function* runIds(nowMs: number, randomBytes: (size: number) => Buffer): Generator<RunId> {
  const letters = 'abcdefghjkmnpqrstuvwxyz23456789'
  const day = new Date(nowMs).toISOString().slice(0, 10).replaceAll('-', '')
  const name = `${day}-${Array.from(randomBytes(6), byte => letters.charAt(byte % letters.length)).join('')}`
  yield name
  for (let next = 2; next < 1000; next++) yield `${name}-${next}`
}

interface NewRun {
  readonly id: RunId
  readonly key: number
  readonly campaignName: string
  readonly campaignFile: string
  readonly edition: string
  readonly delivery: string
  readonly createdAtMs: number
}

/**
 * Makes a run the only one of its key that has waiting messages. Calls that an earlier run had open are given up first,
 * so that their messages are in doubt and not skipped; and this run's own list is screened once more, for all that
 * became true of its addresses since they were put on it.
 */
function successions(store: Store): (run: RunNumbers, nowMs: number) => void {
  const recoverAttempts = attemptRecovery(store)
  const otherOpen = store.statement<[RunNumbers], { number: number }>(
    "SELECT number FROM runs WHERE key = :key AND number <> :number AND state = 'open'",
  )
  const skipWaiting = store.statement<[number, number]>(`
    UPDATE messages SET state = 'skipped', skip_reason = 'superseded', due_at = NULL, changed_at = ?
    WHERE run = ? AND state = 'queued'`)
  const supersede = store.statement<[number, number]>(
    `UPDATE runs SET state = 'superseded', finished_at = ?, ${askedOfNobody} WHERE number = ?`,
  )
  const forgetStanding = standingSweeper(store)
  const othersReached = store.statement<[RunNumbers], { yes: 1 }>(`
    SELECT 1 AS yes FROM runs JOIN run_counts ON run_counts.run = runs.number
    WHERE runs.key = :key AND runs.number <> :number AND accepted + in_doubt > 0 LIMIT 1`)
  const screenings = [
    { state: 'accepted', reason: 'already had it', index: 'messages_accepted' },
    { state: 'in doubt', reason: 'in doubt from an earlier run', index: 'messages_in_doubt' },
  ].map(({ state, reason, index }) =>
    store.statement<[{ number: number; nowMs: number }]>(`
      UPDATE messages SET state = 'skipped', skip_reason = '${reason}', due_at = NULL, changed_at = :nowMs
      WHERE run = :number AND state = 'queued' AND EXISTS (
        SELECT 1 FROM messages AS other INDEXED BY ${index}
        WHERE other.key = messages.key AND other.address = messages.address AND other.state = '${state}'
          AND other.run <> messages.run)`),
  )

  return (run, nowMs) => {
    for (const { number } of otherOpen.all(run)) {
      recoverAttempts(number, nowMs)
      skipWaiting.run(nowMs, number)
      supersede.run(nowMs, number)
      forgetStanding(number)
    }
    if (othersReached.get(run) === undefined) return
    for (const screening of screenings) screening.run({ number: run.number, nowMs })
  }
}

function removals(store: Store): (run: RunNumbers) => void {
  const sweepEditions = editionSweeper(store)
  const remove = [
    'DELETE FROM messages WHERE run = ?',
    'DELETE FROM left_out WHERE run = ?',
    'DELETE FROM run_counts WHERE run = ?',
    'DELETE FROM runs WHERE number = ?',
  ].map(sql => store.statement<[number]>(sql))
  return run => {
    for (const statement of remove) statement.run(run.number)
    sweepEditions()
  }
}
