/** The `dkim:` option, from the campaign file to keys. */

import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readCampaign } from '../../src/intake/campaign-file.ts'
import { resolveSecret } from '../../src/intake/secrets.ts'
import { type Address, parseAddress } from '../../src/model/address.ts'
import type { RouteSettings } from '../../src/model/campaign.ts'
import { UserError } from '../../src/model/errors.ts'
import { readDkimKeys } from '../../src/providers/dkim-options.ts'
import { providerKinds } from '../../src/providers/index.ts'
import { smtp } from '../../src/providers/smtp.ts'
import { content, opening } from '../support/provider-opening.ts'

const pem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString()
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
const ed25519 = generateKeyPairSync('ed25519').privateKey

const env: Readonly<Record<string, string>> = {
  RSA: pem(rsa),
  RSA_ONE_LINE: pem(rsa).replaceAll('\n', '\\n'),
  RSA_PKCS1: rsa.export({ type: 'pkcs1', format: 'pem' }).toString(),
  ED: pem(ed25519),
  SHORT: pem(generateKeyPairSync('rsa', { modulusLength: 768 }).privateKey),
  EC: pem(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey),
  LOCKED: rsa.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }).toString(),
  LOCKED_PKCS1: rsa.export({ type: 'pkcs1', format: 'pem', cipher: 'aes-128-cbc', passphrase: 'x' }).toString(),
  PUBLIC: 'MIIBIjANBgkqhkiG9w0BAQ',
  EMPTY: '',
}

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mailblast-dkim-'))
  await writeFile(join(folder, 'news.pem'), pem(rsa))
})
afterAll(() => rm(folder, { recursive: true }))

/** The route that a campaign file with this `dkim:`, in flow style, comes to. */
async function routeWith(dkim: string): Promise<RouteSettings> {
  const file = join(folder, 'campaign.yml')
  await writeFile(
    file,
    'name: november\nfrom: news@acme.example\nsubject: x\ntemplate: x.hbs\nrecipients: x.csv\n' +
      `routes:\n  - provider: smtp\n    host: mail.acme.example\n    dkim: ${dkim}\n`,
  )
  const { delivery } = await readCampaign(file, { env, vars: {}, kinds: providerKinds, machineZone: () => 'UTC' })
  const [route] = delivery.routes
  if (route === undefined) throw new Error('there is no route')
  return route
}

/** `acme.example news rsa 2048`, or what is said. */
async function keysOf(dkim: string, from = 'news@acme.example'): Promise<string> {
  try {
    const sender = parseAddress(from)
    const keys = await readDkimKeys(
      opening(await routeWith(dkim), {
        content: content({ from: { address: (sender.ok ? sender.address : '') as Address } }),
        secret: reference =>
          resolveSecret(reference, { env, folder, run: async () => ({ code: 0, stdout: pem(ed25519) }) }),
      }),
    )
    return keys
      .map(({ domain, selector, privateKey: { asymmetricKeyType, asymmetricKeyDetails } }) =>
        [domain, selector, asymmetricKeyType, asymmetricKeyDetails?.modulusLength].filter(Boolean).join(' '),
      )
      .join(', ')
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    const remedy = error.remedy === undefined ? '' : ` → ${error.remedy}`
    const said = `${error.where}: ${error.message}${remedy}`.replaceAll(`${folder}/`, '')
    for (const value of Object.values(env))
      if (value !== '' && said.includes(value.slice(0, 60))) throw new Error('a key was shown')
    return said
  }
}

