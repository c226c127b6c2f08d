/** The migrations in their order. A new one is added at the end; one that was released is never changed. */

import type { Migration } from './migrate.ts'
import { firstTables } from './migrations/first-tables.ts'

export const migrations: readonly Migration[] = [firstTables]
