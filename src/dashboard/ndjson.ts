/** Notices for programs: one JSON object a line, field names in snake case, times in RFC 3339. */

import type { Notice } from '../model/notice.ts'
import type { TextSink, Watcher } from './watcher.ts'

export function ndjsonWatcher(out: TextSink): Watcher {
  return {
    reading() {},
    notify(notice: Notice) {
      if (notice.type !== 'standing') out.write(`${ndjsonLine(notice)}\n`)
    },
    close() {},
  }
}

/** `atMs` becomes `"at"` with a time in RFC 3339, or null where it is 0; `tookMs: 5` stays a number: `"took_ms": 5`. */
export function ndjsonLine(value: object): string {
  return JSON.stringify(snakeCased(value))
}

function snakeCased(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeCased)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => entry(key, inner)))
}

function entry(key: string, value: unknown): [string, unknown] {
  if (/(^at|At|[uU]ntil|[sS]ince)Ms$/.test(key) && (typeof value === 'number' || value === null)) {
    const time = value === null || value <= 0 || !Number.isFinite(value) ? null : new Date(value).toISOString()
    return [snake(key.slice(0, -2)), time]
  }
  return [snake(key), snakeCased(value)]
}

function snake(key: string): string {
  return key.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
}
