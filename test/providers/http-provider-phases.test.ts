/**
 * Where a call breaks, and what becomes of its messages. The server is real, so is the connection; the table is the
 * specification: what the server cannot have is tried again, what it may have is in doubt, and nothing is ever repeated.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TlsOptions } from 'node:tls'
import getTLSOptions from 'smtp-server/lib/tls-options'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Outcome } from '../../src/model/outcome.ts'
import { outcomeOfFailure } from '../../src/providers/http-outcomes.ts'
import type { RouteOpening } from '../../src/providers/provider.ts'
import { apiCertificate, apiKey, connectProxy } from '../support/connect-proxy.ts'
import { type BareServer, bareServer, toyKind, toyOptions, toyWithBody, type Visit } from '../support/http-toy.ts'
import { message, nowMs, opening } from '../support/provider-opening.ts'

const small = ['x'.repeat(1000)]
/** More than any socket takes at once, so that half of it can be stopped on the way. */
const large = [Buffer.alloc(32 * 1024 * 1024, 'x')]

describe.concurrent('where it breaks', () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'mailblast-http-'))
    writeFileSync(join(folder, 'ca.pem'), apiCertificate)
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  interface Row {
    readonly at: string
    readonly body?: readonly (Buffer | string)[]
    readonly tls?: TlsOptions
    readonly https?: boolean
    /** Whether it is about waiting in vain: then the limits are short. */
    readonly vain?: boolean
    readonly script: (visit: Visit) => void | Promise<void>
    readonly becomes: string
    /** What it may become as well where a proxy stands between, which may take the whole body and leave it lying. */
    readonly behindProxy?: string
  }

  const answer = (bytes: string) => async (visit: Visit) => {
    await visit.request()
    visit.socket.end(bytes)
  }
  const afterHalf = (act: (socket: Socket, visit: Visit) => void) => async (visit: Visit) => {
    await visit.bytes(100_000)
    visit.socket.pause()
    act(visit.socket, visit)
  }

  const rows: readonly Row[] = [
    // --- The server cannot have the whole request ---
    {
      at: 'the server speaks no TLS',
      https: true,
      script: ({ socket }) => void socket.end('220 mail.example ESMTP\r\n'),
      becomes: 'deferred route transient',
    },
    {
      at: 'the server hangs up within the TLS handshake',
      https: true,
      script: async visit => {
        await visit.bytes(1)
        visit.socket.destroy()
      },
      becomes: 'deferred route transient',
    },
    {
      at: 'the server keeps silent within the TLS handshake',
      https: true,
      vain: true,
      script: () => undefined,
      becomes: 'deferred route transient UND_ERR_CONNECT_TIMEOUT',
    },
    {
      at: 'the certificate is not to be trusted',
      tls: getTLSOptions(),
      script: () => undefined,
      becomes: 'refused route config ',
    },
    {
      at: 'it is cut while the body is on its way',
      body: large,
      script: afterHalf(socket => socket.destroy()),
      becomes: 'deferred route transient',
    },
    {
      at: 'it is reset while the body is on its way',
      body: large,
      script: afterHalf((_, visit) => visit.reset()),
      becomes: 'deferred route transient',
    },
    {
      at: 'the server stops reading the body',
      body: large,
      vain: true,
      script: afterHalf(() => undefined),
      becomes: 'deferred route transient UND_ERR_HEADERS_TIMEOUT',
      behindProxy: 'in-doubt unknown UND_ERR_HEADERS_TIMEOUT',
    },
    {
      at: 'garbage comes while the body is on its way',
      body: large,
      script: afterHalf(socket => socket.write('220 mail.example ESMTP\r\n')),
      becomes: 'deferred route transient HTTPParserError',
    },
    {
      at: 'a gateway gives up while the body is on its way',
      body: large,
      script: afterHalf(socket => socket.write('HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n')),
      becomes: 'deferred route transient 502',
    },
    // --- Refused, whatever else happens ---
    {
      at: 'it is refused while the body is on its way',
      body: large,
      script: afterHalf(socket => socket.write('HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n')),
      becomes: 'refused message content 413',
    },
    {
      at: 'it is refused and the reason breaks off',
      script: answer('HTTP/1.1 400 Bad\r\ncontent-length: 100\r\n\r\nno'),
      becomes: 'refused message content 400',
    },
    {
      at: 'it is refused at more length than is read',
      script: answer(`HTTP/1.1 400 Bad\r\ncontent-length: 5000\r\n\r\n${'no'.repeat(2500)}`),
      becomes: 'refused message content 400',
    },
    ...[301, 302, 307, 308].map(status => ({
      at: `it is redirected by ${status}`,
      script: answer(`HTTP/1.1 ${status} Elsewhere\r\nlocation: https://evil.example/\r\ncontent-length: 0\r\n\r\n`),
      becomes: `refused route config ${status}`,
    })),
    // --- The server may have the whole request ---
    {
      at: 'it is cut after the body',
      script: answer(''),
      becomes: 'in-doubt unknown UND_ERR_SOCKET',
    },
    {
      at: 'it is cut after a large body',
      body: large,
      script: answer(''),
      becomes: 'in-doubt unknown UND_ERR_SOCKET',
    },
    {
      at: 'it is reset after the body',
      script: async visit => {
        await visit.request()
        visit.reset()
      },
      becomes: 'in-doubt unknown ',
    },
    {
      at: 'no answer comes',
      vain: true,
      script: () => undefined,
      becomes: 'in-doubt unknown UND_ERR_HEADERS_TIMEOUT',
    },
    {
      at: 'the answer is garbage',
      script: answer('220 mail.example ESMTP\r\n'),
      becomes: 'in-doubt unknown HTTPParserError',
    },
    {
      at: 'the answer ends within its status line',
      script: answer('HTTP/1.1 202 Acc'),
      becomes: 'in-doubt unknown UND_ERR_SOCKET',
    },
    {
      at: 'the answer ends within its headers',
      script: answer('HTTP/1.1 202 Accepted\r\nx-id: 7\r\ncontent-'),
      becomes: 'in-doubt unknown UND_ERR_SOCKET',
    },
    {
      at: 'the headers are too long',
      script: answer(`HTTP/1.1 202 Accepted\r\nx-id: ${'7'.repeat(3000)}\r\n\r\n`),
      becomes: 'in-doubt unknown UND_ERR_HEADERS_OVERFLOW',
    },
    {
      at: 'only "100 Continue" comes',
      script: answer('HTTP/1.1 100 Continue\r\n\r\n'),
      becomes: 'in-doubt unknown UND_ERR_SOCKET',
    },
    {
      at: 'another protocol is offered',
      script: answer('HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n'),
      becomes: 'in-doubt unknown UND_ERR_SOCKET',
    },
    {
      at: 'it is accepted before the body was sent',
      body: large,
      script: afterHalf(socket => socket.write('HTTP/1.1 202 Accepted\r\nx-id: 7\r\ncontent-length: 0\r\n\r\n')),
      becomes: 'in-doubt unknown 202',
    },
    {
      // Resend knows a key by the head of a call, long before its body is there.
      at: 'an earlier call is named while the body is on its way',
      body: large,
      script: afterHalf(socket => socket.write('HTTP/1.1 409 Conflict\r\ncontent-length: 0\r\n\r\n')),
      becomes: 'in-doubt unknown 409',
    },
    {
      at: 'the result is said to be elsewhere (303)',
      script: answer('HTTP/1.1 303 See Other\r\nlocation: /done\r\ncontent-length: 0\r\n\r\n'),
      becomes: 'in-doubt unknown 303',
    },
    {
      at: 'a gateway answers for the server',
      script: answer('HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n'),
      becomes: 'in-doubt unknown 502',
    },
    {
      at: 'the body of a 202 breaks off',
      script: answer('HTTP/1.1 202 Accepted\r\ncontent-length: 10\r\n\r\n{"id'),
      becomes: 'in-doubt unknown 202',
    },
    {
      at: 'the chunks of a 202 break off',
      script: answer('HTTP/1.1 202 Accepted\r\ntransfer-encoding: chunked\r\n\r\n4\r\n{"id\r\n'),
      becomes: 'in-doubt unknown 202',
    },
    {
      at: 'the body of a 202 does not come',
      vain: true,
      script: async visit => {
        await visit.request()
        visit.socket.write('HTTP/1.1 202 Accepted\r\ncontent-length: 10\r\n\r\n')
      },
      becomes: 'in-doubt unknown 202',
    },
    {
      at: 'the body of a 202 is longer than is read',
      script: answer(`HTTP/1.1 202 Accepted\r\ncontent-length: 5000\r\n\r\n${'id'.repeat(2500)}`),
      becomes: 'in-doubt unknown 202',
    },
    // --- Taken, as the vendor can tell ---
    {
      at: 'nothing breaks',
      script: answer('HTTP/1.1 202 Accepted\r\ncontent-length: 2\r\n\r\nok'),
      becomes: 'accepted ',
    },
    {
      at: 'nothing breaks, and the body was large',
      body: large,
      script: answer('HTTP/1.1 202 Accepted\r\nx-id: 7\r\ncontent-length: 2\r\n\r\nok'),
      becomes: 'accepted 7',
    },
    {
      at: 'hints come before the answer',
      script: answer('HTTP/1.1 103 Early Hints\r\nx-id: 6\r\n\r\nHTTP/1.1 202 Accepted\r\nx-id: 7\r\n\r\n'),
      becomes: 'accepted 7',
    },
    {
      at: 'the body of a 202 breaks off, its headers had said it',
      script: answer('HTTP/1.1 202 Accepted\r\nx-id: 7\r\ncontent-length: 10\r\n\r\n{"id'),
      becomes: 'accepted 7',
    },
    {
      at: 'the body of a 202 is too long, its headers had said it',
      script: answer(`HTTP/1.1 202 Accepted\r\nx-id: 7\r\ncontent-length: 5000\r\n\r\n${'id'.repeat(2500)}`),
      becomes: 'accepted 7',
    },
  ]

  test.each(rows)('$at: $becomes', async row => {
    const { https = false, tls, script, becomes } = row
    const server = await bareServer(script, tls)
    const url = https ? server.url.replace('http:', 'https:') : server.url
    const outcomes = await sent(row, opening({ options: toyOptions(url) }))
    expect(outcomes.map(told)).toEqual([
      expect.stringMatching(startsWith(becomes)),
      expect.stringMatching(startsWith(becomes)),
    ])
    expectOneAttempt(server)
    await server.close()
  })

  // What is sent through a proxy's tunnel breaks as it does without: no row becomes another thing by it, but for one.
  test.each(rows)('through a proxy, $at: $becomes', async row => {
    const { https = false, tls, script, becomes, behindProxy = becomes } = row
    const server = await bareServer(script, https ? undefined : (tls ?? { key: apiKey, cert: apiCertificate }))
    const proxy = await connectProxy()
    const url = `https://api.acme.example:${server.port}`
    const options = { ...toyOptions(url), ca_file: 'ca.pem' }
    const outcomes = await sent(row, opening({ options }, { folder, env: { HTTPS_PROXY: proxy.url } }))
    const either = new RegExp(`${startsWith(becomes).source}|${startsWith(behindProxy).source}`)
    expect(outcomes.map(told)).toEqual([expect.stringMatching(either), expect.stringMatching(either)])
    expect(proxy.asked).toEqual([`api.acme.example:${server.port}`])
    expectOneAttempt(server)
    await proxy.close()
    await server.close()
  })

  async function sent({ body = small, vain = false }: Row, how: RouteOpening): Promise<readonly Outcome[]> {
    const kind = toyKind(toyWithBody(body), {
      ...(vain ? { connectMs: how.env['HTTPS_PROXY'] === undefined ? 300 : 2000, headersMs: 300, bodyMs: 300 } : {}),
      answerHeadBytes: 2000,
      answerBytes: 4000,
    })
    const provider = await kind.open(how)
    const outcomes = await provider.send([message(1), message(2)], new AbortController().signal)
    await provider.close()
    return outcomes
  }

  /** One connection, one request: nothing was tried twice. */
  function expectOneAttempt(server: BareServer): void {
    expect(server.visits.length).toBeLessThanOrEqual(1)
    expect(server.visits[0]?.received().match(/^POST /gm)?.length ?? 0).toBeLessThanOrEqual(1)
  }
})

