/** The receiver that other tests believe: it refuses what SendGrid refuses, and takes what SendGrid takes, to the byte. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mailLimits } from '../support/sendgrid-mail.ts'
import { type SendGridReceiver, startSendGridReceiver } from '../support/sendgrid-receiver.ts'

const ada = { to: [{ email: 'ada@example.org' }] }
const mail = {
  personalizations: [ada],
  from: { email: 'news@acme.example' },
  subject: 'News',
  content: [{ type: 'text/plain', value: 'Hello' }],
}
const first = (more: object) => ({ ...mail, personalizations: [{ ...ada, ...more }] })
const people = (count: number, more: object = {}) => ({
  ...mail,
  personalizations: Array.from({ length: count }, (_, index) => ({
    to: [{ email: `ada${index}@example.org` }],
    ...more,
  })),
})
const tags = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`-${index}-`, '']))
/** An object of one text that is so many bytes as JSON. */
const ofBytes = (bytes: number) => ({ a: 'x'.repeat(bytes - '{"a":""}'.length) })
const file = { content: 'AP+A', filename: 'a.pdf', type: 'application/pdf' }

let receiver: SendGridReceiver
beforeAll(async () => {
  receiver = await startSendGridReceiver({ apiKey: 'SG.key' })
})
afterAll(() => receiver.close())

async function post(body: unknown, more: RequestInit = {}, path = '/v3/mail/send'): Promise<[number, string?]> {
  const headers = { authorization: 'Bearer SG.key', 'content-type': 'application/json' }
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const response = await fetch(`${receiver.url}${path}`, { method: 'POST', headers, body: text, ...more })
  const answer = await response.text()
  const field = /"field":"?([^",]*)/.exec(answer)?.[1]
  return field === undefined ? [response.status] : [response.status, field]
}

describe('bodies', () => {
  test.each<[string, unknown, [number, string?]]>([
    ['the smallest', mail, [202]],
    ['no JSON', '{', [400, 'null']],
    ['nobody', { ...mail, personalizations: [] }, [400, 'personalizations']],
    ['1,000', people(1000), [202]],
    ['1,001', people(1001), [400, 'personalizations']],
    [
      'somebody twice',
      { ...mail, personalizations: [ada, { to: [{ email: 'ADA@example.org' }] }] },
      [400, 'personalizations'],
    ],
    ['no address', first({ to: [{ email: 'ada' }] }), [400, 'personalizations.0.to.0.email']],
    ['no subject', { ...mail, subject: undefined }, [400, 'personalizations.0.subject']],
    ['an empty subject', first({ subject: '' }), [400, 'personalizations.0.subject']],
    ['a sender beyond ASCII', { ...mail, from: { email: 'é@acme.example' } }, [400, 'from.email']],
    ['no content', { ...mail, content: [] }, [400, 'content']],
    ['empty content', { ...mail, content: [{ type: 'text/html', value: '' }] }, [400, 'content.0.value']],
    ['HTML first', { ...mail, content: [{ type: 'text/html', value: 'x' }, ...mail.content] }, [400, 'content']],
    ['a number to put in', first({ substitutions: { '-a-': 1 } }), [400, 'personalizations.0.substitutions.-a-']],
    ['150 tags', first({ substitutions: tags(150) }), [202]],
    ['151 tags', first({ substitutions: tags(151) }), [400, 'personalizations.0.substitutions']],
    ['10,000 bytes to put in', first({ substitutions: ofBytes(10_000) }), [202]],
    ['10,001 bytes to put in', first({ substitutions: ofBytes(10_001) }), [400, 'personalizations.0.substitutions']],
    ['50,000 bytes to put in altogether', people(5, { substitutions: ofBytes(10_000) }), [202]],
    ['more than that', people(6, { substitutions: ofBytes(8400) }), [400, 'personalizations']],
    ['a number as argument', first({ custom_args: { id: 7 } }), [400, 'personalizations.0.custom_args.id']],
    ['no argument', first({ custom_args: {} }), [400, 'personalizations.0.custom_args']],
    ['10,000 bytes of arguments', first({ custom_args: ofBytes(10_000) }), [202]],
    ['10,001 bytes of arguments', first({ custom_args: ofBytes(10_001) }), [400, 'personalizations.0.custom_args']],
    ['a reserved header', first({ headers: { 'reply-To': 'x' } }), [400, 'personalizations.0.headers']],
    ['a header beyond ASCII', first({ headers: { 'X-A': 'é' } }), [400, 'personalizations.0.headers.X-A']],
    ['a header twice', first({ headers: { 'X-A': '1', 'x-a': '2' } }), [400, 'personalizations.0.headers']],
    ['an attachment', { ...mail, attachments: [file] }, [202]],
    ['no base64', { ...mail, attachments: [{ ...file, content: 'AP+' }] }, [400, 'attachments.0.content']],
    ['an empty file', { ...mail, attachments: [{ ...file, content: '' }] }, [400, 'attachments.0.content']],
    [
      'a name with a semicolon',
      { ...mail, attachments: [{ ...file, filename: 'a;b' }] },
      [400, 'attachments.0.filename'],
    ],
    ['a type with parameters', { ...mail, attachments: [{ ...file, type: 'a/b; c=d' }] }, [400, 'attachments.0.type']],
    ['something unknown', { ...mail, colour: 'blue' }, [400, 'null']],
    ['30 MB and one byte', ' '.repeat(mailLimits.requestBytes + 1), [413]],
    ['the sandbox', { ...mail, mail_settings: { sandbox_mode: { enable: true } } }, [200]],
  ])('%s', async (_, body, answer) => {
    expect(await post(body)).toEqual(answer)
  })
})

test.each<[string, RequestInit, string, number]>([
  ['another path', {}, '/v3/mail/sent', 404],
  ['another method', { method: 'PUT' }, '/v3/mail/send', 405],
  [
    'another key',
    { headers: { authorization: 'Bearer SG.other', 'content-type': 'application/json' } },
    '/v3/mail/send',
    401,
  ],
  ['no JSON by its type', { headers: { authorization: 'Bearer SG.key' } }, '/v3/mail/send', 415],
])('%s', async (_, more, path, status) => {
  expect((await post(mail, more, path))[0]).toBe(status)
})

test('text that is not UTF-8', async () => {
  const bytes = new Uint8Array([...Buffer.from(JSON.stringify(mail).slice(0, -1)), 0xff])
  expect((await post(mail, { body: bytes }))[0]).toBe(415)
})

test('who gets what', async () => {
  const own = await startSendGridReceiver({ apiKey: 'SG.key' })
  const body = {
    ...mail,
    personalizations: [
      { to: [{ email: 'ada@example.org' }], substitutions: { '-name-': 'Ada $&', '-no-': 'x' }, subject: 'For -name-' },
      { to: [{ email: 'bob@example.org' }], substitutions: { '-name-': 'Bob' } },
    ],
    content: [{ type: 'text/html', value: '<p>-name- and -name-</p>' }],
  }
  const headers = { authorization: 'Bearer SG.key', 'content-type': 'application/json' }
  const answer = await fetch(`${own.url}/v3/mail/send`, { method: 'POST', headers, body: JSON.stringify(body) })
  expect([answer.status, answer.headers.get('x-message-id'), await answer.text()]).toEqual([202, 'id-1', ''])
  expect(own.deliveries.map(({ to, subject, text, html }) => [to, subject, text, html])).toEqual([
    ['ada@example.org', 'For Ada $&', null, '<p>Ada $& and Ada $&</p>'],
    ['bob@example.org', 'News', null, '<p>Bob and Bob</p>'],
  ])
  await own.close()
})
