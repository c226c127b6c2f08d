/** Mandrill from end to end: what leaves, what arrives, what is found again, and what cannot be sent. */

import { describe, expect, test } from 'vitest'
import type { FilledMessage, Json, SharedContent } from '../../src/model/edition.ts'
import { UserError } from '../../src/model/errors.ts'
import { Secret } from '../../src/model/secret.ts'
import { httpReply } from '../../src/providers/http-reply.ts'
import { mandrill } from '../../src/providers/mandrill.ts'
import { encodeMandrill, mandrillBody } from '../../src/providers/mandrill-body.ts'
import { mandrillChecks } from '../../src/providers/mandrill-checks.ts'
import { mandrillLookup } from '../../src/providers/mandrill-lookup.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { mandrillSink } from '../../src/sink/mandrill.ts'
import { mandrillSchema } from '../../src/sink/mandrill-mail.ts'
import { startSink } from '../../src/sink/sink.ts'
import { systemClock } from '../sink/stage.ts'
import { address, content, message, messages, nowMs, opening, sought } from '../support/provider-opening.ts'
import { type ReceiverSettings, startVendorReceiver, type VendorReceiver } from '../support/vendor-receiver.ts'

const apiKey = 'md-a-key-that-nobody-has'
const { signal } = new AbortController()
const png = { fileName: 'logo.png', contentType: 'image/png', bytes: Buffer.from('PNG'), contentId: 'logo' }
const pdf = { fileName: 'terms.pdf', contentType: 'application/pdf', bytes: Buffer.from('%PDF-1.7') }

function options(given: Record<string, Json>): Record<string, Json> {
  return JSON.parse(JSON.stringify(mandrill.options.parse({ api_key: '${KEY}', ...given }))) as Record<string, Json>
}

async function withReceiver<T>(
  run: (provider: Provider, receiver: VendorReceiver) => Promise<T>,
  how: { readonly receiver?: Partial<ReceiverSettings>; readonly content?: SharedContent; readonly key?: string } = {},
): Promise<T> {
  const receiver = await startVendorReceiver(mandrillSink, { apiKey, ...how.receiver })
  const facts = { key: how.key ?? apiKey, content: how.content ?? content({}) }
  const provider = await mandrill.open(opening({ options: options({ base_url: receiver.url }) }, facts))
  try {
    return await run(provider, receiver)
  } finally {
    await provider.close()
    await receiver.close()
  }
}

describe('what leaves', () => {
  const text = (body: readonly (Buffer | string)[]) => Buffer.concat(body.map(piece => Buffer.from(piece))).toString()
  const bodyOf = (shared: SharedContent, each: FilledMessage, settings = {}) =>
    text(mandrillBody(encodeMandrill(shared, { important: false, ...settings }), each, '"key":"KEY"'))
  const shown = (body: string) => {
    const { message: inner, ...outer } = mandrillSchema.parse(JSON.parse(body))
    return [...Object.entries(outer), ...Object.entries(inner)]
      .map(([key, value]) => `${key}: ${JSON.stringify(value)}`)
      .join('\n')
  }

  test('with everything', () => {
    const shared = content({
      replyTo: { name: 'Hilfe, "jetzt"', address: address('hello@acme.example') },
      attachments: [pdf, png],
    })
    const headers = [
      { name: 'List-Unsubscribe', value: '<https://acme.example/u/1>' },
      { name: 'X-City', value: 'Köln' },
      { name: 'message-id', value: '<mine@acme.example>' },
    ]
    const own = message(1, { headers, attachments: [{ ...pdf, fileName: 'ticket.pdf' }] })
    const settings = { subaccount: 'news', ip_pool: 'Bulk', return_path_domain: 'acme.example', important: true }
    expect(shown(bodyOf(shared, own, settings))).toMatchInlineSnapshot(`
      "key: "KEY"
      async: false
      ip_pool: "Bulk"
      html: "<p>Hello Ada 1!</p>"
      text: "Hello Ada 1!"
      subject: "News for Ada 1"
      from_email: "news@acme.example"
      from_name: "Acme News"
      to: [{"email":"ada1@example.org","type":"to"}]
      headers: {"List-Unsubscribe":"<https://acme.example/u/1>","X-City":"=?UTF-8?Q?K=C3=B6ln?=","Reply-To":"\\"Hilfe, \\\\\\"jetzt\\\\\\"\\" <hello@acme.example>","Message-ID":"<1.campaign@acme.example>","X-Mailblast-Run":"run-1"}
      important: true
      auto_text: false
      auto_html: false
      inline_css: false
      preserve_recipients: false
      return_path_domain: "acme.example"
      merge: false
      subaccount: "news"
      metadata: {"mailblast_run":"run-1","mailblast_id":"<1.campaign@acme.example>"}
      attachments: [{"type":"application/pdf","name":"terms.pdf","content":"JVBERi0xLjc="},{"type":"application/pdf","name":"ticket.pdf","content":"JVBERi0xLjc="}]
      images: [{"type":"image/png","name":"logo","content":"UE5H"}]"
    `)
  })

  test('with as little as there can be', () => {
    const bare = content({ from: { address: address('news@acme.example') }, text: null, html: ['<p>Hello!</p>'] })
    expect(shown(bodyOf(bare, message(1, { run: null, text: [], html: [] })))).toMatchInlineSnapshot(`
      "key: "KEY"
      async: false
      html: "<p>Hello!</p>"
      subject: "News for Ada 1"
      from_email: "news@acme.example"
      to: [{"email":"ada1@example.org","type":"to"}]
      headers: {"Message-ID":"<1.campaign@acme.example>"}
      important: false
      auto_text: false
      auto_html: false
      inline_css: false
      preserve_recipients: false
      merge: false
      metadata: {"mailblast_id":"<1.campaign@acme.example>"}"
    `)
  })

  test('metadata of more than 200 bytes keeps the run', () => {
    const long = message(1, { messageId: `<1@${'long.'.repeat(40)}example>` })
    const { metadata, headers } = mandrillSchema.parse(JSON.parse(bodyOf(content({}), long))).message
    expect(metadata).toEqual({ mailblast_run: 'run-1' })
    expect(headers?.['Message-ID']).toBe(long.messageId)
    const without = mandrillSchema.parse(JSON.parse(bodyOf(content({}), { ...long, run: null }))).message
    expect(without.metadata).toEqual({})
  })

  test('slots that do not fit the text are a bug of ours', () => {
    expect(() => bodyOf(content({}), message(1, { html: [] }))).toThrow('0 slots were given for 1 gaps')
    expect(() => bodyOf(content({ html: null }), message(1))).toThrow(
      '1 html slots were given for a content without html',
    )
    expect(() => encodeMandrill(content({ html: null, text: null }), { important: false })).toThrow(
      'neither text nor HTML',
    )
  })
})

