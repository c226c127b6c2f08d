import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { prepareMime } from '../../src/content/mime.ts'
import type { FilledMessage, Json, SharedContent } from '../../src/model/edition.ts'
import { InvariantError } from '../../src/model/errors.ts'
import type { Outcome } from '../../src/model/outcome.ts'
import { Secret } from '../../src/model/secret.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { smtp } from '../../src/providers/smtp.ts'
import { address, content, message, messages, nowMs, opening } from '../support/provider-opening.ts'
import {
  type ReceiverOptions,
  receiverCertificate,
  type SmtpReceiver,
  startSmtpReceiver,
} from '../support/smtp-receiver.ts'

const never = new AbortController().signal
const password = 'correct horse battery staple'

// The receiver waits 100 ms before it greets, to find out talkers; so the tests wait side by side.
const ending: (() => Promise<void>)[] = []
afterAll(async () => {
  for (const end of ending.reverse()) await end()
})

async function receive(options: ReceiverOptions = {}): Promise<SmtpReceiver> {
  const receiver = await startSmtpReceiver(options)
  ending.push(() => receiver.close())
  return receiver
}

interface RouteFacts {
  readonly options?: Record<string, Json>
  readonly shared?: Partial<SharedContent>
  readonly concurrency?: number
  readonly folder?: string
  readonly now?: () => number
}

async function route({ port }: { readonly port: number }, facts: RouteFacts = {}): Promise<Provider> {
  const options = JSON.parse(
    JSON.stringify(smtp.options.parse({ host: '127.0.0.1', port, ...facts.options })),
  ) as Record<string, Json>
  const provider = await smtp.open(
    opening(
      { options, concurrency: facts.concurrency ?? 4 },
      {
        content: content(facts.shared ?? {}),
        folder: facts.folder ?? '/',
        nowMs: facts.now ?? (() => nowMs),
        secret: async () => new Secret(password),
      },
    ),
  )
  ending.push(() => provider.close())
  return provider
}

async function send(provider: Provider, filled: FilledMessage, signal = never): Promise<Outcome> {
  const [outcome, ...more] = await provider.send([filled], signal)
  if (outcome === undefined || more.length > 0) throw new Error('not one outcome for one message')
  return outcome
}

/** `refused recipient hard 550 5.1.1: words`. */
function inWords(outcome: Outcome): string {
  if (outcome.kind === 'accepted') return `accepted ${outcome.providerId}`
  const { class: failureClass, code, status, text } = outcome.cause
  const scope = outcome.kind === 'in-doubt' ? undefined : outcome.scope
  return `${[outcome.kind, scope, failureClass, code, status].filter(Boolean).join(' ')}: ${text}`
}

describe.concurrent('what is accepted', () => {
  test('arrives with its envelope, byte for byte', async () => {
    const receiver = await receive()
    const provider = await route(receiver, { options: { return_path: 'bounces@acme.example' } })
    const filled = message(1)
    expect(await send(provider, filled)).toEqual({ kind: 'accepted', providerId: filled.messageId })
    expect(receiver.messages).toEqual([
      {
        from: 'bounces@acme.example',
        to: filled.to,
        bytes: prepareMime(content({}))(filled, nowMs),
        connection: 1,
      },
    ])
  })

  test.each([
    ['lines that begin with dots', '.\r\n..\r\n.a\r\n\r\n.\r\n'],
    ['a lone dot at the end', 'a\r\n.'],
    ['nothing', ''],
    ['a megabyte', '. 0123456789\r\n'.repeat(80_000)],
  ])('%s', async (_, text) => {
    const receiver = await receive()
    const shared = { html: null, text: ['', ''] }
    const filled = message(1, { html: [], text: [text] })
    expect((await send(await route(receiver, { shared }), filled)).kind).toBe('accepted')
    expect(receiver.messages[0]?.bytes.equals(prepareMime(content(shared))(filled, nowMs))).toBe(true)
  })

  test.each([
    ['250 2.0.0 Ok: queued as 4XyZabc123', '4XyZabc123'],
    ['250 OK id=1rTxyz-0001ab-2C', '1rTxyz-0001ab-2C'],
    ['250 2.0.0 e6515e46 Message accepted for delivery', 'e6515e46'],
    [
      '250 Ok 0100018b5c3c0a4f-11111111-2222-3333-4444-555555555555-000000',
      '0100018b5c3c0a4f-11111111-2222-3333-4444-555555555555-000000',
    ],
    ['251 User not local; will forward', message(1).messageId],
  ])('is known as the server names it: %s', async (reply, expected) => {
    const receiver = await receive({ behave: ({ stage }) => (stage === 'message' ? { reply } : undefined) })
    expect(await send(await route(receiver), message(1))).toEqual({ kind: 'accepted', providerId: expected })
  })

  test('says its size, and is not sent if the server takes none so large', async () => {
    const stages: string[] = []
    const receiver = await receive({ sizeMax: 2000, behave: ({ stage }) => void stages.push(stage) })
    const provider = await route(receiver)
    expect(inWords(await send(provider, message(1, { text: ['x'.repeat(3000)] })))).toMatch(
      /^refused message content: the message has [34],\d{3} bytes, and the server takes 2,000 at most$/,
    )
    expect((await send(provider, message(2))).kind).toBe('accepted')
    expect([receiver.connections, stages]).toEqual([1, ['connect', 'mail', 'rcpt', 'data', 'message']])
  })

  test('goes to an address beyond ASCII where the server offers SMTPUTF8, and nowhere else', async () => {
    const filled = message(1, { to: address('grüße@example.org') })
    const modern = await receive()
    expect((await send(await route(modern), filled)).kind).toBe('accepted')
    expect(modern.messages[0]?.to).toBe('grüße@example.org')

    const old = await receive({ smtpUtf8: false })
    const provider = await route(old)
    expect(inWords(await send(provider, filled))).toMatch(/^refused message config: .*SMTPUTF8$/)
    expect((await send(provider, message(2))).kind).toBe('accepted')
  })

  test('one at a time: a parcel of several is a bug', async () => {
    const provider = await route(await receive())
    expect(provider.fits(messages(3))).toBe(1)
    await expect(provider.send(messages(3), never)).rejects.toThrow(InvariantError)
  })
})

