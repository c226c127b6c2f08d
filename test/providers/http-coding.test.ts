/** Answers that come compressed, though nobody asked for it. */

import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { decodedBody } from '../../src/providers/http-coding.ts'
import { bareServer, toyKind, toyOptions } from '../support/http-toy.ts'
import { message, opening } from '../support/provider-opening.ts'

const words = Buffer.from('{"id":"7"}')
const zeros = Buffer.alloc(2 * 1024 * 1024)

describe('a body', () => {
  test.each<[string, string | undefined, Buffer, Buffer | undefined]>([
    ['as it is', undefined, words, words],
    ['as it is, and said so', 'identity', words, words],
    ['gzip', 'gzip', gzipSync(words), words],
    ['gzip, in capitals', ' GZIP', gzipSync(words), words],
    ['gzip by its old name', 'x-gzip', gzipSync(words), words],
    ['deflate', 'deflate', deflateSync(words), words],
    ['Brotli', 'br', brotliCompressSync(words), words],
    ['nothing at all', 'gzip', Buffer.alloc(0), Buffer.alloc(0)],
    ['not what it says', 'gzip', words, undefined],
    ['broken off', 'gzip', gzipSync(words).subarray(0, 15), undefined],
    ['a bomb', 'gzip', gzipSync(zeros), undefined],
    ['twice', 'gzip, gzip', gzipSync(gzipSync(words)), undefined],
    ['unheard of', 'constructor', words, undefined],
  ])('%s', (_, coding, body, expected) => {
    const headers = coding === undefined ? {} : { 'content-encoding': coding }
    expect(decodedBody({ headers, body })).toEqual(expected)
  })
})

test.each([
  ['is read', gzipSync('no such template'), 'refused', 'no such template'],
  ['cannot be read', Buffer.from('no such template'), 'refused', ''],
])('an answer that %s', async (_, body, kind, text) => {
  const head = `HTTP/1.1 400 Bad\r\ncontent-encoding: gzip\r\ncontent-length: ${body.length}\r\n\r\n`
  const server = await bareServer(async visit => {
    await visit.request()
    visit.socket.end(Buffer.concat([Buffer.from(head), body]))
  })
  const provider = await toyKind().open(opening({ options: toyOptions(server.url) }))
  const [outcome] = await provider.send([message(1)], new AbortController().signal)
  expect(outcome).toMatchObject({ kind, cause: { text } })
  expect(server.visits[0]?.received()).toContain('accept-encoding: identity\r\n')
  await provider.close()
  await server.close()
})
