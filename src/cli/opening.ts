/** Opens the journal that a command on runs is about. */

import { existsSync } from 'node:fs'
import type { Journal } from '../journal/journal.ts'
import { openJournal } from '../journal/open.ts'
import type { Context } from './context.ts'
import { campaignFileOf, journalPath } from './places.ts'

export interface JournalOptions {
  /** `--journal`. */
  readonly journal?: string
  /** The RUN argument: an id, its beginning, or a campaign file. */
  readonly run?: string | undefined
}

/**
 * - `readOnly`: creates and changes nothing, and sees what another process writes
 * - `readWrite`: the journal must be there
 * - `create`: it is made if it is not there
 */
export type Access = 'readOnly' | 'readWrite' | 'create'

/** Opens the journal for the length of the work. */
export async function withJournal<Result>(
  options: JournalOptions,
  context: Context,
  access: Access,
  work: (journal: Journal, path: string) => Result | Promise<Result>,
): Promise<Result> {
  const path = journalPath(options.journal, campaignFileOf(options.run, context), context)
  // Opening to write would make a journal where there is none, and then say that it has no such run.
  const readOnly = access === 'readOnly' || (access === 'readWrite' && !existsSync(path))
  const journal = openJournal(path, {
    nowMs: context.clock.nowMs,
    randomBytes: context.randomBytes,
    readOnly,
  })
  try {
    return await work(journal, path)
  } finally {
    journal.close()
  }
}
