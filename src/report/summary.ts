/** What is to be said of a run, in one piece of data that every form of the report is made from. */

import type { DoubtfulMessage, Journal, Tally } from '../journal/journal.ts'
import { InvariantError } from '../model/errors.ts'
import { countsAddUp, type RunId } from '../model/message.ts'
import type { Run, RunOverview, RunState } from '../model/run.ts'
import type { Verdict } from '../model/verdict.ts'

export interface Summary {
  readonly overview: RunOverview
  readonly tally: Tally
  readonly outcome: Outcome
  /** What is asked of the run's figures, by the campaign and by whoever asked for this report. */
  readonly thresholds: readonly Verdict[]
  /** Everybody in doubt, in the order of lines; read from the journal as it is gone through, anew each time. */
  readonly inDoubt: Iterable<DoubtfulMessage>
}

/**
 * - `mailed twice`: the journal holds an address that was accepted twice under one key, which must never be
 * - `cancelled`, `superseded`: somebody was given up, or left to a later run
 * - `done`: everything that was to be sent was accepted, or there was nothing to send
 * - `with failures`: nobody waits, but some failed or are in doubt
 * - `unfinished`: some are waiting
 */
export type Outcome = 'mailed twice' | 'cancelled' | 'superseded' | 'done' | 'with failures' | 'unfinished'

/** Thresholds are judged by whoever calls, from the run's counts. Throws InvariantError if the counts do not add up: no report may ever be printed of such a run. */
export function summarise(
  journal: Journal,
  id: RunId,
  nowMs: number,
  judge: (run: Run, tally: Tally) => readonly Verdict[] = () => [],
): Summary {
  const overview = journal.overview(id, nowMs)
  const tally = journal.tally(id)
  const { counts } = tally
  const { run } = overview
  if (!countsAddUp(counts)) throw new InvariantError(`the counts of run ${id} do not add up: ${JSON.stringify(counts)}`)
  return {
    overview,
    tally,
    outcome: outcomeOf(run.state, tally),
    thresholds: judge(run, tally),
    inDoubt: { [Symbol.iterator]: () => journal.inDoubt(id)[Symbol.iterator]() },
  }
}

function outcomeOf(state: RunState, { counts, causes, skipped }: Tally): Outcome {
  // The journal gives an accepted message a cause only where it is the second under its key.
  if (causes.some(each => each.state === 'accepted')) return 'mailed twice'
  if (counts.waiting > 0) return 'unfinished'
  if (state === 'cancelled' || state === 'superseded') return state
  const inDoubtBefore = skipped.some(each => each.reason === 'in doubt from an earlier run')
  return counts.failed > 0 || counts.inDoubt > 0 || inDoubtBefore ? 'with failures' : 'done'
}

/**
 * When somebody who is due at a time may really go: not before the run may go on, by its schedule. 0 is at once.
 */
export function goesAtMs({ overview }: Pick<Summary, 'overview'>, dueAtMs: number): number {
  return Math.max(dueAtMs, overview.nextDueAtMs ?? 0)
}

/** Whether everything that was to be sent was accepted, and no threshold is crossed. */
export function isAllWell({ outcome, thresholds }: Summary): boolean {
  return outcome === 'done' && !thresholds.some(each => each.isCrossed)
}
