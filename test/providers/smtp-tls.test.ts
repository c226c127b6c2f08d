/** What a server, or somebody on the way to it, can do to a connection that is to be encrypted. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTlsServer, type SecureVersion } from 'node:tls'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Json } from '../../src/model/edition.ts'
import type { Outcome } from '../../src/model/outcome.ts'
import { Secret } from '../../src/model/secret.ts'
import { smtp } from '../../src/providers/smtp.ts'
import { message, opening } from '../support/provider-opening.ts'
import { receiverCertificate, receiverKey } from '../support/smtp-receiver.ts'
import { perform, type Talk } from '../support/smtp-talk.ts'

const password = 'correct horse battery staple'
const login = { user: 'news', password: '${SMTP_PASSWORD}' }

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mailblast-smtp-'))
  await writeFile(join(folder, 'ca.pem'), receiverCertificate)
})
afterAll(() => rm(folder, { recursive: true }))

async function send(port: number, options: Record<string, Json>): Promise<Outcome | undefined> {
  const timeout = { greeting: '500ms', idle: '500ms' }
  const parsed = smtp.options.parse({ host: '127.0.0.1', port, ca_file: 'ca.pem', timeout, ...options })
  const provider = await smtp.open(
    opening(
      { options: JSON.parse(JSON.stringify(parsed)) as Record<string, Json> },
      { folder, secret: async () => new Secret(password) },
    ),
  )
  const [outcome] = await provider.send([message(1)], new AbortController().signal)
  await provider.close()
  return outcome
}

/** `refused route config 502`. */
function inShort(outcome: Outcome | undefined): string {
  if (outcome === undefined || outcome.kind === 'accepted') return String(outcome?.kind)
  const scope = outcome.kind === 'in-doubt' ? undefined : outcome.scope
  return [outcome.kind, scope, outcome.cause.class, outcome.cause.code].filter(Boolean).join(' ')
}

describe('a server that does not do STARTTLS gets neither login nor mail', () => {
  test.each<[string, (talk: Talk) => void, string]>([
    ['knows no such command', talk => talk.say('502 Not implemented'), 'refused route config 502'],
    ['cannot do it now', talk => talk.say('454 TLS not available'), 'deferred route transient 454'],
    [
      'says yes and goes on in the clear',
      talk => talk.say('220 go', '250 AUTH PLAIN'),
      'deferred route transient ETIMEDOUT',
    ],
    ['says what is no answer', talk => talk.say('what?'), 'deferred route transient ETLS'],
    ['closes', talk => talk.close(), 'deferred route transient ECONNECTION'],
  ])('it %s', async (_, answer, expected) => {
    const stage = await perform(async talk => {
      talk.say('220 test')
      await talk.hear()
      talk.say('250-test', '250 AUTH PLAIN LOGIN')
      await talk.hear()
      answer(talk)
    })
    expect(inShort(await send(stage.port, { tls: 'required', ...login }))).toBe(expected)
    await stage.talks[0]?.closed
    expect(stage.talks[0]?.heard).toEqual(['EHLO', 'STARTTLS'])
    expect(stage.talks[0]?.unread).not.toMatch(/AUTH|MAIL/)
  })

  test('also where it knows no EHLO', async () => {
    const stage = await perform(async talk => {
      talk.say('220 test')
      await talk.hear()
      talk.say('502 Not implemented')
    })
    expect(inShort(await send(stage.port, { tls: 'required', ...login }))).toBe('refused route config 502')
    await stage.talks[0]?.closed
    expect([stage.talks[0]?.heard, stage.talks[0]?.unread]).toEqual([['EHLO'], ''])
  })
})

describe('answers that somebody has put before TLS begins are not read as the server’s', () => {
  /** Reads on after STARTTLS as a server that offers no AUTH and takes large messages. */
  async function play(talk: Talk, injected: string): Promise<void> {
    talk.say('220 test')
    await talk.hear()
    talk.say('250-test', '250 STARTTLS')
    await talk.hear()
    talk.mutter(`220 go\r\n${injected}`)
    talk.secure()
    await talk.hear()
    talk.say('250-test', '250 SIZE 5000000')
    for (let line = await talk.hear(); line !== 'DATA'; line = await talk.hear()) talk.say('250 ok')
    talk.say('354 go')
    await talk.hearMessage()
    talk.say('250 ok')
  }

  test.each([
    ['whole answers', '250-evil\r\n250-SIZE 1\r\n250 AUTH PLAIN\r\n'],
    ['a line without an end', '250 SIZE 1'],
    ['the answers to all that follows', '250 evil\r\n250 ok\r\n250 ok\r\n354 go\r\n250 ok\r\n'],
  ])('%s', async (_, injected) => {
    const stage = await perform(talk => play(talk, injected))
    expect(inShort(await send(stage.port, { tls: 'required' }))).toBe('accepted')
    expect(stage.talks[0]?.heard).toEqual(['EHLO', 'STARTTLS', 'EHLO', 'MAIL', 'RCPT', 'DATA'])
  })

  test('an answer of which only the beginning is put there ends the attempt', async () => {
    const stage = await perform(talk => play(talk, '250-evil\r\n250-AUTH PLAIN\r\n'))
    expect(inShort(await send(stage.port, { tls: 'required', ...login }))).toBe('deferred route transient ETIMEDOUT')
    expect(stage.talks[0]?.heard).toEqual(['EHLO', 'STARTTLS'])
  })

  test('no password is given to an AUTH that was put there', async () => {
    const stage = await perform(talk => play(talk, '250-evil\r\n250 AUTH PLAIN\r\n'))
    expect(inShort(await send(stage.port, { tls: 'required', ...login }))).toBe('refused route config')
    expect(stage.talks[0]?.heard).toEqual(['EHLO', 'STARTTLS', 'EHLO'])
  })
})

describe('an old TLS is refused', () => {
  test.each<[SecureVersion, string]>([
    ['TLSv1.3', 'deferred route transient ECONNECTION'],
    ['TLSv1.2', 'deferred route transient ECONNECTION'],
    [
      'TLSv1.1',
      'refused route config ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION|refused route config ERR_SSL_UNSUPPORTED_PROTOCOL',
    ],
  ])('%s', async (version, expected) => {
    const facts = { key: receiverKey, cert: receiverCertificate, ciphers: 'DEFAULT@SECLEVEL=0' } as const
    const server = createTlsServer({ ...facts, minVersion: version, maxVersion: version }, socket => socket.end())
    server.on('tlsClientError', () => undefined)
    onTestFinished(() => void server.close())
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    expect(expected.split('|')).toContain(inShort(await send(port, { tls: 'implicit' })))
  })
})
