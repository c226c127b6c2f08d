/** Postmark from end to end: what leaves, what arrives, what goes together, and what cannot be sent. */

import { describe, expect, test } from 'vitest'
import type { FilledMessage, SharedContent } from '../../src/model/edition.ts'
import { UserError } from '../../src/model/errors.ts'
import { postmark } from '../../src/providers/postmark.ts'
import { preparePostmark } from '../../src/providers/postmark-body.ts'
import { postmarkChecks } from '../../src/providers/postmark-checks.ts'
import type { Check, Provider } from '../../src/providers/provider.ts'
import { postmarkSink } from '../../src/sink/postmark.ts'
import { type Answer, replyOf, told } from '../support/answers.ts'
import { address, content, message, messages, opening } from '../support/provider-opening.ts'
import { startVendorReceiver, type VendorReceiver } from '../support/vendor-receiver.ts'

const token = 'a-token-that-nobody-has'
const { signal } = new AbortController()
const pdf = (fileName: string) => ({ fileName, contentType: 'application/pdf', bytes: Buffer.from('%PDF-1.7') })
const listed = (id: number) => [
  { name: 'List-Unsubscribe', value: `<https://acme.example/u/${id}>` },
  { name: 'List-Unsubscribe-Post', value: 'List-Unsubscribe=One-Click' },
]
const usual = { messageStream: 'broadcast', unsubscribe: 'own', trackOpens: undefined, trackLinks: undefined } as const

async function openRoute(base_url: string, how: { content?: SharedContent; key?: string; more?: object } = {}) {
  const parsed = postmark.options.parse({ server_token: '${TOKEN}', base_url, ...how.more })
  const options = JSON.parse(JSON.stringify(parsed)) as Record<string, never>
  return postmark.open(opening({ options }, { key: how.key ?? token, content: how.content ?? content({}) }))
}

async function withReceiver<T>(
  run: (provider: Provider, receiver: VendorReceiver) => Promise<T>,
  how: Parameters<typeof openRoute>[1] = {},
): Promise<T> {
  const receiver = await startVendorReceiver(postmarkSink, { apiKey: token })
  const provider = await openRoute(receiver.url, how)
  try {
    return await run(provider, receiver)
  } finally {
    await provider.close()
    await receiver.close()
  }
}

describe('what leaves', () => {
  const shown = (body: readonly (Buffer | string)[]) =>
    Object.entries(JSON.parse(Buffer.concat(body.map(piece => Buffer.from(piece))).toString()))
      .map(([key, value]) => `${key}: ${JSON.stringify(value)}`)
      .join('\n')

  test('a message with everything', () => {
    const shared = content({
      from: { name: 'Acme, "the" firm', address: address('news@acme.example') },
      replyTo: { name: 'Hilfe für alle', address: address('hello@acme.example') },
      attachments: [pdf('terms.pdf')],
    })
    const image = { fileName: 'logo.png', contentType: 'image/png', bytes: Buffer.from('PNG'), contentId: 'logo@acme' }
    const own = message(1, {
      headers: [...listed(1), { name: 'X-City', value: 'Köln' }, { name: 'Subject', value: 'no' }],
      attachments: [pdf('ticket.pdf'), image],
    })
    const body = preparePostmark(shared, { ...usual, trackOpens: false, trackLinks: 'None' })
    expect(shown(body.message(own))).toMatchInlineSnapshot(`
      "From: "\\"Acme, \\\\\\"the\\\\\\" firm\\" <news@acme.example>"
      ReplyTo: "Hilfe für alle <hello@acme.example>"
      MessageStream: "broadcast"
      TrackOpens: false
      TrackLinks: "None"
      To: "ada1@example.org"
      Subject: "News for Ada 1"
      Headers: [{"Name":"Message-ID","Value":"<1.campaign@acme.example>"},{"Name":"X-PM-KeepID","Value":"true"},{"Name":"List-Unsubscribe","Value":"<https://acme.example/u/1>"},{"Name":"List-Unsubscribe-Post","Value":"List-Unsubscribe=One-Click"},{"Name":"X-City","Value":"=?UTF-8?Q?K=C3=B6ln?="}]
      Metadata: {"mailblast_id":"<1.campaign@acme.example>","mailblast_run":"run-1"}
      TextBody: "Hello Ada 1!"
      HtmlBody: "<p>Hello Ada 1!</p>"
      Attachments: [{"Name":"terms.pdf","Content":"JVBERi0xLjc=","ContentType":"application/pdf"},{"Name":"ticket.pdf","Content":"JVBERi0xLjc=","ContentType":"application/pdf"},{"Name":"logo.png","Content":"UE5H","ContentType":"image/png","ContentID":"cid:logo@acme"}]"
    `)
  })

  test('a message with nothing, and no run', () => {
    const bare = content({ from: { address: address('news@acme.example') }, text: null, html: ['<p>Hello!</p>'] })
    const own = message(1, { text: [], html: [], run: null })
    expect(shown(preparePostmark(bare, usual).message(own))).toMatchInlineSnapshot(`
      "From: "news@acme.example"
      MessageStream: "broadcast"
      To: "ada1@example.org"
      Subject: "News for Ada 1"
      Headers: [{"Name":"Message-ID","Value":"<1.campaign@acme.example>"},{"Name":"X-PM-KeepID","Value":"true"}]
      Metadata: {"mailblast_id":"<1.campaign@acme.example>"}
      HtmlBody: "<p>Hello!</p>""
    `)
  })

  test('without our List-Unsubscribe where Postmark puts in its own', () => {
    const body = preparePostmark(content({}), { ...usual, unsubscribe: 'postmark' })
    const own = message(1, { headers: [...listed(1), { name: 'X-Tag', value: 'one' }] })
    expect(shown(body.message(own))).toContain('"X-PM-KeepID","Value":"true"},{"Name":"X-Tag","Value":"one"}]')
  })

  test('in a batch as a bare array; alone as one object', async () => {
    await withReceiver(async (provider, receiver) => {
      for (const count of [1, 3]) expect(await provider.send(messages(count), signal)).toHaveLength(count)
      expect(receiver.deliveries.map(({ to, call }) => [to, call])).toEqual([
        ['ada1@example.org', 1],
        ['ada1@example.org', 2],
        ['ada2@example.org', 2],
        ['ada3@example.org', 2],
      ])
    })
  })
})

