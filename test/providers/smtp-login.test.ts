import { afterAll, describe, expect, test } from 'vitest'
import type { Json } from '../../src/model/edition.ts'
import { UserError } from '../../src/model/errors.ts'
import type { Outcome } from '../../src/model/outcome.ts'
import { Secret } from '../../src/model/secret.ts'
import { smtp } from '../../src/providers/smtp.ts'
import { message, opening } from '../support/provider-opening.ts'
import { type ReceiverOptions, type SmtpReceiver, startSmtpReceiver } from '../support/smtp-receiver.ts'
import { perform, type Talk } from '../support/smtp-talk.ts'

const password = 'correct-horse-battery-staple'
const byPassword = { user: 'news', password: '${SMTP_PASSWORD}' }
const byToken = { user: 'news@acme.example', access_token_command: 'print-token' }

const ending: (() => Promise<void>)[] = []
afterAll(async () => {
  for (const end of ending.reverse()) await end()
})

async function receive(login: NonNullable<ReceiverOptions['login']>): Promise<SmtpReceiver> {
  const receiver = await startSmtpReceiver({ login })
  ending.push(() => receiver.close())
  return receiver
}

type Send = (id?: number, signal?: AbortSignal) => Promise<string>

async function open(
  { port }: { readonly port: number },
  options: Record<string, Json>,
  secret: () => string | Promise<string> = () => password,
): Promise<Send> {
  const parsed = smtp.options.parse({ host: '127.0.0.1', port, tls: 'none', ...options })
  const provider = await smtp.open(
    opening(
      { options: JSON.parse(JSON.stringify(parsed)) as Record<string, Json> },
      { secret: async () => new Secret(await secret()) },
    ),
  )
  ending.push(() => provider.close())
  return async (id = 1, signal = new AbortController().signal) => {
    const [outcome] = await provider.send([message(id)], signal)
    return inWords(outcome)
  }
}

function inWords(outcome: Outcome | undefined): string {
  if (outcome === undefined || outcome.kind === 'accepted') return String(outcome?.kind)
  const scope = outcome.kind === 'in-doubt' ? undefined : outcome.scope
  const { class: failureClass, code, status, text } = outcome.cause
  return `${[outcome.kind, scope, failureClass, code, status].filter(Boolean).join(' ')}: ${text}`
}

describe('the mechanism', () => {
  /** What is said in AUTH to a server that offers these and refuses everything. */
  async function chosen(offered: string, options: Record<string, Json>): Promise<string> {
    let said = 'nothing'
    const stage = await perform(async talk => {
      talk.say('220 test')
      await talk.hear()
      talk.say('250-test', `250 AUTH ${offered}`)
      said = await talk.hear()
      talk.say('535 5.7.8 No')
    })
    const outcome = await (await open(stage, options))()
    return `${said.split(' ').slice(0, 2).join(' ')}: ${outcome}`
  }

  test.each<[string, Record<string, Json>, string]>([
    ['PLAIN LOGIN CRAM-MD5 XOAUTH2', byPassword, 'AUTH PLAIN: refused route auth 535 5.7.8: No'],
    ['XOAUTH2 CRAM-MD5 LOGIN', byPassword, 'AUTH LOGIN: refused route auth 535 5.7.8: No'],
    ['XOAUTH2 cram-md5', byPassword, 'AUTH CRAM-MD5: refused route auth 535 5.7.8: No'],
    ['PLAIN LOGIN', { ...byPassword, auth: 'login' }, 'AUTH LOGIN: refused route auth 535 5.7.8: No'],
    ['PLAIN CRAM-MD5', { ...byPassword, auth: 'cram-md5' }, 'AUTH CRAM-MD5: refused route auth 535 5.7.8: No'],
    ['PLAIN XOAUTH2', byToken, 'AUTH XOAUTH2: refused route auth 535 5.7.8: No'],
    [
      'GSSAPI NTLM',
      byPassword,
      'nothing: refused route config: the server offers AUTH GSSAPI NTLM, and not PLAIN, LOGIN, CRAM-MD5, so there is no way to log in',
    ],
    [
      'PLAIN LOGIN',
      { ...byPassword, auth: 'cram-md5' },
      'nothing: refused route config: the server offers AUTH PLAIN LOGIN, and not CRAM-MD5, so there is no way to log in',
    ],
    [
      'PLAIN LOGIN',
      byToken,
      'nothing: refused route config: the server offers AUTH PLAIN LOGIN, and not XOAUTH2, so there is no way to log in',
    ],
  ])('of %s with %j', async (offered, options, expected) => {
    expect(await chosen(offered, options)).toBe(expected)
  })

  test.each([
    ['plain', 'PLAIN'],
    ['login', 'LOGIN'],
    ['cram-md5', 'CRAM-MD5'],
  ])('%s logs in', async (auth, method) => {
    const receiver = await receive({ user: 'news', password, methods: [method] })
    expect(await (await open(receiver, { ...byPassword, auth }))()).toBe('accepted')
    const wrong = await open(receiver, { ...byPassword, auth }, () => 'another password')
    expect(await wrong()).toBe('refused route auth 535 5.7.8: Authentication credentials invalid')
  })

  test.each([
    [
      '454 4.7.0 Temporary authentication failure',
      'deferred route transient 454 4.7.0: Temporary authentication failure',
    ],
    ['421 4.7.0 Too many login attempts', 'deferred route throttled 421 4.7.0: Too many login attempts'],
    [
      '534 5.7.9 Application-specific password required',
      'refused route auth 534 5.7.9: Application-specific password required',
    ],
  ])('is answered %s', async (answer, expected) => {
    for (const options of [byPassword, byToken]) {
      const stage = await perform(async talk => {
        talk.say('220 test')
        await talk.hear()
        talk.say('250-test', '250 AUTH PLAIN XOAUTH2')
        await talk.hear()
        talk.say(answer)
      })
      expect(await (await open(stage, options))()).toBe(expected)
    }
  })
})