describe('what arrives', () => {
  test('an image of the HTML by its Content-ID, and files of her own', async () => {
    const shared = content({ html: ['<img src="cid:logo"> ', ''], attachments: [png] })
    await withReceiver(
      async (provider, receiver) => {
        await provider.send([message(1, { attachments: [pdf] })], signal)
        expect(
          receiver.deliveries[0]?.attachments.map(each => [each.fileName, each.contentType, each.contentId]),
        ).toEqual([
          ['terms.pdf', 'application/pdf', null],
          ['logo', 'image/png', 'logo'],
        ])
      },
      { content: shared },
    )
  })

  test('merge tags of both languages as they were written, for nothing asks Mandrill to merge', async () => {
    const tags = '*|FNAME|* {{x}} {{{x}}} *|UNSUB:https://x.example|*'
    await withReceiver(async (provider, receiver) => {
      await provider.send([message(1, { subject: tags, text: [tags], html: [tags] })], signal)
      expect(receiver.deliveries[0]).toMatchObject({
        subject: tags,
        text: `Hello ${tags}!`,
        html: `<p>Hello ${tags}!</p>`,
      })
    })
  })

  test('what the sink delivers to whoever does ask for merging is merged', async () => {
    const receiver = await startVendorReceiver(mandrillSink, { apiKey: null })
    const send = (more: object) => {
      const mail = {
        from_email: 'a@b.example',
        to: [{ email: 'ada@example.org' }],
        subject: '*|FNAME|* {{fname}} *|GONE|*',
      }
      const body = JSON.stringify({ key: 'x', message: { ...mail, ...more } })
      return fetch(`${receiver.url}/messages/send`, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json' },
      })
    }
    const vars = { merge_vars: [{ rcpt: 'ADA@example.org', vars: [{ name: 'fname', content: 'Ada' }] }] }
    for (const more of [{}, vars, { ...vars, merge: false, merge_language: 'handlebars' }, { merge: true }])
      await send(more)
    expect(receiver.deliveries.map(each => each.subject)).toEqual([
      '*|FNAME|* {{fname}} *|GONE|*',
      'Ada {{fname}} ',
      '*|FNAME|* Ada *|GONE|*',
      ' {{fname}} ',
    ])
    await receiver.close()
  })

  test('a wrong key fails nobody, and stands in no word, whatever Mandrill repeats', async () => {
    await withReceiver(
      async (provider, receiver) => {
        const key = 'md-another-key'
        const [outcome] = await provider.send([message(1)], signal)
        expect(outcome).toMatchObject({
          kind: 'refused',
          scope: 'route',
          cause: { class: 'auth', code: 'Invalid_Key' },
        })
        expect(JSON.stringify(outcome)).not.toContain(key)
        expect(receiver.deliveries).toEqual([])
      },
      { key: 'md-another-key' },
    )
    const echo = JSON.stringify({ status: 'error', code: -2, name: 'Oops', message: `not {"key":"${apiKey}"}` })
    await withReceiver(
      async provider => {
        const [outcome] = await provider.send([message(1)], signal)
        expect(outcome).toMatchObject({ cause: { text: 'not {"key":"[secret]"}' } })
      },
      { receiver: { misbehave: () => ({ kind: 'answer', status: 500, body: echo }) } },
    )
  })
})

