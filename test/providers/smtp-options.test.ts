import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Json } from '../../src/model/edition.ts'
import { UserError } from '../../src/model/errors.ts'
import { Secret, type SecretReference } from '../../src/model/secret.ts'
import { smtp } from '../../src/providers/smtp.ts'
import { readSmtpSettings } from '../../src/providers/smtp-options.ts'
import { address, content, opening } from '../support/provider-opening.ts'
import { receiverCertificate } from '../support/smtp-receiver.ts'

const environment: Readonly<Record<string, string>> = {
  SMTP_PASSWORD: 'p@ss/w:rd#1 %41',
  SMTP_USER: 'news@acme.example',
  SMTP_URL: 'smtps://news%40acme.example:p%40ss@mail.acme.example:2465',
  SMTP_HOST: 'relay.acme.example',
  EMPTY: '',
  TOKEN: 'ya29.token',
  BROKEN: 'ya29\n.token',
}

async function secret(reference: SecretReference): Promise<Secret> {
  if (reference.from !== 'text')
    return new Secret(reference.from === 'command' ? 'command' : `what ${reference.from} holds`)
  return new Secret(reference.text.replace(/\$\{(\w+)\}/g, (_, name: string) => environment[name] ?? ''))
}

/** From what stands in the campaign file to settings, through the journal. */
async function read(options: Record<string, Json>, more: Parameters<typeof opening>[1] = {}) {
  const checked = JSON.parse(JSON.stringify(smtp.options.parse(options))) as Record<string, Json>
  const settings = await readSmtpSettings(opening({ options: checked }, { secret, ...more }), path =>
    readFile(path, 'utf8'),
  )
  return { ...settings, ...settings.servers[0] }
}

describe('a server', () => {
  test.each<[string, Record<string, Json>, object]>([
    ['by host', { host: 'mail.acme.example' }, { host: 'mail.acme.example', port: 587, tls: 'required', login: null }],
    ['on this machine', { host: 'localhost', port: 25 }, { host: 'localhost', port: 25, tls: 'opportunistic' }],
    ['on this machine, by IPv6', { url: 'smtp://[::1]:25' }, { host: '::1', port: 25, tls: 'opportunistic' }],
    ['with TLS from the first byte', { host: 'a.example', secure: true }, { port: 465, tls: 'implicit' }],
    ['the same in other words', { host: 'a.example', tls: 'implicit' }, { port: 465, tls: 'implicit' }],
    ['without TLS and login', { host: 'a.example', port: 25, tls: 'none' }, { port: 25, tls: 'none' }],
    [
      'with user and password',
      { host: 'a.example', user: 'ada', password: '${SMTP_PASSWORD}' },
      { login: { user: 'ada', password: 'p@ss/w:rd#1 %41' } },
    ],
    [
      'with a password file',
      { host: 'a.example', user: 'ada', password_file: 'p' },
      { login: { password: 'what file holds' } },
    ],
    [
      'by URL with a password of any characters',
      { url: 'smtps://ada%40acme.example:${SMTP_PASSWORD}@mail.acme.example' },
      {
        host: 'mail.acme.example',
        port: 465,
        tls: 'implicit',
        login: { user: 'ada@acme.example', password: 'p@ss/w:rd#1 %41' },
      },
    ],
    [
      'by URL with everything from the environment',
      { url: 'smtp://${SMTP_USER}:${SMTP_PASSWORD}@${SMTP_HOST}:2525/' },
      { host: 'relay.acme.example', port: 2525, tls: 'required', login: { user: 'news@acme.example' } },
    ],
    [
      'by a URL that is in the environment',
      { url: '${SMTP_URL}' },
      {
        host: 'mail.acme.example',
        port: 2465,
        tls: 'implicit',
        login: { user: 'news@acme.example', password: 'p@ss' },
      },
    ],
    [
      'with a mechanism',
      { host: 'a.example', user: 'ada', password: '${SMTP_PASSWORD}', auth: 'cram-md5' },
      { login: { by: 'password', mechanism: 'CRAM-MD5' } },
    ],
    [
      'with an access token',
      { host: 'a.example', user: 'ada', access_token: '${TOKEN}' },
      { login: { by: 'token', user: 'ada', token: { current: 'ya29.token' } } },
    ],
    [
      'by URL with a user, and an access token beside it',
      { url: 'smtp://ada%40acme.example@a.example', access_token_command: 'print-token', auth: 'xoauth2' },
      { login: { by: 'token', user: 'ada@acme.example', token: { current: 'command' } } },
    ],
    [
      'one of several',
      { hosts: ['a.example', 'b.example:2525', '[2001:db8::1]:26'], port: 25 },
      {
        servers: [
          { host: 'a.example', port: 25 },
          { host: 'b.example', port: 2525 },
          { host: '2001:db8::1', port: 26 },
        ],
        tls: 'required',
      },
    ],
    ['one of several on this machine', { hosts: ['localhost:1', '127.0.0.1:2'] }, { tls: 'opportunistic' }],
    ['one of several, one elsewhere', { hosts: ['localhost', 'a.example'] }, { port: 587, tls: 'required' }],
    ['by URL without login', { url: 'smtp://localhost:2525' }, { host: 'localhost', port: 2525, login: null }],
  ])('%s', async (_, options, expected) => {
    expect(await read(options)).toMatchObject(expected)
  })

  test('has these settings unless told otherwise', async () => {
    const { host: _host, port: _port, ...settings } = await read({ host: 'mail.acme.example' })
    expect(settings).toMatchInlineSnapshot(`
      {
        "ca": null,
        "connectMs": 60000,
        "dsn": false,
        "greetingMs": 30000,
        "heloName": null,
        "idleMs": 600000,
        "login": null,
        "messagesPerConnection": 100,
        "returnPath": {
          "around": null,
          "fixed": "news@acme.example",
        },
        "servers": [
          {
            "host": "mail.acme.example",
            "port": 587,
          },
        ],
        "tls": "required",
      }
    `)
  })

  test('takes durations, names and the return path', async () => {
    const options = {
      host: 'mail.acme.example',
      timeout: { connect: '5s', greeting: '500ms', idle: '2m' },
      helo_name: 'sender.acme.example',
      messages_per_connection: 7,
      return_path: 'bounces@Acme.example',
    }
    expect(await read(options)).toMatchObject({
      connectMs: 5000,
      greetingMs: 500,
      idleMs: 120_000,
      heloName: 'sender.acme.example',
      messagesPerConnection: 7,
      returnPath: { fixed: 'bounces@acme.example', around: null },
    })
  })
})

