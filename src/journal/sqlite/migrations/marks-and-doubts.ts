/**
 * Version 2: what tells one process and one file from another, and who said what became of people in doubt. Owners of
 * version 1 have no space, so nobody can see whether they live; the journal belongs to the file in which it is found.
 */

import { identityAt, identityName } from '../file-identity.ts'
import type { Migration } from '../migrate.ts'

export const marksAndDoubts: Migration = database => {
  database.exec(changes)
  database.prepare('INSERT INTO meta (name, value) VALUES (?, ?)').run(identityName, identityAt(database.name))
}

const changes = `
-- With host and pid: the mark of the process that owns the key.
ALTER TABLE keys ADD COLUMN space TEXT;
ALTER TABLE keys ADD COLUMN started TEXT;

-- Who said what became of somebody who was in doubt. Who is in doubt has not been settled.
ALTER TABLE messages ADD COLUMN settled_by TEXT CHECK (
  settled_by IS NULL OR (settled_by IN ('asked', 'repeated', 'operator', 'resent') AND state <> 'in doubt'));

CREATE INDEX messages_doubtful ON messages (run, line) WHERE state = 'in doubt';
CREATE INDEX messages_doubtful_by_call ON messages (run, attempt) WHERE state = 'in doubt';
`
