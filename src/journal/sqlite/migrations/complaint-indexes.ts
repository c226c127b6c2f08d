/**
 * Indexes by which complaints about a run are counted while it is sent: those who complained lately among all who are
 * suppressed, and the few of a list whose addresses are not in the lower case in which suppressions are kept.
 */

import type { Migration } from '../migrate.ts'

export const complaintIndexes: Migration = database => {
  database.exec(`
    CREATE INDEX suppressions_complaints ON suppressions (at) WHERE reason = 'complaint';
    CREATE INDEX messages_with_capitals ON messages (run, lower(address)) WHERE address <> lower(address);
  `)
}
