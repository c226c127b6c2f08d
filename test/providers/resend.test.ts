/** Resend from end to end: what leaves, what arrives, what goes together, and what cannot be sent. */

import { describe, expect, test } from 'vitest'
import type { FilledMessage, SharedContent } from '../../src/model/edition.ts'
import { UserError } from '../../src/model/errors.ts'
import { parcelKey } from '../../src/providers/idempotency.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { resend } from '../../src/providers/resend.ts'
import { prepareResend, tagValue } from '../../src/providers/resend-body.ts'
import { resendChecks } from '../../src/providers/resend-checks.ts'
import { resendSink } from '../../src/sink/resend.ts'
import type { SinkVendor, VendorRequest } from '../../src/sink/vendor.ts'
import { type Answer, replyOf, told } from '../support/answers.ts'
import { address, content, message, messages, opening } from '../support/provider-opening.ts'
import { startVendorReceiver, type VendorReceiver } from '../support/vendor-receiver.ts'

const key = 're_a_key_that_nobody_has'
const { signal } = new AbortController()
const pdf = (fileName: string) => ({ fileName, contentType: 'application/pdf', bytes: Buffer.from('%PDF-1.7') })

async function openRoute(base_url: string, how: { content?: SharedContent; key?: string } = {}) {
  const parsed = resend.options.parse({ api_key: '${KEY}', base_url })
  const options = JSON.parse(JSON.stringify(parsed)) as Record<string, never>
  return resend.open(opening({ options }, { key: how.key ?? key, content: how.content ?? content({}) }))
}

/** Runs with a route to a receiver, which also keeps the requests as they came. */
async function withReceiver<T>(
  run: (provider: Provider, receiver: VendorReceiver, requests: readonly VendorRequest[]) => Promise<T>,
  how: Parameters<typeof openRoute>[1] = {},
): Promise<T> {
  const requests: VendorRequest[] = []
  const watched: SinkVendor = {
    ...resendSink,
    read(request, apiKey) {
      requests.push(request)
      return resendSink.read(request, apiKey)
    },
  }
  const receiver = await startVendorReceiver(watched, { apiKey: key })
  const provider = await openRoute(receiver.url, how)
  try {
    return await run(provider, receiver, requests)
  } finally {
    await provider.close()
    await receiver.close()
  }
}