describe('keys', () => {
  test.each([
    ['none', '[]', 'campaign.yml:9:11: routes[0].dkim: is empty'],
    [
      'RSA from the environment',
      '{ domain: acme.example, selector: news, private_key: "${RSA}" }',
      'acme.example news rsa 2048',
    ],
    [
      'with \\n for its line breaks',
      '{ domain: acme.example, selector: news, private_key: "${RSA_ONE_LINE}" }',
      'acme.example news rsa 2048',
    ],
    [
      'in the older form',
      '{ domain: acme.example, selector: news, private_key: "${RSA_PKCS1}" }',
      'acme.example news rsa 2048',
    ],
    ['from a file', '{ domain: acme.example, selector: a.b, private_key_file: news.pem }', 'acme.example a.b rsa 2048'],
    [
      'from a command',
      '{ domain: acme.example, selector: ed, private_key_command: pass dkim }',
      'acme.example ed ed25519',
    ],
    [
      'two that both sign',
      '[{ domain: acme.example, selector: r, private_key: "${RSA}" }, { domain: acme.example, selector: e, private_key: "${ED}" }]',
      'acme.example r rsa 2048, acme.example e ed25519',
    ],
    [
      'of a domain with other letters',
      '{ domain: ÄCME.example, selector: News, private_key: "${ED}" }',
      'xn--cme-pla.example news ed25519',
      'a@mail.äcme.example',
    ],
    [
      'of the organisation, for mail from a part of it',
      '{ domain: acme.co.uk, selector: n, private_key: "${ED}" }',
      'acme.co.uk n ed25519',
      'a@news.acme.co.uk',
    ],
    [
      'of another domain beside one that counts',
      '[{ domain: carrier.example, selector: c, private_key: "${ED}" }, { domain: acme.example, selector: n, private_key: "${ED}" }]',
      'carrier.example c ed25519, acme.example n ed25519',
    ],
  ])('%s', async (_, dkim, expected, from?: string) => {
    expect(await keysOf(dkim, from)).toBe(expected)
  })

  test('stay references until the route is opened', async () => {
    const route = await routeWith('{ domain: acme.example, selector: news, private_key: "${RSA}" }')
    expect(route.options).toMatchObject({
      dkim: { domain: 'acme.example', selector: 'news', private_key: { from: 'text', text: '${RSA}' } },
    })
    expect(JSON.stringify(route)).not.toContain('BEGIN')
  })
})

