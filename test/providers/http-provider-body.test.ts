/** A body from its pieces: nothing lost, nothing doubled, and never more at once than one write holds. */

import { buffer } from 'node:stream/consumers'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type BodyPiece, chunkBytes, chunks, requestBody } from '../../src/providers/http-body.ts'

const whole = (pieces: readonly BodyPiece[]) => Buffer.concat(pieces.map(piece => Buffer.from(piece)))

/** Texts of all kinds, and runs of one character about the size of a chunk. */
const piece = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'grapheme' }).map(text => Buffer.from(text)),
  fc.tuple(fc.constantFrom('x', 'é', '😀'), fc.integer({ min: 0, max: chunkBytes })).map(([unit, n]) => unit.repeat(n)),
  fc.integer({ min: chunkBytes - 2, max: 3 * chunkBytes + 2 }).map(bytes => Buffer.alloc(bytes, 'y')),
)

test('a body is its pieces, in order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 8 }), async pieces => {
      const expected = whole(pieces)
      const body = requestBody(pieces)
      expect(body.bytes).toBe(expected.length)
      expect(Buffer.isBuffer(body.content)).toBe(expected.length <= chunkBytes)
      const bytes = Buffer.isBuffer(body.content) ? body.content : await buffer(body.content)
      expect(bytes.equals(expected)).toBe(true)
    }),
    { numRuns: 100 },
  )
})

test('its chunks are never empty and never larger than one write', () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), pieces => {
      const sizes = [...chunks(pieces)].map(chunk => chunk.length)
      expect(sizes.every(size => size > 0 && size <= chunkBytes)).toBe(true)
    }),
    { numRuns: 100 },
  )
})

test.each([
  [chunkBytes - 1, [chunkBytes - 1]],
  [chunkBytes, [chunkBytes]],
  [chunkBytes + 1, [chunkBytes, 1]],
  [2 * chunkBytes, [chunkBytes, chunkBytes]],
  [2 * chunkBytes + 1, [chunkBytes, chunkBytes, 1]],
])('a piece of %i bytes goes in chunks of %j', (bytes, sizes) => {
  expect([...chunks([Buffer.alloc(bytes)])].map(chunk => chunk.length)).toEqual(sizes)
})

test('a large piece is not copied', () => {
  const large = Buffer.alloc(3 * chunkBytes)
  expect([...chunks([large])].every(chunk => chunk.buffer === large.buffer)).toBe(true)
})
