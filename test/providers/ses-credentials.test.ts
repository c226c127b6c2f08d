/**
 * Credentials as all programs of AWS find them, by AWS's own library: from the environment, shared files, a program, and a
 * server beside the container, which renews them. Each call is signed with what it found, and none of it gets out in words.
 */

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Json } from '../../src/model/edition.ts'
import type { Outcome } from '../../src/model/outcome.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { ses } from '../../src/providers/ses.ts'
import { sesSink } from '../../src/sink/ses.ts'
import { message, opening } from '../support/provider-opening.ts'
import { startVendorReceiver, type VendorReceiver } from '../support/vendor-receiver.ts'

const secretKey = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'
const { signal } = new AbortController()

let folder: string
let receiver: VendorReceiver
const closing: (() => Promise<unknown>)[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mailblast-ses-'))
  receiver = await startVendorReceiver(sesSink, { apiKey: secretKey })
  for (const name of Object.keys(process.env).filter(each => each.startsWith('AWS_'))) vi.stubEnv(name, undefined)
  vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'))
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'credentials'))
  // Otherwise the machine itself would be asked at last.
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
})

afterEach(async () => {
  vi.unstubAllEnvs()
  for (const close of closing.splice(0).reverse()) await close()
  await receiver.close()
  await rm(folder, { recursive: true })
})

async function open(more: Readonly<Record<string, Json>> = {}): Promise<Provider> {
  const options = ses.options.parse({ region: 'eu-west-1', base_url: receiver.url, ...more })
  const provider = await ses.open(opening({ options: JSON.parse(JSON.stringify(options)) }))
  closing.push(() => provider.close())
  return provider
}

async function sendOne(provider: Provider): Promise<string> {
  const [outcome] = await provider.send([message(1)], signal)
  return outcome === undefined ? 'none' : told(outcome)
}

function told(outcome: Outcome): string {
  if (outcome.kind === 'accepted') return 'accepted'
  const scope = outcome.kind === 'in-doubt' ? '' : `${outcome.scope} `
  return `${outcome.kind} ${scope}${outcome.cause.class}: ${outcome.cause.text}`
}

test('from the environment', async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', secretKey)
  expect(await sendOne(await open())).toBe('accepted')
})

test('from the shared files, by a profile of the route or of the environment', async () => {
  await writeFile(
    join(folder, 'credentials'),
    `[default]\naws_access_key_id = AKIDDEFAULT\naws_secret_access_key = another\n[news]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = ${secretKey}\n`,
  )
  expect(await sendOne(await open({ profile: 'news' }))).toBe('accepted')
  expect(await sendOne(await open())).toMatch(/^refused route auth: The request signature we calculated does not match/)
  vi.stubEnv('AWS_PROFILE', 'news')
  expect(await sendOne(await open())).toBe('accepted')
})

test('from a program that a profile names', async () => {
  const program = JSON.stringify({ Version: 1, AccessKeyId: 'AKIDEXAMPLE', SecretAccessKey: secretKey })
  await writeFile(join(folder, 'keys.json'), program)
  await writeFile(join(folder, 'config'), `[profile news]\ncredential_process = cat ${join(folder, 'keys.json')}\n`)
  expect(await sendOne(await open({ profile: 'news' }))).toBe('accepted')
})

test('there are none: the route stops, nothing leaves, and a check says it', async () => {
  const provider = await open()
  expect(await sendOne(provider)).toMatch(/^refused route auth: no AWS credentials: /)
  expect(await provider.check?.(signal)).toMatchObject([
    { what: 'credentials', verdict: 'bad', words: expect.stringMatching(/^no AWS credentials: /) },
  ])
  expect(receiver.calls).toBe(0)
})

/** The address of a server on this machine with credentials, and what it answers next. */
async function serverOf(answer: () => { readonly status: number; readonly body: string }): Promise<string> {
  const server = createServer((_, response) => {
    const { status, body } = answer()
    response.writeHead(status, { 'content-type': body.startsWith('<') ? 'text/xml' : 'application/json' }).end(body)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  closing.push(async () => {
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('from the server beside the container: renewed before they expire, and all of them kept out of words', async () => {
  let round = 0
  const container = await serverOf(() => {
    round += 1
    // Already so near their end that the library renews them at every call.
    const Expiration = new Date(Date.now() + 60_000).toISOString()
    const Token = `session-token-of-round-${round}`
    return {
      status: 200,
      body: JSON.stringify({ AccessKeyId: 'AKIDEXAMPLE', SecretAccessKey: secretKey, Token, Expiration }),
    }
  })
  vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', `${container}/creds`)
  const seen: string[] = []
  const echoing = await startVendorReceiver(
    {
      ...sesSink,
      read(request) {
        const token = String(request.headers['x-amz-security-token'])
        seen.push(token)
        // AWS repeats the canonical request, token and all, when a signature does not match.
        const body = JSON.stringify({ message: `x-amz-security-token:${token} and ${secretKey}` })
        return { kind: 'refused', answer: { status: 403, headers: { 'x-amzn-errortype': 'X' }, body } }
      },
    },
    { apiKey: null },
  )
  closing.push(() => echoing.close())
  const provider = await open({ base_url: echoing.url })
  const outcomes: string[] = []
  while (new Set(seen).size < 2 && seen.length < 50) outcomes.push(await sendOne(provider))
  expect(new Set(seen).size).toBe(2)
  expect(new Set(outcomes)).toEqual(new Set(['refused route auth: x-amz-security-token:[secret] and [secret] (X)']))
})

describe('from a role that a profile takes on, by a call to AWS', () => {
  const granted = (Expiration: string) =>
    `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials><AccessKeyId>AKIDEXAMPLE</AccessKeyId><SecretAccessKey>${secretKey}</SecretAccessKey><SessionToken>a-token</SessionToken><Expiration>${Expiration}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`
  const denied =
    '<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>No.</Message></Error></ErrorResponse>'
  const busy =
    '<ErrorResponse><Error><Type>Receiver</Type><Code>ServiceUnavailable</Code><Message>Later.</Message></Error></ErrorResponse>'

  test.each([
    ['granted', 200, granted('2099-01-01T00:00:00Z'), 'accepted'],
    ['denied: the operator must mend it', 403, denied, 'refused route auth: no AWS credentials: No.'],
    ['not now: it may pass', 503, busy, 'deferred route transient: no AWS credentials: Later.'],
  ])('%s', async (_, status, body, becomes) => {
    const url = await serverOf(() => ({ status, body }))
    vi.stubEnv('AWS_ENDPOINT_URL_STS', url)
    vi.stubEnv('AWS_REGION', 'eu-west-1')
    // The library would otherwise wait and ask again.
    vi.stubEnv('AWS_MAX_ATTEMPTS', '1')
    await writeFile(
      join(folder, 'config'),
      '[profile news]\nrole_arn = arn:aws:iam::123456789012:role/news\nsource_profile = base\n',
    )
    await writeFile(
      join(folder, 'credentials'),
      '[base]\naws_access_key_id = AKIDBASE\naws_secret_access_key = another\n',
    )
    expect(await sendOne(await open({ profile: 'news' }))).toBe(becomes)
    expect(receiver.calls).toBe(becomes === 'accepted' ? 1 : 0)
  })
})