describe('an access token', () => {
  /** Tokens as they are printed one after the other, the last one for ever. */
  function printer(...tokens: readonly string[]) {
    let printed = 0
    return Object.assign(() => tokens[Math.min(printed++, tokens.length - 1)] ?? '', { count: () => printed })
  }

  /** A server whose valid token can be changed. */
  async function receiveToken(first: string) {
    const login = { user: byToken.user, password: first, methods: ['XOAUTH2'] }
    return { receiver: await receive(login), login }
  }

  test('is good for many connections, and is asked for once', async () => {
    const { receiver } = await receiveToken('token-1')
    const print = printer('token-1', 'token-2')
    const send = await open(receiver, { ...byToken, messages_per_connection: 1 }, print)
    expect([await send(1), await send(2), await send(3)]).toEqual(['accepted', 'accepted', 'accepted'])
    expect([receiver.connections, print.count()]).toEqual([3, 1])
  })

  test('that has run out is asked for again, once for all connections', async () => {
    const { receiver, login } = await receiveToken('token-1')
    const print = printer('token-1', 'token-2')
    const send = await open(receiver, { ...byToken, messages_per_connection: 1 }, print)
    expect(await send(1)).toBe('accepted')
    login.password = 'token-2'
    expect(await Promise.all([send(2), send(3), send(4)])).toEqual(['accepted', 'accepted', 'accepted'])
    expect([receiver.connections, print.count()]).toEqual([4, 2])
  })

  test.each([
    ['the same again', ['token-1'], 2],
    ['another that is refused as well', ['token-1', 'token-2', 'token-3'], 2],
  ])('that is refused stops the route where there is %s', async (_, tokens, expected) => {
    const { receiver } = await receiveToken('token-9')
    const print = printer(...tokens)
    const send = await open(receiver, byToken, print)
    expect(await send()).toBe('refused route auth 535: Error: Username and Password not accepted')
    expect(print.count()).toBe(expected)
    expect(receiver.messages).toEqual([])
  })

  test('that cannot be had again defers', async () => {
    const { receiver } = await receiveToken('token-9')
    let printed = 0
    const send = await open(receiver, byToken, () => {
      if (printed++ === 0) return 'token-1'
      throw new UserError('the command for a secret ended with exit code 7: print-token')
    })
    expect(await send()).toBe(
      'deferred route auth: the access token was refused, and there is no other: the command for a secret ended with exit code 7: print-token',
    )
  })

  test('that takes long to be had again does not outlast the call', async () => {
    const { receiver } = await receiveToken('token-9')
    const abort = new AbortController()
    let printed = 0
    const send = await open(receiver, byToken, () => {
      if (printed++ === 0) return 'token-1'
      abort.abort()
      return new Promise<string>(() => undefined)
    })
    expect(await send(1, abort.signal)).toBe(
      'deferred route transient ABORTED: the call was ended before the server answered',
    )
  })

  test.each<[string, (talk: Talk) => Promise<void> | void, string]>([
    ['closes', talk => talk.close(), 'deferred route transient ECONNECTION'],
    ['says what is no answer', talk => talk.say('what?'), 'deferred route transient EPROTOCOL'],
    [
      'refuses in two parts and closes',
      async talk => {
        talk.say('334 eyJzdGF0dXMiOiI0MDAifQ==')
        await talk.hear()
        talk.leave(() => talk.say('535 5.7.8 No'))
      },
      'deferred route transient ECONNECTION',
    ],
    [
      'repeats what it was sent',
      talk =>
        talk.say(
          `535 No: token-1 ${Buffer.from('user=news@acme.example\x01auth=Bearer token-1\x01\x01').toString('base64')}`,
        ),
      'refused route auth 535: No: [secret] [secret]',
    ],
  ])('where the server %s', async (_, answer, expected) => {
    const stage = await perform(async talk => {
      talk.say('220 test')
      await talk.hear()
      talk.say('250-test', '250 AUTH XOAUTH2')
      await talk.hear()
      await answer(talk)
    })
    const tokens = expected.startsWith('deferred') ? ['token-1', 'token-2'] : ['token-1']
    expect((await (await open(stage, byToken, printer(...tokens)))()).slice(0, expected.length)).toBe(expected)
  })
})
