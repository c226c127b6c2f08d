/** Brevo from end to end: what leaves, how much goes together, what is found again, and what cannot be sent. */

import { describe, expect, test } from 'vitest'
import type { FilledMessage, Json, SharedContent } from '../../src/model/edition.ts'
import { UserError } from '../../src/model/errors.ts'
import { brevo } from '../../src/providers/brevo.ts'
import { brevoBatch, brevoSingle, encodeBrevo } from '../../src/providers/brevo-body.ts'
import { brevoChecks } from '../../src/providers/brevo-checks.ts'
import { brevoLookup } from '../../src/providers/brevo-lookup.ts'
import { httpReply } from '../../src/providers/http-reply.ts'
import type { Check, Provider } from '../../src/providers/provider.ts'
import { brevoSink } from '../../src/sink/brevo.ts'
import { brevoSchema } from '../../src/sink/brevo-mail.ts'
import type { LedgerEntry } from '../../src/sink/ledger.ts'
import { startSink } from '../../src/sink/sink.ts'
import { systemClock } from '../sink/stage.ts'
import { address, content, message, messages, nowMs, opening, sought } from '../support/provider-opening.ts'
import { type ReceiverSettings, startVendorReceiver, type VendorReceiver } from '../support/vendor-receiver.ts'

const apiKey = 'xkeysib-a-key-that-nobody-has'
const { signal } = new AbortController()
const pdf = { fileName: 'terms.pdf', contentType: 'application/pdf', bytes: Buffer.from('%PDF-1.7') }
const unsubscribe = (id: number) => [{ name: 'List-Unsubscribe', value: `<https://acme.example/u/${id}>` }]

function options(given: Record<string, Json>): Record<string, Json> {
  return JSON.parse(JSON.stringify(brevo.options.parse({ api_key: '${KEY}', ...given }))) as Record<string, Json>
}

async function withReceiver<T>(
  run: (provider: Provider, receiver: VendorReceiver) => Promise<T>,
  how: {
    readonly receiver?: Partial<ReceiverSettings>
    readonly content?: SharedContent
    readonly options?: Record<string, Json>
    readonly key?: string
  } = {},
): Promise<T> {
  const receiver = await startVendorReceiver(brevoSink, { apiKey, ...how.receiver })
  const facts = { key: how.key ?? apiKey, content: how.content ?? content({}) }
  const provider = await brevo.open(opening({ options: options({ base_url: receiver.url, ...how.options }) }, facts))
  try {
    return await run(provider, receiver)
  } finally {
    await provider.close()
    await receiver.close()
  }
}

