/** Runs as they are stored, and how one is found. */

import { noPacingChange, type PacingChange } from '../../model/campaign.ts'
import { InvariantError } from '../../model/errors.ts'
import type { RunId } from '../../model/message.ts'
import type { CanaryPhase, Pause, Run, RunState } from '../../model/run.ts'
import { storedJson } from './columns.ts'
import type { Store } from './store.ts'
import { storedDelivery } from './stored-delivery.ts'

/** What the other tables need of a run. */
export interface RunNumbers {
  readonly number: number
  readonly key: number
  readonly state: RunState
  readonly canary: CanaryPhase['kind'] | null
}

/**
 * Finds a run inside a transaction. Of a run that is not there a new owner of the key may have disposed (FencedError);
 * otherwise it is a caller's mistake.
 */
export function runFinder(store: Store): (id: RunId) => RunNumbers {
  const find = store.statement<[RunId], RunNumbers>('SELECT number, key, state, canary FROM runs WHERE id = ?')
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

/** To follow `SET`, for a run that is over: nothing more is asked of it. */
export const askedOfNobody = 'paused = NULL, cancel_asked = 0, canary = NULL, canary_until = NULL'

/** To follow `SET`, for a run that goes on, or is over. */
export const notStopped = 'stopped = NULL, stopped_at = NULL, stopped_until = NULL'

/** To follow `SELECT`; gives RunRows. */
export const runRows = `
  runs.id, keys.key, campaign_name, campaign_file, state, edition, delivery, created_at, finished_at, stopped, stopped_at,
  stopped_until, rejects_file,  paused, cancel_asked, pacing, canary, canary_until
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
  readonly stopped_at: number | null
  readonly stopped_until: number | null
  readonly rejects_file: string | null
  readonly paused: string | null
  readonly cancel_asked: 0 | 1
  readonly pacing: string | null
  readonly canary: CanaryPhase['kind'] | null
  readonly canary_until: number | null
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
    paused: row.paused === null ? null : storedJson<Pause>(row.paused),
    cancelAsked: row.cancel_asked === 1,
    pacing: row.pacing === null ? noPacingChange : storedJson<PacingChange>(row.pacing),
    canary: canaryPhase(row),
  }
}

function canaryPhase({ canary, canary_until: untilMs }: RunRow): CanaryPhase | null {
  if (canary === null) return null
  return canary === 'holding' ? { kind: canary, untilMs: untilMs ?? 0 } : { kind: canary }
}