describe('what leaves', () => {
  const shown = (body: readonly (Buffer | string)[]) =>
    Object.entries(JSON.parse(Buffer.concat(body.map(piece => Buffer.from(piece))).toString()))
      .map(([name, value]) => `${name}: ${JSON.stringify(value)}`)
      .join('\n')

  const full = content({
    from: { name: 'Acme, "the" firm', address: address('news@acme.example') },
    replyTo: { name: 'Hilfe', address: address('hello@acme.example') },
    attachments: [pdf('terms.pdf')],
  })
  const image = { fileName: 'logo.png', contentType: 'image/png', bytes: Buffer.from('PNG'), contentId: 'logo@acme' }
  const own = message(1, {
    headers: [
      { name: 'List-Unsubscribe', value: '<https://acme.example/u/1>' },
      { name: 'List-Unsubscribe-Post', value: 'List-Unsubscribe=One-Click' },
      { name: 'X-City', value: 'Köln' },
      { name: 'Message-ID', value: '<mine>' },
    ],
    attachments: [pdf('ticket.pdf'), image],
  })

  test('a message with everything', () => {
    expect(shown(prepareResend(full)(own))).toMatchInlineSnapshot(`
      "from: "\\"Acme, \\\\\\"the\\\\\\" firm\\" <news@acme.example>"
      reply_to: "Hilfe <hello@acme.example>"
      to: ["ada1@example.org"]
      subject: "News for Ada 1"
      headers: {"X-Mailblast-Message-ID":"<1.campaign@acme.example>","X-Mailblast-Run":"run-1","List-Unsubscribe":"<https://acme.example/u/1>","List-Unsubscribe-Post":"List-Unsubscribe=One-Click","X-City":"=?UTF-8?Q?K=C3=B6ln?="}
      tags: [{"name":"mailblast_id","value":"1_campaign_acme_example"},{"name":"mailblast_run","value":"run-1"}]
      text: "Hello Ada 1!"
      html: "<p>Hello Ada 1!</p>"
      attachments: [{"filename":"terms.pdf","content":"JVBERi0xLjc=","content_type":"application/pdf"},{"filename":"ticket.pdf","content":"JVBERi0xLjc=","content_type":"application/pdf"},{"filename":"logo.png","content":"UE5H","content_type":"image/png","content_id":"logo@acme"}]"
    `)
  })

  test('a message with nothing, and no run', () => {
    const bare = content({ from: { address: address('news@acme.example') }, text: null, html: ['<p>Hello!</p>'] })
    expect(shown(prepareResend(bare)(message(1, { text: [], html: [], run: null })))).toMatchInlineSnapshot(`
      "from: "news@acme.example"
      to: ["ada1@example.org"]
      subject: "News for Ada 1"
      headers: {"X-Mailblast-Message-ID":"<1.campaign@acme.example>"}
      tags: [{"name":"mailblast_id","value":"1_campaign_acme_example"}]
      html: "<p>Hello!</p>""
    `)
  })

  test('the same bytes under the same key, however often and wherever it is made', async () => {
    const requestsOf = (parcel: readonly FilledMessage[]) =>
      withReceiver(
        async (provider, _, requests) => {
          for (const each of [parcel, parcel]) await provider.send(each, signal)
          return requests.map(({ path, headers, body }) => [path, headers['idempotency-key'], body.toString()])
        },
        { content: full },
      )
    const [first, second, third] = [...(await requestsOf([own])), ...(await requestsOf([own]))]
    expect(first?.slice(0, 2)).toEqual(['/emails', parcelKey([own])])
    expect([second, third]).toEqual([first, first])
  })

  test('a batch as a bare array, in permissive mode and with a key of its own', async () => {
    await withReceiver(async (provider, receiver, requests) => {
      const all = messages(3)
      await provider.send(all, signal)
      const [request] = requests
      if (request === undefined) throw new Error('no request came')
      const { path, headers, body } = request
      expect([path, headers['x-batch-validation'], headers['idempotency-key']]).toEqual([
        '/emails/batch',
        'permissive',
        parcelKey(all),
      ])
      expect((JSON.parse(body.toString()) as { to: unknown }[]).map(each => each.to)).toEqual(
        all.map(each => [each.to]),
      )
      expect(receiver.deliveries.map(each => each.to)).toEqual(all.map(each => each.to))
    })
  })

  test.each([
    ['<0f3a.x+y@acme.example>', '0f3a_x_y_acme_example'],
    ['run-1_b', 'run-1_b'],
    ['ü'.repeat(300), '_'.repeat(256)],
  ])('%s as the value of a tag', (value, tag) => expect(tagValue(value)).toBe(tag))
})

describe('what arrives', () => {
  test('a bad address costs only itself', async () => {
    await withReceiver(async (provider, receiver) => {
      const all = [message(1), message(2, { to: address('grüße@example.org') }), message(3)]
      expect((await provider.send(all, signal)).map(told)).toEqual([
        expect.stringMatching(/^accepted [0-9a-f-]{36}$/),
        expect.stringMatching(/^refused recipient hard 422: Invalid `to` field\./),
        expect.stringMatching(/^accepted [0-9a-f-]{36}$/),
      ])
      expect(receiver.deliveries.map(each => each.to)).toEqual(['ada1@example.org', 'ada3@example.org'])
    })
  })

  test('a wrong key fails nobody, and is in no word', async () => {
    const run = async (provider: Provider, receiver: VendorReceiver) => {
      expect((await provider.send(messages(2), signal)).map(told)).toEqual(
        Array(2).fill('refused route auth 401: API key is invalid (validation_error)'),
      )
      expect(receiver.deliveries).toEqual([])
    }
    await withReceiver(run, { key: 're_another' })
  })
})

