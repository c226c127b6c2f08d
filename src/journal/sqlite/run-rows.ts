/** Runs as they are stored, and how one is found. */

import { InvariantError } from '../../model/errors.ts'
import type { RunId } from '../../model/message.ts'
import type { Run, RunState } from '../../model/run.ts'
import type { Store } from './store.ts'
import { storedDelivery } from './stored-delivery.ts'

/** What the other tables need of a run. */
export interface RunNumbers {
  readonly number: number
  readonly key: number
  readonly state: RunState
}

/**
 * Finds a run inside a transaction. Of a run that is not there a new owner of the key may have disposed (FencedError);
 * otherwise it is a caller's mistake.
 */
export function runFinder(store: Store): (id: RunId) => RunNumbers {
  const find = store.statement<[RunId], RunNumbers>('SELECT number, key, state FROM runs WHERE id = ?')
  return id => {
    const run = find.get(id)
    if (run === undefined) {
      store.ownedKeys.mustAllBeOwn()
      throw new InvariantError(`there is no run ${id}`)
    }
    return run
  }
}

/** Finds a run that is to be changed, inside a write. Throws FencedError if it is another process's by now. */
export function ownRunFinder(store: Store): (id: RunId) => RunNumbers {
  const findRun = runFinder(store)
  return id => {
    const run = findRun(id)
    store.ownedKeys.mustBeOwn(run.key)
    return run
  }
}

/** To follow `SELECT`; gives RunRows. */
export const runRows = `
  runs.id, keys.key, campaign_name, campaign_file, state, edition, delivery, created_at, finished_at, stopped, rejects_file
  FROM runs JOIN keys ON keys.number = runs.key`

export interface RunRow {
  readonly id: RunId
  readonly key: string
  readonly campaign_name: string
  readonly campaign_file: string
  readonly state: RunState
  readonly edition: string
  readonly delivery: string
  readonly created_at: number
  readonly finished_at: number | null
  readonly stopped: string | null
  readonly rejects_file: string | null
}

export function runOf(row: RunRow): Run {
  return {
    id: row.id,
    key: row.key,
    campaignName: row.campaign_name,
    campaignFile: row.campaign_file,
    state: row.state,
    editionHash: row.edition,
    delivery: storedDelivery(row.delivery),
    createdAtMs: row.created_at,
    finishedAtMs: row.finished_at,
    stopped: row.stopped,
    rejectsFile: row.rejects_file,
  }
}