describe('what leaves', () => {
  const text = (body: readonly (Buffer | string)[]) => Buffer.concat(body.map(piece => Buffer.from(piece))).toString()
  const shown = (body: string) =>
    Object.entries(brevoSchema.parse(JSON.parse(body)))
      .flatMap(([key, value]) =>
        Array.isArray(value) ? value.map(each => [`${key}[]`, each] as const) : [[key, value] as const],
      )
      .map(([key, value]) => `${key}: ${JSON.stringify(value)}`)
      .join('\n')

  test('a call for one, with everything', () => {
    const shared = content({ replyTo: { name: 'Hilfe', address: address('hello@acme.example') }, attachments: [pdf] })
    const headers = [...unsubscribe(1), { name: 'Message-ID', value: '<mine@acme.example>' }]
    const own = message(1, { headers, attachments: [{ ...pdf, fileName: 'ticket.pdf' }] })
    expect(shown(text(brevoSingle(encodeBrevo(shared, true), own)))).toMatchInlineSnapshot(`
      "sender: {"email":"news@acme.example","name":"Acme News"}
      to[]: {"email":"ada1@example.org"}
      replyTo: {"email":"hello@acme.example","name":"Hilfe"}
      subject: "News for Ada 1"
      htmlContent: "<p>Hello Ada 1!</p>"
      textContent: "Hello Ada 1!"
      headers: {"idempotencyKey":"37c90cc9-f7a9-4d89-a10d-8e8254d08a0e","X-Sib-Sandbox":"drop","List-Unsubscribe":"<https://acme.example/u/1>","X-Mailin-custom":"{\\"mailblast_id\\":\\"<1.campaign@acme.example>\\",\\"mailblast_run\\":\\"run-1\\"}"}
      tags[]: "mailblast run-1"
      attachment[]: {"name":"terms.pdf","content":"JVBERi0xLjc="}
      attachment[]: {"name":"ticket.pdf","content":"JVBERi0xLjc="}"
    `)
  })

  test('a call for two', () => {
    const body = text(
      brevoBatch(
        encodeBrevo(content({ attachments: [pdf] }), false),
        messages(2, id => ({ headers: unsubscribe(id) })),
      ),
    )
    expect(shown(body)).toMatchInlineSnapshot(`
      "sender: {"email":"news@acme.example","name":"Acme News"}
      subject: "-"
      htmlContent: "<html><body></body></html>"
      headers: {"idempotencyKey":"09529adf-9c49-4270-9027-987c0419dd71"}
      tags[]: "mailblast run-1"
      attachment[]: {"name":"terms.pdf","content":"JVBERi0xLjc="}
      messageVersions[]: {"to":[{"email":"ada1@example.org"}],"subject":"News for Ada 1","htmlContent":"<p>Hello Ada 1!</p>","textContent":"Hello Ada 1!","headers":{"List-Unsubscribe":"<https://acme.example/u/1>","X-Mailin-custom":"{\\"mailblast_id\\":\\"<1.campaign@acme.example>\\",\\"mailblast_run\\":\\"run-1\\"}"}}
      messageVersions[]: {"to":[{"email":"ada2@example.org"}],"subject":"News for Ada 2","htmlContent":"<p>Hello Ada 2!</p>","textContent":"Hello Ada 2!","headers":{"List-Unsubscribe":"<https://acme.example/u/2>","X-Mailin-custom":"{\\"mailblast_id\\":\\"<2.campaign@acme.example>\\",\\"mailblast_run\\":\\"run-1\\"}"}}"
    `)
  })

  test('a call with as little as there can be', () => {
    const bare = content({ from: { address: address('news@acme.example') }, text: null, html: ['<p>Hello!</p>'] })
    expect(
      shown(text(brevoSingle(encodeBrevo(bare, false), message(1, { run: null, text: [], html: [] })))),
    ).toMatchInlineSnapshot(`
      "sender: {"email":"news@acme.example"}
      to[]: {"email":"ada1@example.org"}
      subject: "News for Ada 1"
      htmlContent: "<p>Hello!</p>"
      headers: {"idempotencyKey":"6cc9074c-0d1d-40bc-bf22-516731d03c8f","X-Mailin-custom":"{\\"mailblast_id\\":\\"<1.campaign@acme.example>\\"}"}"
    `)
  })

  test('the key is a UUID, the same for the same parcel and for no other', () => {
    const keyOf = (parcel: readonly FilledMessage[], sandbox = false) => {
      const encoded = encodeBrevo(content({}), sandbox)
      const [only] = parcel
      const body = parcel.length === 1 && only !== undefined ? brevoSingle(encoded, only) : brevoBatch(encoded, parcel)
      return brevoSchema.parse(JSON.parse(text(body))).headers?.['idempotencyKey']
    }
    expect(keyOf([message(1)])).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(keyOf([message(1)], true)).not.toBe(keyOf([message(1)]))
    expect(keyOf([message(1, { subject: 'Again', run: 'run-2' })])).toBe(keyOf([message(1)]))
    expect(
      new Set([keyOf([message(1)]), keyOf([message(2)]), keyOf(messages(2)), keyOf(messages(2).reverse())]).size,
    ).toBe(4)
  })

  test.each([
    ['Acme News', 'Acme News', 'Acme News'],
    ['Åcme News', 'Åcme News', undefined],
    ['Åcme, Ltd.', '=?UTF-8?Q?=C3=85cme=2C_Ltd=2E?=', undefined],
  ])('the name %s', (name, sender, replyTo) => {
    const mailbox = { name, address: address('news@acme.example') }
    const encoded = encodeBrevo(content({ from: mailbox, replyTo: mailbox }), false)
    const mail = brevoSchema.parse(JSON.parse(text(brevoSingle(encoded, message(1)))))
    expect([mail.sender.name, mail.replyTo?.name]).toEqual([sender, replyTo])
  })

  test('what cannot be is a bug of ours', () => {
    expect(() => encodeBrevo(content({ html: null }), false)).toThrow('without HTML')
    const encoded = encodeBrevo(content({}), false)
    expect(() => brevoSingle(encoded, message(1, { html: [] }))).toThrow('0 slots were given for 1 gaps')
    expect(() => brevoSingle(encodeBrevo(content({ text: null }), false), message(1))).toThrow('1 text slots')
    expect(() => brevoBatch(encoded, [message(1), message(2, { run: 'run-2' })])).toThrow('cannot go in a batch')
    expect(() => brevoBatch(encoded, [message(1, { attachments: [pdf] })])).toThrow('cannot go in a batch')
    expect(() => brevoBatch(encoded, [])).toThrow('no message')
  })
})

