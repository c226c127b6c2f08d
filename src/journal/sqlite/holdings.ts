/**
 * What a process holds in a run before it takes anything: whatever a former owner has begun, for nobody knows yet what
 * became of it. SQL asks for what is in hand by `in_hand`.
 */

import type { HandedOut } from './handed-out.ts'
import { openAttempts } from './recovery.ts'
import type { RunNumbers } from './run-rows.ts'
import type { Store } from './store.ts'

/** Takes, inside a transaction, what others have begun in a run in hand; once for each owner and run. */
export function holdings(store: Store, handedOut: HandedOut): (run: RunNumbers) => void {
  const listOpen = openAttempts(store)
  return run => {
    if (handedOut.knowsOthersOf(run.number)) return
    for (const { id, messageIds } of listOpen(run.number)) handedOut.begun(messageIds, id)
    handedOut.looked(run.number)
  }
}
