/** What the senders of runs say of themselves, for whoever looks, and for each other. */

import type { RunId } from '../../model/message.ts'
import type { RouteStanding, Standing } from '../../model/run.ts'
import type { Journal } from '../journal.ts'
import { storedJson, wholeMs } from './columns.ts'
import { ownRunFinder } from './run-rows.ts'
import type { Store } from './store.ts'

export function standings(store: Store): Pick<Journal, 'setStanding' | 'standings'> {
  const findRun = ownRunFinder(store)
  const set = store.statement<[number, string, number]>(`
    INSERT INTO standings (run, content, at) VALUES (?, ?, ?)
    ON CONFLICT (run) DO UPDATE SET content = excluded.content, at = excluded.at`)
  const list = store.statement<[number], { id: RunId } & StandingRow>(`
    SELECT runs.id, content, at FROM standings JOIN runs ON runs.number = standings.run
    WHERE at >= ? AND state = 'open' ORDER BY runs.number`)

  return {
    setStanding(id, standing, nowMs) {
      store.write(() => set.run(findRun(id).number, JSON.stringify(standing), wholeMs(nowMs)))
    },
    standings: sinceMs =>
      store.read(() => list.all(Math.floor(sinceMs)).map(({ id, ...row }) => ({ run: id, ...standingOf(row) }))),
  }
}

/** What an older version did not say yet. */
const none: Standing = { priority: 'bulk', accounts: [], sites: [], openCalls: 0, routes: [], lanes: [], waits: [] }

const noRoute: Pick<RouteStanding, 'rateCounts'> = { rateCounts: 'messages' }

interface StandingRow {
  readonly content: string
  readonly at: number
}

/** Reads, inside a transaction, what a run's sender last said of itself. */
export function standingReader(
  store: Store,
): (runNumber: number) => { readonly atMs: number; readonly standing: Standing } | null {
  const read = store.statement<[number], StandingRow>('SELECT content, at FROM standings WHERE run = ?')
  return runNumber => {
    const row = read.get(runNumber)
    return row === undefined ? null : standingOf(row)
  }
}

/** Forgets, inside a write, what the sender of a run that is over has said. */
export function standingSweeper(store: Store): (runNumber: number) => void {
  const remove = store.statement<[number]>('DELETE FROM standings WHERE run = ?')
  return runNumber => {
    remove.run(runNumber)
  }
}

function standingOf({ content, at }: StandingRow): { readonly atMs: number; readonly standing: Standing } {
  const standing = { ...none, ...storedJson<Partial<Standing>>(content) }
  const routes = standing.routes.map(route => ({ ...noRoute, ...route }))
  return { atMs: at, standing: { ...standing, routes } }
}
