/** Postmark's part as the sink plays it: what it refuses, in which words, and a real route from its check to its lookup. */

import { afterAll, describe, expect, test } from 'vitest'
import { postmark } from '../../src/providers/postmark.ts'
import { preparePostmark } from '../../src/providers/postmark-body.ts'
import { postmarkSink } from '../../src/sink/postmark.ts'
import { parseRuleText } from '../../src/sink/rule-text.ts'
import { startSink } from '../../src/sink/sink.ts'
import { told } from '../support/answers.ts'
import { content, message, messages, opening, sought } from '../support/provider-opening.ts'
import { systemClock } from './stage.ts'

const good = JSON.parse(
  Buffer.concat(
    preparePostmark(content({}), {
      messageStream: 'broadcast',
      unsubscribe: 'own',
      trackOpens: undefined,
      trackLinks: undefined,
    })
      .message(message(1))
      .map(piece => Buffer.from(piece)),
  ).toString(),
)
const json = { 'content-type': 'application/json', accept: 'application/json', 'x-postmark-server-token': 'token' }

async function answerTo(
  path: string,
  body: unknown,
  headers: Record<string, string> = json,
  apiKey: string | null = null,
) {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body))
  const reading = await postmarkSink.read({ method: 'POST', path, headers, body: bytes }, apiKey)
  if (reading.kind === 'lookup' || reading.kind === 'asked') throw new Error('mails were taken for a question')
  const { status, body: said = '' } = reading.kind === 'mails' ? reading.answer(7) : reading.answer
  const results = [JSON.parse(said)].flat() as { ErrorCode: number; Message: string; MessageID?: string }[]
  const mails = reading.kind === 'mails' ? reading.mails.map(each => each.to) : []
  return { status, codes: results.map(each => each.ErrorCode), words: results.map(each => each.Message).join(), mails }
}

test('takes one, and a batch, with a MessageID for each', async () => {
  expect(await answerTo('/email', good)).toEqual({ status: 200, codes: [0], words: 'OK', mails: ['ada1@example.org'] })
  const batch = await answerTo('/email/batch', [good, { ...good, To: 'bob@example.org' }])
  expect(batch).toMatchObject({ status: 200, codes: [0, 0], mails: ['ada1@example.org', 'bob@example.org'] })
})

describe('refuses a message', () => {
  test.each<[string, object, number, string]>([
    ['without a recipient', { To: undefined }, 300, 'To'],
    ['to two at once', { To: 'a@example.org, b@example.org' }, 300, "'To'"],
    ['to an address beyond ASCII', { To: 'grüße@example.org' }, 300, "'To'"],
    ['from nobody', { From: 'Acme' }, 300, "'From'"],
    ['from a name that needs quotes', { From: 'Acme, Ltd. <news@acme.example>' }, 300, "'From'"],
    ['without a body', { TextBody: '', HtmlBody: undefined }, 300, "'TextBody' or 'HtmlBody'"],
    ['with a text of more than 5 MB', { TextBody: 'x'.repeat(5_000_001) }, 300, "'TextBody'"],
    ['with a header of its own field', { Headers: [{ Name: 'Subject', Value: 'x' }] }, 300, "'Headers'"],
    ['with a header on two lines', { Headers: [{ Name: 'X-Y', Value: 'x\ny' }] }, 300, "'Headers'"],
    ['with a long name in its metadata', { Metadata: { ['x'.repeat(21)]: 'y' } }, 300, 'Metadata'],
    ['with a long value in its metadata', { Metadata: { x: 'y'.repeat(81) } }, 300, "'Metadata'"],
    [
      'with eleven metadata',
      { Metadata: Object.fromEntries(Array.from({ length: 11 }, (_, index) => [`x${index}`, 'y'])) },
      300,
      "'Metadata'",
    ],
    [
      'with a file that is not base64',
      { Attachments: [{ Name: 'a', Content: 'x', ContentType: 'a/b' }] },
      300,
      'base64',
    ],
    [
      'with an image without cid:',
      { Attachments: [{ Name: 'a', Content: '', ContentType: 'a/b', ContentID: 'logo' }] },
      300,
      'cid:',
    ],
    ['with a program', { Attachments: [{ Name: 'a.EXE', Content: '', ContentType: 'a/b' }] }, 411, 'Forbidden'],
    ['with what is no field', { Colour: 'blue' }, 300, 'Colour'],
  ])('%s', async (_, wrong, code, words) => {
    const alone = await answerTo('/email', { ...good, ...wrong })
    expect(alone).toMatchObject({ status: 422, codes: [code], mails: [], words: expect.stringContaining(words) })
    const among = await answerTo('/email/batch', [good, { ...good, ...wrong }])
    expect(among).toMatchObject({ status: 200, codes: [0, code], mails: ['ada1@example.org'] })
    const all = await answerTo('/email/batch', [{ ...good, ...wrong }])
    expect(all).toMatchObject({ status: 200, codes: [code], mails: [] })
  })
})

