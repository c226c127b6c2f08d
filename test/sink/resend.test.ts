/** Resend's part as the sink plays it: what it refuses, in which words, and calls that are repeated. */

import { afterAll, describe, expect, test } from 'vitest'
import type { Provider } from '../../src/providers/provider.ts'
import { resend } from '../../src/providers/resend.ts'
import { prepareResend } from '../../src/providers/resend-body.ts'
import { resendSink } from '../../src/sink/resend.ts'
import { parseRuleText } from '../../src/sink/rule-text.ts'
import { type Sink, startSink } from '../../src/sink/sink.ts'
import { told } from '../support/answers.ts'
import { content, message, messages, opening } from '../support/provider-opening.ts'
import { systemClock } from './stage.ts'

const pieces = prepareResend(content({}))(message(1))
const good = JSON.parse(Buffer.concat(pieces.map(piece => Buffer.from(piece))).toString())
const usual = { 'content-type': 'application/json', authorization: 'Bearer re_key' }
const permissive = { ...usual, 'x-batch-validation': 'permissive' }
const file = { filename: 'a.pdf', content: 'JVBERg==' }

async function answerTo(
  path: string,
  body: unknown,
  headers: Record<string, string> = usual,
  apiKey: string | null = null,
) {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body))
  const reading = await resendSink.read({ method: 'POST', path, headers, body: bytes }, apiKey)
  if (reading.kind === 'lookup' || reading.kind === 'asked') throw new Error('mails were taken for a question')
  const { status, body: said = '' } = reading.kind === 'mails' ? reading.answer(7) : reading.answer
  const mails = reading.kind === 'mails' ? reading.mails.map(each => each.to) : []
  return { status, said: JSON.parse(said) as object, mails }
}

test('takes one, and a batch, with an id for each', async () => {
  const id = expect.stringMatching(/^[0-9a-f-]{36}$/)
  expect(await answerTo('/emails', good)).toEqual({ status: 200, said: { id }, mails: ['ada1@example.org'] })
  const bob = { ...good, to: 'Bob <bob@example.org>' }
  const mails = ['ada1@example.org', 'bob@example.org']
  const data = [{ id }, { id }]
  expect(await answerTo('/emails/batch', [good, bob])).toEqual({ status: 200, said: { data }, mails })
  expect(await answerTo('/emails/batch', [good, bob], permissive)).toEqual({
    status: 200,
    said: { data, errors: [] },
    mails,
  })
})

describe('refuses an email', () => {
  test.each<[string, object, string]>([
    ['without a recipient', { to: undefined }, '`to`'],
    ['to nobody', { to: [] }, '`to`'],
    ['to fifty-one', { to: Array(51).fill('ada@example.org') }, '`to`'],
    ['to what is no address', { to: ['ada'] }, '`to`'],
    ['to an address beyond ASCII', { to: ['grüße@example.org'] }, '`to`'],
    ['from nobody', { from: 'Acme' }, '`from`'],
    ['without a subject', { subject: undefined }, '`subject`'],
    ['without a body', { html: '', text: undefined }, '`html` or `text`'],
    ['with a header on two lines', { headers: { 'X-Y': 'x\ny' } }, '`headers`'],
    ['with a header that is no string', { headers: { 'X-Y': 7 } }, '`headers`'],
    ['with a tag of other letters', { tags: [{ name: 'a', value: 'ä' }] }, '`tags`'],
    ['with a long tag', { tags: [{ name: 'a', value: 'x'.repeat(257) }] }, '`tags`'],
    ['with a file without a name', { attachments: [{ ...file, filename: '' }] }, '`attachments`'],
    ['with a file that is not base64', { attachments: [{ ...file, content: 'x' }] }, '`attachments`'],
    ['with what is no field', { colour: 'blue' }, ''],
  ])('%s', async (_, wrong, words) => {
    const bad = { ...good, ...wrong }
    const message = expect.stringContaining(words)
    expect(await answerTo('/emails', bad)).toMatchObject({
      status: 422,
      said: { statusCode: 422, name: 'validation_error', message },
      mails: [],
    })
    expect(await answerTo('/emails/batch', [good, bad])).toMatchObject({ status: 422, said: { message }, mails: [] })
    expect(await answerTo('/emails/batch', [bad, good], permissive)).toMatchObject({
      status: 200,
      said: { data: [{}], errors: [{ index: 0, message }] },
      mails: ['ada1@example.org'],
    })
    expect(await answerTo('/emails/batch', [bad], permissive)).toMatchObject({
      status: 200,
      said: { data: [] },
      mails: [],
    })
  })

  test('with a file, in a batch only', async () => {
    const filed = { ...good, attachments: [file] }
    expect(await answerTo('/emails', filed)).toMatchObject({ status: 200 })
    expect(await answerTo('/emails/batch', [good, filed], permissive)).toMatchObject({
      said: { errors: [{ index: 1 }] },
    })
  })
})

