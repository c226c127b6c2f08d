/**
 * Opens the journal at a path. This is where an implementation is chosen; it loads SQLite, so commands import it only
 * when they need it.
 */

import type { Journal } from './journal.ts'
import { attempts } from './sqlite/attempts.ts'
import { beginnings } from './sqlite/beginnings.ts'
import { canaries } from './sqlite/canaries.ts'
import { claims } from './sqlite/claims.ts'
import { complaints } from './sqlite/complaints.ts'
import { connect } from './sqlite/connect.ts'
import { control } from './sqlite/control.ts'
import { courses } from './sqlite/course.ts'
import { doubts } from './sqlite/doubts.ts'
import { editions } from './sqlite/editions.ts'
import { endings } from './sqlite/endings.ts'
import { enqueueing } from './sqlite/enqueue.ts'
import { failed } from './sqlite/failed.ts'
import { journalFailure } from './sqlite/failure.ts'
import { HandedOut } from './sqlite/handed-out.ts'
import { HeldFile } from './sqlite/held-file.ts'
import { knowing } from './sqlite/known.ts'
import { lockWaitMs } from './sqlite/limits.ts'
import { owners } from './sqlite/owners.ts'
import { puttingOff } from './sqlite/putting-off.ts'
import { reading } from './sqlite/reading.ts'
import { records } from './sqlite/records.ts'
import { recovery } from './sqlite/recovery.ts'
import { remembering } from './sqlite/remembering.ts'
import { standings } from './sqlite/standings.ts'
import { Store } from './sqlite/store.ts'
import { stories } from './sqlite/story.ts'
import { suppressing } from './sqlite/suppressing.ts'
import { tallies } from './sqlite/tally.ts'

export interface JournalOptions {
  readonly nowMs: () => number
  readonly randomBytes: (size: number) => Buffer
  /** For reading only: nothing is made or changed, and another process may be writing. Default false. */
  readonly readOnly?: boolean
  /** How long to wait for another process's lock; 5 seconds unless told otherwise. */
  readonly lockWaitMs?: number
}

/**
 * Opens the journal at `path`, which is made if it is missing (unless `readOnly`). Throws UserError if the path, its
 * folder, the file's content or its version does not allow it.
 */
export function openJournal(path: string, options: JournalOptions): Journal {
  const readOnly = options.readOnly ?? false
  const { database, path: absolute } = connect(path, { lockWaitMs, ...options, readOnly })
  try {
    const store = new Store(database, absolute, readOnly ? null : new HeldFile(absolute))
    const handedOut = new HandedOut()
    store.define('in_hand', messageId => handedOut.has(messageId))
    return {
      ...owners(store, handedOut),
      ...beginnings(store, options),
      ...knowing(store),
      ...enqueueing(store),
      ...claims(store, handedOut),
      ...puttingOff(store, handedOut),
      ...attempts(store, handedOut),
      ...recovery(store, handedOut),
      ...endings(store),
      ...canaries(store),
      ...control(store),
      ...standings(store),
      ...remembering(store),
      ...doubts(store, handedOut),
      ...reading(store),
      ...editions(store),
      ...tallies(store),
      ...courses(store),
      ...records(store),
      ...failed(store),
      ...stories(store),
      ...suppressing(store),
      ...complaints(store),
      close: () => store.close(),
    }
  } catch (error) {
    database.close()
    throw journalFailure(error, absolute, 'opening')
  }
}
