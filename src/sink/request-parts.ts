/** The parts of a vendor's request that all of them are read by. */

/** A body as JSON; undefined if it is none. */
export function parsedJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    return undefined
  }
}

/** What stands before the query. */
export function pathOf(path: string): string {
  return path.split('?', 1)[0] ?? ''
}

/** The query, without its question mark. */
export function queryOf(path: string): string {
  return path.slice(pathOf(path).length + 1)
}
