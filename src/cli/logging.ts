/** `--log FILE`: every notice as a line of JSON, appended, for whoever looks into it later. The system rotates it. */

import { closeSync, openSync, writeSync } from 'node:fs'
import { resolve } from 'node:path'
import { ndjsonLine } from '../dashboard/ndjson.ts'
import type { Watcher } from '../dashboard/watcher.ts'
import { UserError } from '../model/errors.ts'
import type { Notice } from '../model/notice.ts'
import type { Context } from './context.ts'
import { shown } from './places.ts'

export interface NoticeLog {
  write(notice: Notice): void
  close(): void
}

/**
 * A notice holds no secret: the routes take them out of every word of their providers'. Throws UserError if the file cannot be
 * written; one that fails later is said so once, and stops nothing.
 */
export function openLog(file: string, context: Context): NoticeLog {
  const path = resolve(context.cwd, file)
  let descriptor: number | null = opened(path, context)
  const close = (): void => {
    if (descriptor !== null) closeSync(descriptor)
    descriptor = null
  }
  return {
    write(notice) {
      // How things stand is said again every second, and is for eyes.
      if (descriptor === null || notice.type === 'standing') return
      try {
        writeSync(descriptor, `${ndjsonLine(notice)}\n`)
      } catch (error) {
        close()
        const why = `--log ${shown(path, context)} cannot be written any more (${codeOf(error)})`
        context.stderr.write(`${why}; the sending goes on\n`)
      }
    },
    close,
  }
}

/** What is shown, and written down beside. */
export function withLog(watcher: Watcher, log: NoticeLog): Watcher {
  return {
    ...watcher,
    notify(notice) {
      log.write(notice)
      watcher.notify(notice)
    },
    close() {
      log.close()
      watcher.close()
    },
  }
}

function opened(path: string, context: Context): number {
  try {
    return openSync(path, 'a', 0o600)
  } catch (error) {
    const remedy = 'Name another file, or mend its folder.'
    throw new UserError(`--log ${shown(path, context)} cannot be written (${codeOf(error)})`, { remedy })
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error)
}
