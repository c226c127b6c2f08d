/**
 * The open database as the rooms of the journal use it: prepared statements, and two doors through which all of them
 * go. Every write is one IMMEDIATE transaction, so that no other process can write between its reads and its writes.
 */

import type Database from 'better-sqlite3'
import { InvariantError } from '../../model/errors.ts'
import { journalFailure } from './failure.ts'
import type { HeldFile } from './held-file.ts'
import { OwnedKeys } from './owned-keys.ts'

export interface Statement<Params extends unknown[], Row> {
  run(...params: Params): { readonly changes: number; readonly lastInsertRowid: number | bigint }
  get(...params: Params): Row | undefined
  all(...params: Params): Row[]
  /** Reads row by row; nothing else may be asked of the journal before it is over. */
  iterate(...params: Params): IterableIterator<Row>
}

export class Store {
  readonly ownedKeys: OwnedKeys
  readonly #database: Database.Database
  readonly #path: string
  readonly #file: HeldFile | null
  readonly #transaction: Database.Transaction<(work: () => unknown) => unknown>

  /** Without a file, for reading only. */
  constructor(database: Database.Database, path: string, file: HeldFile | null) {
    this.#database = database
    this.#path = path
    this.#file = file
    this.#transaction = database.transaction(work => work())
    this.ownedKeys = new OwnedKeys(this)
  }

  /** A statement that is prepared when it is used first, inside `read` or `write`: most commands use few of them. */
  statement<Params extends unknown[] = [], Row = never>(sql: string): Statement<Params, Row> {
    let prepared: Database.Statement<unknown[], Row> | undefined
    const ready = (): Database.Statement<unknown[], Row> => {
      prepared ??= this.#database.prepare<unknown[], Row>(sql)
      return prepared
    }
    return {
      run: (...params) => ready().run(...params),
      get: (...params) => ready().get(...params),
      all: (...params) => ready().all(...params),
      iterate: (...params) => ready().iterate(...params),
    }
  }

  /** Makes a question about a number available to SQL; it must not use the database itself. */
  define(name: string, question: (number: number) => boolean): void {
    this.#database.function(name, { directOnly: true }, (number: number) => (question(number) ? 1 : 0))
  }

  /** Makes a function of a text available to SQL; it must not use the database itself, and always give the same. */
  defineText(name: string, make: (text: string) => string): void {
    this.#database.function(name, { directOnly: true, deterministic: true }, (text: string) => make(text))
  }

  /** Everything that `work` reads is of one moment. */
  read<Result>(work: () => Result): Result {
    return this.#guarded(() => this.#transaction.deferred(work) as Result)
  }

  /** All of what `work` writes, or, if it throws, nothing; durable when this returns. */
  write<Result>(work: () => Result): Result {
    this.#held()
    return this.#guarded(() => this.#transaction.immediate(work) as Result)
  }

  /** Throws UserError if the file is not in its place any more: what is written now will be saved, but may not be acted on. */
  mustBeInPlace(): void {
    this.#held().mustBeInPlace()
  }

  /** Which file it is, as `meta` keeps it. */
  get identity(): Buffer {
    return this.#held().identity
  }

  close(): void {
    if (!this.#database.open) return
    this.#guarded(() => (this.#file === null ? this.#database.close() : this.#file.close(this.#database)))
  }

  #held(): HeldFile {
    if (this.#file === null) throw new InvariantError(`the journal ${this.#path} was opened for reading only`)
    return this.#file
  }

  #guarded<Result>(work: () => Result): Result {
    try {
      return work()
    } catch (error) {
      throw journalFailure(error, this.#path, 'open')
    }
  }
}