describe('what the campaign file is refused for', () => {
  const hidden = 'correct-horse-battery'

  test.each<[string, Record<string, Json>, string]>([
    ['a password in the URL', { url: `smtps://ada:${hidden}@a.example` }, 'is a secret itself'],
    ['one in a URL without a scheme', { url: `ada:${hidden}@a.example` }, 'is a secret itself'],
    ['one with an @ in it', { url: `smtps://ada:${hidden}@x@a.example` }, 'is a secret itself'],
    ['a password', { host: 'a.example', user: 'ada', password: hidden }, 'is a secret itself'],
    ['a host with a slash', { host: 'a.example/x' }, 'is not a host name or IP address'],
    ['no hosts', { hosts: [] }, 'hosts'],
    ['hosts with a slash', { hosts: ['a.example/x'] }, 'is not a host name or IP address'],
    ['hosts with a port out of range', { hosts: ['a.example:70000'] }, 'is not a host name or IP address'],
    ['hosts with an IPv6 address as it is', { hosts: ['2001:db8::1'] }, 'is not a host name or IP address'],
    ['a port out of range', { host: 'a.example', port: 70_000 }, '65535'],
    ['a wrong duration', { host: 'a.example', timeout: { idle: 'soon' } }, 'is not a duration such as 30s'],
    ['a return path that is none', { host: 'a.example', return_path: 'bounces' }, 'is not an address'],
    ['a name with a line break', { host: 'a.example', helo_name: 'a\r\nMAIL FROM:<x>' }, 'is not a host name'],
    ['an option that is none', { host: 'a.example', reject_unauthorized: false }, 'reject_unauthorized'],
  ])('%s', (_, options, expected) => {
    const { success, error } = smtp.options.safeParse(options)
    expect(success).toBe(false)
    expect(JSON.stringify(error?.issues)).toContain(expected)
    expect(JSON.stringify(error?.issues)).not.toContain(hidden)
  })
})