describe('what goes together', () => {
  test('100 messages, and not one more', async () => {
    await withReceiver(async provider => expect(provider.fits(messages(101))).toBe(100))
  })

  test('none with an attachment, its own or everybody’s', async () => {
    const withFile = (id: number) => message(id, { attachments: [pdf('ticket.pdf')] })
    await withReceiver(async provider => {
      expect(provider.fits([message(1), message(2), withFile(3), message(4)])).toBe(2)
      expect(provider.fits([withFile(1), message(2)])).toBe(1)
    })
    await withReceiver(async provider => expect(provider.fits(messages(9))).toBe(1), {
      content: content({ attachments: [pdf('terms.pdf')] }),
    })
  })

  test('40 MB, the brackets and commas counted; one that is larger by itself does not leave', async () => {
    const shared = content({ text: ['', '!'], html: null })
    const bytesOf = (each: FilledMessage) =>
      prepareResend(shared)(each).reduce((sum, piece) => sum + Buffer.byteLength(piece), 0)
    const sized = (id: number, bytes: number) => {
      const empty = bytesOf(message(id, { text: [''], html: [] }))
      return message(id, { text: ['x'.repeat(bytes - empty)], html: [] })
    }
    const run = async (provider: Provider, receiver: VendorReceiver) => {
      expect(provider.fits([sized(1, 20_000_000), sized(2, 19_999_997)])).toBe(2)
      expect(provider.fits([sized(1, 20_000_000), sized(2, 19_999_998)])).toBe(1)
      expect((await provider.send([sized(1, 40_000_001)], signal)).map(told)).toEqual([
        'refused message content not sent: it is larger than the 40 MB that Resend takes, attachments included',
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
  const shared = content({ attachments: [{ ...pdf('film.mp4'), bytes: Buffer.alloc(30_000_003) }] })
  const opened = openRoute('http://127.0.0.1:9', { content: shared })
  await expect(opened).rejects.toThrow(UserError)
  await expect(opened).rejects.toThrow('the attachments come to 41 MB as they are sent')
})

test.each([
  [{ api_key: 're_itself' }],
  [{ api_key: '${KEY}', base_url: 'http://api.resend.com' }],
  [{ api_key: '${KEY}', sandbox: true }],
])('these are no options: %j', given => {
  expect(resend.options.safeParse(given).success).toBe(false)
})

describe('what is found out before a run', () => {
  const found = (answer: Answer) =>
    resendChecks[0]
      ?.found({ headers: {}, fromDomain: 'acme.example' }, replyOf(answer), [])
      .map(({ what, verdict, words }) => `${what}: ${verdict}: ${words}`)
  const domains = (more: object, ...data: readonly object[]) => ({
    status: 200,
    body: { object: 'list', data, ...more },
  })
  const acme = (status: string, more: object = {}) => ({ name: 'acme.example', status, ...more })
  const known = 'API key: good: Resend knows it'

  test.each<[Answer, readonly string[]]>([
    [
      domains({}, { name: 'a.example', status: 'failed' }, acme('verified')),
      [known, 'domain: good: acme.example is verified'],
    ],
    [
      domains({}, acme('pending')),
      [known, 'domain: bad: acme.example is pending, not verified: see to its DNS records'],
    ],
    [
      domains({}, acme('verified', { capabilities: { sending: 'disabled', receiving: 'enabled' } })),
      [known, 'domain: bad: acme.example is verified, but not enabled for sending'],
    ],
    [
      domains({ has_more: false }, { name: 'mail.acme.example', status: 'verified' }),
      [known, 'domain: bad: acme.example is not a domain of this account: add it and verify it in Resend'],
    ],
    [domains({ has_more: true }), [known, 'domain: unknown: acme.example is not among the first 100 of this account']],
    [
      { status: 401, body: { statusCode: 401, name: 'restricted_api_key', message: 'Only to send.' } },
      ['API key: unknown: Only to send. (restricted_api_key): so the domain cannot be looked at with it'],
    ],
    [
      { status: 400, body: { statusCode: 400, name: 'validation_error', message: 'API key is invalid' } },
      ['API key: bad: API key is invalid (validation_error)'],
    ],
    [{ status: 429 }, ['API key: unknown: Resend answered 429']],
    [{ status: 200, body: '<html></html>' }, ['API key: unknown: Resend answered 200']],
  ])('%j', (answer, checks) => {
    expect(found(answer)).toEqual(checks)
  })
})