describe('what is found again', () => {
  test('is what was taken in this run, and nothing else', async () => {
    const sink = await startSink({
      rules: [],
      onAccepted: () => {},
      watch: () => {},
      clock: { ...systemClock, nowMs: () => nowMs },
    })
    const open = () => mandrill.open(opening({ options: options({ base_url: sink.url('mandrill') }) }))
    const provider = await open()
    try {
      await provider.send([message(1)], signal)
      await provider.send([message(2, { run: 'run-0' })], signal)
      await provider.send([message(3, { to: address("o'd@example.org") })], signal)
      const of = [...messages(2), message(3, { to: address("o'd@example.org") }), message(4)].map(sought)
      const found = await provider.lookup?.(of, signal)
      expect((await provider.check?.(signal))?.map(each => `${each.what}: ${each.verdict}`)).toEqual([
        'API key: good',
        'quota: good',
        'sender: unknown',
      ])
      expect(found).toEqual([
        { kind: 'taken', providerId: expect.stringMatching(/^[0-9a-f]{32}$/) },
        { kind: 'no trace' },
        { kind: 'taken', providerId: expect.stringMatching(/^[0-9a-f]{32}$/) },
        { kind: 'no trace' },
      ])
    } finally {
      await provider.close()
      await sink.close()
    }
  })

  const asking = { headers: {}, key: '"key":"KEY"', openedAtMs: nowMs }
  const reply = (status: number, body: unknown) =>
    httpReply({ status, headers: {}, body: Buffer.from(JSON.stringify(body)), broken: null }, nowMs, words => words)

  test('twenty addresses are asked for at once, over thirty days', () => {
    expect(mandrillLookup.fits(messages(50).map(sought))).toBe(20)
    expect(mandrillLookup.request(asking, messages(2).map(sought))).toEqual({
      path: '/messages/search',
      headers: {},
      body: [
        '{"key":"KEY","query":"\\"ada1@example.org\\" OR \\"ada2@example.org\\"","date_from":"2026-10-23","limit":1000}',
      ],
    })
  })

  test.each<[string, unknown, string]>([
    ['with the run alone', { _id: 'a', email: 'ADA1@example.org', metadata: { mailblast_run: 'run-1' } }, 'taken'],
    ['of another address', { _id: 'a', email: 'eve@example.org', metadata: { mailblast_run: 'run-1' } }, 'no trace'],
    ['without metadata', { _id: 'a', email: 'ada1@example.org' }, 'no trace'],
    [
      'with another Message-ID',
      { _id: 'a', email: 'ada1@example.org', metadata: { mailblast_run: 'run-1', mailblast_id: '<x>' } },
      'no trace',
    ],
    ['that is a text message', { _id: 'a', to: '+10000000000', metadata: { mailblast_run: 'run-1' } }, 'no trace'],
  ])('a message %s', (_, found, kind) => {
    expect(mandrillLookup.found(asking, reply(200, [found]), [sought(message(1))])).toMatchObject([{ kind }])
  })

  test('what is no list of messages says nothing', () => {
    for (const body of [{}, 'x', [7], [{ email: 'ada1@example.org' }]])
      expect(mandrillLookup.found(asking, reply(200, body), [sought(message(1))])).toMatchObject({ class: 'config' })
  })

  test.each<[number, unknown, string]>([
    [500, { status: 'error', name: 'Invalid_Key', message: 'No' }, 'auth'],
    [500, { status: 'error', name: 'RequestLimitExceeded', message: 'No' }, 'throttled'],
    [500, { status: 'error', name: 'ValidationError', message: 'No' }, 'config'],
    [401, {}, 'auth'],
    [429, {}, 'throttled'],
    [404, {}, 'config'],
    [503, {}, 'transient'],
  ])('%i %j is %s', (status, body, failureClass) => {
    expect(mandrillLookup.refusal(reply(status, body)).class).toBe(failureClass)
  })
})

