/** Who of a run goes first, and whether the others may follow. */

import { InvariantError } from '../../model/errors.ts'
import type { CanaryPhase } from '../../model/run.ts'
import type { CanaryFigures, Journal } from '../journal.ts'
import { wholeMs } from './columns.ts'
import { ownRunFinder, runFinder } from './run-rows.ts'
import type { Store } from './store.ts'

type Canaries = Pick<Journal, 'chooseCanaries' | 'canaries' | 'setCanaryPhase'>

export function canaries(store: Store): Canaries {
  const findRun = runFinder(store)
  const findOwnRun = ownRunFinder(store)
  // In the order of sites every n-th is taken, from the middle of the first n, so each site has its share to within one.
  const choose = store.statement<[{ readonly run: number; readonly oneIn: number; readonly from: number }]>(`
    UPDATE messages SET canary = 1 WHERE id IN (
      SELECT id FROM (
        SELECT id, row_number() OVER (ORDER BY site, due_at, id) AS place
        FROM messages INDEXED BY messages_due_by_site WHERE run = :run AND state = 'queued')
      WHERE place % :oneIn = :from)`)
  const countWaiting = store.statement<[number], { count: number }>(
    "SELECT count(*) AS count FROM messages INDEXED BY messages_due WHERE run = ? AND state = 'queued'",
  )
  const read = store.statement<[number], CanaryFigures>(`
    SELECT
      count(*) AS chosen,
      count(*) FILTER (WHERE state = 'queued' AND attempt IS NULL) AS untried,
      count(*) FILTER (WHERE state = 'accepted') AS accepted,
      count(*) FILTER (WHERE state = 'failed') AS failed,
      count(*) FILTER (WHERE state = 'failed' AND class = 'hard') AS failedHard,
      coalesce(sum(CASE WHEN state = 'queued' THEN attempts ELSE max(0, attempts - 1) END), 0) AS deferrals
    FROM messages INDEXED BY messages_canary WHERE run = ? AND canary = 1`)
  const setPhase = store.statement<[string | null, number | null, number]>(
    'UPDATE runs SET canary = ?, canary_until = ? WHERE number = ?',
  )

  return {
    chooseCanaries: (id, oneIn) =>
      store.write(() => {
        const run = findOwnRun(id)
        if (run.state !== 'preparing')
          throw new InvariantError(`run ${id} is ${run.state}: it is too late for canaries`)
        if (!Number.isInteger(oneIn) || oneIn < 1) throw new InvariantError(`one canary in ${oneIn} messages`)
        const waiting = countWaiting.get(run.number)?.count ?? 0
        // A number that no place has would choose nobody.
        const every = Math.max(1, Math.min(oneIn, waiting))
        setPhase.run('sending', null, run.number)
        return choose.run({ run: run.number, oneIn: every, from: Math.ceil(every / 2) % every }).changes
      }),
    canaries: id =>
      store.read(() => {
        const figures = read.get(findRun(id).number)
        if (figures === undefined) throw new InvariantError('a count gave nothing')
        return figures
      }),
    setCanaryPhase(id, phase) {
      store.write(() => {
        const { kind, untilMs } = phaseColumns(phase)
        setPhase.run(kind, untilMs, findOwnRun(id).number)
      })
    },
  }
}

function phaseColumns(phase: CanaryPhase | null): { readonly kind: string | null; readonly untilMs: number | null } {
  if (phase === null) return { kind: null, untilMs: null }
  return { kind: phase.kind, untilMs: phase.kind === 'holding' ? wholeMs(phase.untilMs) : null }
}
