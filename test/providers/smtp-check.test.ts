import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Json } from '../../src/model/edition.ts'
import { Secret } from '../../src/model/secret.ts'
import { smtp } from '../../src/providers/smtp.ts'
import { nowMs, opening } from '../support/provider-opening.ts'
import {
  type ReceiverEvent,
  type ReceiverOptions,
  receiverCertificate,
  startSmtpReceiver,
} from '../support/smtp-receiver.ts'

const never = new AbortController().signal
const password = 'correct horse battery staple'
const login = { user: 'news', password: '${SMTP_PASSWORD}' }

let folder = ''
const ending: (() => Promise<void>)[] = []
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mailblast-smtp-'))
  await writeFile(join(folder, 'ca.pem'), receiverCertificate)
})
afterAll(async () => {
  for (const end of ending) await end()
  await rm(folder, { recursive: true })
})

interface Asked {
  readonly rows: string
  /** What the server was asked, by stage. */
  readonly stages: readonly string[]
}

/** Checks a route to a receiver: a row for each thing found out, with the port taken out. */
async function ask(
  receiverOptions: ReceiverOptions,
  options: Record<string, Json> = {},
  { at = nowMs, signal = never }: { readonly at?: number; readonly signal?: AbortSignal } = {},
): Promise<Asked> {
  const events: ReceiverEvent[] = []
  const receiver = await startSmtpReceiver({
    ...receiverOptions,
    behave(event) {
      events.push(event)
      return receiverOptions.behave?.(event)
    },
  })
  ending.push(() => receiver.close())
  const rows = await check({ host: '127.0.0.1', port: receiver.port, ...options }, at, signal)
  expect(receiver.messages).toEqual([])
  if (receiverOptions.tls === undefined) await expect.poll(() => receiver.openConnections).toBe(0)
  return { rows: rows.replaceAll(String(receiver.port), 'PORT'), stages: events.map(({ stage }) => stage) }
}

async function check(options: Record<string, Json>, at = nowMs, signal = never): Promise<string> {
  const parsed = JSON.parse(JSON.stringify(smtp.options.parse(options))) as Record<string, Json>
  const facts = { folder, nowMs: () => at, secret: async () => new Secret(password) }
  const provider = await smtp.open(opening({ options: parsed }, facts))
  ending.push(() => provider.close())
  const found = (await provider.check?.(signal)) ?? []
  return found.map(({ what, verdict, words }) => `${what}: ${verdict}: ${words}`).join('\n')
}

describe('what is found out about a server', () => {
  test('with everything in order', async () => {
    const { rows, stages } = await ask(
      { tls: 'starttls', sizeMax: 35_882_577, login: { user: 'news', password } },
      { host: 'localhost', tls: 'required', ca_file: 'ca.pem', return_path: 'bounces@acme.example', ...login },
    )
    expect(rows).toMatchInlineSnapshot(`
      "server: good: localhost:PORT answers at 127.0.0.1
      TLS: good: TLSv1.3; the certificate is verified and good for 34006 days
      login: good: news is let in
      sender: good: bounces@acme.example may be the sender
      size: good: it takes messages of up to 35,882,577 bytes
      extensions: good: it offers PIPELINING, 8BITMIME, SMTPUTF8"
    `)
    expect(stages).toEqual(['connect', 'mail'])
  })

  test('that offers little', async () => {
    const { rows } = await ask({ pipelining: false, smtpUtf8: false })
    expect(rows).toMatchInlineSnapshot(`
      "server: good: 127.0.0.1:PORT answers
      TLS: unknown: nothing is encrypted, which tls: opportunistic allows
      sender: good: news@acme.example may be the sender
      size: unknown: it does not say how large a message may be
      extensions: good: it offers 8BITMIME; without PIPELINING each message costs two round trips more; without SMTPUTF8 addresses beyond ASCII are refused"
    `)
  })

  test('whose certificate ends soon', async () => {
    const { rows } = await ask(
      { tls: 'implicit' },
      { tls: 'implicit', ca_file: 'ca.pem' },
      { at: Date.UTC(2119, 11, 25, 12) },
    )
    expect(rows).toContain('the certificate is verified and good for 6 days: see that it is renewed')
  })

  test('whose certificate is not looked at', async () => {
    const { rows } = await ask({ tls: 'starttls' }, { tls: 'opportunistic' })
    expect(rows).toContain('TLS: unknown: TLSv1.3; the certificate is not verified, which tls: opportunistic allows')
  })
})