describe('without a server', () => {
  test('nobody listens', async () => {
    const server = await bareServer(() => undefined)
    await server.close()
    const provider = await toyKind().open(opening({ options: toyOptions(server.url) }))
    const [outcome] = await provider.send([message(1)], new AbortController().signal)
    expect(outcome).toMatchObject({
      kind: 'deferred',
      scope: 'route',
      cause: {
        class: 'transient',
        code: 'ECONNREFUSED',
        text: expect.stringMatching(/^not sent: connect ECONNREFUSED/),
      },
    })
    await provider.close()
  })

  test('the route is closed', async () => {
    const provider = await toyKind().open(opening({ options: toyOptions('http://127.0.0.1:9') }))
    await provider.close()
    const [outcome] = await provider.send([message(1)], new AbortController().signal)
    expect(told(outcome)).toBe('deferred route transient UND_ERR_DESTROYED')
  })

  test('the request cannot be written as HTTP', async () => {
    const server = await bareServer(() => undefined)
    const vendor = toyWithBody([])
    const broken = {
      ...vendor,
      request: () => ({ method: 'POST' as const, path: '/', headers: { 'x y': 'z' }, body: [] }),
    }
    const provider = await toyKind(broken).open(opening({ options: toyOptions(server.url) }))
    const [outcome] = await provider.send([message(1)], new AbortController().signal)
    expect(told(outcome)).toBe('refused route config UND_ERR_INVALID_ARG')
    expect(server.visits).toEqual([])
    await provider.close()
    await server.close()
  })
})