const tokened = { host: 'a.example', user: 'ada@acme.example', access_token: '${TOKEN}' }

describe('what does not go together', () => {
  test.each<[string, Record<string, Json>, string]>([
    ['no server', {}, 'there is no server'],
    ['url and host', { url: 'smtp://localhost', host: 'a.example' }, 'url and host do not go together'],
    ['url and hosts', { url: 'smtp://localhost', hosts: ['a.example'] }, 'url and hosts do not go together'],
    ['host and hosts', { host: 'a.example', hosts: ['b.example'] }, 'host and hosts do not go together'],
    ['url and password', { url: 'smtp://localhost', password: '${SMTP_PASSWORD}' }, 'url and password do not'],
    ['a URL of another kind', { url: 'https://a.example' }, 'url is not an address such as smtps://'],
    ['a URL with a path', { url: 'smtp://a.example/x' }, 'url is not an address such as smtps://'],
    ['a URL from a file that holds none', { url_file: 'x' }, 'url is not an address such as smtps://'],
    ['a port that is none', { url: 'smtp://a.example:${SMTP_USER}' }, 'the port in the url is not a number'],
    ['a user without a password', { host: 'a.example', user: 'ada' }, 'user and password go together'],
    ['a password without a user', { host: 'a.example', password: '${SMTP_PASSWORD}' }, 'user and password go together'],
    ['a user in the URL alone', { url: 'smtp://ada@localhost' }, 'user and password go together'],
    ['an empty password', { host: 'a.example', user: 'ada', password: '${EMPTY}' }, 'user and password go together'],
    ['smtps:// and STARTTLS', { url: 'smtps://a.example', tls: 'required' }, 'tls: required contradicts smtps://'],
    ['a password in the clear', { url: 'smtp://ada:${SMTP_PASSWORD}@a.example', tls: 'none' }, 'show the login'],
    [
      'perhaps in the clear',
      { host: 'a.example', user: 'a', password: '${SMTP_PASSWORD}', tls: 'opportunistic' },
      'show the login',
    ],
    [
      'a token and a password',
      { ...tokened, password: '${SMTP_PASSWORD}' },
      'password and access_token do not go together',
    ],
    ['a token with a mechanism for passwords', { ...tokened, auth: 'plain' }, 'auth: plain needs a password'],
    ['a token without a user', { host: 'a.example', access_token: '${SMTP_PASSWORD}' }, 'access_token needs a user'],
    [
      'a token with a line break',
      { host: 'a.example', user: 'a', access_token: '${BROKEN}' },
      'access_token holds a space',
    ],
    ['a token in the clear', { ...tokened, tls: 'none' }, 'show the login'],
    [
      'xoauth2 without a token',
      { host: 'a.example', user: 'a', password: '${SMTP_PASSWORD}', auth: 'xoauth2' },
      'needs an access_token',
    ],
    ['a mechanism without a login', { host: 'a.example', auth: 'login' }, 'auth: login needs user and password'],
    ['a certificate that is not there', { host: 'a.example', ca_file: 'none.pem' }, 'ca_file cannot be read (ENOENT)'],
  ])('%s', async (_, options, expected) => {
    const error = await read(options).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(UserError)
    expect(String(error)).toContain(expected)
    expect((error as UserError).where).toBe('route main')
    expect(JSON.stringify({ ...(error as UserError), message: String(error) })).not.toContain('p@ss')
  })

  test.each([
    ['from', { from: { address: address('grüße@acme.example') } }],
    ['reply_to', { replyTo: { address: address('grüße@acme.example') } }],
  ])('a sender beyond ASCII in %s', async (_, more) => {
    await expect(read({ host: 'a.example' }, { content: content(more) })).rejects.toThrow(
      'has a character beyond ASCII',
    )
  })
})

describe('a certificate file', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mailblast-smtp-'))
    await writeFile(join(folder, 'ca.pem'), receiverCertificate)
  })
  afterAll(() => rm(folder, { recursive: true }))

  test('is relative to the campaign file', async () => {
    expect(await read({ host: 'a.example', ca_file: 'ca.pem' }, { folder })).toMatchObject({
      ca: receiverCertificate,
    })
  })
})