describe('how many go in a call', () => {
  test('one, unless batch_headers says that the way of their headers is known to work', async () => {
    await withReceiver(async provider => expect(provider.fits(messages(3))).toBe(1))
    await withReceiver(async provider => expect(provider.fits(messages(3))).toBe(3), {
      options: { batch_headers: true },
    })
  })

  test.each<[string, readonly FilledMessage[], number]>([
    ['a thousand', messages(1001), 1000],
    ['not the same address twice', [message(1), message(2), message(3, { to: address('ADA1@example.org') })], 2],
    ['not two runs', [message(1), message(2), message(3, { run: 'run-2' })], 2],
    ['not with a file of her own', [message(1), message(2, { attachments: [pdf] })], 1],
    ['a file of her own goes alone', [message(1, { attachments: [pdf] }), message(2)], 1],
    ['who cannot be sent goes alone', [message(1, { subject: '{{x}}' }), message(2)], 1],
    ['and ends a batch', [message(1), message(2, { subject: '{{x}}' })], 1],
  ])('%s', async (_, all, count) => {
    await withReceiver(async provider => expect(provider.fits(all)).toBe(count), { options: { batch_headers: true } })
  })

  test('no more than 20 MB', async () => {
    const big = messages(30, () => ({ html: ['x'.repeat(1_000_000)] }))
    await withReceiver(
      async (provider, receiver) => {
        expect(provider.fits(big)).toBe(19)
        const outcomes = await provider.send(big.slice(0, 19), signal)
        expect(new Set(outcomes.map(each => each.kind))).toEqual(new Set(['accepted']))
        expect(receiver.deliveries).toHaveLength(19)
      },
      { options: { batch_headers: true } },
    )
  })
})

describe('what arrives', () => {
  test('in a batch each has her own ids, content and headers', async () => {
    await withReceiver(
      async (provider, receiver) => {
        const outcomes = await provider.send(
          messages(3, id => ({ headers: unsubscribe(id) })),
          signal,
        )
        expect(new Set(outcomes.map(each => each.kind === 'accepted' && each.providerId)).size).toBe(3)
        expect(
          receiver.deliveries.map(each => [each.messageId, each.run, each.text, each.headers['list-unsubscribe']]),
        ).toEqual(
          [1, 2, 3].map(id => [
            `<${id}.campaign@acme.example>`,
            'run-1',
            `Hello Ada ${id}!`,
            `<https://acme.example/u/${id}>`,
          ]),
        )
      },
      { options: { batch_headers: true } },
    )
  })

  test('in the sandbox nothing', async () => {
    await withReceiver(
      async (provider, receiver) => {
        expect(await provider.send([message(1)], signal)).toMatchObject([{ kind: 'accepted' }])
        expect(receiver.deliveries).toEqual([])
      },
      { options: { sandbox: true } },
    )
  })

  test('nothing for a wrong key, which stands in no word', async () => {
    await withReceiver(
      async (provider, receiver) => {
        const [outcome] = await provider.send([message(1)], signal)
        expect(outcome).toMatchObject({
          kind: 'refused',
          scope: 'route',
          cause: { class: 'auth', text: 'Key not found' },
        })
        expect(receiver.deliveries).toEqual([])
      },
      { key: 'xkeysib-another' },
    )
  })
})

