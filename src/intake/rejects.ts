/**
 * The rejects file: every row that did not become a recipient, with its line and its text as it stood, to be mended and
 * sent again. It may hold whatever the list holds, so only its owner may read it; and it never overwrites a file.
 */

import { type FileHandle, open } from 'node:fs/promises'
import type { RowProblem } from '../model/recipient.ts'
import { unreadable } from './files.ts'

export class RejectsFile {
  readonly #path: string
  #file: FileHandle | undefined

  constructor(path: string) {
    this.#path = path
  }

  /** Adds rows; the first of them creates the file. Throws UserError if it exists already or cannot be written. */
  async write(problems: readonly RowProblem[]): Promise<void> {
    if (problems.length === 0) return
    try {
      if (this.#file === undefined) {
        this.#file = await open(this.#path, 'wx', 0o600)
        await this.#file.appendFile('line,reason,detail,row\n')
      }
      await this.#file.appendFile(problems.map(csvLine).join(''))
    } catch (error) {
      throw unreadable(this.#path, error)
    }
  }

  /** Brings what was written to the disk. Returns the file's path, or null if there was nothing to write. */
  async close(): Promise<string | null> {
    if (this.#file === undefined) return null
    try {
      await this.#file.sync()
    } catch (error) {
      throw unreadable(this.#path, error)
    } finally {
      await this.#file.close()
      this.#file = undefined
    }
    return this.#path
  }
}

function csvLine({ line, reason, detail, text }: RowProblem): string {
  return `${line},${[reason, detail, text].map(quoted).join(',')}\n`
}

/** RFC 4180, section 2: always quoted, so that a cell may hold anything. */
function quoted(cell: string): string {
  return `"${cell.replaceAll('"', '""')}"`
}
