/** Asking a vendor what it has taken: never a mail, never a guess, and never once more than it wants to be asked. */

import { describe, expect, test } from 'vitest'
import type { FilledMessage } from '../../src/model/edition.ts'
import { InvariantError } from '../../src/model/errors.ts'
import type { HttpLimits } from '../../src/providers/http-provider.ts'
import type { Finding } from '../../src/providers/provider.ts'
import { askableToy, bareServer, toyKind, toyOptions, toyVendor, type Visit } from '../support/http-toy.ts'
import { messages, opening, sought } from '../support/provider-opening.ts'

const { signal } = new AbortController()

/** The findings for so many messages, and the requests that reached the server, by their paths. */
async function ask(
  count: number,
  answer: (request: number, visit: Visit) => string,
  how: { readonly signal?: AbortSignal; readonly limits?: Partial<HttpLimits>; readonly key?: string } = {},
): Promise<{ findings: readonly Finding[]; requests: readonly string[] }> {
  let requests = 0
  const server = await bareServer(async visit => {
    await visit.request()
    visit.socket.end(answer(++requests, visit))
  })
  const provider = await toyKind(askableToy, how.limits).open(
    opening({ options: toyOptions(server.url) }, how.key === undefined ? {} : { key: how.key }),
  )
  const findings = (await provider.lookup?.(messages(count).map(sought), how.signal ?? signal)) ?? []
  await provider.close()
  await server.close()
  return { findings, requests: server.visits.map(visit => visit.received().split('\r\n')[0] ?? '') }
}

const answered = (status: number, body: string, more = '') =>
  `HTTP/1.1 ${status} Said\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n${more}\r\n${body}`
const json = (taken: Readonly<Record<string, string>>) => answered(200, JSON.stringify(taken))
const idOf = (id: number): FilledMessage['messageId'] => `<${id}.campaign@acme.example>`
const shown = (findings: readonly Finding[]) =>
  findings.map(finding => (finding.kind === 'unknown' ? `unknown: ${finding.cause.text}` : finding.kind))

test('as it stands on the wire: a GET without a body', async () => {
  let received = ''
  await ask(2, (_, visit) => {
    received = visit.received()
    return json({})
  })
  expect(received.replace(/127\.0\.0\.1:\d+/, 'HOST')).toMatchInlineSnapshot(`
    "GET /taken?ids=%3C1.campaign%40acme.example%3E%2C%3C2.campaign%40acme.example%3E HTTP/1.1
    host: HOST
    connection: keep-alive
    user-agent: mailblast
    accept-encoding: identity
    authorization: Bearer SG.a-key-that-nobody-has

    "
  `)
})

test('several at a time, each with its own finding', async () => {
  const { findings, requests } = await ask(7, request =>
    json(request === 2 ? { [idOf(5)]: 'p5' } : { [idOf(7)]: 'p7' }),
  )
  expect(findings.map(each => (each.kind === 'taken' ? each.providerId : each.kind))).toEqual([
    ...Array(4).fill('no trace'),
    'p5',
    'no trace',
    'p7',
  ])
  expect(requests).toHaveLength(3)
})

test('nobody asked for: nothing is asked', async () => {
  expect(await ask(0, () => json({}))).toEqual({ findings: [], requests: [] })
})

