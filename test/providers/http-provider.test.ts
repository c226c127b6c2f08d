/** What all HTTP vendors share: parcels of the right size, one pool of connections per route, and no secret in any word. */

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { InvariantError, UserError } from '../../src/model/errors.ts'
import { parseBaseUrl } from '../../src/providers/http-base-url.ts'
import { redactor } from '../../src/providers/http-secret.ts'
import { bareServer, toyKind, toyOptions, toyVendor } from '../support/http-toy.ts'
import { message, messages, opening } from '../support/provider-opening.ts'

const { signal } = new AbortController()
const nowhere = toyOptions('http://127.0.0.1:9')

describe('how many messages go in a call', () => {
  test.each([
    ['auto', 10, 3],
    ['auto', 2, 2],
    ['off', 10, 1],
    [2, 10, 2],
    [2, 1, 1],
    [500, 10, 3],
  ] as const)('batch: %s, %i messages waiting: %i', async (batch, waiting, fits) => {
    const provider = await toyKind().open(opening({ options: nowhere, batch }))
    expect(provider.fits(messages(waiting))).toBe(fits)
    await provider.close()
  })

  test('none, more than fit, or a number that is none: a bug', async () => {
    const provider = await toyKind().open(opening({ options: nowhere }))
    expect(() => provider.fits([])).toThrow(InvariantError)
    await expect(provider.send([], signal)).rejects.toThrow(InvariantError)
    await expect(provider.send(messages(4), signal)).rejects.toThrow(InvariantError)
    for (const count of [0, 4, 1.5]) {
      const wrong = await toyKind({ ...toyVendor, fits: () => count }).open(opening({ options: nowhere }))
      expect(() => wrong.fits(messages(10))).toThrow(InvariantError)
    }
    await provider.close()
  })
})

describe('a call', () => {
  test('as it stands on the wire', async () => {
    const server = await bareServer(async visit => {
      await visit.request()
      visit.socket.end('HTTP/1.1 202 Accepted\r\nx-id: 1\r\ncontent-length: 0\r\n\r\n')
    })
    const provider = await toyKind().open(opening({ options: toyOptions(`${server.url}/proxy/`) }))
    await provider.send(messages(2), signal)
    expect(server.visits[0]?.received().replace(/127\.0\.0\.1:\d+/, 'HOST')).toMatchInlineSnapshot(`
      "POST /proxy/take HTTP/1.1
      host: HOST
      connection: keep-alive
      user-agent: mailblast
      accept-encoding: identity
      authorization: Bearer SG.a-key-that-nobody-has
      content-length: 28

      News for Ada 1News for Ada 2"
    `)
    await provider.close()
    await server.close()
  })

  test('a vendor that miscounts the outcomes is a bug', async () => {
    const server = await bareServer(async visit => {
      await visit.request()
      visit.socket.end('HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n')
    })
    const vendor = { ...toyVendor, outcomes: () => [{ kind: 'accepted', providerId: '' } as const] }
    const provider = await toyKind(vendor).open(opening({ options: toyOptions(server.url) }))
    await expect(provider.send(messages(2), signal)).rejects.toThrow('toy gave 1 outcomes for 2 messages')
    await provider.close()
    await server.close()
  })
})

