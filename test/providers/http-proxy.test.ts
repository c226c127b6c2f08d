/** The environment's proxy: when it is used, what becomes of a call that it does not let through, and what is never told. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Outcome } from '../../src/model/outcome.ts'
import { proxyOf } from '../../src/providers/http-proxy.ts'
import { apiCertificate, apiKey, type ConnectProxy, connectProxy, type ProxyConduct } from '../support/connect-proxy.ts'
import { bareServer, toyKind, toyOptions } from '../support/http-toy.ts'
import { message, opening } from '../support/provider-opening.ts'

const { signal } = new AbortController()
const tls = { key: apiKey, cert: apiCertificate }

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mailblast-proxy-'))
  writeFileSync(join(folder, 'ca.pem'), apiCertificate)
  writeFileSync(join(folder, 'empty.pem'), 'nothing')
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Answers every request on a connection, one after the other. */
const server = () =>
  bareServer(visit => {
    visit.socket.on('data', () => visit.socket.write('HTTP/1.1 202 Accepted\r\nx-id: 7\r\ncontent-length: 0\r\n\r\n'))
  }, tls)

async function route(
  url: string,
  env: Readonly<Record<string, string>>,
  limits: { readonly connectMs?: number } = {},
  ca_file = 'ca.pem',
) {
  return toyKind(undefined, limits).open(
    opening({ options: { ...toyOptions(url), ca_file }, concurrency: 1 }, { folder, env }),
  )
}

describe('which proxy', () => {
  test.each<[Readonly<Record<string, string>>, string | null]>([
    [{}, null],
    [{ HTTPS_PROXY: '' }, null],
    [{ NO_PROXY: '*' }, null],
    [{ HTTPS_PROXY: 'http://proxy.example:3128' }, 'http://proxy.example:3128/'],
    [{ https_proxy: 'http://a.example', HTTPS_PROXY: 'http://b.example' }, 'http://a.example/'],
    [{ HTTP_PROXY: 'http://c.example' }, 'http://c.example/'],
    [{ http_proxy: 'http://c.example', HTTPS_PROXY: 'http://b.example' }, 'http://b.example/'],
    [{ https_proxy: '', HTTPS_PROXY: 'https://b.example' }, 'https://b.example/'],
  ])('%j: %s', (env, expected) => {
    expect(proxyOf(env, 'route main')?.url ?? null).toBe(expected)
  })

  test.each<[string, string]>([
    ['proxy.example:3128', 'https_proxy in the environment is not the address of a proxy'],
    ['socks5://proxy.example', 'https_proxy in the environment is not the address of a proxy'],
    ['http://', 'https_proxy in the environment is not the address of a proxy'],
    ['http://u:50%@proxy.example', 'user name or password of https_proxy in the environment are not percent-encoded'],
  ])('%s is none', (text, said) => {
    expect(() => proxyOf({ https_proxy: text }, 'route main')).toThrow(said)
  })

  test.each<[string, readonly string[]]>([
    ['http://proxy.example', []],
    ['http://u@proxy.example', []],
    ['http://u:p%40ss@proxy.example', ['p@ss', 'u:p@ss']],
  ])('secrets in %s', (text, secrets) => {
    expect(proxyOf({ https_proxy: text }, 'route main')?.secrets).toEqual(secrets)
  })
})

describe('a proxy that tunnels', () => {
  test('is asked for one tunnel, with its own authorization, and not the API', async () => {
    const [api, proxy] = [await server(), await connectProxy()]
    const provider = await route(`https://api.acme.example:${api.port}`, {
      HTTPS_PROXY: proxy.url.replace('://', '://news:p%40ssword@'),
    })
    for (const id of [1, 2, 3]) expect((await provider.send([message(id)], signal)).map(told)).toEqual(['accepted 7'])
    expect(proxy.asked).toEqual([`api.acme.example:${api.port}`])
    expect(proxy.authorizations).toEqual([`Basic ${Buffer.from('news:p@ssword').toString('base64')}`])
    expect(api.visits.length).toBe(1)
    expect(api.visits[0]?.received().match(/POST \/take /g)?.length).toBe(3)
    expect(api.visits[0]?.received()).not.toMatch(/proxy-authorization/i)
    expect(api.visits[0]?.received()).toContain(`host: api.acme.example:${api.port}\r\n`)
    await provider.close()
    await proxy.close()
    await api.close()
  })

  test('is not asked where NO_PROXY or loopback says so', async () => {
    const [api, proxy] = [await server(), await connectProxy()]
    const local = await route(`https://localhost:${api.port}`, { HTTPS_PROXY: proxy.url })
    expect((await local.send([message(1)], signal)).map(told)).toEqual(['accepted 7'])
    await local.close()
    // By this name, which the certificate does not have, every system reaches itself.
    const straight = await route(`https://0.0.0.0:${api.port}`, { HTTPS_PROXY: proxy.url, NO_PROXY: 'x.org, 0.0.0.0' })
    expect((await straight.send([message(1)], signal)).map(told)).toEqual([
      expect.stringMatching(/^refused route config ERR_TLS_CERT_ALTNAME_INVALID /),
    ])
    await straight.close()
    expect(proxy.asked).toEqual([])
    await proxy.close()
    await api.close()
  })

  test('to a server of another name: its certificate is refused, once', async () => {
    const [api, proxy] = [await server(), await connectProxy()]
    const provider = await route(`https://other.acme.example:${api.port}`, { HTTPS_PROXY: proxy.url })
    expect((await provider.send([message(1)], signal)).map(told)).toEqual([
      expect.stringMatching(/^refused route config ERR_TLS_CERT_ALTNAME_INVALID /),
    ])
    expect(proxy.asked.length).toBe(1)
    await provider.close()
    await proxy.close()
    await api.close()
  })
})