describe('what arrives', () => {
  test('a bad address costs only itself', async () => {
    await withReceiver(async (provider, receiver) => {
      const all = [message(1), message(2, { to: address('grüße@example.org') }), message(3)]
      expect((await provider.send(all, signal)).map(told)).toEqual([
        expect.stringMatching(/^accepted [0-9a-f-]{36}$/),
        "refused recipient hard 300: Error parsing 'To': Illegal email address. (To)",
        expect.stringMatching(/^accepted [0-9a-f-]{36}$/),
      ])
      expect(receiver.deliveries.map(each => each.to)).toEqual(['ada1@example.org', 'ada3@example.org'])
    })
  })

  test('a wrong token fails nobody, and is in no word', async () => {
    const run = async (provider: Provider, receiver: VendorReceiver) => {
      const outcomes = (await provider.send(messages(2), signal)).map(told)
      expect(outcomes[0]).toMatch(/^refused route auth 401: No Account or Server API tokens/)
      expect(outcomes.join()).not.toContain('another')
      expect(receiver.deliveries).toEqual([])
    }
    await withReceiver(run, { key: 'another-token' })
  })

  test('in the sandbox nothing is delivered', async () => {
    const run = async (provider: Provider, receiver: VendorReceiver) => {
      for (const count of [1, 2])
        for (const outcome of await provider.send(messages(count), signal)) expect(outcome.kind).toBe('accepted')
      expect(receiver.deliveries).toEqual([])
    }
    await withReceiver(run, { more: { sandbox: true } })
  })
})

describe('what goes together', () => {
  const shared = content({ text: ['', '!'], html: null })
  /** A message whose JSON is exactly so many bytes. */
  const ofBytes = (id: number, bytes: number): FilledMessage => {
    const size = (text: string) =>
      preparePostmark(shared, usual)
        .message(message(id, { text: [text], html: [] }))
        .reduce((sum, piece) => sum + Buffer.byteLength(piece), 0)
    return message(id, { text: ['x'.repeat(bytes - size(''))], html: [] })
  }

  test('500 messages, and not one more', async () => {
    await withReceiver(async provider => expect(provider.fits(messages(501))).toBe(500))
  })

  test('50 MB, the brackets and commas counted', async () => {
    const run = async (provider: Provider) => {
      // Ten come to 50 MB with two brackets and nine commas, if the last is one byte shorter.
      const all = Array.from({ length: 10 }, (_, index) => ofBytes(index + 1, 4_999_999))
      expect(provider.fits([...all.slice(0, 9), ofBytes(10, 4_999_998)])).toBe(10)
      expect(provider.fits(all)).toBe(9)
    }
    await withReceiver(run, { content: shared })
  })

  test('one that is too large goes alone, and then not at all: nothing of it leaves', async () => {
    const run = async (provider: Provider, receiver: VendorReceiver) => {
      const big = message(2, { text: ['x'.repeat(5_000_000)], html: [] })
      expect(provider.fits([message(1, { html: [] }), big])).toBe(1)
      expect((await provider.send([big], signal)).map(told)).toEqual([
        'refused message content not sent: its text is larger than the 5 MB that Postmark takes',
      ])
      const file = { ...pdf('film.mp4'), bytes: Buffer.alloc(7_500_000) }
      expect((await provider.send([message(3, { html: [], attachments: [file] })], signal)).map(told)).toEqual([
        'refused message content not sent: it is larger than the 10 MB that Postmark takes, attachments included',
      ])
      expect(receiver.calls).toBe(0)
    }
    await withReceiver(run, { content: shared })
  })
})