describe('a connection that is used again', () => {
  test('is cut after the second request: only that one is in doubt, and it is not repeated', async () => {
    const server = await bareServer(async visit => {
      await visit.request()
      visit.socket.write('HTTP/1.1 202 Accepted\r\nx-id: 1\r\ncontent-length: 0\r\n\r\n')
      await visit.bytes(visit.received().length + 1)
      visit.socket.destroy()
    })
    const provider = await toyKind().open(opening({ options: toyOptions(server.url), concurrency: 1 }))
    const { signal } = new AbortController()
    const first = await provider.send([message(1)], signal)
    const second = await provider.send([message(2)], signal)
    expect([...first, ...second].map(told)).toEqual(['accepted 1', expect.stringMatching(/^in-doubt unknown/)])
    expect(server.visits.length).toBe(1)
    await provider.close()
    await server.close()
  })
})

describe('a call that trickles', () => {
  test.each([
    ['its request is slow to leave', large, '', 'deferred route transient ETIMEDOUT'],
    ['its headers never end', small, 'HTTP/1.1 103 Early Hints\r\n\r\n', 'in-doubt unknown ETIMEDOUT'],
    ['its body never ends', small, 'HTTP/1.1 202 Accepted\r\ncontent-length: 9\r\n\r\n{', 'in-doubt unknown 202'],
  ])('%s', async (_, body, bytes, becomes) => {
    const server = await bareServer(async visit => {
      await visit.request()
      visit.socket.write(bytes)
    })
    let now = nowMs
    // A minute passes whenever the clock is read, so that no test has to wait for it.
    const clock = () => (now += 60_000)
    const provider = await toyKind(toyWithBody(body), { callMs: 100_000 }).open(
      opening({ options: toyOptions(server.url) }, { nowMs: clock }),
    )
    expect((await provider.send([message(1)], new AbortController().signal)).map(told)).toEqual([becomes])
    await provider.close()
    await server.close()
  })
})