describe('an answer that says nothing', () => {
  const drop = (_: number, visit: Visit) => {
    visit.socket.destroy()
    return ''
  }
  test.each([
    ['401', () => answered(401, 'no'), 1, 'said: no'],
    ['403', () => answered(403, 'no'), 1, 'said: no'],
    ['429', () => answered(429, 'slower', 'retry-after: 1\r\n'), 1, 'said: slower'],
    ['a redirect', () => answered(302, '', 'location: /elsewhere\r\n'), 1, 'could not be asked: answered 302'],
    ['no answer', drop, 3, 'could not be asked: other side closed'],
    ['500', () => answered(500, 'oh'), 3, 'said: oh'],
    ['404', () => answered(404, 'what?'), 3, 'said: what?'],
    [
      'half of one',
      () => 'HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{}',
      3,
      'could not be asked: the answer broke off',
    ],
  ] as const)('%s: unknown for all of them, after so many requests', async (_, answer, requests, text) => {
    const said = await ask(15, answer)
    expect(said.requests).toHaveLength(requests)
    expect(said.findings.at(-1)).toMatchObject({ kind: 'unknown', scope: 'route' })
    expect(new Set(shown(said.findings).map(each => each.slice(0, text.length + 9)))).toEqual(
      new Set([`unknown: ${text}`]),
    )
    expect(said.findings).toHaveLength(15)
  })

  test('once costs nobody anything: they are asked for one by one', async () => {
    const { findings, requests } = await ask(9, request =>
      request === 2 ? answered(500, 'oh') : json({ [idOf(8)]: 'p8' }),
    )
    expect(shown(findings)).toEqual([...Array(7).fill('no trace'), 'taken', 'no trace'])
    expect(requests).toHaveLength(6)
  })

  test.each([
    ['refused (400)', answered(400, 'what?'), 'unknown: said: what?'],
    ['unreadable', answered(200, '"?"'), 'unknown: unreadable'],
    [
      'broken off',
      'HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{}',
      'unknown: could not be asked: the answer broke off',
    ],
  ])('about one of them, %s, costs nobody else anything', async (_, odd, said) => {
    const { findings, requests } = await ask(12, (__, visit) =>
      visit.received().includes(encodeURIComponent(idOf(5))) ? odd : json({ [idOf(6)]: 'p6' }),
    )
    expect(shown(findings)).toEqual([...Array(4).fill('no trace'), said, 'taken', ...Array(6).fill('no trace')])
    expect(findings.filter(each => each.kind === 'unknown').map(each => each.scope)).toEqual(['message'])
    expect(requests).toHaveLength(7)
  })

  test('whatever is asked, never ends the asking, and is not taken apart for ever', async () => {
    const { findings, requests } = await ask(90, () => answered(400, 'what?'))
    expect(new Set(findings.map(each => each.kind === 'unknown' && each.scope))).toEqual(new Set(['message']))
    // Thirty for three at a time; and the first ten of these, one by one.
    expect(requests).toHaveLength(30 + 30)
  })

  test('from one lookup to the next, three in a row mean that others would fare no better', async () => {
    const server = await bareServer(async visit => {
      await visit.request()
      visit.socket.end(answered(500, 'oh'))
    })
    const provider = await toyKind(askableToy).open(opening({ options: toyOptions(server.url) }))
    const scopes: unknown[] = []
    for (const each of messages(3)) {
      const [finding] = (await provider.lookup?.([sought(each)], signal)) ?? []
      scopes.push(finding?.kind === 'unknown' && finding.scope)
    }
    await provider.close()
    await server.close()
    expect(scopes).toEqual(['message', 'message', 'route'])
  })

  test('after some that did: what was found out is kept', async () => {
    const { findings, requests } = await ask(9, request =>
      request === 1 ? json({ [idOf(1)]: 'p' }) : answered(429, 'slower'),
    )
    expect(shown(findings)).toEqual(['taken', 'no trace', 'no trace', ...Array(6).fill('unknown: said: slower')])
    expect(requests).toHaveLength(2)
  })

  test('because it never comes ends after a while', async () => {
    const { findings } = await ask(4, () => 'HTTP/1.1 200 OK\r\n', { limits: { headersMs: 50 } })
    expect(new Set(findings.map(each => each.kind))).toEqual(new Set(['unknown']))
  })

  test('and holds the key does not give it away', async () => {
    const { findings } = await ask(1, () => answered(403, 'no: SG.secret-key'), { key: 'SG.secret-key' })
    expect(shown(findings)).toEqual(['unknown: said: no: [secret]'])
  })
})

test('stopped, it asks no more', async () => {
  const stop = new AbortController()
  const said = await ask(
    9,
    request => {
      if (request === 2) stop.abort()
      return json({})
    },
    { signal: stop.signal },
  )
  expect(said.requests).toHaveLength(2)
  expect(shown(said.findings)).toEqual([
    ...Array(3).fill('no trace'),
    ...Array(6).fill('unknown: could not be asked: the call was ended from this side'),
  ])
})

describe('a bug is said', () => {
  const nowhere = opening({ options: toyOptions('http://127.0.0.1:9') })

  test('a vendor that does not say rightly whether it can be asked', async () => {
    const { lookup: _, ...dumb } = askableToy
    await expect(toyKind(dumb).open(nowhere)).rejects.toThrow(InvariantError)
    await expect(toyKind({ ...askableToy, profile: toyVendor.profile }).open(nowhere)).rejects.toThrow(InvariantError)
  })

  test('one that cannot be asked has no lookup', async () => {
    const provider = await toyKind().open(nowhere)
    expect('lookup' in provider && provider.lookup !== undefined).toBe(false)
    await provider.close()
  })
})
