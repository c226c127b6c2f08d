/** The migrations in their order. A new one is added at the end; one that was released is never changed. */

import type { Migration } from './migrate.ts'
import { complaintIndexes } from './migrations/complaint-indexes.ts'
import { firstTables } from './migrations/first-tables.ts'
import { marksAndDoubts } from './migrations/marks-and-doubts.ts'
import { paceAndControl } from './migrations/pace-and-control.ts'

export const migrations: readonly Migration[] = [firstTables, marksAndDoubts, paceAndControl, complaintIndexes]
