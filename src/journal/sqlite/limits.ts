/** The bounds that the SQLite journal keeps, in one place. */

/** How long a statement waits for another process's lock, unless told otherwise. */
export const lockWaitMs = 5000

/** Memory for cached pages. */
export const cacheBytes = 4 * 1024 * 1024

/**
 * Pages in the write-ahead log before they are moved to the file (4 KiB each, so 32 MiB). Rows come in any order of
 * addresses, so each batch touches pages all over the indexes; letting the log grow to this writes most of them once
 * instead of many times (a third faster than SQLite's 1,000 pages at a million recipients).
 */
export const checkpointPages = 8000

/** What the write-ahead log is cut back to after a large transaction. */
export const logMaxBytes = 64 * 1024 * 1024

/**
 * Due messages that one claim looks at, at most: where nearly all of them are to be left aside, looking at a million would
 * hold up everything else for a second.
 */
export const looksMax = 20_000

/** Rows read at a time by what is streamed. */
export const pageRows = 500

/** Characters kept of any text from outside. */
export const textMax = 500
