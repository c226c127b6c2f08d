/**
 * What SQLite and the file system report, turned into what the operator can mend. This is the one place that reads
 * their error codes; no method of the journal lets one of their errors through.
 */

import Database from 'better-sqlite3'
import { type ExitCode, exitCode, InvariantError, UserError } from '../../model/errors.ts'

/**
 * While a journal is being opened nothing has been sent, so its failure is one of usage; once it is open, a failure stops
 * a run that can be resumed.
 */
export type Stage = 'opening' | 'open'

/** The error to throw instead of this one: a UserError where there is something to mend, else an InvariantError. */
export function journalFailure(error: unknown, path: string, stage: Stage): unknown {
  if (error instanceof Database.SqliteError) return sqliteFailure(error, path, stage)
  if (error instanceof TypeError && /connection is (not open|busy)/.test(error.message))
    return new InvariantError(`the journal ${path} was used when it was closed or being read`, { cause: error })
  return error
}

/** The error to throw when the journal's file or folder cannot be made or looked at. */
export function fileFailure(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error
  const code = String(error.code)
  const { problem, remedy } = fileProblems[code] ?? { problem: `the system says ${code}`, remedy: otherPlace }
  return new UserError(`the journal ${path} cannot be used: ${problem}`, { where: path, remedy, cause: error })
}

/** Thrown where stored data is not what was stored; it becomes the UserError of a damaged journal. */
export function damaged(detail: string): Error {
  return new Database.SqliteError(detail, 'SQLITE_CORRUPT')
}

/** Whether a unique index refused a row. */
export function isUniqueViolation(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code === 'SQLITE_CONSTRAINT_UNIQUE'
}

interface Problem {
  readonly problem: string
  readonly remedy: string
}

const otherPlace = 'name another place with --journal'
const permission = {
  problem: 'permission denied',
  remedy: `let yourself write to the file and its folder, or ${otherPlace}`,
}
const notAFolder = { problem: 'a part of its path is a file, not a folder', remedy: otherPlace }

const fileProblems: Readonly<Record<string, Problem>> = {
  EACCES: permission,
  EPERM: permission,
  EROFS: { problem: 'its file system is read-only', remedy: otherPlace },
  ENOTDIR: notAFolder,
  EEXIST: notAFolder,
  ENAMETOOLONG: { problem: 'its path is too long', remedy: otherPlace },
  ENOSPC: { problem: 'the disk is full', remedy: 'free some space' },
  EDQUOT: { problem: 'your disk quota is used up', remedy: 'free some space' },
}

interface SqliteProblem extends Problem {
  /** The start of SQLite's extended result code; https://www.sqlite.org/rescode.html */
  readonly code: string
}

const sqliteProblems: readonly SqliteProblem[] = [
  {
    code: 'SQLITE_FULL',
    problem: 'cannot be written: the disk is full',
    remedy: 'free some space; then `mailblast resume` goes on where this stopped',
  },
  {
    code: 'SQLITE_READONLY',
    problem: 'cannot be written: the file, its folder or its file system is read-only',
    remedy: 'let yourself write to the file and its folder, or name another place with --journal',
  },
  {
    code: 'SQLITE_BUSY',
    problem: 'was locked by another process for too long',
    remedy: 'find out who holds it (a backup? a database browser?) and try again',
  },
  {
    code: 'SQLITE_NOTADB',
    problem: 'is not a journal: the file is no database at all',
    remedy: 'name another file with --journal, or move this one away',
  },
  {
    code: 'SQLITE_CORRUPT',
    problem: 'is damaged',
    remedy:
      'restore it from a copy, or rescue it with `sqlite3 FILE .recover`; a new journal would not know who has been mailed',
  },
  {
    code: 'SQLITE_CANTOPEN',
    problem: 'cannot be opened, or its folder cannot be written',
    remedy: 'let yourself read and write the file and its folder, or copy it to where you may',
  },
  {
    code: 'SQLITE_PERM',
    problem: 'cannot be opened: permission denied',
    remedy: 'let yourself read and write the file and its folder',
  },
  {
    code: 'SQLITE_IOERR',
    problem: 'cannot be read or written: the disk reports an error',
    remedy: 'check the disk and its file system; the journal must be on a local disk',
  },
]

function sqliteFailure(error: InstanceType<typeof Database.SqliteError>, path: string, stage: Stage): Error {
  const known = sqliteProblems.find(each => error.code.startsWith(each.code))
  if (known === undefined)
    return new InvariantError(`the journal ${path}: ${error.message} (${error.code})`, { cause: error })
  return new UserError(`the journal ${path} ${known.problem} (${error.code}: ${error.message})`, {
    where: path,
    remedy: known.remedy,
    exitCode: exitCodeOf(stage),
    cause: error,
  })
}

function exitCodeOf(stage: Stage): ExitCode {
  return stage === 'opening' ? exitCode.usage : exitCode.stopped
}
