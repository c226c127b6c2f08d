/**
 * The ledger as a file or as standard output: appended to, never overwritten, readable by its owner alone. Every call's
 * lines are written synchronously before the call is answered, so that a sink that is killed has written all it has said.
 */

import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs'
import { UserError } from '../model/errors.ts'
import { plural } from '../model/words.ts'
import { type LedgerEntry, ledgerLines } from './ledger.ts'

export interface LedgerFile {
  /**
   * Begins on a line of its own, also after half a line that a full disk has left. Throws UserError if no more is taken,
   * and the system's error (`EPIPE`) if whoever read it has gone. Half a line may be there then, but never half of one that
   * is answered for.
   */
  append(entries: readonly LedgerEntry[]): void
  close(): void
}

/** Stops the whole process for so many milliseconds: nothing may happen while the ledger is not written. */
export type StandStill = (ms: number) => void

/** Throws UserError if the file cannot be opened for appending. */
export function openLedgerFile(path: string, standStill: StandStill): LedgerFile {
  const remedy = 'Give the path of a file that may be written, on a disk with room.'
  const writer = attempt({ where: path, remedy }, () => openSync(path, 'a', 0o600))
  const ledger = new AppendedLedger({ where: path, remedy }, writer, readerOf(writer, path), standStill)
  return {
    append: entries => ledger.append(entries),
    close() {
      ledger.closeReader()
      closeSync(writer)
    },
  }
}

/**
 * Standard output, which stays open. It may be a pipe that does not block: one that is full is waited for, for ten seconds
 * without any progress at the most. `path` is where it can be opened to read how it ends, if it is a file.
 */
export function standardLedger(descriptor: number, standStill: StandStill, path = '/dev/stdout'): LedgerFile {
  const place = {
    where: 'standard output',
    remedy: 'Give a file that may be written, on a disk with room: --ledger ledger.ndjson',
  }
  const ledger = new AppendedLedger(place, descriptor, readerOf(descriptor, path), standStill)
  return { append: entries => ledger.append(entries), close: () => ledger.closeReader() }
}

interface Place {
  readonly where: string
  readonly remedy: string
}

/** How long nobody may read what is written, and how often is looked. */
const patienceMs = 10_000
const lookEveryMs = 10
const lineEnd = 0x0a

class AppendedLedger {
  readonly #place: Place
  readonly #writer: number
  /** Null if it cannot be read how it ends. */
  readonly #reader: number | null
  readonly #standStill: StandStill
  /** Whether what was written last was half a line. */
  #isHalf = false

  constructor(place: Place, writer: number, reader: number | null, standStill: StandStill) {
    this.#place = place
    this.#writer = writer
    this.#reader = reader
    this.#standStill = standStill
  }

  append(entries: readonly LedgerEntry[]): void {
    if (entries.length === 0) return
    const lines = ledgerLines(entries)
    attempt(this.#place, () => {
      const isHalf = this.#reader === null ? this.#isHalf : endsInHalf(this.#reader)
      this.#write(Buffer.from(`${isHalf ? '\n' : ''}${lines}`))
    })
  }

  closeReader(): void {
    if (this.#reader !== null) closeSync(this.#reader)
  }

  /** A disk that is nearly full takes a part, and a pipe what it has room for; the rest is tried until there is an error. */
  #write(bytes: Buffer): void {
    let waitedMs = 0
    for (let written = 0; written < bytes.length; ) {
      const taken = this.#writeSome(bytes, written)
      written += taken
      if (taken > 0) {
        waitedMs = 0
        this.#isHalf = bytes[written - 1] !== lineEnd
      } else if (waitedMs < patienceMs) {
        this.#standStill(lookEveryMs)
        waitedMs += lookEveryMs
      } else {
        const { where, remedy } = this.#place
        throw new UserError(`nobody has read the ledger for ${plural(patienceMs / 1000, 'second')}`, { where, remedy })
      }
    }
  }

  /** How many bytes are taken: none by a pipe that is full. */
  #writeSome(bytes: Buffer, from: number): number {
    try {
      return writeSync(this.#writer, bytes, from)
    } catch (error) {
      if (codeOf(error) === 'EAGAIN') return 0
      throw error
    }
  }
}

/** What a ledger is read by, to see how it ends; null if it is no file or may not be read. */
function readerOf(writer: number, path: string): number | null {
  try {
    return fstatSync(writer).isFile() ? openSync(path, 'r') : null
  } catch {
    return null
  }
}

function endsInHalf(reader: number): boolean {
  const { size } = fstatSync(reader)
  const last = Buffer.alloc(1)
  return size > 0 && readSync(reader, last, 0, 1, size - 1) === 1 && last[0] !== lineEnd
}

function attempt<Result>({ where, remedy }: Place, act: () => Result): Result {
  try {
    return act()
  } catch (error) {
    const code = codeOf(error)
    if (code === undefined || code === 'EPIPE') throw error
    throw new UserError(`the ledger cannot be written (${code})`, { where, remedy })
  }
}

/** The system's name of an error; undefined if it is none of the system's. */
function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}