describe('what is wrong is said, and nothing is asked after it', () => {
  test.each<[string, ReceiverOptions, Record<string, Json>, RegExp]>([
    [
      'a certificate that nobody vouches for',
      { tls: 'implicit' },
      { tls: 'implicit' },
      /^TLS: bad: 127\.0\.0\.1:PORT: DEPTH_ZERO_SELF_SIGNED_CERT .*$/,
    ],
    ['no STARTTLS', {}, { tls: 'required' }, /^TLS: bad: 127\.0\.0\.1:PORT: 50[02] STARTTLS: .*$/],
    [
      'a greeting that refuses us',
      { behave: ({ stage }) => (stage === 'connect' ? { reply: '554 5.7.1 No service for you' } : undefined) },
      {},
      /^server: bad: 127\.0\.0\.1:PORT: 554 5\.7\.1 No service for you$/,
    ],
    [
      'a wrong password',
      { login: { user: 'news', password: 'another' } },
      login,
      /^server: good.*\nTLS: unknown.*\nlogin: bad: news: 535 5\.7\.8 Authentication credentials invalid$/,
    ],
    [
      'no AUTH',
      {},
      login,
      /\nlogin: bad: news: the server offers no AUTH on this connection, so there is no way to log in$/,
    ],
  ])('%s', async (_, receiverOptions, options, expected) => {
    const { rows, stages } = await ask(receiverOptions, options)
    expect(rows).toMatch(expected)
    expect(stages.filter(stage => stage !== 'connect')).toEqual([])
    expect(rows).not.toContain(password)
  })

  test('a server that is not there', async () => {
    const receiver = await startSmtpReceiver()
    await receiver.close()
    expect(await check({ host: '127.0.0.1', port: receiver.port })).toMatch(/^server: bad: .*ECONNREFUSED/)
  })

  test('a name that is none', async () => {
    expect(await check({ host: 'no-such-host.invalid', tls: 'none' })).toMatch(
      /^server: bad: no-such-host\.invalid:587: /,
    )
  })
})

describe('the sender', () => {
  test.each([
    ['550 5.1.8 Sender domain not found', 'sender: bad: news@acme.example: 550 5.1.8 Sender domain not found'],
    ['530 5.7.0 Authentication required', 'sender: bad: news@acme.example: 530 5.7.0 Authentication required'],
    ['451 4.3.0 Try later', 'sender: unknown: news@acme.example: 451 4.3.0 Try later'],
    ['421 4.3.2 Shutting down', 'sender: unknown: news@acme.example: 421 4.3.2 Shutting down'],
  ])('%s', async (reply, expected) => {
    const { rows, stages } = await ask({ behave: ({ stage }) => (stage === 'mail' ? { reply } : undefined) })
    expect(rows.split('\n')).toContain(expected)
    expect(stages).toEqual(['connect', 'mail'])
  })

  test('cannot be asked about where the connection ends', async () => {
    const { rows } = await ask({ behave: ({ stage }) => (stage === 'mail' ? { drop: true } : undefined) })
    expect(rows).toContain('sender: unknown: ')
  })
})

test('an ended call asks nothing', async () => {
  const { rows, stages } = await ask({}, {}, { signal: AbortSignal.abort() })
  expect(rows).toContain('the call was ended before the server answered')
  expect(stages).toEqual([])
})
