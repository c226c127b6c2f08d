/**
 * The file behind a journal that is open for writing. If it is deleted or replaced meanwhile, the open one can still be
 * written, but nobody will find it again: so no call may begin any more, and what it holds is saved before it is closed.
 */

import { type BigIntStats, statSync } from 'node:fs'
import type Database from 'better-sqlite3'
import { exitCode, UserError } from '../../model/errors.ts'
import { fileStats, identityOf } from './file-identity.ts'
import { freeRescuePath, rescue } from './rescue.ts'

type Fate = 'in place' | 'deleted' | 'replaced by another file'

export class HeldFile {
  readonly #path: string
  readonly #opened: BigIntStats
  /** Which file it is, as `meta` keeps it. */
  readonly identity: Buffer

  /** Takes the file that is at `path` now for the one that was opened: to be made at once. */
  constructor(path: string) {
    this.#path = path
    this.#opened = fileStats(path)
    this.identity = identityOf(this.#opened)
  }

  /** Throws UserError if the file at the path is not the one that was opened. */
  mustBeInPlace(): void {
    const fate = this.#fate()
    if (fate === 'in place') return
    const rescued = freeRescuePath(this.#path)
    throw this.#lost(
      fate,
      'nothing more is sent',
      `what is known is saved as ${rescued} when this ends: then `,
      rescued,
    )
  }

  /** Closes the database. If its file is not in its place, it is saved beside it first, and UserError names the rescued file. */
  close(database: Database.Database): void {
    const fate = this.#fate()
    if (fate === 'in place') return void database.close()
    try {
      throw this.#rescued(database, fate)
    } finally {
      database.close()
    }
  }

  #rescued(database: Database.Database, fate: Fate): UserError {
    try {
      const rescued = rescue(database, this.#path)
      return this.#lost(fate, `what is known was saved as ${rescued}`, '', rescued)
    } catch (error) {
      return new UserError(
        `the journal ${this.#path} was ${fate} while it was in use, and what it held could not be saved: ${error instanceof Error ? error.message : error}`,
        {
          where: this.#path,
          remedy: 'learn from your providers who has been mailed before you send anything under its keys again',
          exitCode: exitCode.stopped,
          cause: error,
        },
      )
    }
  }

  #lost(fate: Fate, consequence: string, before: string, rescued: string): UserError {
    const first = fate === 'deleted' ? '' : `move the file that is there away, `
    return new UserError(`the journal ${this.#path} was ${fate} while it was in use: ${consequence}`, {
      where: this.#path,
      remedy: `${before}${first}move ${rescued} to ${this.#path} and go on with \`mailblast resume --take-over\``,
      exitCode: exitCode.stopped,
    })
  }

  #fate(): Fate {
    const found = this.#found()
    if (found === 'unknown') return 'in place'
    if (found === undefined) return 'deleted'
    // While a file is open, its number is given to no other.
    const isSame = found.ino === this.#opened.ino && found.dev === this.#opened.dev
    return isSame ? 'in place' : 'replaced by another file'
  }

  /** A file system that does not answer proves nothing. */
  #found(): BigIntStats | undefined | 'unknown' {
    try {
      return statSync(this.#path, { bigint: true, throwIfNoEntry: false })
    } catch (error) {
      return error instanceof Error && 'code' in error && error.code === 'ENOTDIR' ? undefined : 'unknown'
    }
  }
}
