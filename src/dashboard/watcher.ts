/** Whoever shows what is happening: one interface, several forms (a bar, plain lines, NDJSON). */

import type { Notice } from '../model/notice.ts'

export interface Watcher {
  /** So many rows of the list have been read. */
  reading(rows: number): void
  notify(notice: Notice): void
  /** Where there is something to be made of it: how many wait at the largest sites, counted once when the run begins. */
  waiting?(sites: readonly { readonly site: string; readonly waiting: number }[]): void
  /** Leaves the terminal as it was. May be called more than once. */
  close(): void
}

/** Where text goes; a terminal's stderr, a pipe, a test's buffer. */
export interface TextSink {
  write(text: string): unknown
}
