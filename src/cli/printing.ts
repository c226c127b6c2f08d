/** Says long things piece by piece, as fast as whoever reads takes them. */

import { once } from 'node:events'
import type { Context } from './context.ts'

/** Whoever reads may have gone away: what is said is then lost, and changes nothing about what was sent. */
export async function print(pieces: Iterable<string>, { stdout }: Context): Promise<void> {
  await writeAll(pieces, stdout.stream).catch(() => undefined)
}

/** Writes pieces as fast as the other side takes them, in blocks. */
export async function writeAll(pieces: Iterable<string>, out: NodeJS.WritableStream): Promise<void> {
  const over = new AbortController()
  const failed = once(out, 'error', over).then(([error]) => Promise.reject(error))
  failed.catch(() => undefined)
  try {
    let block = ''
    for (const piece of pieces) {
      block += piece
      if (block.length < 65_536) continue
      if (!out.write(block)) await Promise.race([once(out, 'drain'), failed])
      block = ''
    }
    await Promise.race([new Promise<void>(resolve => out.write(block, () => resolve())), failed])
  } finally {
    // Nobody is to listen for an error of a stream that goes on being used.
    over.abort()
  }
}
