/** Asking Postmark's message search: what is asked, what an answer proves, and that nobody is told another's fate. */

import { describe, expect, test } from 'vitest'
import { messageIdFor } from '../../src/content/identity.ts'
import { postmarkLookup } from '../../src/providers/postmark-lookup.ts'
import type { Sought } from '../../src/providers/provider.ts'
import { TakenMemory } from '../../src/sink/memory.ts'
import { postmarkSink } from '../../src/sink/postmark.ts'
import { type Answer, replyOf } from '../support/answers.ts'
import { address, message, sought } from '../support/provider-opening.ts'

const route = { asking: { 'x-postmark-server-token': 'token' }, messageStream: 'news' }
const ada = sought(message(1))
const ask = (answer: Answer, of: Sought = ada) => postmarkLookup.found(route, replyOf(answer), [of])
const taken = (MessageID: string, mailblast_id = ada.messageId, mailblast_run = 'run-1') => ({
  MessageID,
  Status: 'Sent',
  Metadata: { mailblast_id, mailblast_run },
})
const list = (...Messages: readonly unknown[]) => ({ status: 200, body: { TotalCount: Messages.length, Messages } })

test('for one Message-ID at a time, in the stream that the mails went to', () => {
  expect(postmarkLookup.fits([ada, sought(message(2))])).toBe(1)
  const { path, headers } = postmarkLookup.request(route, [ada])
  expect(decodeURIComponent(path)).toBe(
    '/messages/outbound?count=500&offset=0&messagestream=news&metadata_mailblast_id=<1.campaign@acme.example>',
  )
  expect(headers).toEqual(route.asking)
})

describe('what an answer proves', () => {
  test.each([
    ['it is there', list(taken('abc')), { kind: 'taken', providerId: 'abc' }],
    ['it is not there yet', list(), { kind: 'no trace' }],
    ['another run has it', list(taken('abc', ada.messageId, 'run-0')), { kind: 'no trace' }],
    [
      'both runs have it',
      list(taken('abc', ada.messageId, 'run-0'), taken('def')),
      { kind: 'taken', providerId: 'def' },
    ],
  ])('%s', (_, answer, finding) => {
    expect(ask(answer)).toEqual([finding])
  })

  test.each<[string, Answer, string]>([
    ['messages that were not asked for', list(taken('abc', '<2@x>')), 'not asked for; check base_url'],
    ['a message without metadata', list({ MessageID: 'abc' }), 'not asked for'],
    ['a message without an id', list({ Metadata: {} }), 'something else than a list'],
    ['no list', { status: 200, body: { Messages: 'none' } }, 'something else than a list'],
    ['a page', { status: 200, body: '<html></html>' }, 'something else than a list'],
  ])('%s prove nothing', (_, answer, words) => {
    expect(ask(answer)).toMatchObject({ class: 'config', code: '200', text: expect.stringContaining(words) })
  })

  test.each([
    [401, 'auth'],
    [422, 'config'],
    [429, 'throttled'],
    [500, 'transient'],
  ])('%i is %s', (status, failureClass) => {
    const cause = postmarkLookup.refusal(replyOf({ status, body: { ErrorCode: 7, Message: 'No.' } }))
    expect(cause).toEqual({ class: failureClass, code: String(status), text: 'No. (error 7)' })
  })
})

test('a Message-ID that is too long for metadata is known by its beginning, and nobody else has it', () => {
  const from = address(`news@${'long.'.repeat(12)}name.example`)
  const [one = '', two = ''] = ['ada', 'bob'].map(name => messageIdFor('key', `${name}@example.org`, from))
  expect(one.length).toBeGreaterThan(80)
  const known = one.slice(0, 80)
  expect(postmarkLookup.request(route, [{ ...ada, messageId: one }]).path).toContain(encodeURIComponent(known))
  expect(ask(list(taken('abc', known)), { ...ada, messageId: one })).toEqual([{ kind: 'taken', providerId: 'abc' }])
  expect(ask(list(taken('abc', known)), { ...ada, messageId: two })).toMatchObject({ class: 'config' })
})

describe('the sink answers as Postmark does', () => {
  const memory = new TakenMemory()
  memory.add(ada.messageId, { run: 'run-1', to: ada.to, call: 3, atMs: 0 })
  const headers = { 'x-postmark-server-token': 'token' }
  const answerTo = async (path: string) => {
    const reading = await postmarkSink.read({ method: 'GET', path, headers, body: Buffer.alloc(0) }, null)
    if (reading.kind === 'mails') throw new Error('a question was taken for mails')
    const { status, body = '' } = reading.kind === 'lookup' ? reading.answer(memory) : reading.answer
    return { status, body }
  }

  test('to what is asked', async () => {
    const { path } = postmarkLookup.request(route, [ada])
    expect(ask(await answerTo(path))).toMatchObject([{ kind: 'taken' }])
    expect(ask(await answerTo(path), { ...ada, run: 'run-2' })).toEqual([{ kind: 'no trace' }])
    expect(ask(await answerTo(postmarkLookup.request(route, [sought(message(2))]).path))).toEqual([
      { kind: 'no trace' },
    ])
  })

  test.each([
    ['/messages/outbound?offset=0&metadata_mailblast_id=x', 'count must be'],
    ['/messages/outbound?count=501&offset=0&metadata_mailblast_id=x', 'count must be'],
    ['/messages/outbound?count=500&metadata_mailblast_id=x', 'offset'],
    ['/messages/outbound?count=500&offset=0', 'metadata_mailblast_id alone'],
    ['/messages/outbound?count=500&offset=0&metadata_mailblast_id=x&metadata_mailblast_run=y', 'alone'],
    ['/messages/outbound?count=500&offset=0&metadata_mailblast_id=x&recipient=y', 'no such filter: recipient'],
    [`/messages/outbound?count=500&offset=0&metadata_mailblast_id=${'x'.repeat(80)}`, 'less than 80 characters'],
  ])('and refuses %s', async (path, words) => {
    const { status, body } = await answerTo(path)
    expect(status).toBe(422)
    expect(body).toContain(words)
  })
})