describe('connections', () => {
  test('as many as the route may have, used again, one request at a time on each', async () => {
    const seen = { connections: 0, open: 0, mostOpen: 0, calls: 0 }
    const waiting: (() => void)[] = []
    const server = createServer((request, response) => {
      seen.calls++
      seen.mostOpen = Math.max(seen.mostOpen, ++seen.open)
      request.resume().on('end', () => {
        waiting.push(() => {
          seen.open--
          response.writeHead(202, { 'x-id': '1' }).end()
        })
        // Answers only when three are open or nothing else can come, so that the calls do overlap.
        if (waiting.length === 3 || seen.calls === 12) for (const answer of waiting.splice(0)) answer()
      })
    })
    const closed: Promise<unknown>[] = []
    server.on('connection', socket => {
      seen.connections++
      closed.push(once(socket, 'close'))
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const provider = await toyKind().open(opening({ options: toyOptions(url), concurrency: 3 }))
    const outcomes = await Promise.all(messages(12).map(each => provider.send([each], signal)))
    expect(outcomes.flat().map(outcome => outcome.kind)).toEqual(Array(12).fill('accepted'))
    expect(seen).toEqual({ connections: 3, open: 0, mostOpen: 3, calls: 12 })
    await provider.close()
    await Promise.all(closed)
    await new Promise(resolve => server.close(resolve))
  })

  test('none before the first call', async () => {
    const server = await bareServer(() => undefined)
    const provider = await toyKind().open(opening({ options: toyOptions(server.url) }))
    provider.fits(messages(3))
    await new Promise(resolve => setImmediate(resolve))
    expect(server.visits).toEqual([])
    await provider.close()
    await server.close()
  })
})

describe('base_url', () => {
  test.each([
    ['https://api.example.com', 'https://api.example.com', '', false],
    ['https://api.example.com/', 'https://api.example.com', '', false],
    ['https://api.example.com:8443/proxy/v1/', 'https://api.example.com:8443', '/proxy/v1', false],
    ['http://localhost:8025', 'http://localhost:8025', '', true],
    ['https://localhost', 'https://localhost', '', true],
    ['http://127.0.0.1', 'http://127.0.0.1', '', true],
    ['http://127.1:80', 'http://127.0.0.1', '', true],
    ['http://[::1]:8025/x', 'http://[::1]:8025', '/x', true],
  ])('%s', (text, origin, path, isLoopback) => {
    expect(parseBaseUrl(text, 'route main')).toEqual({ origin, path, isLoopback })
    expect(toyVendor.options.shape['base_url']?.safeParse(text).success).toBe(true)
  })

  test.each([
    ['api.example.com', 'is not an address'],
    ['', 'is not an address'],
    ['ftp://api.example.com', 'must begin with https://'],
    ['http://api.example.com', 'http would show the key'],
    ['http://127.0.0.1.example.com', 'http would show the key'],
    ['http://localhost.example.com', 'http would show the key'],
    ['http://10.0.0.1', 'http would show the key'],
    ['https://me:sesame@api.example.com', 'must not hold a user name'],
    ['https://api.example.com/?key=sesame', 'must not hold a ?'],
    ['https://api.example.com/#sesame', 'must not hold a ? or #'],
  ])('%s %s', (text, problem) => {
    expect(() => parseBaseUrl(text, 'route main')).toThrow(UserError)
    expect(() => parseBaseUrl(text, 'route main')).toThrow(problem)
    const read = toyVendor.options.shape['base_url']?.safeParse(text)
    expect(JSON.stringify(read?.error?.issues)).toContain(problem)
    expect(JSON.stringify(read?.error?.issues)).not.toContain('sesame')
  })

  test('is checked when a route is opened, too', async () => {
    await expect(toyKind().open(opening({ options: toyOptions('http://api.example.com') }))).rejects.toThrow(UserError)
  })
})

describe('secrets', () => {
  const key = 'SG.very+secret/"key"'

  test.each([
    ['as it is', key],
    ['in a URL', encodeURIComponent(key)],
    ['in JSON', JSON.stringify({ key })],
    ['in Basic authorization', Buffer.from(`api:${key}`).toString('base64')],
    ['where the text would be cut', `${'x'.repeat(90)}${key}`],
  ])('a key that the provider echoes is in no outcome: %s', async (_, echo) => {
    const server = await bareServer(async visit => {
      await visit.request()
      visit.socket.end(
        `HTTP/1.1 400 Bad\r\nx-id: ${encodeURIComponent(key)}\r\ncontent-length: ${echo.length}\r\n\r\n${echo}`,
      )
    })
    const provider = await toyKind().open(opening({ options: toyOptions(server.url) }, { key }))
    const [outcome] = await provider.send([message(1)], signal)
    expect(outcome).toMatchObject({ kind: 'refused', cause: { code: '400', text: expect.stringContaining('[secret') } })
    // Not even a part of it, as cutting the text first would leave.
    for (const form of ['SG.very', Buffer.from('api:SG.very').toString('base64').slice(0, 12)])
      expect(JSON.stringify(outcome)).not.toContain(form)
    await provider.close()
    await server.close()
  })

  test.each([
    ['', 'api_key is empty'],
    ['SG.key\n', 'api_key holds a space, a line break'],
    ['SG key', 'api_key holds a space, a line break'],
    ['SG.kéy', 'a character that no key has'],
  ])('a key that cannot be one is the operator’s to mend: %j', async (wrong, problem) => {
    const opened = toyKind().open(opening({ options: nowhere }, { key: wrong }))
    await expect(opened).rejects.toThrow(UserError)
    await expect(toyKind().open(opening({ options: nowhere }, { key: wrong }))).rejects.toThrow(problem)
  })

  test('a secret that comes to be known later is in no outcome and no check either, said with a call or without', async () => {
    const renewed = 'a-key-of-this-hour'
    let known = (_: string): void => undefined
    const vendor: typeof toyVendor = {
      ...toyVendor,
      prepare(opening) {
        known = opening.keepSecret
        return toyVendor.prepare(opening)
      },
      request() {
        known(renewed)
        return { kind: 'refused', scope: 'route', cause: { class: 'auth', text: `no call with ${renewed}` } }
      },
      checks: [
        {
          what: 'key',
          request: () => [{ what: 'key', verdict: 'bad', words: `${renewed} is old` }],
          found: () => [],
        },
      ],
    }
    const provider = await toyKind(vendor).open(opening({ options: nowhere }))
    expect(await provider.send([message(1)], signal)).toEqual([
      { kind: 'refused', scope: 'route', cause: { class: 'auth', text: 'no call with [secret]' } },
    ])
    expect(await provider.check?.(signal)).toEqual([{ what: 'key', verdict: 'bad', words: '[secret] is old' }])
    await provider.close()
  })

  test('a text without a secret is left alone, and a secret of three letters blots nothing out', () => {
    expect(redactor(['abc', 'sesame'])('abc, open sesame')).toBe('abc, open [secret]')
  })
})