describe('what cannot be tried here', () => {
  const codes =
    'ENOTFOUND EAI_AGAIN EHOSTUNREACH ETIMEDOUT EPROTO UND_ERR_CLOSED CERT_HAS_EXPIRED ERR_TLS_CERT_ALTNAME_INVALID'
  test.each([...codes.split(' '), undefined])('%s', code => {
    const failure = { code, text: 'words' }
    const config = code?.includes('CERT') === true
    expect(told(outcomeOfFailure({ kind: 'not sent', failure }))).toBe(
      `${config ? 'refused route config' : 'deferred route transient'} ${code ?? '-'}`,
    )
    expect(told(outcomeOfFailure({ kind: 'no answer', failure }))).toBe(`in-doubt unknown ${code ?? '-'}`)
  })
})

describe('the call is ended from this side', () => {
  async function endedAt(
    server: BareServer,
    body: readonly (Buffer | string)[],
    moment: () => Promise<unknown>,
    url = server.url,
  ): Promise<string[]> {
    const provider = await toyKind(toyWithBody(body)).open(opening({ options: toyOptions(url), concurrency: 1 }))
    const stop = new AbortController()
    const sent = provider.send([message(1), message(2)], stop.signal)
    await moment()
    stop.abort()
    const outcomes = await sent
    await provider.close()
    return outcomes.map(told)
  }

  test('before it began: nothing leaves', async () => {
    const server = await bareServer(() => undefined)
    const provider = await toyKind().open(opening({ options: toyOptions(server.url) }))
    const outcomes = await provider.send([message(1)], AbortSignal.abort())
    expect(outcomes.map(told)).toEqual(['deferred route transient ABORT_ERR'])
    expect(server.visits).toEqual([])
    await provider.close()
    await server.close()
  })

  test('while the connection is made: nothing was sent', async () => {
    const server = await bareServer(() => undefined)
    const url = server.url.replace('http:', 'https:')
    const became = await endedAt(server, small, () => arrival(server, 1), url)
    expect(became).toEqual(['deferred route transient ABORT_ERR', 'deferred route transient ABORT_ERR'])
    await server.close()
  })

  test('while it waits for a connection: nothing is sent, then or later', async () => {
    let answerFirst: () => void = () => undefined
    const server = await bareServer(async visit => {
      await visit.request()
      answerFirst = () => void visit.socket.write('HTTP/1.1 202 Accepted\r\nx-id: 1\r\ncontent-length: 0\r\n\r\n')
    })
    const provider = await toyKind().open(opening({ options: toyOptions(server.url), concurrency: 1 }))
    const { signal } = new AbortController()
    const stop = new AbortController()
    const first = provider.send([message(1)], signal)
    const second = provider.send([message(2)], stop.signal)
    await arrival(server, 10)
    stop.abort()
    expect((await second).map(told)).toEqual(['deferred route transient ABORT_ERR'])
    answerFirst()
    expect((await first).map(told)).toEqual(['accepted 1'])
    const third = provider.send([message(3)], signal)
    await arrival(server, 10, 2)
    expect(server.visits.map(visit => visit.received()).join('')).not.toContain('News for Ada 2')
    answerFirst()
    expect((await third).map(told)).toEqual(['accepted 1'])
    await provider.close()
    await server.close()
  })

  test('while the body is on its way: the server lacks a part of it', async () => {
    const server = await bareServer(async visit => {
      await visit.bytes(100_000)
      visit.socket.pause()
    })
    const became = await endedAt(server, large, () => arrival(server, 100_000))
    expect(became).toEqual(['deferred route transient ABORT_ERR', 'deferred route transient ABORT_ERR'])
    await server.close()
  })

  test.each([
    ['a small body', small],
    ['a large body', large],
  ])('after %s: the server may have it', async (_, body) => {
    const whole = Promise.withResolvers<void>()
    const server = await bareServer(async visit => {
      await visit.request()
      whole.resolve()
    })
    const became = await endedAt(server, body, () => whole.promise)
    expect(became).toEqual(['in-doubt unknown ABORT_ERR', 'in-doubt unknown ABORT_ERR'])
    await server.close()
  })

  test('within the answer: what its headers said still counts', async () => {
    const server = await bareServer(async visit => {
      await visit.request()
      visit.socket.write('HTTP/1.1 202 Accepted\r\nx-id: 7\r\ncontent-length: 9\r\n\r\n{')
    })
    const begun = Promise.withResolvers<void>()
    let reads = 0
    // The clock is read when the body arrives, for the fifth time: so the test knows when the answer has begun.
    const clock = () => {
      if (++reads === 5) begun.resolve()
      return nowMs
    }
    const provider = await toyKind().open(opening({ options: toyOptions(server.url) }, { nowMs: clock }))
    const stop = new AbortController()
    const sent = provider.send([message(1)], stop.signal)
    await begun.promise
    stop.abort()
    expect((await sent).map(told)).toEqual(['accepted 7'])
    await provider.close()
    await server.close()
  })
})

/** Resolves once the n-th connection is there and has brought so many bytes. */
async function arrival(server: BareServer, bytes: number, nth = 1): Promise<void> {
  while (server.visits.length < nth) await new Promise(resolve => setImmediate(resolve))
  await server.visits[nth - 1]?.bytes(bytes)
}

/** An outcome in a few words: `deferred route transient ECONNREFUSED`. */
function told(outcome: Outcome | undefined): string {
  if (outcome === undefined) return 'nothing'
  if (outcome.kind === 'accepted') return `accepted ${outcome.providerId}`
  const scope = outcome.kind === 'in-doubt' ? '' : ` ${outcome.scope}`
  return `${outcome.kind}${scope} ${outcome.cause.class} ${outcome.cause.code ?? '-'}`
}

function startsWith(text: string): RegExp {
  return new RegExp(`^${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`)
}
