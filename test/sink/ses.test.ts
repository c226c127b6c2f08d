/** How strict the sink is where it plays Amazon SES: what is not as the service model or SES's pages say is refused. */

import { describe, expect, test } from 'vitest'
import { bulkBody, encodeContent, singleBody } from '../../src/providers/ses-body.ts'
import { prepareSigning } from '../../src/providers/ses-signing.ts'
import { sesSink } from '../../src/sink/ses.ts'
import { content, message, messages, nowMs } from '../support/provider-opening.ts'

type Tree = { [key: string]: Tree } & Tree[] & string

const json = (body: readonly (Buffer | string)[]): Tree =>
  JSON.parse(Buffer.concat(body.map(piece => Buffer.from(piece))).toString())
const file = { fileName: 'a.pdf', contentType: 'application/pdf', bytes: Buffer.from('%PDF') }
const shared = encodeContent(content({ attachments: [file] }), 'news')
const single = () => json(singleBody(shared, message(1, { headers: [{ name: 'X-Y', value: 'z' }] })))
const bulk = () => json(bulkBody(shared, messages(3)))
const paths = { single: '/v2/email/outbound-emails', bulk: '/v2/email/outbound-bulk-emails' }

const signing = prepareSigning({ region: 'eu-west-1', baseUrl: 'http://127.0.0.1:9' }, async () => ({
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'aKey',
}))

/** `200`, or the error's status, type and words. */
async function answered(
  path: string,
  body: unknown,
  headers: { readonly 'content-type'?: string } = {},
): Promise<string> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const sign = await signing
  const request = await sign(
    { method: 'POST', path, headers: { 'content-type': 'application/json', ...headers }, body: [text] },
    nowMs,
  )
  if ('kind' in request) throw new Error('not signed')
  const reading = await sesSink.read(
    { method: 'POST', path, headers: request.headers, body: Buffer.from(text) },
    'aKey',
  )
  if (reading.kind === 'mails') return `${reading.answer(1).status} ${reading.mails.length}`
  if (reading.kind !== 'refused') return reading.kind
  const { status, headers: said, body: words = '' } = reading.answer
  return `${status} ${said?.['x-amzn-errortype']} ${JSON.parse(words).message}`
}

test('what we send is taken', async () => {
  expect(await answered(paths.single, single())).toBe('200 1')
  expect(await answered(paths.bulk, bulk())).toBe('200 3')
})

describe('a call for one', () => {
  const simple = (mail: Tree) => mail['Content']?.['Simple'] as Tree
  test.each<[string, (mail: Tree) => unknown, RegExp]>([
    ['a member that is unknown', mail => Object.assign(mail, { Colour: 'blue' }), /Unrecognized key/],
    ['no content', mail => Object.assign(mail, { Content: undefined }), /\(Content\)/],
    ['no text', mail => Object.assign(simple(mail), { Body: {} }) && mail, /The body is empty/],
    [
      'an address that is none',
      mail => Object.assign(mail, { Destination: { ToAddresses: ['ada'] } }),
      /Illegal address/,
    ],
    ['one beyond ASCII', mail => Object.assign(mail, { Destination: { ToAddresses: ['é@a.org'] } }), /Illegal address/],
    [
      'two recipients',
      mail => Object.assign(mail, { Destination: { ToAddresses: ['a@a.org', 'b@a.org'] } }),
      /one recip/,
    ],
    [
      'a sender’s name beyond ASCII',
      mail => Object.assign(mail, { FromEmailAddress: 'Åcme <n@a.org>' }),
      /encoded-word/,
    ],
    ['no domain', mail => Object.assign(mail, { FromEmailAddress: 'Acme <news>' }), /Missing final '@domain'/],
    [
      'a tag with a dot',
      mail => Object.assign(mail, { EmailTags: [{ Name: 'a', Value: 'b.c' }] }),
      /A tag holds up to 256/,
    ],
    [
      'a tag of 257',
      mail => Object.assign(mail, { EmailTags: [{ Name: 'a', Value: 'b'.repeat(257) }] }),
      /A tag holds/,
    ],
    ['a tag twice', mail => Object.assign(mail, { EmailTags: Array(2).fill({ Name: 'a', Value: 'b' }) }), /only once/],
    ['16 headers', mail => setHeaders(mail, 16), /no more than 15 headers/],
    ['a header twice', mail => setHeaders(mail, 2, 'X'), /A header can appear only once/],
    ['a header beyond ASCII', mail => setHeaders(mail, 1, 'X', 'Köln'), /A header value holds printable ASCII/],
    ['a header of 996', mail => setHeaders(mail, 1, 'X', 'x'.repeat(996)), /Too big/],
    ['a header of 997 with its name', mail => setHeaders(mail, 1, 'XYZ', 'x'.repeat(994)), /exceed 996/],
    ['a header with nothing', mail => setHeaders(mail, 1, 'X', ''), /Too small/],
    ['a header with a colon', mail => setHeaders(mail, 1, 'X:Y'), /without a colon/],
    [
      'no character set',
      mail => Object.assign(simple(mail), { Subject: { Data: 'Grüße' } }) && mail,
      /needs a character set/,
    ],
    ['another encoding', mail => setFile(mail, { ContentTransferEncoding: 'SEVEN_BIT' }), /ContentTransferEncoding/],
    ['no base64', mail => setFile(mail, { RawContent: 'é' }), /must be base64/],
    ['another disposition', mail => setFile(mail, { ContentDisposition: 'inline' }), /ContentDisposition/],
    [
      'a configuration set that is none',
      mail => Object.assign(mail, { ConfigurationSetName: 'a b' }),
      /ConfigurationSetName/,
    ],
    ['no JSON', () => '{', /BadRequestException/],
  ])('%s', async (_, change, says) => {
    const said = await answered(paths.single, change(single()))
    expect(said).toMatch(/^400 BadRequestException: /)
    expect(said).toMatch(says)
  })

  function setHeaders(mail: Tree, count: number, name?: string, value = 'x'): Tree {
    Object.assign(simple(mail), {
      Headers: Array.from({ length: count }, (_, index) => ({ Name: name ?? `X-${index}`, Value: value })),
    })
    return mail
  }

  function setFile(mail: Tree, more: object): Tree {
    Object.assign(simple(mail)['Attachments']?.[0] as Tree, more)
    return mail
  }
})

