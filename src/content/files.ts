/**
 * Reads the files whose content is sent: bounded in size, and only regular files, for a pipe or device may never end.
 * What is wrong with one file is said as data; what is wrong with the machine is thrown.
 */

import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { UserError } from '../model/errors.ts'

export type ReadFile =
  | { readonly ok: true; readonly bytes: Buffer; readonly sha256: string }
  | { readonly ok: false; readonly why: string }

export type HashedFile =
  | { readonly ok: true; readonly size: number; readonly sha256: string }
  | { readonly ok: false; readonly why: string }

/** A file's bytes and their SHA-256 in hexadecimal. `why` is a phrase such as `there is no such file`. */
export async function readFile(path: string, maxBytes: number): Promise<ReadFile> {
  const chunks: Buffer[] = []
  const hashed = await eachChunk(path, maxBytes, chunk => chunks.push(chunk))
  return hashed.ok ? { ok: true, bytes: Buffer.concat(chunks), sha256: hashed.sha256 } : hashed
}

/** The same without keeping the bytes. */
export async function hashFile(path: string, maxBytes: number): Promise<HashedFile> {
  return eachChunk(path, maxBytes, () => undefined)
}

/** Whether a file's name can stand in a header. */
export function hasPlainName(path: string): boolean {
  return !/[\0-\x1f\x7f-\x9f\u2028\u2029]/.test(basename(path))
}

async function eachChunk(path: string, maxBytes: number, take: (chunk: Buffer) => void): Promise<HashedFile> {
  const hash = createHash('sha256')
  let size = 0
  try {
    if (!(await stat(path)).isFile()) return { ok: false, why: 'it is not a file' }
    const stream = createReadStream(path)
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > maxBytes) return { ok: false, why: `it is larger than ${mebibytes(maxBytes)}` }
      hash.update(chunk)
      take(chunk)
    }
  } catch (error) {
    return { ok: false, why: whyUnreadable(path, error) }
  }
  return { ok: true, size, sha256: hash.digest('hex') }
}

export function mebibytes(bytes: number): string {
  return `${Math.round((bytes / 1024 / 1024) * 10) / 10} MiB`
}

/** Throws UserError where another file would fare no better: no memory, no descriptors, a broken disk. */
function whyUnreadable(path: string, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const why = reasons[code]
  if (why !== undefined) return why
  throw new UserError(`the file cannot be read (${code || String(error)})`, {
    where: path,
    remedy: 'see to it that files can be read on this machine, and try again',
    cause: error,
  })
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file: a part of its path is not a folder',
  EISDIR: 'it is not a file',
  EACCES: 'it may not be read by this user',
  EPERM: 'it may not be read by this user',
  ELOOP: 'its links lead in a circle',
  ENAMETOOLONG: 'its name is too long',
  ERR_INVALID_ARG_VALUE: 'it is not a path',
}
