/** Mailgun as the sink plays it: what it takes, what it refuses and in which words, and what each recipient gets of it. */

import { describe, expect, test } from 'vitest'
import { type FormField, formBody, formType, textField } from '../../src/providers/multipart-form.ts'
import { mailgunSink } from '../../src/sink/mailgun.ts'
import { merged } from '../../src/sink/mailgun-merge.ts'
import { TakenMemory } from '../../src/sink/memory.ts'
import type { VendorReading } from '../../src/sink/vendor.ts'
import { boundary, bytesOf } from '../support/mailgun-form.ts'

const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`
const sending = '/v3/mg.acme.example/messages'

interface Asked {
  readonly method?: string
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer
}

async function read(asked: Asked, apiKey: string | null = 'key'): Promise<VendorReading> {
  const headers = { authorization: basic('api:key'), 'content-type': formType(boundary), ...asked.headers }
  const { method = 'POST', path = sending, body = Buffer.alloc(0) } = asked
  return mailgunSink.read({ method, path, headers, body }, apiKey)
}

/** A form of these fields in place of the usual ones of their names; null takes one out. */
function form(
  more: Readonly<Record<string, string | readonly string[] | null>>,
  files: readonly FormField[] = [],
): Buffer {
  const usual = { from: 'Acme <news@acme.example>', to: 'ada@example.org', subject: 'News', text: 'Hello!' }
  const fields = Object.entries({ ...usual, ...more }).flatMap(([name, value]) =>
    value === null ? [] : [value].flat().map(each => textField(name, each)),
  )
  return bytesOf(formBody(boundary, [...fields, ...files]))
}

async function said(asked: Asked): Promise<string> {
  const reading = await read(asked)
  if (reading.kind === 'mails') return 'taken'
  const { status, body } = reading.kind === 'lookup' ? reading.answer(new TakenMemory()) : reading.answer
  return `${status} ${body}`
}

describe('what it looks at before the form', () => {
  test.each<[Asked, string]>([
    [{ path: '/v3/messages' }, '404 {"message":"Domain not found"}'],
    [{ path: '/v3/nowhere/messages' }, '404 {"message":"Domain not found"}'],
    [{ method: 'GET' }, '405 {"message":"Method not allowed"}'],
    [{ headers: { authorization: '' } }, '401 Forbidden'],
    [{ headers: { authorization: 'Bearer key' } }, '401 Forbidden'],
    [{ headers: { authorization: basic('user:key') } }, '401 Forbidden'],
    [{ headers: { authorization: basic('api:other') } }, '401 Forbidden'],
    [{ headers: { 'content-type': 'application/json' } }, '400 {"message":"this sink takes multipart/form-data only"}'],
    [{ body: Buffer.from('what?') }, '400 {"message":"bad request: the form cannot be read"}'],
    [{ body: form({}).subarray(0, -8) }, '400 {"message":"bad request: the form cannot be read"}'],
    [{ body: form({}) }, 'taken'],
  ])('%#', async (asked, answer) => {
    expect(await said(asked)).toBe(answer)
  })

  test('a request that is too long is not looked into', async () => {
    expect(await said({ body: Buffer.alloc(52_400_001) })).toBe('413 {"message":"Request Entity Too Large"}')
  })

  test('any key will do where none is given, but not none', async () => {
    expect((await read({ headers: { authorization: basic('api:x') }, body: form({}) }, null)).kind).toBe('mails')
    expect((await read({ headers: { authorization: basic('api:') }, body: form({}) }, null)).kind).toBe('refused')
  })
})

describe('the form', () => {
  const variables = (of: unknown) => JSON.stringify(of)
  const two = ['ada@example.org', 'bob@example.org']

  test.each<[Parameters<typeof form>[0], string]>([
    [{ from: null }, 'from parameter is missing'],
    [{ from: 'Acme' }, 'from parameter is not a valid address. please check documentation'],
    [{ to: null }, 'to parameter is missing'],
    [{ to: 'ada@example' }, 'to parameter is not a valid address. please check documentation'],
    [{ to: [...two, 'eve'] }, 'to parameter is not a valid address. please check documentation'],
    [{ to: two.join(', ') }, 'to parameter is not a valid address. please check documentation'],
    [{ subject: null }, 'subject parameter is missing'],
    [{ text: null }, "Need at least one of 'text', 'html', 'amp-html' or 'template' parameters specified"],
    [
      { 'h:X-A': 'x'.repeat(15_996) },
      'Send options (parameters starting with o:, h:, or v:) are limited to 16KB total',
    ],
    [{ 'o:testmode': 'no' }, 'o:testmode can be yes only'],
    [{ 'o:tag': 'ü' }, 'o:tag is not a valid tag'],
    [{ 'o:tag': ['a', 'b', 'c', 'd'] }, 'a message has 3 tags at most'],
    [{ 'o:traking': 'no' }, 'this sink knows no parameter o:traking'],
    [{ colour: 'blue' }, 'this sink knows no parameter colour'],
    [{ 'h:X-A': 'a\r\nBcc: eve@example.org' }, 'h:X-A has a line break'],
    [{ 'h:X-A': 'a', 'h:x-a': 'b' }, 'h:x-a is given more than once'],
    [{ subject: ['a', 'b'] }, 'subject is given more than once'],
    [{ to: two }, 'this sink takes several recipients only with recipient-variables for each'],
    [
      { to: two, 'recipient-variables': variables({ 'ada@example.org': {} }) },
      'this sink takes several recipients only with recipient-variables for each',
    ],
    [
      { 'recipient-variables': variables({ 'eve@example.org': {} }) },
      'recipient-variables name an address that is not in to',
    ],
    [{ 'recipient-variables': '{' }, "'recipient-variables' is not a JSON dictionary of dictionaries of texts"],
    [
      { 'recipient-variables': variables({ 'ada@example.org': { a: { b: 1 } } }) },
      "'recipient-variables' is not a JSON dictionary of dictionaries of texts",
    ],
  ])('%#', async (more, message) => {
    expect(await said({ body: form(more) })).toBe(`400 ${JSON.stringify({ message })}`)
  })

  test('at the edge of each limit it is taken', async () => {
    expect(await said({ body: form({ 'h:X-A': 'x'.repeat(15_995) }) })).toBe('taken')
    const to = Array.from({ length: 1000 }, (_, index) => `ada${index}@example.org`)
    const all = variables(Object.fromEntries(to.map(each => [each, {}])))
    expect(await said({ body: form({ to, 'recipient-variables': all }) })).toBe('taken')
    const more = form({ to: [...to, 'eve@example.org'], 'recipient-variables': all })
    expect(await said({ body: more })).toBe('400 {"message":"Too many recipients, max is 1000"}')
    const film = (bytes: number) => [
      { name: 'attachment', file: { name: 'film', type: 'a/b' }, content: [Buffer.alloc(bytes)] },
    ]
    expect(await said({ body: form({}, film(18_200_000)) })).toBe('taken')
    expect(await said({ body: form({}, film(18_300_000)) })).toBe('413 {"message":"Request Entity Too Large"}')
  })

  test('in test mode it is taken and not delivered', async () => {
    expect(await read({ body: form({ 'o:testmode': 'yes' }) })).toMatchObject({ kind: 'mails', delivers: false })
  })
})

test.each([
  ['Hi %recipient.name%, %recipient.nobody%!', 'Hi Ada, !'],
  ['%recipient% %recipient_email% %recipient_fname%.', 'ada@example.org ada@example.org .'],
  ['<%UNSUBSCRIBE_URL%>', '<https://email.mailgun.example/u/ada%40example.org>'],
  ['%unsubscribe_email%', 'u+ada=example.org@mailgun.example'],
  ['100% of %recipients% %recipient name% 50%', '100% of %recipients% %recipient name% 50%'],
  ['%recipient.again%', '%recipient%'],
])('it puts in: %s', (text, becomes) => {
  expect(merged(text, 'ada@example.org', { name: 'Ada', again: '%recipient%' })).toBe(becomes)
})

describe('events', () => {
  const taken = new TakenMemory()
  taken.add('<1@acme.example>', { run: 'run-1', to: 'ada@example.org', call: 3, atMs: 1_500 })

  async function events(query: string) {
    const reading = await read({ method: 'GET', path: `/v3/mg.acme.example/events?${query}` })
    if (reading.kind !== 'lookup') throw new Error('no lookup')
    const { status, body = '' } = reading.answer(taken)
    return { status, body: JSON.parse(body) as { items?: object[]; message?: string } }
  }

  test('of a mail that was taken', async () => {
    const { body } = await events('ascending=no&limit=300&message-id=1%40acme.example')
    expect(body.items).toMatchObject([
      {
        event: 'accepted',
        timestamp: 1.5,
        recipient: 'ada@example.org',
        'user-variables': { mailblast_run: 'run-1' },
        message: { headers: { 'message-id': '1@acme.example' } },
      },
    ])
  })

  test.each([
    ['ascending=no&message-id=2@acme.example', 0],
    ['ascending=no&message-id=1@acme.example&recipient=eve@example.org', 0],
    ['ascending=no&message-id=1@acme.example&recipient=ADA@example.org', 1],
    ['ascending=no&message-id=1@acme.example&event=delivered', 0],
  ])('%s: %i', async (query, count) => {
    expect((await events(query)).body.items?.length).toBe(count)
  })

  test.each([
    ['ascending=no', 'this sink answers for one message-id, without its angle brackets'],
    [
      'ascending=no&message-id=%3C1@acme.example%3E',
      'this sink answers for one message-id, without its angle brackets',
    ],
    ['message-id=1@acme.example', "ascending must be 'yes' or 'no', and given where end is not"],
    ['ascending=no&limit=301&message-id=1@acme.example', 'limit must be from 1 to 300'],
    ['ascending=no&colour=blue&message-id=1@acme.example', 'this sink knows no filter colour'],
  ])('%s: %s', async (query, message) => {
    expect(await events(query)).toEqual({ status: 400, body: { message } })
  })
})

test.each([
  ['POST', sending, false],
  ['GET', '/v3/mg.acme.example/events?limit=1', true],
  ['GET', '/v4/domains/mg.acme.example', true],
  ['POST', '/v3/mg.acme.example/events', false],
])('%s %s only asks: %s', (method, path, isLookup) => {
  expect(mailgunSink.isLookup(method, path)).toBe(isLookup)
})
