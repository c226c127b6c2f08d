/**
 * A request's body as it leaves: put together from pieces that a vendor has encoded once and pieces of one message. It
 * never copies a large piece, and a body that one write cannot hold leaves in measured chunks, so that the caller knows
 * at any moment whether the server can have all of it.
 */

import { Readable } from 'node:stream'

/** Bytes that are ready, or text to be encoded as UTF-8. */
export type BodyPiece = Buffer | string

export interface RequestBody {
  readonly bytes: number
  /** One buffer is handed over whole or not at all; a stream is handed over chunk by chunk, each after the last drained. */
  readonly content: Buffer | Readable
}

/** What a socket takes in one write without waiting (undici's high-water mark of a plain connection). */
export const chunkBytes = 64 * 1024

export function requestBody(pieces: readonly BodyPiece[]): RequestBody {
  let bytes = 0
  for (const piece of pieces) bytes += typeof piece === 'string' ? Buffer.byteLength(piece) : piece.length
  if (bytes <= chunkBytes) return { bytes, content: joined(pieces, bytes) }
  return { bytes, content: streamed(chunks(pieces)) }
}

/** The pieces in order, in chunks of at most `chunkBytes`; pieces that are larger are cut without copying. */
export function* chunks(pieces: readonly BodyPiece[]): Generator<Buffer> {
  let waiting: Buffer[] = []
  let waitingBytes = 0
  for (const piece of pieces) {
    const buffer = typeof piece === 'string' ? Buffer.from(piece) : piece
    if (waitingBytes + buffer.length <= chunkBytes) {
      waiting.push(buffer)
      waitingBytes += buffer.length
      continue
    }
    if (waitingBytes > 0) yield oneOf(waiting)
    let from = 0
    for (; buffer.length - from > chunkBytes; from += chunkBytes) yield buffer.subarray(from, from + chunkBytes)
    waiting = [buffer.subarray(from)]
    waitingBytes = buffer.length - from
  }
  if (waitingBytes > 0) yield oneOf(waiting)
}

function oneOf(buffers: readonly Buffer[]): Buffer {
  return buffers.length === 1 && buffers[0] !== undefined ? buffers[0] : Buffer.concat(buffers)
}

function joined(pieces: readonly BodyPiece[], bytes: number): Buffer {
  const whole = Buffer.allocUnsafe(bytes)
  let at = 0
  for (const piece of pieces) at += typeof piece === 'string' ? whole.write(piece, at) : piece.copy(whole, at)
  return whole
}

function streamed(source: Generator<Buffer>): Readable {
  const stream = new Readable({
    highWaterMark: chunkBytes,
    read() {
      this.push(source.next().value ?? null)
    },
  })
  // Why the stream was destroyed reaches the call by another way; without a listener Node would throw it.
  stream.on('error', () => undefined)
  return stream
}
