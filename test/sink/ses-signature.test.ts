/**
 * Signatures as the sink looks at them: against those that AWS has published, against those that AWS's own library makes for
 * our calls, and against requests that were changed on their way.
 */

import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { prepareSigning } from '../../src/providers/ses-signing.ts'
import { awsSignature, type SignedRequest, signatureProblem } from '../../src/sink/ses-signature.ts'
import { nowMs } from '../support/provider-opening.ts'

/** The key that stands in all of AWS's examples. */
const secretKey = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'
const date = { 'x-amz-date': '20150830T123600Z' }
const form = 'application/x-www-form-urlencoded'

describe('signatures that AWS has published', () => {
  const host = 'example.amazonaws.com'
  const get = (url: string, headers: Record<string, string> = {}) =>
    ({ method: 'GET', url, headers: { host, ...date, ...headers }, body: '' }) as const

  // From the Signature Version 4 test suite, by the names that its cases have there; the last is the guide's example.
  test.each([
    ['get-vanilla', get('/'), '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
    [
      'get-vanilla-query-order-key-case',
      get('/?Param2=value2&Param1=value1'),
      'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    ],
    ['get-utf8', get('/ሴ'), '8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85'],
    [
      'get-header-value-trim',
      get('/', { 'my-header1': ' value1', 'my-header2': ' "a   b   c"' }),
      'acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736',
    ],
    [
      'post-vanilla',
      { ...get('/'), method: 'POST' },
      '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
    ],
    [
      'post-x-www-form-urlencoded',
      { ...get('/', { 'content-type': form }), method: 'POST', body: 'Param1=value1' },
      'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
    ],
    [
      'ListUsers of IAM',
      {
        ...get('/?Action=ListUsers&Version=2010-05-08', { 'content-type': `${form}; charset=utf-8` }),
        headers: { host: 'iam.amazonaws.com', ...date, 'content-type': `${form}; charset=utf-8` },
        service: 'iam',
      },
      '5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7',
    ],
  ])('%s', (_, request, signature) => {
    const service = 'service' in request ? request.service : 'service'
    expect(
      awsSignature(
        { ...request, body: Buffer.from(request.body) },
        {
          scope: { date: '20150830', region: 'us-east-1', service },
          signedHeaders: Object.keys(request.headers).sort(),
          secretKey,
        },
      ),
    ).toBe(signature)
  })
})

/** A call as it comes from us. */
async function signed(facts: {
  readonly method?: 'GET' | 'POST'
  readonly path?: string
  readonly sessionToken?: string
}) {
  const { method = 'POST', path = '/v2/email/outbound-emails', sessionToken } = facts
  const sign = await prepareSigning({ region: 'eu-west-1', baseUrl: 'https://sink.example/ses' }, async () => ({
    accessKeyId: 'AKIDEXAMPLE',
    secretAccessKey: secretKey,
    ...(sessionToken === undefined ? {} : { sessionToken }),
  }))
  const body = method === 'GET' ? [] : ['{"a":', Buffer.from('"é"}')]
  const headers = method === 'GET' ? {} : { 'content-type': 'application/json' }
  const request = await sign({ method, path, headers, body }, nowMs)
  if ('kind' in request) throw new Error('not signed')
  const whole = Buffer.concat(body.map(piece => Buffer.from(piece)))
  return { method, url: `/ses${path}`, headers: request.headers, body: whole } satisfies SignedRequest
}

const problem = (request: SignedRequest, key: string | null = secretKey) => signatureProblem(request, 'ses', key)
const withHeader = (request: SignedRequest, name: string, value: string | undefined): SignedRequest => ({
  ...request,
  headers: { ...request.headers, [name]: value },
})

describe('our calls, as AWS’s own library signs them', () => {
  test.each([
    ['a call', {}],
    ['with a session token', { sessionToken: 'IQoJb3JpZ2luX2VjEXAMPLETOKEN//////////' }],
    ['a question', { method: 'GET', path: '/v2/email/account' } as const],
    [
      'with an address in its path, which is encoded twice',
      { method: 'GET', path: "/v2/email/identities/news%40acme.example%20(o'k)*" } as const,
    ],
  ])('%s is what it seems', async (_, facts) => {
    const request = await signed(facts)
    expect(problem(request)).toBeUndefined()
    expect(problem(request, null)).toBeUndefined()
    expect(problem(request, 'another')?.message).toMatch(/^The request signature we calculated does not match/)
  })

  test('what they look like', async () => {
    const { headers } = await signed({})
    expect(Object.entries(headers).map(line => line.join(': '))).toMatchInlineSnapshot(`
      [
        "content-type: application/json",
        "host: sink.example",
        "x-amz-content-sha256: b3a092a6af48807fa9482b2ee140105575daa26d5b24b3c0e60a7e2dee6683b1",
        "x-amz-date: 20261122T120000Z",
        "authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261122/eu-west-1/ses/aws4_request, SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date, Signature=f84466a087791d426e3696ec0b0fe43a376044b4a8d38dc5cb593e12d797250a",
      ]
    `)
  })

  test('nothing in them may be changed', async () => {
    const request = await signed({ sessionToken: 'token' })
    const changed: readonly SignedRequest[] = [
      { ...request, method: 'PUT' },
      { ...request, url: '/v2/email/outbound-emails' },
      { ...request, url: `${request.url}?x=1` },
      withHeader(request, 'host', 'other.example'),
      withHeader(request, 'x-amz-security-token', 'other'),
      withHeader(request, 'x-amz-date', '20261122T120001Z'),
    ]
    for (const each of changed) expect(problem(each)?.message).toMatch(/does not match the signature you provided/)
  })
})

describe('what is looked at whatever the key', () => {
  const replaced = (pattern: RegExp, by: string) => (request: SignedRequest) =>
    withHeader(request, 'authorization', request.headers.authorization?.replace(pattern, by))

  test.each<[string, (request: SignedRequest) => SignedRequest, string]>([
    [
      'nothing',
      request => withHeader(request, 'authorization', undefined),
      'MissingAuthenticationTokenException: Missing',
    ],
    ['a bearer', request => withHeader(request, 'authorization', 'Bearer x'), 'IncompleteSignatureException: The'],
    ['another algorithm', replaced(/AWS4-HMAC-SHA256/, 'AWS4-HMAC-SHA1'), 'IncompleteSignatureException: The'],
    ['half a signature', replaced(/[0-9a-f]{32}$/, ''), 'IncompleteSignatureException: The'],
    ['another service', replaced(/\/ses\//, '/email/'), 'InvalidSignatureException: Credential should be scoped to'],
    ['another day', replaced(/\/20261122\//, '/20261123/'), 'InvalidSignatureException: Date in Credential scope'],
    ['no date', request => withHeader(request, 'x-amz-date', undefined), 'InvalidSignatureException: Date in'],
    ['a host not signed', replaced(/;host/, ''), "InvalidSignatureException: 'host' must be a 'SignedHeader'"],
    ['a type not signed', replaced(/content-type;/, ''), "InvalidSignatureException: 'content-type' must be"],
    [
      'a header of AWS’s not signed',
      request => withHeader(request, 'x-amz-x', '1'),
      "InvalidSignatureException: 'x-amz-x'",
    ],
    [
      'names in no order',
      replaced(/content-type;host/, 'host;content-type'),
      'InvalidSignatureException: SignedHeaders',
    ],
    [
      'another body',
      request => ({ ...request, body: Buffer.from('{}') }),
      "InvalidSignatureException: The provided 'x-amz-content",
    ],
    [
      'another body with its hash, which only the key would show',
      request =>
        withHeader({ ...request, body: Buffer.alloc(0) }, 'x-amz-content-sha256', createHash('sha256').digest('hex')),
      'undefined: undefined',
    ],
  ])('%s', async (_, change, says) => {
    const found = problem(change(await signed({})), null)
    expect(`${found?.type}: ${found?.message}`).toContain(says)
  })
})
