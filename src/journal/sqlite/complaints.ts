/**
 * Complaints about a run, counted while it is sent. It begins with those who complained lately, who are few, and looks for
 * each among the people of the run; so neither a long list nor a long history of suppressions makes it slow.
 */

import type { Journal } from '../journal.ts'
import { runFinder } from './run-rows.ts'
import type { Store } from './store.ts'

export function complaints(store: Store): Pick<Journal, 'complaints'> {
  const findRun = runFinder(store)
  const count = store.statement<[{ readonly run: number; readonly sinceMs: number }], { count: number }>(countSql)
  return {
    complaints: (id, sinceMs) => store.read(() => count.get({ run: findRun(id).number, sinceMs })?.count ?? 0),
  }
}

const acceptedSince = "messages.run = :run AND messages.state = 'accepted' AND messages.changed_at >= :sinceMs"

/**
 * Suppressions are in lower case and addresses are as they stand in the list. Most lists are in lower case too and are found
 * as they are; the others have an index of their own, which SQLite searches only if both sides are expressions, for a column
 * of text has an affinity that an expression has not.
 */
export const countSql = `
  SELECT count(*) AS count FROM suppressions INDEXED BY suppressions_complaints
  WHERE reason = 'complaint' AND at >= :sinceMs AND (
    EXISTS (
      SELECT 1 FROM messages INDEXED BY messages_of_run
      WHERE ${acceptedSince} AND messages.address = suppressions.address)
    OR EXISTS (
      SELECT 1 FROM messages INDEXED BY messages_with_capitals
      WHERE ${acceptedSince} AND lower(messages.address) = lower(suppressions.address)
        AND messages.address <> lower(messages.address)))`
