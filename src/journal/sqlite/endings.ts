/** How a run ends, and how it is taken up again for those who failed. */

import { InvariantError } from '../../model/errors.ts'
import type { Journal, Stop } from '../journal.ts'
import { bounded, wholeMs } from './columns.ts'
import { attemptRecovery } from './recovery.ts'
import { requeueing } from './requeueing.ts'
import { askedOfNobody, notStopped, ownRunFinder } from './run-rows.ts'
import { standingSweeper } from './standings.ts'
import type { Store } from './store.ts'

type Endings = Pick<Journal, 'setStopped' | 'finishRun' | 'cancelRun' | 'requeueFailed'>

export function endings(store: Store): Endings {
  const findRun = ownRunFinder(store)
  const recoverAttempts = attemptRecovery(store)
  const setStopped = store.statement<[StopRow & { readonly run: number }]>(
    'UPDATE runs SET stopped = :stopped, stopped_at = :stoppedAt, stopped_until = :stoppedUntil WHERE number = :run',
  )
  const finish = store.statement<[number, number]>(`
    UPDATE runs SET state = 'finished', finished_at = ?, ${notStopped}, ${askedOfNobody}
    WHERE number = ? AND state = 'open' AND (SELECT queued FROM run_counts WHERE run = runs.number) = 0`)
  const cancel = store.statement<[number, number]>(
    `UPDATE runs SET state = 'cancelled', finished_at = ?, ${notStopped}, ${askedOfNobody} WHERE number = ?`,
  )
  const skipWaiting = store.statement<[number, number]>(`
    UPDATE messages SET state = 'skipped', skip_reason = 'cancelled', due_at = NULL, changed_at = ?
    WHERE run = ? AND state = 'queued'`)
  const requeue = requeueing(store)
  const forgetStanding = standingSweeper(store)

  return {
    setStopped(id, stop) {
      store.write(() => setStopped.run({ ...stopRow(stop), run: findRun(id).number }))
    },
    finishRun(id, nowMs) {
      return store.write(() => {
        const run = findRun(id)
        if (run.state === 'finished') return true
        const isFinished = finish.run(wholeMs(nowMs), run.number).changes === 1
        if (isFinished) forgetStanding(run.number)
        return isFinished
      })
    },
    cancelRun(id, nowMs) {
      return store.write(() => {
        const run = findRun(id)
        if (run.state === 'preparing') throw new InvariantError(`run ${id} was never opened: discard it`)
        if (run.state !== 'open') return 0
        recoverAttempts(run.number, wholeMs(nowMs))
        cancel.run(wholeMs(nowMs), run.number)
        forgetStanding(run.number)
        return skipWaiting.run(wholeMs(nowMs), run.number).changes
      })
    },
    requeueFailed(id, { classes, nowMs }) {
      return store.write(() => {
        const run = findRun(id)
        if (run.state === 'preparing') throw new InvariantError(`run ${id} was never opened`)
        requeue.mustNotCompete(run)
        const queued = requeue.failed(run, classes, wholeMs(nowMs))
        if (queued > 0) requeue.open(run)
        return queued
      })
    },
  }
}

interface StopRow {
  readonly stopped: string | null
  readonly stoppedAt: number | null
  readonly stoppedUntil: number | null
}

function stopRow(stop: Stop | null): StopRow {
  if (stop === null) return { stopped: null, stoppedAt: null, stoppedUntil: null }
  const { reason, wait } = stop
  return {
    stopped: bounded(reason),
    stoppedAt: wait === null ? null : wholeMs(wait.nowMs),
    stoppedUntil: wait === null ? null : wholeMs(wait.untilMs),
  }
}
