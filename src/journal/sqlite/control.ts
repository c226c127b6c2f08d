/**
 * What is asked of a run by other processes than its owner: they hold no key, so nothing here looks for one. The owner sees
 * it when it looks at its run.
 */

import type { Journal } from '../journal.ts'
import { runFinder } from './run-rows.ts'
import type { Store } from './store.ts'

type Control = Pick<Journal, 'setPaused' | 'askToCancel' | 'setPacing'>

export function control(store: Store): Control {
  const findRun = runFinder(store)
  const setPaused = store.statement<[string | null, number]>(
    "UPDATE runs SET paused = ? WHERE number = ? AND state = 'open'",
  )
  const askToCancel = store.statement<[number]>("UPDATE runs SET cancel_asked = 1 WHERE number = ? AND state = 'open'")
  const setPacing = store.statement<[string, number]>(
    'UPDATE runs SET pacing = ?, stopped_at = NULL, stopped_until = NULL WHERE number = ?',
  )

  return {
    setPaused: (id, pause) =>
      store.write(() => {
        const text = pause === null ? null : JSON.stringify(pause)
        return setPaused.run(text, findRun(id).number).changes === 1
      }),
    askToCancel: id => store.write(() => askToCancel.run(findRun(id).number).changes === 1),
    setPacing(id, pacing) {
      store.write(() => setPacing.run(JSON.stringify(pacing), findRun(id).number))
    },
  }
}