test('mistakes', async () => {
  const attempts = [
    '{ domain: acme.example, selector: news, private_key: "${SHORT}" }',
    '{ domain: acme.example, selector: news, private_key: "${EC}" }',
    '{ domain: acme.example, selector: news, private_key: "${LOCKED}" }',
    '{ domain: acme.example, selector: news, private_key: "${LOCKED_PKCS1}" }',
    '{ domain: acme.example, selector: news, private_key: "${PUBLIC}" }',
    '{ domain: acme.example, selector: news, private_key: "${EMPTY}" }',
    '{ domain: acme.example, selector: news, private_key: "${NOWHERE}" }',
    '{ domain: acme.example, selector: news, private_key_file: nowhere.pem }',
    '{ domain: acme.example, selector: news, private_key: secret }',
    '{ domain: acme.example, selector: news }',
    '{ domain: acme.example, selector: news, private_key: "${RSA}", private_key_file: news.pem }',
    '[{ domain: acme.example, selector: news, private_key: "${RSA}" }, { domain: acme.example, selector: a }]',
    '{ domain: nowhere, selector: news, private_key: "${RSA}" }',
    '{ domain: acme.example, selector: "a;b=c", private_key: "${RSA}" }',
    '{ domain: acme.example, selectr: news, private_key: "${RSA}" }',
    '{ domain: other.example, selector: news, private_key: "${RSA}" }',
    'yes',
  ]
  const lines = []
  for (const attempt of attempts) lines.push(`${attempt}\n    ${(await keysOf(attempt)).replaceAll('\n', '\n    ')}`)
  expect(lines.join('\n')).toMatchInlineSnapshot(`
    "{ domain: acme.example, selector: news, private_key: "\${SHORT}" }
        route smtp: dkim, selector news: the private key has 768 bits, and receivers take none below 1024 → Make one by \`openssl genrsa -out news.pem 2048\`, and publish its public half.
    { domain: acme.example, selector: news, private_key: "\${EC}" }
        route smtp: dkim, selector news: the private key is of the kind ec, which DKIM does not know → Make one by \`openssl genrsa -out news.pem 2048\`, and publish its public half.
    { domain: acme.example, selector: news, private_key: "\${LOCKED}" }
        route smtp: dkim, selector news: the private key is locked by a passphrase → Give a key without one: \`openssl pkey -in locked.pem -out news.pem\`.
    { domain: acme.example, selector: news, private_key: "\${LOCKED_PKCS1}" }
        route smtp: dkim, selector news: the private key is locked by a passphrase → Give a key without one: \`openssl pkey -in locked.pem -out news.pem\`.
    { domain: acme.example, selector: news, private_key: "\${PUBLIC}" }
        route smtp: dkim, selector news: the private key cannot be read: it is no key as PEM → It begins with -----BEGIN PRIVATE KEY----- or -----BEGIN RSA PRIVATE KEY-----.
    { domain: acme.example, selector: news, private_key: "\${EMPTY}" }
        campaign.yml:9:64: routes[0].dkim.private_key: the environment variable EMPTY is not set or empty → Set it: export EMPTY=…; or use private_key_file or private_key_command.
    { domain: acme.example, selector: news, private_key: "\${NOWHERE}" }
        campaign.yml:9:64: routes[0].dkim.private_key: the environment variable NOWHERE is not set or empty → Set it: export NOWHERE=…; or use private_key_file or private_key_command.
    { domain: acme.example, selector: news, private_key_file: nowhere.pem }
        campaign.yml:9:69: routes[0].dkim.private_key_file: there is no file that can be read → Paths are relative to the campaign file.
    { domain: acme.example, selector: news, private_key: secret }
        campaign.yml:9:64: routes[0].dkim.private_key: is a secret itself, which must not stand in the file: write \${NAME} to take it from the environment, or use private_key_file or private_key_command
    { domain: acme.example, selector: news }
        campaign.yml:9:5: routes[0].dkim.private_key: is missing → Give one of private_key, private_key_file, private_key_command.
    { domain: acme.example, selector: news, private_key: "\${RSA}", private_key_file: news.pem }
        campaign.yml:9:74: routes[0].dkim.private_key_file: only one of private_key and private_key_file can be given
    [{ domain: acme.example, selector: news, private_key: "\${RSA}" }, { domain: acme.example, selector: a }]
        campaign.yml:9:77: routes[0].dkim[1].private_key: is missing → Give one of private_key, private_key_file, private_key_command.
    { domain: nowhere, selector: news, private_key: "\${RSA}" }
        campaign.yml:9:21: routes[0].dkim.domain: is not a domain
    { domain: acme.example, selector: "a;b=c", private_key: "\${RSA}" }
        campaign.yml:9:45: routes[0].dkim.selector: is not a selector
    { domain: acme.example, selectr: news, private_key: "\${RSA}" }
        campaign.yml: 2 mistakes in this file
          campaign.yml:9:5: routes[0].dkim.selector: is missing
          campaign.yml:9:35: routes[0].dkim.selectr: is not known here; did you mean \`selector\`?
    { domain: other.example, selector: news, private_key: "\${RSA}" }
        route smtp: dkim signs for other.example, and the mail is from acme.example: receivers would not count that → Sign for acme.example, with a key that its DNS publishes.
    yes
        campaign.yml:9:11: routes[0].dkim: expected is a mapping with domain, selector and private_key, or a list of such"
  `)
})

test('a route with a key of no use is not opened', async () => {
  const { options } = await routeWith('{ domain: acme.example, selector: news, private_key: "${SHORT}" }')
  const secret = (reference: Parameters<typeof resolveSecret>[0]) =>
    resolveSecret(reference, { env, folder, run: async () => ({ code: 1, stdout: '' }) })
  await expect(smtp.open(opening({ options }, { secret }))).rejects.toThrow('the private key has 768 bits')
})
