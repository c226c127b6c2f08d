/** The sink as strict as Brevo: what it refuses, what it evaluates, and what it lists. */

import { describe, expect, test } from 'vitest'
import { brevoSink } from '../../src/sink/brevo.ts'
import { TakenMemory } from '../../src/sink/memory.ts'

const mail = {
  sender: { email: 'news@acme.example' },
  to: [{ email: 'ada@example.org' }],
  subject: 'News',
  htmlContent: '<p>Hi</p>',
}

function read(
  json: unknown,
  path = '/smtp/email',
  more: { method?: string; type?: string; key?: string; apiKey?: string } = {},
) {
  const { method = 'POST', type = 'application/json', key = 'KEY', apiKey = null } = more
  const body = Buffer.from(typeof json === 'string' ? json : JSON.stringify(json))
  return brevoSink.read({ method, path, headers: { 'content-type': type, 'api-key': key }, body }, apiKey)
}

async function refusal(...request: Parameters<typeof read>): Promise<string> {
  const reading = await read(...request)
  if (reading.kind !== 'refused') return reading.kind
  const { code, message } = JSON.parse(reading.answer.body ?? '') as { code: string; message: string }
  return `${reading.answer.status} ${code}: ${message}`
}

const invalid = (words: string) => `400 invalid_parameter: ${words}`

test.each<[unknown, string]>([
  [mail, 'mails'],
  [{ ...mail, to: [{ email: 'ada' }] }, invalid('email is not valid in to.email')],
  [{ ...mail, to: undefined }, invalid('is missing in to')],
  [
    { ...mail, to: Array.from({ length: 100 }, () => ({ email: 'a@b.example' })) },
    invalid('recipients are more than 99 in to'),
  ],
  [
    { ...mail, htmlContent: undefined, textContent: 'Hi' },
    invalid('Invalid input: expected string, received undefined in htmlContent'),
  ],
  [{ ...mail, textContent: '' }, invalid('is blank in textContent')],
  [{ ...mail, sender: { email: 'a@b.example', name: 'x'.repeat(71) } }, invalid('name is too long in sender.name')],
  [{ ...mail, headers: { 'X-City': 'Köln' } }, invalid('value is not valid in headers.X-City')],
  [{ ...mail, headers: { idempotencyKey: 'mailblast-1' } }, invalid('idempotencyKey is not a UUID in headers')],
  [
    { ...mail, attachment: [{ name: 'a.exe', content: 'AAAA' }] },
    invalid('extension is not supported in attachment.name'),
  ],
  [{ ...mail, attachment: [{ name: 'a.pdf', content: 'A' }] }, invalid('content is not valid in attachment.content')],
  [
    { ...mail, messageVersions: Array.from({ length: 1001 }, () => ({ to: mail.to })) },
    invalid('more than 1000 versions in messageVersions'),
  ],
  [
    {
      ...mail,
      messageVersions: Array.from({ length: 21 }, () => ({ to: Array.from({ length: 99 }, () => mail.to[0]) })),
    },
    invalid('recipients are more than 2000 in messageVersions'),
  ],
  [{ ...mail, colour: 'blue' }, invalid('Unrecognized key: "colour" in body')],
  ['not JSON', invalid('Invalid input: expected object, received undefined in body')],
])('%.80j: %s', async (json, becomes) => {
  expect(await refusal(json)).toBe(becomes)
})

test('a call is refused for its way, its type, its key and its path', async () => {
  expect(await refusal(mail, '/smtp/email', { method: 'GET' })).toContain('405 method_not_allowed')
  expect(await refusal(mail, '/smtp/email', { type: 'text/plain' })).toContain('415')
  expect(await refusal(mail, '/smtp/email', { apiKey: 'OTHER' })).toBe('401 unauthorized: Key not found')
  expect(await refusal(mail, '/smtp/email', { key: '' })).toContain('401')
  expect(await refusal(mail, '/smtp/email', { apiKey: 'KEY' })).toBe('mails')
  expect(await refusal(mail, '/v3/smtp/email')).toContain('404')
})

describe('its template language', () => {
  const got = async (htmlContent: string, more: object = {}) => {
    const reading = await read({ ...mail, htmlContent, params: { name: 'Ada <3' }, ...more })
    return reading.kind === 'mails' ? reading.mails[0]?.html : 'refused'
  }

  test.each([
    ['Hi {{params.name}}{{ params.name }}!', 'Hi Ada <3Ada <3!'],
    ['Hi {{params.other}}{{contact.FIRSTNAME}}!', 'Hi !'],
    ['{% if x %}Hi{# or not #}{% endif %}', 'Hi'],
    ['Hi {{ open', 'Hi '],
    ['Hi &#123;{x}} {x}', 'Hi &#123;{x}} {x}'],
  ])('%s', async (html, becomes) => {
    expect(await got(html)).toBe(becomes)
  })

  test('a version has parameters of its own', async () => {
    const versions = { messageVersions: [{ to: mail.to, params: { name: 'Bob' } }] }
    expect(await got('Hi {{params.name}}', versions)).toBe('Hi Bob')
  })
})

test('the list of what was sent', async () => {
  const taken = new TakenMemory()
  for (const run of ['run-1', null]) taken.add('<1@acme.example>', { run, to: 'ada@example.org', call: 1, atMs: 0 })
  const list = async (query: string) => {
    const reading = await read('', `/smtp/emails?${query}`, { method: 'GET' })
    return reading.kind === 'lookup' ? JSON.parse(reading.answer(taken).body ?? '') : reading.kind
  }
  const sent = {
    email: 'ada@example.org',
    messageId: expect.stringMatching(/^<.*@smtp-relay\.mailin\.fr>$/),
    date: '1970-01-01T00:00:00.000Z',
  }
  expect(await list('email=ada%40EXAMPLE.org')).toEqual({
    count: 2,
    transactionalEmails: [
      { ...sent, tags: ['mailblast run-1'] },
      { ...sent, tags: [] },
    ],
  })
  expect(await list('email=eve%40example.org')).toEqual({ count: 0, transactionalEmails: [] })
  expect(await list('messageId=x')).toBe('refused')
  expect(await list('email=a%40b.example&limit=1001')).toBe('refused')
})

test('how long to wait is said in the window of its own headers', () => {
  expect(brevoSink.says('throttled', 0, { seconds: 7, fromMs: 0 }).headers).toEqual({
    'x-sib-ratelimit-limit': '1000',
    'x-sib-ratelimit-remaining': '0',
    'x-sib-ratelimit-reset': '7',
  })
})
