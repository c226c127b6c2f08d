/**
 * Brings the journal at argv[2] up to date, says so from the middle of the last migration, when all is written and nothing
 * committed, and waits there to be killed.
 */

import { randomBytes } from 'node:crypto'
import { writeSync } from 'node:fs'
import { connect } from '../../../../src/journal/sqlite/connect.ts'
import type { Migration } from '../../../../src/journal/sqlite/migrate.ts'
import { firstTables } from '../../../../src/journal/sqlite/migrations/first-tables.ts'
import { marksAndDoubts } from '../../../../src/journal/sqlite/migrations/marks-and-doubts.ts'

const path = process.argv[2] ?? ''
const stuck: Migration = (database, origin) => {
  marksAndDoubts(database, origin)
  writeSync(1, 'in the middle\n')
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}
connect(path, { nowMs: () => 0, randomBytes, readOnly: false, lockWaitMs: 1000 }, [firstTables, stuck])