describe('a call whose answer was lost', () => {
  async function withSink<T>(
    run: (provider: Provider, entries: readonly LedgerEntry[], clock: { nowMs: number }) => Promise<T>,
  ) {
    const entries: LedgerEntry[] = []
    const at = { nowMs }
    const clock = { ...systemClock, nowMs: () => at.nowMs }
    const sink = await startSink({ rules: [], onAccepted: taken => entries.push(...taken), watch: () => {}, clock })
    const given = options({ base_url: sink.url('brevo'), batch_headers: true })
    const provider = await brevo.open(opening({ options: given }, { key: apiKey }))
    try {
      return await run(provider, entries, at)
    } finally {
      await provider.close()
      await sink.close()
    }
  }

  test('is repeated without a second mail, for half an hour', async () => {
    await withSink(async (provider, entries, at) => {
      for (const parcel of [[message(1)], messages(3), [message(1)], messages(3)])
        expect((await provider.send(parcel, signal)).map(each => each.kind)).toEqual(parcel.map(() => 'accepted'))
      expect(entries).toHaveLength(4)
      at.nowMs += 30 * 60_000
      await provider.send([message(1)], signal)
      expect(entries).toHaveLength(5)
    })
  })

  test('is found by address and run', async () => {
    await withSink(async provider => {
      await provider.send(messages(2), signal)
      await provider.send([message(3, { run: 'run-0' })], signal)
      const found = await provider.lookup?.([message(2), message(3), message(4)].map(sought), signal)
      expect(found?.map(each => each.kind)).toEqual(['taken', 'no trace', 'no trace'])
      expect((await provider.check?.(signal))?.map(each => `${each.what}: ${each.verdict}`)).toEqual([
        'API key: good',
        'quota: good',
        'sender domain: unknown',
        'sender: unknown',
      ])
    })
  })
})

describe('what Brevo is asked', () => {
  const reply = (status: number, body: unknown) =>
    httpReply({ status, headers: {}, body: Buffer.from(JSON.stringify(body)), broken: null }, nowMs, words => words)
  const mail = { email: 'ADA1@example.org', messageId: '<1@brevo>', tags: ['mailblast run-1'] }
  const found = (body: unknown) => brevoLookup.found({ headers: {} }, reply(200, body), [sought(message(1))])

  test('of one address at a time', () => {
    expect(brevoLookup.fits(messages(5).map(sought))).toBe(1)
    const { path } = brevoLookup.request({ headers: {} }, [sought(message(1, { to: address('a+b@example.org') }))])
    expect(path).toBe('/smtp/emails?email=a%2Bb%40example.org&sort=desc&limit=500')
  })

  test.each<[unknown, unknown]>([
    [{ transactionalEmails: [mail] }, [{ kind: 'taken', providerId: '<1@brevo>' }]],
    [{ transactionalEmails: [{ ...mail, tags: ['mailblast run-2'] }] }, [{ kind: 'no trace' }]],
    [{ transactionalEmails: [{ ...mail, tags: undefined }] }, [{ kind: 'no trace' }]],
    [{ transactionalEmails: [{ ...mail, email: 'eve@example.org' }] }, [{ kind: 'no trace' }]],
    [{}, [{ kind: 'no trace' }]],
    [{ transactionalEmails: 'none' }, { class: 'config' }],
    [{ transactionalEmails: [{ email: 'ada1@example.org' }] }, { class: 'config' }],
    [[], { class: 'config' }],
    ['Welcome', { class: 'config' }],
  ])('%j says %j', (body, becomes) => {
    expect(found(body)).toMatchObject(becomes as object)
  })

  test.each([
    [401, 'auth'],
    [429, 'throttled'],
    [400, 'config'],
    [500, 'transient'],
  ])('%i is %s', (status, failureClass) => {
    expect(brevoLookup.refusal(reply(status, { code: 'x', message: 'No' })).class).toBe(failureClass)
  })

  const told = (index: number, status: number, body: unknown, before: readonly Check[] = []) =>
    brevoChecks[index]
      ?.found({ headers: {}, from: 'News@acme.example' }, reply(status, body), before)
      .map(each => `${each.what}: ${each.verdict}: ${each.words}`)
  const plan = (credits: number) => [
    { type: 'sms', creditsType: 'sendLimit', credits: 9 },
    { type: 'free', creditsType: 'sendLimit', credits },
  ]
  const domainGood: Check = { what: 'sender domain', verdict: 'good', words: '' }

  test.each<[number, number, unknown, readonly Check[], readonly string[]]>([
    [
      0,
      200,
      { email: 'acme', plan: plan(300) },
      [],
      ['API key: good: accepted, for acme', 'quota: good: 300 mails left'],
    ],
    [
      0,
      200,
      { email: 'acme', plan: plan(0) },
      [],
      ['API key: good: accepted, for acme', 'quota: bad: no mail is left: buy credits, or wait for the next period'],
    ],
    [
      0,
      200,
      { email: 'acme', plan: [] },
      [],
      ['API key: good: accepted, for acme', 'quota: unknown: it says nothing of credits for mail'],
    ],
    [
      0,
      200,
      { email: 'acme', plan: [], relay: { enabled: false } },
      [],
      [
        'API key: good: accepted, for acme',
        'account: bad: Brevo has not enabled its transactional mail yet: ask its support',
      ],
    ],
    [0, 401, { code: 'unauthorized', message: 'Key not found' }, [], ['API key: bad: Key not found']],
    [
      1,
      200,
      { domains: [{ domain_name: 'ACME.example', authenticated: true }] },
      [],
      ['sender domain: good: acme.example is authenticated'],
    ],
    [
      1,
      200,
      { domains: [{ domain_name: 'acme.example', authenticated: false }] },
      [],
      ['sender domain: unknown: acme.example is not authenticated here'],
    ],
    [
      2,
      200,
      { senders: [{ email: 'news@acme.example', active: true }] },
      [],
      ['sender: good: News@acme.example is an active sender'],
    ],
    [
      2,
      200,
      { senders: [{ email: 'news@acme.example', active: false }] },
      [domainGood],
      ['sender: bad: News@acme.example is not active: verify it under Senders, Domains & Dedicated IPs'],
    ],
    [2, 200, {}, [domainGood], []],
    [2, 200, {}, [], ['sender: unknown: News@acme.example is not among its senders']],
    [2, 503, {}, [], ['sender: unknown: Brevo answered 503: {}']],
  ])('check %i, %i %j', (index, status, body, before, becomes) => {
    expect(told(index, status, body, before)).toEqual(becomes)
  })
})