test.each<[string, Partial<FilledMessage>, string]>([
  ['an empty subject', { subject: '' }, 'an empty subject'],
  ['a slot too few', { html: [] }, '0 slots were given for 1 gaps'],
])('%s is a bug of ours, found before a byte leaves', async (_, wrong, problem) => {
  await withReceiver(async (provider, receiver) => {
    for (const parcel of [[message(1, wrong)], [message(1), message(2, wrong)]])
      await expect(provider.send(parcel, signal)).rejects.toThrow(problem)
    expect(receiver.calls).toBe(0)
  })
})

test('attachments that no message can carry are said before the first call', async () => {
  const shared = content({ attachments: [{ ...pdf('film.mp4'), bytes: Buffer.alloc(7_600_000) }] })
  const opened = openRoute('http://127.0.0.1:9', { content: shared })
  await expect(opened).rejects.toThrow(UserError)
  await expect(opened).rejects.toThrow('the attachments come to 11 MB as they are sent')
})

test.each([
  [{ server_token: 'itself' }],
  [{ server_token: '${KEY}', base_url: 'http://api.postmarkapp.com' }],
  [{ server_token: '${KEY}', message_stream: 'my stream' }],
  [{ server_token: '${KEY}', unsubscribe: 'none' }],
  [{ server_token: '${KEY}', track_links: 'Html' }],
  [{ server_token: '${KEY}', colour: 'blue' }],
])('these are no options: %j', given => {
  expect(postmark.options.safeParse(given).success).toBe(false)
})

describe('what is found out before a run', () => {
  const shown = (checks: readonly Check[] | undefined) =>
    checks?.map(each => `${each.what}: ${each.verdict}: ${each.words}`)

  const route = { asking: {}, messageStream: 'news', unsubscribe: 'own', sandbox: false } as const
  const server = (answer: Answer, more: object = {}) =>
    shown(postmarkChecks[0]?.found({ ...route, ...more }, replyOf(answer), []))
  const stream = (answer: Answer, more: object = {}) =>
    shown(postmarkChecks[1]?.found({ ...route, ...more }, replyOf(answer), []))?.slice(0, -1)
  const streamOf = (MessageStreamType: string, UnsubscribeHandlingType: string, more: object = {}) => ({
    status: 200,
    body: {
      MessageStreamType,
      ArchivedAt: null,
      SubscriptionManagementConfiguration: { UnsubscribeHandlingType },
      ...more,
    },
  })
  const news = 'message stream: good: news, of type Broadcasts'

  test('of the server', () => {
    const live = { status: 200, body: { Name: 'Acme', DeliveryType: 'Live' } }
    const sandbox = { status: 200, body: { Name: 'Acme', DeliveryType: 'Sandbox' } }
    expect([server(live), server(sandbox), server(sandbox, { sandbox: true })]).toEqual([
      ['server token: good: it is that of server "Acme"'],
      [
        'server token: good: it is that of server "Acme"',
        'delivery: bad: this is a sandbox server: it takes mails and delivers none',
      ],
      [
        'server token: good: it is that of server "Acme"',
        'delivery: good: this is a sandbox server: it takes mails and delivers none',
      ],
    ])
    expect(server({ status: 401, body: { ErrorCode: 10, Message: 'Bad token' } })).toEqual([
      'server token: bad: Bad token (error 10)',
    ])
    expect(server({ status: 500 })).toEqual(['server token: unknown: Postmark answered 500'])
    expect(server({ status: 200, body: '<html></html>' })).toEqual(['server token: unknown: Postmark answered 200'])
  })

  test('of the stream', () => {
    expect(stream(streamOf('Broadcasts', 'Custom'))).toEqual([news])
    expect(stream(streamOf('Broadcasts', 'Postmark'), { unsubscribe: 'postmark' })).toEqual([news])
    expect(stream(streamOf('Broadcasts', 'Postmark'))).toEqual([
      news,
      expect.stringMatching(/^unsubscribe: bad: Postmark puts its own List-Unsubscribe .* set unsubscribe: postmark/),
    ])
    expect(stream(streamOf('Broadcasts', 'none'), { unsubscribe: 'postmark' })).toEqual([
      news,
      expect.stringMatching(/^unsubscribe: bad: Postmark does not manage .* set unsubscribe: own$/),
    ])
    expect(stream({ status: 200, body: { MessageStreamType: 'Broadcasts' } })).toEqual([news])
    expect(stream(streamOf('Inbound', 'none'))).toEqual([
      expect.stringContaining('message stream: bad: news is a stream'),
    ])
    expect(stream(streamOf('Broadcasts', 'Custom', { ArchivedAt: '2026-01-01T00:00:00Z' }))).toEqual([
      'message stream: bad: news is archived',
    ])
    expect(stream({ status: 422, body: { ErrorCode: 1226, Message: 'No such stream.' } })).toEqual([
      expect.stringMatching(/^message stream: bad: No such stream\. \(error 1226\): set message_stream/),
    ])
    expect(stream({ status: 503 })).toEqual(['message stream: unknown: Postmark answered 503'])
  })
})
