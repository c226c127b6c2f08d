/** Reading files that a campaign names. Whatever keeps a file from being read is its user's to mend: a UserError. */

import { open } from 'node:fs/promises'
import { UserError } from '../model/errors.ts'

/** How much is read at once, in bytes. */
const chunkBytes = 128 * 1024

/** A file's bytes, read as they are asked for and never ahead. Throws UserError with its `name` if it cannot be read. */
export async function* fileBytes(path: string, name = path): AsyncGenerator<Uint8Array> {
  const file = await open(path, 'r').catch((error: unknown) => {
    throw unreadable(name, error)
  })
  try {
    while (true) {
      const { bytesRead, buffer } = await file
        .read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes)
        .catch((error: unknown) => {
          throw unreadable(name, error)
        })
      if (bytesRead === 0) return
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}

/** A file's bytes in one piece. Throws UserError if it holds more than `maxBytes` or cannot be read. */
export async function smallFile(path: string, maxBytes: number, name = path): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of fileBytes(path, name)) {
    chunks.push(chunk)
    length += chunk.length
    if (length > maxBytes) {
      throw new UserError(`the file is longer than ${maxBytes} bytes`, { where: name, remedy: 'Is it the right file?' })
    }
  }
  return Buffer.concat(chunks)
}

/** Says why a file cannot be opened, read or written. */
export function unreadable(name: string, error: unknown): UserError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'an unknown error'
  const [message, remedy] = reasons[code] ?? [`the file cannot be used: ${code}`, 'Check the path and the disk.']
  return new UserError(message, { where: name, remedy })
}

const reasons: Readonly<Record<string, readonly [message: string, remedy: string]>> = {
  ENOENT: ['there is no such file', 'Check the path.'],
  ENOTDIR: ['there is no such file: a part of its path is not a folder', 'Check the path.'],
  EISDIR: ['this is a folder, not a file', 'Give the path of a file.'],
  EACCES: ['the file may not be used by this user', 'Check its permissions and those of its folders.'],
  EPERM: ['the file may not be used by this user', 'Check its permissions and those of its folders.'],
  EEXIST: ['the file is there already and is not overwritten', 'Move it away, or choose another path.'],
  ENOSPC: ['there is no space left on the disk', 'Make room and try again.'],
  ERR_INVALID_ARG_VALUE: ['this is not a path', 'Check the path.'],
}