describe('a proxy that does not: nothing was sent', () => {
  test.each<[string, ProxyConduct, RegExp]>([
    [
      'wants a login',
      { do: 'refuse', line: 'HTTP/1.1 407 Proxy Authentication Required' },
      /^refused route config UND_ERR_ABORTED not sent: Proxy response \(407\)/,
    ],
    [
      'cannot get there',
      { do: 'refuse', line: 'HTTP/1.1 502 Bad Gateway' },
      /^deferred route transient UND_ERR_ABORTED not sent: Proxy response \(502\)/,
    ],
    [
      'redirects',
      { do: 'refuse', line: 'HTTP/1.1 302 Found\r\nlocation: https://evil.example' },
      /^deferred route transient UND_ERR_ABORTED not sent: Proxy response \(302\)/,
    ],
    ['speaks something else', { do: 'refuse', line: '220 mail.example ESMTP' }, /^deferred route transient /],
    ['hangs up', { do: 'drop' }, /^deferred route transient /],
    ['keeps silent', { do: 'nothing' }, /^deferred route transient UND_ERR_HEADERS_TIMEOUT not sent: /],
  ])('it %s', async (_, conduct, expected) => {
    const [api, proxy] = [await server(), await connectProxy(conduct)]
    const provider = await route(`https://api.acme.example:${api.port}`, { HTTPS_PROXY: proxy.url }, { connectMs: 300 })
    expect((await provider.send([message(1)], signal)).map(told)).toEqual([expect.stringMatching(expected)])
    expect(api.visits).toEqual([])
    expect(proxy.asked.length).toBe(1)
    await provider.close()
    await proxy.close()
    await api.close()
  })

  test('it is not there; its password is in no words', async () => {
    const gone: ConnectProxy = await connectProxy()
    await gone.close()
    const provider = await route('https://api.acme.example', {
      HTTPS_PROXY: gone.url.replace('://', '://news:p%40ssword@'),
    })
    const outcomes = await provider.send([message(1)], signal)
    expect(outcomes.map(told)).toEqual([expect.stringMatching(/^deferred route transient ECONNREFUSED not sent: /)])
    expect(JSON.stringify(outcomes)).not.toMatch(/p@ssword|p%40ssword/)
    await provider.close()
  })

  test('its password, said by a server, is taken out', async () => {
    const basic = Buffer.from('news:p@ssword').toString('base64')
    const words = `HTTP/1.1 400 Bad\r\ncontent-length: 60\r\n\r\n${`p@ssword ${basic}`.padEnd(60)}`
    const api = await bareServer(async visit => {
      await visit.request()
      visit.socket.write(words)
    }, tls)
    const proxy = await connectProxy()
    const provider = await route(`https://api.acme.example:${api.port}`, {
      HTTPS_PROXY: proxy.url.replace('://', '://news:p%40ssword@'),
    })
    expect((await provider.send([message(1)], signal)).map(told)).toEqual([
      'refused message content 400 [secret] [secret]',
    ])
    await provider.close()
    await proxy.close()
    await api.close()
  })
})

describe('a certificate file', () => {
  test.each([
    ['none.pem', 'ca_file cannot be read (ENOENT)'],
    ['empty.pem', 'ca_file holds no certificate'],
  ])('%s', async (file, said) => {
    await expect(route('https://api.acme.example', {}, {}, file)).rejects.toThrow(said)
  })
})

function told(outcome: Outcome): string {
  if (outcome.kind === 'accepted') return `accepted ${outcome.providerId}`
  const scope = outcome.kind === 'in-doubt' ? '' : ` ${outcome.scope}`
  return `${outcome.kind}${scope} ${outcome.cause.class} ${outcome.cause.code ?? '-'} ${outcome.cause.text.trim()}`
}
