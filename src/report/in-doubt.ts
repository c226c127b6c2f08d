/** Who is in doubt, by name: for people and for programs. */

import type { DoubtfulMessage } from '../journal/journal.ts'
import { iso, moment, terminalSafe } from '../model/words.ts'
import { tableBlocks } from './table.ts'

/** A line for each. */
export function inDoubtTable(people: Iterable<DoubtfulMessage>, most: number): Iterable<string[]> {
  return tableBlocks(people, most, ({ address, line, route, sinceMs }) => [
    terminalSafe(address),
    `line ${line}`,
    route,
    `since ${moment(sinceMs)}`,
  ])
}

export function inDoubtJson({ address, line, route, sinceMs, cause }: DoubtfulMessage): object {
  return { address, line, route, since: iso(sinceMs), cause }
}