describe.concurrent('connections', () => {
  test('are used again', async () => {
    const receiver = await receive()
    const provider = await route(receiver)
    for (const filled of messages(5)) await send(provider, filled)
    expect([receiver.messages.length, receiver.connections]).toEqual([5, 1])
  })

  test('are as many as there are calls at a time', async () => {
    const receiver = await receive()
    const provider = await route(receiver, { concurrency: 3 })
    for (let round = 0; round < 3; round++) {
      await Promise.all(messages(3).map(filled => send(provider, filled)))
    }
    expect([receiver.messages.length, receiver.connections]).toEqual([9, 3])
  })

  test('carry so many messages and no more', async () => {
    const receiver = await receive()
    const provider = await route(receiver, { options: { messages_per_connection: 2 } })
    for (const filled of messages(5)) await send(provider, filled)
    expect(receiver.messages.map(each => each.connection)).toEqual([1, 1, 2, 2, 3])
  })

  test.each([true, false])('go on after a refusal (pipelining: %s)', async pipelining => {
    const refused = message(2).to
    const receiver = await receive({
      pipelining,
      behave: event => (event.stage === 'rcpt' && event.to === refused ? { reply: '550 5.1.1 No' } : undefined),
    })
    const provider = await route(receiver)
    const kinds = []
    for (const filled of messages(3)) kinds.push((await send(provider, filled)).kind)
    expect(kinds).toEqual(['accepted', 'refused', 'accepted'])
    expect(receiver.connections).toBe(1)
  })

  test('that the server has closed meanwhile are replaced within the call', async () => {
    const receiver = await receive()
    const provider = await route(receiver)
    await send(provider, message(1))
    receiver.dropConnections()
    expect((await send(provider, message(2))).kind).toBe('accepted')
    expect([receiver.messages.length, receiver.connections]).toEqual([2, 2])
  })

  test.each([true, false])(
    'of which a server has had enough are replaced within the call (pipelining: %s)',
    async pipelining => {
      const taken = new Map<number, number>()
      const receiver = await receive({
        pipelining,
        behave(event) {
          const count = taken.get(event.connection) ?? 0
          if (event.stage === 'message') taken.set(event.connection, count + 1)
          return event.stage === 'mail' && count >= 2 ? { reply: '452 4.5.3 Too many messages sent' } : undefined
        },
      })
      const provider = await route(receiver)
      for (const filled of messages(5)) expect((await send(provider, filled)).kind).toBe('accepted')
      expect(receiver.messages.map(each => each.connection)).toEqual([1, 1, 2, 2, 3])
    },
  )

  test('that were idle for long are not trusted', async () => {
    const receiver = await receive()
    let now = nowMs
    const provider = await route(receiver, { now: () => now })
    await send(provider, message(1))
    now += 59_000
    await send(provider, message(2))
    now += 61_000
    await send(provider, message(3))
    expect(receiver.messages.map(each => each.connection)).toEqual([1, 1, 2])
  })

  test('are ended when the route is closed', async () => {
    const receiver = await receive()
    const provider = await route(receiver)
    await Promise.all(messages(3).map(filled => send(provider, filled)))
    await provider.close()
    await expect.poll(() => receiver.openConnections).toBe(0)
  })
})

