/**
 * Reads rows in the order of lines, a page at a time. No statement stays open between pages, so a list may be as long as it
 * likes, and the journal stays usable while it is gone through.
 */

import { pageRows } from './limits.ts'

/** From where on to read: `(line, id) > (:afterLine, :afterId) … LIMIT :limit`. */
export interface PagePlace {
  readonly afterLine: number
  readonly afterId: number
  readonly limit: number
}

export interface PageQuery extends PagePlace {
  readonly run: number
}

export function* pages<Row extends { readonly line: number; readonly id: number }>(
  read: (place: PagePlace) => Row[],
): Generator<Row> {
  let place: PagePlace = { afterLine: Number.MIN_SAFE_INTEGER, afterId: 0, limit: pageRows }
  for (;;) {
    const rows = read(place)
    yield* rows
    const last = rows.at(-1)
    if (last === undefined) return
    place = { ...place, afterLine: last.line, afterId: last.id }
  }
}

export function* mapped<From, To>(rows: Iterable<From>, change: (row: From) => To): Generator<To> {
  for (const row of rows) yield change(row)
}