describe('what `providers test` is told', () => {
  const asking = { headers: {}, key: '"key":"KEY"', fromDomain: 'acme.example' }
  const told = (index: number, status: number, body: unknown) => {
    const answer = { status, headers: {}, body: Buffer.from(JSON.stringify(body)), broken: null }
    const found =
      mandrillChecks[index]?.found(
        asking,
        httpReply(answer, nowMs, words => words),
        [],
      ) ?? []
    return found.map(({ what, verdict, words }) => `${what}: ${verdict}: ${words}`)
  }
  const user = { username: 'acme', reputation: 80, hourly_quota: 5000, backlog: 7 }
  const domain = { domain: 'Acme.example', valid_signing: true, verified_at: '2026-01-01 00:00:00' }

  test.each<[number, number, unknown, readonly string[]]>([
    [
      0,
      200,
      user,
      ['API key: good: accepted, for acme', 'quota: good: 5,000 messages an hour at reputation 80, 7 waiting there'],
    ],
    [
      0,
      200,
      { ...user, hourly_quota: 0 },
      [
        'API key: good: accepted, for acme',
        'quota: bad: 0 messages an hour at reputation 80, 7 waiting there: nothing would go out; ask Mailchimp why',
      ],
    ],
    [0, 500, { status: 'error', name: 'Invalid_Key', message: 'Invalid API key' }, ['API key: bad: Invalid API key']],
    [0, 503, {}, ['API key: unknown: Mandrill answered 503: {}']],
    [1, 200, [domain], ['sender: good: acme.example is verified and signed']],
    [
      1,
      200,
      [{ ...domain, verified_at: null }],
      ['sender: bad: acme.example is not verified, or lacks SPF or DKIM: see Settings, Domains at Mailchimp'],
    ],
    [
      1,
      200,
      [],
      ['sender: unknown: acme.example is not among its sending domains yet: see Settings, Domains at Mailchimp'],
    ],
  ])('question %i, %i %j', (index, status, body, becomes) => {
    expect(told(index, status, body)).toEqual(becomes)
  })

  test('by requests that only read', () => {
    const requests = mandrillChecks.map(check => check.request(asking, nowMs))
    expect(requests).toEqual([
      { method: 'POST', path: '/users/info', headers: {}, body: ['{"key":"KEY"}'] },
      { method: 'POST', path: '/senders/domains', headers: {}, body: ['{"key":"KEY"}'] },
    ])
  })
})

describe('what cannot be sent', () => {
  const open = (shared: SharedContent, key = apiKey) =>
    mandrill.open(opening({ options: options({}) }, { content: shared, secret: async () => new Secret(key) }))

  test.each<[string, SharedContent, string]>([
    [
      'attachments that no message can carry',
      content({ attachments: [{ ...pdf, bytes: Buffer.alloc(19_000_000) }] }),
      'text and attachments come to 25 MB, and Mandrill takes messages of up to 25 MB',
    ],
    [
      'a film in the HTML',
      content({ attachments: [{ ...png, fileName: 'film.mp4', contentType: 'video/mp4' }] }),
      'film.mp4 is shown in the HTML by cid:, and Mandrill shows only images so',
    ],
  ])('%s', async (_, shared, problem) => {
    await expect(open(shared)).rejects.toThrow(UserError)
    await expect(open(shared)).rejects.toThrow(problem)
  })

  test('with a key that is none', async () => {
    await expect(open(content({}), 'two words')).rejects.toThrow('api_key holds a space')
  })

  test.each<[string, Partial<FilledMessage>]>([
    ['too long', { subject: 'x'.repeat(999) }],
    ['too big', { attachments: [{ ...pdf, bytes: Buffer.alloc(19_000_000) }] }],
    ['no image', { attachments: [{ ...png, contentType: 'text/plain' }] }],
  ])('a message that is %s costs only itself, and no call', async (code, wrong) => {
    await withReceiver(async (provider, receiver) => {
      const [outcome] = await provider.send([message(1, wrong)], signal)
      expect(outcome).toMatchObject({ kind: 'refused', scope: 'message', cause: { class: 'content', code } })
      expect(receiver.calls).toBe(0)
    })
  })

  test('a subject of 998 characters can', async () => {
    await withReceiver(async provider => {
      expect(await provider.send([message(1, { subject: 'x'.repeat(998) })], signal)).toMatchObject([
        { kind: 'accepted' },
      ])
    })
  })
})

test('options', () => {
  expect(mandrill.options.parse({ api_key: '${KEY}' })).toEqual({
    api_key: { from: 'text', text: '${KEY}' },
    base_url: 'https://mandrillapp.com/api/1.4',
    important: false,
  })
  for (const odd of [
    { api_key: 'itself' },
    { api_key: '${KEY}', colour: 'blue' },
    { api_key: '${KEY}', subaccount: '' },
  ])
    expect(mandrill.options.safeParse(odd).success).toBe(false)
})