describe('refuses a call', () => {
  test.each<[string, Promise<object>, number, string]>([
    ['without a key', answerTo('/emails', good, { 'content-type': 'application/json' }), 401, 'missing_api_key'],
    ['with a wrong key', answerTo('/emails', good, usual, 're_another'), 401, 'validation_error'],
    ['that is no JSON', answerTo('/emails', Buffer.from('{')), 400, 'validation_error'],
    [
      'of another content',
      answerTo('/emails', good, { ...usual, 'content-type': 'text/plain' }),
      400,
      'validation_error',
    ],
    ['with one email as a batch', answerTo('/emails/batch', good), 422, 'validation_error'],
    ['with no email', answerTo('/emails/batch', []), 422, 'validation_error'],
    ['with 101 emails', answerTo('/emails/batch', Array(101).fill(good)), 422, 'validation_error'],
    [
      'with a long idempotency key',
      answerTo('/emails', good, { ...usual, 'idempotency-key': 'x'.repeat(257) }),
      400,
      'invalid_idempotency_key',
    ],
    ['of more than 40 MB', answerTo('/emails', Buffer.alloc(40_000_001, ' ')), 413, 'validation_error'],
    ['elsewhere', answerTo('/email', good), 404, 'not_found'],
  ])('%s', async (_, answer, status, name) => {
    expect(await answer).toMatchObject({ status, said: { statusCode: status, name }, mails: [] })
  })
})

describe('a call that is repeated', () => {
  const ending: (() => Promise<void>)[] = []
  afterAll(async () => {
    for (const end of ending.reverse()) await end()
  })
  const { signal } = new AbortController()

  async function start(...rules: readonly string[]) {
    const accepted: string[] = []
    const sink = await startSink({
      rules: rules.map(rule => parseRuleText(rule)),
      onAccepted: entries => accepted.push(...entries.map(entry => entry.address)),
      clock: systemClock,
    })
    ending.push(() => sink.close())
    return { sink, accepted }
  }

  async function openRoute(sink: Sink, subject = ['Hello ', '!']): Promise<Provider> {
    const options = resend.options.parse({ api_key: '${KEY}', base_url: sink.url('resend') })
    const facts = { content: content({ text: subject }) }
    const provider = await resend.open(opening({ options: JSON.parse(JSON.stringify(options)) }, facts))
    ending.push(() => provider.close())
    return provider
  }

  const people = ['ada1@example.org', 'ada2@example.org']

  test('after its answer was lost is answered, by another process too, and delivers nothing twice', async () => {
    const { sink, accepted } = await start('do=lose-answer first=2')
    const before = await openRoute(sink)
    expect((await before.send(messages(2), signal)).map(each => each.kind)).toEqual(['in-doubt', 'in-doubt'])
    expect((await before.send(messages(2), signal)).map(each => each.kind)).toEqual(['in-doubt', 'in-doubt'])
    const after = await openRoute(sink)
    expect((await after.send(messages(2), signal)).map(each => each.kind)).toEqual(['accepted', 'accepted'])
    expect(accepted).toEqual(people)
  })

  test('that was not taken is taken', async () => {
    const { sink, accepted } = await start('do=defer first=1')
    const provider = await openRoute(sink)
    expect((await provider.send(messages(2), signal)).map(each => each.kind)).toEqual(['deferred', 'deferred'])
    expect((await provider.send(messages(2), signal)).map(each => each.kind)).toEqual(['accepted', 'accepted'])
    expect(accepted).toEqual(people)
  })

  test('that was taken in part is answered as it was', async () => {
    const { sink, accepted } = await start('do=refuse-part first=1')
    const provider = await openRoute(sink)
    const first = (await provider.send(messages(2), signal)).map(told)
    expect(first).toEqual([expect.stringContaining('refused recipient hard'), expect.stringContaining('accepted')])
    expect((await provider.send(messages(2), signal)).map(told)).toEqual(first)
    expect(accepted).toEqual(people.slice(1))
  })

  test('with another body leaves everybody in doubt, and delivers nothing', async () => {
    const { sink, accepted } = await start()
    await (await openRoute(sink)).send(messages(2), signal)
    const outcomes = await (await openRoute(sink, ['Goodbye ', '!'])).send(messages(2), signal)
    expect(outcomes.map(told)).toEqual(Array(2).fill(expect.stringContaining('(invalid_idempotent_request)')))
    expect(outcomes.map(each => each.kind)).toEqual(['in-doubt', 'in-doubt'])
    expect(accepted).toEqual(people)
  })

  test('a route to it is checked: a key that may only send', async () => {
    const { sink } = await start()
    expect(await (await openRoute(sink)).check?.(signal)).toMatchObject([{ what: 'API key', verdict: 'unknown' }])
  })
})