describe('refuses a call', () => {
  test.each<[string, Promise<object>, number, number]>([
    ['without a token', answerTo('/email', good, { ...json, 'x-postmark-server-token': '' }), 401, 10],
    ['with a wrong token', answerTo('/email', good, json, 'another'), 401, 10],
    ['of another content', answerTo('/email', good, { ...json, 'content-type': 'text/plain' }), 422, 409],
    ['that does not accept JSON', answerTo('/email', good, { ...json, accept: '*/*' }), 422, 409],
    ['that is no JSON', answerTo('/email', Buffer.from('{')), 422, 402],
    ['that is no UTF-8', answerTo('/email', Buffer.from([0x22, 0xff, 0x22])), 422, 402],
    ['with one message as a batch', answerTo('/email/batch', good), 422, 403],
    ['with no message', answerTo('/email/batch', []), 422, 403],
    ['with 501 messages', answerTo('/email/batch', Array(501).fill(good)), 422, 410],
    ['of more than 10 MB for one', answerTo('/email', { ...good, Tag: 'x'.repeat(10_000_000) }), 413, 413],
    ['elsewhere', answerTo('/emails', good), 404, 404],
  ])('%s', async (_, answer, status, code) => {
    expect(await answer).toMatchObject({ status, codes: [code], mails: [] })
  })
})

test('the test token is taken with any key, and delivers nothing', async () => {
  const headers = { ...json, 'x-postmark-server-token': 'POSTMARK_API_TEST' }
  const body = Buffer.from(JSON.stringify(good))
  const reading = await postmarkSink.read({ method: 'POST', path: '/email', headers, body }, 'another')
  expect(reading).toMatchObject({ kind: 'mails', delivers: false })
})

describe('a route to it', () => {
  const ending: (() => Promise<void>)[] = []
  afterAll(async () => {
    for (const end of ending.reverse()) await end()
  })
  const { signal } = new AbortController()

  async function stage(...rules: readonly string[]) {
    const accepted: string[] = []
    const sink = await startSink({
      rules: rules.map(rule => parseRuleText(rule)),
      onAccepted: entries => accepted.push(...entries.map(entry => entry.address)),
      clock: systemClock,
    })
    ending.push(() => sink.close())
    const options = postmark.options.parse({ server_token: '${TOKEN}', base_url: sink.url('postmark') })
    const provider = await postmark.open(opening({ options: JSON.parse(JSON.stringify(options)) }))
    ending.push(() => provider.close())
    return { provider, accepted }
  }

  test('is checked, refused in part, and asked about lost answers', async () => {
    const { provider, accepted } = await stage('do=refuse-part first=1', 'do=lose-answer first=2')
    expect((await provider.check?.(signal))?.map(({ what, verdict }) => `${what}: ${verdict}`)).toEqual([
      'server token: good',
      'message stream: good',
      'sender: unknown',
    ])
    const all = messages(5)
    expect((await provider.send(all.slice(0, 2), signal)).map(told)).toEqual([
      expect.stringContaining('refused recipient hard 406'),
      expect.stringContaining('accepted'),
    ])
    expect((await provider.send(all.slice(2, 4), signal)).map(each => each.kind)).toEqual(['in-doubt', 'in-doubt'])
    expect(accepted).toEqual(['ada2@example.org', 'ada3@example.org', 'ada4@example.org'])
    const findings = await provider.lookup?.(all.map(sought), signal)
    expect(findings?.map(each => each.kind)).toEqual(['no trace', 'taken', 'taken', 'taken', 'no trace'])
  })

  test('is found by the id that it answered with', async () => {
    const { provider } = await stage()
    const [outcome] = await provider.send([message(1)], signal)
    const [finding] = (await provider.lookup?.([sought(message(1))], signal)) ?? []
    expect(finding).toEqual({ kind: 'taken', providerId: outcome?.kind === 'accepted' ? outcome.providerId : '' })
  })
})