describe('what cannot be sent', () => {
  const open = (shared: SharedContent) => brevo.open(opening({ options: options({}) }, { content: shared }))

  test.each<[string, SharedContent, string]>([
    ['text alone', content({ html: null }), 'the campaign has only text'],
    ['a tag in the text', content({ text: ['Write {{name}}'] }), 'the text part holds {{, {% or {#'],
    [
      'an image in the HTML',
      content({ attachments: [{ ...pdf, fileName: 'a.png', contentId: 'a' }] }),
      'Brevo has no images inside of a mail',
    ],
    [
      'an attachment of an odd kind',
      content({ attachments: [{ ...pdf, fileName: 'a.exe' }] }),
      'Brevo takes no attachment that ends as a.exe does',
    ],
    [
      'a long name',
      content({ from: { name: 'x'.repeat(71), address: address('a@b.example') } }),
      'more than 70 characters',
    ],
    [
      'too much',
      content({ attachments: [{ ...pdf, bytes: Buffer.alloc(15_000_000) }] }),
      'Brevo takes messages of up to 20 MB',
    ],
  ])('%s', async (_, shared, problem) => {
    await expect(open(shared)).rejects.toThrow(UserError)
    await expect(open(shared)).rejects.toThrow(problem)
  })

  test.each<[string, Partial<FilledMessage>]>([
    ['template tag', { subject: 'For {{ params.x }}' }],
    ['template tag', { text: ['{% if %}'] }],
    ['header', { headers: [{ name: 'X-City', value: 'Köln' }] }],
    ['attachment', { attachments: [{ ...pdf, fileName: 'ticket' }] }],
    ['attachment', { attachments: [{ ...pdf, contentId: 'x' }] }],
    ['too big', { attachments: [{ ...pdf, bytes: Buffer.alloc(15_000_000) }] }],
  ])('a message for its %s costs only itself, and no call: %#', async (code, wrong) => {
    await withReceiver(async (provider, receiver) => {
      const [outcome] = await provider.send([message(1, wrong)], signal)
      expect(outcome).toMatchObject({ kind: 'refused', scope: 'message', cause: { class: 'content', code } })
      expect(receiver.calls).toBe(0)
    })
  })

  test('a tag that arises only where text and field meet', async () => {
    await withReceiver(
      async provider => {
        const codeOf = async (slot: string) => (await provider.send([message(1, { text: [slot] })], signal))[0]?.kind
        expect([await codeOf('{x'), await codeOf('x'), await codeOf('')]).toEqual(['refused', 'accepted', 'accepted'])
      },
      { content: content({ text: ['a {', '} b'] }) },
    )
  })
})

test('options', () => {
  expect(brevo.options.parse({ api_key: '${KEY}' })).toEqual({
    api_key: { from: 'text', text: '${KEY}' },
    base_url: 'https://api.brevo.com/v3',
    sandbox: false,
    batch_headers: false,
  })
  for (const odd of [{ api_key: 'itself' }, { api_key: '${KEY}', colour: 'blue' }])
    expect(brevo.options.safeParse(odd).success).toBe(false)
})
