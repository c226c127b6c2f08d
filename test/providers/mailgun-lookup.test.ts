/** Asking Mailgun's events what it has taken, and Mailgun whether a domain may send: what an answer proves, and what not. */

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import type { Json } from '../../src/model/edition.ts'
import { mailgun } from '../../src/providers/mailgun.ts'
import type { Finding, Provider, Sought } from '../../src/providers/provider.ts'
import { mailgunSink } from '../../src/sink/mailgun.ts'
import { TakenMemory } from '../../src/sink/memory.ts'
import { address, message, messages, nowMs, opening, sought } from '../support/provider-opening.ts'

const { signal } = new AbortController()
const apiKey = 'key-that-nobody-has'

interface Answer {
  readonly status: number
  readonly body?: string
}

/** A server that answers as the sink does of these mails, or, for what it says to a path, with the test's words. */
async function withMailgun<Result>(
  run: (provider: Provider, asked: readonly string[], taken: TakenMemory) => Promise<Result>,
  say: (path: string) => Answer | undefined = () => undefined,
): Promise<Result> {
  const asked: string[] = []
  const taken = new TakenMemory()
  const server = createServer(async (request, response) => {
    const { method = '', url: path = '', headers } = request
    asked.push(`${method} ${path}`)
    const reading = await mailgunSink.read({ method, path, headers, body: Buffer.alloc(0) }, apiKey)
    const own = reading.kind === 'lookup' ? reading.answer(taken) : reading.kind === 'refused' ? reading.answer : null
    const { status, body = '' } = say(path) ?? own ?? { status: 500 }
    response.writeHead(status).end(body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const base_url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const given = mailgun.options.parse({ api_key: '${KEY}', domain: 'mg.acme.example', base_url })
  const options = JSON.parse(JSON.stringify(given)) as Record<string, Json>
  const provider = await mailgun.open(opening({ options }, { key: apiKey }))
  try {
    return await run(provider, asked, taken)
  } finally {
    await provider.close()
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
}

const ask = async (provider: Provider, of: readonly Sought[]): Promise<readonly Finding[]> =>
  (await provider.lookup?.(of, signal)) ?? []

describe('lookup', () => {
  test('whoever was taken in this run is found, each by a question of her own', async () => {
    await withMailgun(async (provider, asked, taken) => {
      const all = messages(4)
      const add = (index: number, run: string | null, to = all[index]?.to ?? '') =>
        taken.add(all[index]?.messageId ?? '', { run, to, call: 1, atMs: nowMs })
      add(0, 'run-1', 'ADA1@example.org')
      add(1, 'run-2')
      add(3, 'run-2')
      add(3, 'run-1')
      expect(await ask(provider, all.map(sought))).toEqual([
        { kind: 'taken', providerId: '<1.campaign@acme.example>' },
        { kind: 'no trace' },
        { kind: 'no trace' },
        { kind: 'taken', providerId: '<4.campaign@acme.example>' },
      ])
      expect(asked[0]).toBe(
        'GET /v3/mg.acme.example/events?ascending=no&limit=300&message-id=1.campaign%40acme.example',
      )
      expect(asked.length).toBe(4)
    })
  })

  const event = (more: object) => ({
    event: 'failed',
    timestamp: 1,
    recipient: 'ada1@example.org',
    'user-variables': { mailblast_run: 'run-1' },
    message: { headers: { 'message-id': '1.campaign@acme.example' } },
    ...more,
  })

  test.each<[string, unknown, string]>([
    ['a failure proves that it was taken', { items: [event({})] }, 'taken'],
    [
      'so does a rejection without a recipient',
      { items: [event({ event: 'rejected', recipient: undefined })] },
      'taken',
    ],
    ['an event without a run is of no run', { items: [event({ 'user-variables': {} })] }, 'no trace'],
    ['nor is one of no variables', { items: [event({ 'user-variables': undefined })] }, 'no trace'],
    ['another run’s is not ours', { items: [event({ 'user-variables': { mailblast_run: 'run-2' } })] }, 'no trace'],
    ['nor another recipient’s', { items: [event({ recipient: 'eve@example.org' })] }, 'no trace'],
    ['nothing is no trace', { items: [] }, 'no trace'],
    ['events that were not asked for', { items: [event({ message: { headers: { 'message-id': 'x@y' } } })] }, 'config'],
    ['events that do not say of what', { items: [event({ message: undefined })] }, 'config'],
    ['something else', { events: [] }, 'config'],
  ])('%s', async (_, body, becomes) => {
    await withMailgun(
      async provider => {
        const [finding] = await ask(provider, [sought(message(1))])
        expect(finding?.kind === 'unknown' ? finding.cause.class : finding?.kind).toBe(becomes)
      },
      () => ({ status: 200, body: JSON.stringify(body) }),
    )
  })

  test.each<[number, string, number]>([
    [401, 'auth', 1],
    [403, 'auth', 1],
    [429, 'throttled', 1],
    [500, 'transient', 3],
  ])('an answer of %i: %s, after %i questions', async (status, failureClass, questions) => {
    await withMailgun(
      async (provider, asked) => {
        const findings = await ask(provider, messages(5).map(sought))
        expect(findings.map(each => each.kind === 'unknown' && each.cause.class)).toEqual(
          messages(5).map(() => failureClass),
        )
        expect(asked.length).toBe(questions)
        if (status === 403) expect(JSON.stringify(findings)).toContain('a domain sending key may send and not ask')
      },
      () => ({ status, body: '{"message":"Forbidden"}' }),
    )
  })

  test('an address that Mailgun writes otherwise is the same', async () => {
    await withMailgun(async (provider, _, taken) => {
      const one = message(1, { to: address('Ada.B@example.org') })
      taken.add(one.messageId, { run: 'run-1', to: 'ada.b@example.org', call: 1, atMs: nowMs })
      expect((await ask(provider, [sought(one)]))[0]?.kind).toBe('taken')
    })
  })
})

describe('check', () => {
  const domain = (state: string, more: object = {}, valid = 'valid') => ({
    domain: { name: 'mg.acme.example', state, is_disabled: false, type: 'custom', ...more },
    sending_dns_records: [
      { record_type: 'TXT', name: 'mg.acme.example', valid: 'valid' },
      { record_type: 'CNAME', valid },
    ],
  })

  async function checked(status: number, body: unknown): Promise<readonly string[]> {
    return withMailgun(
      async (provider, asked) => {
        const checks = await provider.check?.(signal)
        expect(asked).toEqual(['GET /v4/domains/mg.acme.example'])
        return (checks ?? []).map(({ what, verdict, words }) => `${what}: ${verdict}: ${words}`)
      },
      () => ({ status, body: JSON.stringify(body) }),
    )
  }

  test.each<[number, unknown, readonly string[]]>([
    [
      200,
      domain('active'),
      [
        'API key: good: it is accepted',
        'domain: good: mg.acme.example is active',
        'sending DNS: good: all its records are valid',
      ],
    ],
    [
      200,
      domain('active', { type: 'sandbox' }, 'unknown'),
      [
        'API key: good: it is accepted',
        'domain: good: mg.acme.example is active; it is a sandbox domain, which reaches authorized recipients only',
        'sending DNS: unknown: Mailgun does not find as they should be: CNAME',
      ],
    ],
    [
      200,
      domain('unverified'),
      [
        'API key: good: it is accepted',
        'domain: bad: mg.acme.example is unverified: set the DNS records that Mailgun shows',
      ],
    ],
    [
      200,
      domain('active', { is_disabled: true }),
      [
        'API key: good: it is accepted',
        "domain: bad: mg.acme.example is disabled: see its page in Mailgun's control panel",
      ],
    ],
    [
      401,
      'Forbidden',
      [
        'API key: unknown: Forbidden: the key or the region may be wrong, or it is a domain sending key, which may send and not ask; a test send would tell',
      ],
    ],
    [
      404,
      { message: 'Domain not found' },
      ['domain: bad: Domain not found: check domain, and region: it has only its own'],
    ],
    [200, { domain: null }, ['domain: unknown: no usable answer: Mailgun answered 200: {"domain":null}']],
    [500, { message: 'Oops' }, ['domain: unknown: no usable answer: Oops']],
  ])('%i %j', async (status, body, findings) => {
    expect(await checked(status, body)).toEqual(findings)
  })

  test('the sink says that all is well', async () => {
    await withMailgun(async provider => {
      expect((await provider.check?.(signal))?.map(({ verdict }) => verdict)).toEqual(['good', 'good', 'good'])
    })
  })
})
