/** The sink as strict as Mandrill: what it refuses, and in which words. */

import { describe, expect, test } from 'vitest'
import { mandrillSink } from '../../src/sink/mandrill.ts'
import { TakenMemory } from '../../src/sink/memory.ts'

const mail = { from_email: 'news@acme.example', to: [{ email: 'ada@example.org' }], subject: 'News', text: 'Hi' }

function read(json: unknown, path = '/messages/send', more: { method?: string; type?: string; apiKey?: string } = {}) {
  const { method = 'POST', type = 'application/json', apiKey = null } = more
  const body = Buffer.from(typeof json === 'string' ? json : JSON.stringify(json))
  return mandrillSink.read({ method, path, headers: { 'content-type': type }, body }, apiKey)
}

async function refusal(...request: Parameters<typeof read>): Promise<string> {
  const reading = await read(...request)
  if (reading.kind !== 'refused') return reading.kind
  const { name, message } = JSON.parse(reading.answer.body ?? '') as { name: string; message: string }
  return `${reading.answer.status} ${name}: ${message}`
}

const send = (more: object) => ({ key: 'KEY', message: { ...mail, ...more } })
const invalid = (fields: object) => `422 ValidationError: Validation error: ${JSON.stringify({ message: fields })}`

describe('a call', () => {
  test.each<[unknown, string]>([
    [send({}), 'mails'],
    [send({ to: [] }), invalid({ to: 'Please enter at least one recipient' })],
    [send({ to: [{ email: 'ada' }] }), invalid({ to: [{ email: 'An email address must contain a single @' }] })],
    [send({ from_email: 'acme' }), invalid({ from_email: 'An email address must contain a single @' })],
    [send({ subject: 'x'.repeat(999) }), invalid({ subject: 'The subject is too long' })],
    [
      send({ headers: { 'X-City': 'Köln' } }),
      invalid({ headers: { 'X-City': 'A header value is ASCII, on one line' } }),
    ],
    [
      send({ metadata: { a: 'x'.repeat(200) } }),
      invalid({ metadata: 'Metadata is limited to 200 bytes of JSON-encoded data' }),
    ],
    [send({ metadata: { a: 'x'.repeat(190) } }), 'mails'],
    [send({ tags: ['_mine'] }), invalid({ tags: ['Tags starting with an underscore are reserved'] })],
    [
      send({ images: [{ type: 'text/plain', name: 'a', content: '' }] }),
      invalid({ images: [{ type: 'The type of an image must start with "image/"' }] }),
    ],
    [
      send({ attachments: [{ type: 'a/b', name: 'a', content: 'x' }] }),
      invalid({ attachments: [{ content: 'The content must be base64 encoded' }] }),
    ],
    [send({ colour: 'blue' }), invalid(Object('Unrecognized key: "colour"'))],
    [{ message: mail }, '401 Invalid_Key: Invalid API key'],
    [{ key: '', message: mail }, '401 Invalid_Key: Invalid API key'],
    ['not JSON', '401 Invalid_Key: Invalid API key'],
  ])('%j: %s', async (json, becomes) => {
    expect(await refusal(json)).toBe(becomes)
  })

  test('is refused for its way, its type, its key and its path', async () => {
    expect(await refusal(send({}), '/messages/send', { method: 'GET' })).toContain('405')
    expect(await refusal(send({}), '/messages/send', { type: 'text/plain' })).toContain('415')
    expect(await refusal(send({}), '/messages/send', { apiKey: 'OTHER' })).toContain('Invalid_Key')
    expect(await refusal(send({}), '/messages/send', { apiKey: 'KEY' })).toBe('mails')
    expect(await refusal(send({}), '/api/1.4/messages/send')).toBe(
      '404 Unknown_Method: Unknown method "api/1.4/messages/send"',
    )
  })

  test('with more than ten recipients is only ever queued', async () => {
    const statuses = async (count: number, more: object = {}) => {
      const to = Array.from({ length: count }, (_, index) => ({ email: `ada${index}@example.org` }))
      const reading = await read({ ...send({ to }), ...more })
      if (reading.kind !== 'mails') throw new Error('it was refused')
      expect(reading.partial?.(1, 0, 'blocked') === undefined).toBe(count > 10 || 'async' in more)
      const results = JSON.parse(reading.answer(1).body ?? '') as { status: string }[]
      return [results.length, ...new Set(results.map(each => each.status))]
    }
    expect([await statuses(10), await statuses(11), await statuses(1, { async: true })]).toEqual([
      [10, 'sent'],
      [11, 'queued'],
      [1, 'queued'],
    ])
  })
})

describe('a search', () => {
  const taken = new TakenMemory()
  const day = Date.UTC(2026, 10, 22)
  for (const [index, name] of ['ada', 'bob', 'eve'].entries())
    taken.add(`<${name}@acme.example>`, { run: `run-${index}`, to: `${name}@example.org`, call: index, atMs: day })
  taken.add('<ada@acme.example>', { run: null, to: 'ada@example.org', call: 9, atMs: day })

  const found = async (query: string, more: object = {}) => {
    const reading = await read({ key: 'KEY', query, ...more }, '/messages/search')
    if (reading.kind !== 'lookup') return reading.kind
    const answer = JSON.parse(reading.answer(taken).body ?? '') as { email: string; metadata: object }[]
    return answer.map(each => `${each.email} ${JSON.stringify(each.metadata)}`)
  }

  test('finds the addresses in quotes, in every run', async () => {
    expect(await found('"bob@EXAMPLE.org" OR "nobody@example.org" OR "ada@example.org"')).toEqual([
      'bob@example.org {"mailblast_id":"<bob@acme.example>","mailblast_run":"run-1"}',
      'ada@example.org {"mailblast_id":"<ada@acme.example>","mailblast_run":"run-0"}',
      'ada@example.org {"mailblast_id":"<ada@acme.example>"}',
    ])
    expect(await found('"ada@example.org"', { limit: 1 })).toHaveLength(1)
    expect(await found('"ada@example.org"', { date_from: '2026-11-23' })).toEqual([])
  })

  test.each(['*', 'ada@example.org', '"ada@example.org" AND "x"', '"a', ''])('is refused: %s', async query => {
    expect(await found(query)).toBe('refused')
  })

  test('is refused for more than a thousand, and for a date that is none', async () => {
    expect(await found('"a"', { limit: 1001 })).toBe('refused')
    expect(await found('"a"', { date_from: 'yesterday' })).toBe('refused')
  })
})

test('what it says, phase by phase, is what the provider reads', () => {
  const said = (['no-such-user', 'content', 'blocked', 'busy', 'throttled', 'no-credit'] as const).map(saying => {
    const { status, headers, body = '' } = mandrillSink.says(saying, 0, { seconds: 7, fromMs: 0 })
    return `${saying}: ${status} ${(JSON.parse(body) as { name: string }).name} ${headers?.['retry-after'] ?? ''}`.trim()
  })
  expect(said).toEqual([
    'no-such-user: 422 ValidationError',
    'content: 422 ValidationError',
    'blocked: 422 ValidationError',
    'busy: 503 ServiceUnavailable 7',
    'throttled: 429 RequestLimitExceeded 7',
    'no-credit: 402 PaymentRequired',
  ])
})
