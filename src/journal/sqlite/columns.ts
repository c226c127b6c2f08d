/** How values are written into columns and read back: text bounded, times whole, lists and objects as JSON. */

import { damaged } from './failure.ts'
import { textMax } from './limits.ts'

/** Text from outside, cut to `textMax` characters. */
export function bounded(text: string): string {
  return text.length > textMax ? `${text.slice(0, textMax - 1)}…` : text
}

export function boundedOrNull(text: string | null | undefined): string | null {
  return text === null || text === undefined ? null : bounded(text)
}

/** A time as the tables hold it; a delay multiplied by chance gives fractions. Rounded up: never earlier than meant. */
export function wholeMs(ms: number): number {
  return Math.ceil(ms)
}

/** SQLite takes a limit below zero for none at all. */
export function rowLimit(limit: number): number {
  return Math.max(0, Math.floor(limit))
}

/** A list as JSON, and null for an empty one, which most are. */
export function listOrNull(list: readonly unknown[]): string | null {
  return list.length === 0 ? null : JSON.stringify(list)
}

/** Reads what `listOrNull` has written. */
export function storedList<Item>(text: string | null): readonly Item[] {
  return text === null ? [] : storedJson<readonly Item[]>(text)
}

/** Reads JSON that the journal itself has written. */
export function storedJson<Value>(text: string): Value {
  try {
    return JSON.parse(text) as Value
  } catch {
    throw damaged('a stored value cannot be read')
  }
}