describe('a bulk call', () => {
  const template = (mail: Tree) => mail['DefaultContent']?.['Template'] as Tree
  const setText = (mail: Tree, Text: string) =>
    Object.assign(template(mail)['TemplateContent'] as Tree, { Text }) && mail
  const entries = (mail: Tree) => mail['BulkEmailEntries'] as Tree
  test.each<[string, (mail: Tree) => unknown, RegExp]>([
    [
      '51 entries',
      mail => Object.assign(mail, { BulkEmailEntries: Array(51).fill(entries(mail)[0]) }),
      /no more than 50 dest/,
    ],
    ['no entry', mail => Object.assign(mail, { BulkEmailEntries: [] }), /There is no entry/],
    ['a condition', mail => setText(mail, '{{#if x}}x{{/if}}'), /Template contains unsupported operations/],
    ['three braces', mail => setText(mail, '{{{x}}}'), /Template contains unsupported operations/],
    ['a backslash before a token', mail => setText(mail, '\\{{x}}'), /Template contains unsupported operations/],
    ['a path', mail => setText(mail, '{{a.b}}'), /Template contains unsupported operations/],
    ['braces that end nothing', mail => setText(mail, 'a}}'), /Template contains unsupported operations/],
    ['a name without a value', mail => setText(mail, 'Hello {{nobody}}'), /Attribute 'nobody' is not present/],
    [
      'data that is no JSON',
      mail => Object.assign(template(mail), { TemplateData: '{' }) && mail,
      /must be a JSON object/,
    ],
    ['no data', mail => Object.assign(template(mail), { TemplateData: undefined }) && mail, /TemplateData/],
    [
      'no subject',
      mail => Object.assign(template(mail)['TemplateContent'] as Tree, { Subject: '' }) && mail,
      /Subject/,
    ],
  ])('%s', async (_, change, says) => {
    const said = await answered(paths.bulk, change(bulk()))
    expect(said).toMatch(/^400 BadRequestException: /)
    expect(said).toMatch(says)
  })

  test('of more than a million bytes', async () => {
    expect(await answered(paths.bulk, ' '.repeat(1_000_001))).toBe(
      '413 RequestEntityTooLargeException: The request entity is too large.',
    )
  })

  test('values arrive as they are, in one pass', async () => {
    const mail = setText(bulk(), '{{a}} {{ b }}')
    Object.assign(template(mail), { TemplateData: '{"a":"<&\\"{{b}}","b":"B"}' })
    const reading = await sesSink.read(await signedFor(mail), null)
    if (reading.kind !== 'mails') throw new Error(JSON.stringify(reading))
    expect(reading.mails[0]?.text).toBe('<&"{{b}} B')
  })

  async function signedFor(mail: Tree) {
    const body = JSON.stringify(mail)
    const headers = { 'content-type': 'application/json' }
    const request = await (await signing)({ method: 'POST', path: paths.bulk, headers, body: [body] }, nowMs)
    if ('kind' in request) throw new Error('not signed')
    return { method: 'POST', path: paths.bulk, headers: request.headers, body: Buffer.from(body) }
  }
})

test.each([
  ['another path', '/v2/email/templates', {}, '404 UnknownOperationException'],
  ['another type', paths.single, { 'content-type': 'text/plain' }, '415 UnsupportedMediaTypeException'],
])('%s', async (_, path, headers, says) => {
  expect(await answered(path, '{}', headers)).toContain(says)
})

test('without a signature nothing is looked at, whatever the key', async () => {
  for (const key of [null, 'aKey']) {
    const request = {
      method: 'POST',

      path: paths.single,
      headers: { host: 'a' },
      body: Buffer.from('{'),
    }
    expect(await sesSink.read(request, key)).toMatchObject({
      kind: 'refused',
      answer: { status: 403, headers: { 'x-amzn-errortype': 'MissingAuthenticationTokenException:' } },
    })
  }
})