describe.concurrent('replies', () => {
  test.each<[string, string, string]>([
    ['mail', '550 5.1.8 Sender domain not found', 'refused route config 550 5.1.8: Sender domain not found'],
    ['mail', '451 4.3.0 Try later', 'deferred route transient 451 4.3.0: Try later'],
    ['rcpt', '550 5.1.1 No such user', 'refused recipient hard 550 5.1.1: No such user'],
    ['rcpt', '452 4.2.2 Mailbox full', 'deferred recipient soft 452 4.2.2: Mailbox full'],
    ['rcpt', '421 4.7.0 Too much volume', 'deferred lane throttled 421 4.7.0: Too much volume'],
    ['message', '554 5.7.1 Looks like spam', 'refused lane content 554 5.7.1: Looks like spam'],
    ['message', '451 4.7.0 Slow down', 'deferred lane throttled 451 4.7.0: Slow down'],
    ['message', '421 4.3.2 Shutting down', 'deferred route transient 421 4.3.2: Shutting down'],
    ['connect', '554 No service', 'refused route block 554: No service'],
    ['connect', '421 Too many connections', 'deferred route throttled 421: Too many connections'],
  ])('at %s: %s', async (stage, reply, expected) => {
    for (const pipelining of [true, false]) {
      const receiver = await receive({ pipelining, behave: event => (event.stage === stage ? { reply } : undefined) })
      expect(inWords(await send(await route(receiver), message(1)))).toBe(expected)
      expect(receiver.messages).toEqual([])
    }
  })
})

describe.concurrent('TLS', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mailblast-smtp-'))
    await writeFile(join(folder, 'ca.pem'), receiverCertificate)
  })
  afterAll(() => rm(folder, { recursive: true }))

  const trusting = { ca_file: 'ca.pem' }

  test.each<[string, NonNullable<ReceiverOptions['tls']>, Record<string, Json>, RegExp]>([
    ['required and offered', 'starttls', { tls: 'required', ...trusting }, /^accepted/],
    ['required by name', 'starttls', { host: 'localhost', tls: 'required', ...trusting }, /^accepted/],
    ['required, not trusted', 'starttls', { tls: 'required' }, /^refused route config DEPTH_ZERO_SELF_SIGNED_CERT: /],
    ['required, not offered', 'none', { tls: 'required' }, /^refused route config 50[02]: /],
    ['opportunistic, offered, not trusted', 'starttls', { tls: 'opportunistic' }, /^accepted/],
    ['opportunistic, not offered', 'none', { tls: 'opportunistic' }, /^accepted/],
    ['from the first byte', 'implicit', { tls: 'implicit', ...trusting }, /^accepted/],
    [
      'from the first byte, not trusted',
      'implicit',
      { tls: 'implicit' },
      /^refused route config DEPTH_ZERO_SELF_SIGNED_CERT: /,
    ],
    [
      'from the first byte, not spoken',
      'none',
      { tls: 'implicit' },
      /^refused route config ERR_SSL_WRONG_VERSION_NUMBER: TLS: wrong version/,
    ],
    ['none, though offered', 'starttls', { tls: 'none' }, /^accepted/],
  ])('%s', async (_, tls, options, expected) => {
    const receiver = await receive({ tls })
    expect(inWords(await send(await route(receiver, { options, folder }), message(1)))).toMatch(expected)
  })
})

describe.concurrent('AUTH', () => {
  const login = { user: 'news', password: '${SMTP_PASSWORD}' }

  test.each([['PLAIN'], ['LOGIN'], ['CRAM-MD5', 'LOGIN']])('%s with the right password', async (...methods) => {
    const receiver = await receive({ login: { user: 'news', password, methods } })
    expect((await send(await route(receiver, { options: login }), message(1))).kind).toBe('accepted')
  })

  test.each(['PLAIN', 'LOGIN'])('%s with a wrong password stops the route and shows no password', async method => {
    const receiver = await receive({ login: { user: 'news', password: 'another', methods: [method] } })
    const outcome = await send(await route(receiver, { options: login }), message(1))
    expect(inWords(outcome)).toBe('refused route auth 535 5.7.8: Authentication credentials invalid')
  })

  test('where the server offers none', async () => {
    const receiver = await receive()
    const outcome = await send(await route(receiver, { options: login }), message(1))
    expect(inWords(outcome)).toMatch(/^refused route config: the server offers no AUTH/)
  })

  test('where the server wants it and there is no login', async () => {
    const receiver = await receive({ login: { user: 'news', password } })
    expect(inWords(await send(await route(receiver), message(1)))).toMatch(/^refused route auth 530/)
  })
})

describe.concurrent('a server that is not there', () => {
  test('refuses connections', async () => {
    const receiver = await startSmtpReceiver()
    await receiver.close()
    expect(inWords(await send(await route(receiver), message(1)))).toMatch(/^deferred route transient ECONNREFUSED: /)
  })

  test('has no address', async () => {
    const provider = await route({ port: 25 }, { options: { host: 'no-such-host.invalid', tls: 'none' } })
    expect(inWords(await send(provider, message(1)))).toMatch(/^deferred route transient (ENOTFOUND|EAI_AGAIN|\w+): /)
  })
})

test('a call that is to end before it began does nothing', async () => {
  const receiver = await receive()
  const outcome = await send(await route(receiver), message(1), AbortSignal.abort())
  expect(inWords(outcome)).toBe('deferred route transient ABORTED: the call was ended before the server answered')
  expect(receiver.connections).toBe(0)
})
