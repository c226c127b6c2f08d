/** SendGrid from end to end: what leaves, what arrives, and what cannot be sent, against a server as strict as SendGrid. */

import { describe, expect, test } from 'vitest'
import type { FilledMessage, SharedContent } from '../../src/model/edition.ts'
import { InvariantError, UserError } from '../../src/model/errors.ts'
import type { Outcome } from '../../src/model/outcome.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { sendgrid } from '../../src/providers/sendgrid.ts'
import { batchBody, encodeContent, singleBody } from '../../src/providers/sendgrid-body.ts'
import { address, content, message, messages, opening } from '../support/provider-opening.ts'
import { mailSchema } from '../support/sendgrid-mail.ts'
import { type ReceiverSettings, type SendGridReceiver, startSendGridReceiver } from '../support/sendgrid-receiver.ts'

const apiKey = 'SG.a-key-that-nobody-has'
const { signal } = new AbortController()
const pdf = (fileName: string) => ({ fileName, contentType: 'application/pdf', bytes: Buffer.from('%PDF-1.7') })
const listed = (id: number) => [
  { name: 'List-Unsubscribe', value: `<https://acme.example/u/${id}>` },
  { name: 'List-Unsubscribe-Post', value: 'List-Unsubscribe=One-Click' },
]

function options(base_url: string, more: { readonly sandbox?: boolean } = {}) {
  return sendgrid.options.parse({ api_key: '${SENDGRID_API_KEY}', base_url, ...more }) as Record<string, never>
}

/** Opens a route to a receiver, runs, and closes both. */
async function withReceiver<T>(
  run: (provider: Provider, receiver: SendGridReceiver) => Promise<T>,
  how: {
    readonly receiver?: Partial<ReceiverSettings>
    readonly content?: SharedContent
    readonly batch?: 'auto' | 'off' | number
    readonly sandbox?: boolean
    readonly key?: string
  } = {},
): Promise<T> {
  const receiver = await startSendGridReceiver({ apiKey, ...how.receiver })
  const { batch = 'auto', sandbox = false, key = apiKey } = how
  const provider = await sendgrid.open(
    opening({ options: options(receiver.url, { sandbox }), batch }, { key, content: how.content ?? content({}) }),
  )
  try {
    return await run(provider, receiver)
  } finally {
    await provider.close()
    await receiver.close()
  }
}

/** Sends all of them as an engine would, four calls at a time; what is put back is sent again, at most so many rounds. */
async function sendAll(provider: Provider, all: readonly FilledMessage[], rounds = 20): Promise<Map<string, Outcome>> {
  const outcomes = new Map<string, Outcome>()
  let waiting = all
  for (let round = 0; round < rounds && waiting.length > 0; round++) {
    const parcels: (readonly FilledMessage[])[] = []
    for (let rest = waiting; rest.length > 0; ) {
      const count = provider.fits(rest)
      parcels.push(rest.slice(0, count))
      rest = rest.slice(count)
    }
    waiting = []
    const again: FilledMessage[] = []
    await Promise.all(
      [0, 1, 2, 3].map(async () => {
        for (let parcel = parcels.pop(); parcel !== undefined; parcel = parcels.pop())
          for (const [index, outcome] of (await provider.send(parcel, signal)).entries()) {
            const each = parcel[index]
            if (each === undefined) throw new Error('more outcomes than messages')
            if (outcome.kind === 'deferred') again.push(each)
            else outcomes.set(each.to, outcome)
          }
      }),
    )
    waiting = again
  }
  return outcomes
}

describe('what leaves', () => {
  const text = (body: readonly (Buffer | string)[]) => Buffer.concat(body.map(piece => Buffer.from(piece))).toString()
  const shared = content({ replyTo: { address: address('hello@acme.example') }, attachments: [pdf('terms.pdf')] })
  /** A body with each of its parts, and each recipient's, on a line. */
  const shown = (body: string) =>
    Object.entries(JSON.parse(body) as Record<string, unknown>)
      .flatMap(([key, value]) => (Array.isArray(value) ? value.map(each => [`${key}[]`, each]) : [[key, value]]))
      .map(([key, value]) => `${key}: ${JSON.stringify(value)}`.replace(/mb[0-9a-f]{8}/g, 'mbTOKEN'))
      .join('\n')

  test('a call for one', () => {
    const own = message(1, { headers: listed(1), attachments: [pdf('ticket.pdf')] })
    const body = text(singleBody(encodeContent(shared, false), own))
    expect(mailSchema.parse(JSON.parse(body))).toBeDefined()
    expect(shown(body)).toMatchInlineSnapshot(`
      "personalizations[]: {"to":[{"email":"ada1@example.org"}],"subject":"News for Ada 1","headers":{"List-Unsubscribe":"<https://acme.example/u/1>","List-Unsubscribe-Post":"List-Unsubscribe=One-Click"},"custom_args":{"mailblast_message_id":"<1.campaign@acme.example>","mailblast_run":"run-1"}}
      from: {"email":"news@acme.example","name":"Acme News"}
      reply_to: {"email":"hello@acme.example"}
      content[]: {"type":"text/plain","value":"Hello Ada 1!"}
      content[]: {"type":"text/html","value":"<p>Hello Ada 1!</p>"}
      attachments[]: {"content":"JVBERi0xLjc=","filename":"terms.pdf","type":"application/pdf","disposition":"attachment"}
      attachments[]: {"content":"JVBERi0xLjc=","filename":"ticket.pdf","type":"application/pdf","disposition":"attachment"}
      tracking_settings: {"subscription_tracking":{"enable":false}}"
    `)
  })

  test('a call for two', () => {
    const body = text(
      batchBody(
        encodeContent(shared, true),
        messages(2, id => ({ headers: listed(id) })),
      ),
    )
    expect(mailSchema.parse(JSON.parse(body))).toBeDefined()
    expect(shown(body)).toMatchInlineSnapshot(`
      "personalizations[]: {"to":[{"email":"ada1@example.org"}],"subject":"News for Ada 1","headers":{"List-Unsubscribe":"<https://acme.example/u/1>","List-Unsubscribe-Post":"List-Unsubscribe=One-Click"},"substitutions":{"-mbTOKEN-0-":"Ada 1","-mbTOKEN-1-":"Ada 1"},"custom_args":{"mailblast_message_id":"<1.campaign@acme.example>","mailblast_run":"run-1"}}
      personalizations[]: {"to":[{"email":"ada2@example.org"}],"subject":"News for Ada 2","headers":{"List-Unsubscribe":"<https://acme.example/u/2>","List-Unsubscribe-Post":"List-Unsubscribe=One-Click"},"substitutions":{"-mbTOKEN-0-":"Ada 2","-mbTOKEN-1-":"Ada 2"},"custom_args":{"mailblast_message_id":"<2.campaign@acme.example>","mailblast_run":"run-1"}}
      from: {"email":"news@acme.example","name":"Acme News"}
      reply_to: {"email":"hello@acme.example"}
      content[]: {"type":"text/plain","value":"Hello -mbTOKEN-0-!"}
      content[]: {"type":"text/html","value":"<p>Hello -mbTOKEN-1-!</p>"}
      attachments[]: {"content":"JVBERi0xLjc=","filename":"terms.pdf","type":"application/pdf","disposition":"attachment"}
      tracking_settings: {"subscription_tracking":{"enable":false}}
      mail_settings: {"sandbox_mode":{"enable":true}}"
    `)
  })

  test('without attachments, headers, reply address, name, slots or text part', () => {
    const bare = content({ from: { address: address('news@acme.example') }, text: null, html: ['<p>Hello!</p>'] })
    const plain = { text: [], html: [] }
    expect(text(singleBody(encodeContent(bare, false), message(1, plain)))).toBe(
      '{"personalizations":[{"to":[{"email":"ada1@example.org"}],"subject":"News for Ada 1","custom_args":{"mailblast_message_id":"<1.campaign@acme.example>","mailblast_run":"run-1"}}],"from":{"email":"news@acme.example"},"content":[{"type":"text/html","value":"<p>Hello!</p>"}]}',
    )
    expect(
      text(
        batchBody(
          encodeContent(bare, false),
          messages(2, () => plain),
        ),
      ),
    ).not.toContain('substitutions')
  })

  test('without a run, as a test send is', () => {
    const body = text(singleBody(encodeContent(content({}), false), message(1, { run: null })))
    expect(mailSchema.parse(JSON.parse(body)).personalizations[0]?.custom_args).toEqual({
      mailblast_message_id: '<1.campaign@acme.example>',
    })
  })

  test.each([
    ['usual', 'X-Campaign', 'november', { 'X-Campaign': 'november' }],
    ['reserved', 'SUBJECT', 'Mine', undefined],
    ['reserved', 'Content-Type', 'text/plain', undefined],
    ['beyond ASCII', 'X-City', 'München am See', { 'X-City': '=?UTF-8?Q?M=C3=BCnchen?= am See' }],
  ])('a header that is %s: %s', (_, name, value, headers) => {
    const body = text(singleBody(encodeContent(content({}), false), message(1, { headers: [{ name, value }] })))
    expect(mailSchema.parse(JSON.parse(body)).personalizations[0]?.headers).toEqual(headers)
  })

  test('of two headers of one name the later', () => {
    const twice = [
      { name: 'X-Tag', value: 'one' },
      { name: 'x-tag', value: 'two' },
    ]
    const body = text(singleBody(encodeContent(content({}), false), message(1, { headers: twice })))
    expect(mailSchema.parse(JSON.parse(body)).personalizations[0]?.headers).toEqual({ 'x-tag': 'two' })
  })

  test.each([
    ['a;b,c\r\nd.txt', 'text/plain; charset=utf-8', 'a_b_c__d.txt', 'text/plain'],
    ['plan.svg', 'image/svg+xml', 'plan.svg', 'image/svg+xml'],
    ['Übersicht.pdf', 'application/pdf', 'Übersicht.pdf', 'application/pdf'],
    ['odd', '', 'odd', 'application/octet-stream'],
    ['odd', 'a/b,c', 'odd', 'application/octet-stream'],
  ])('an attachment %j of type %j', (fileName, contentType, filename, type) => {
    const file = { fileName, contentType, bytes: Buffer.from([0, 255, 128]) }
    const body = text(singleBody(encodeContent(content({}), false), message(1, { attachments: [file] })))
    expect(mailSchema.parse(JSON.parse(body)).attachments).toEqual([
      { content: 'AP+A', filename, type, disposition: 'attachment' },
    ])
  })
})

describe('what arrives', () => {
  test('2,500 recipients, each once and with her own fields', async () => {
    await withReceiver(async (provider, receiver) => {
      const all = messages(2500, id => ({
        text: [`Ada "${id}"`],
        html: [`Ada &quot;${id}&quot;`],
        headers: listed(id),
      }))
      const outcomes = await sendAll(provider, all)
      expect(new Set([...outcomes.values()].map(outcome => outcome.kind))).toEqual(new Set(['accepted']))
      expect(outcomes.size).toBe(2500)
      expect(receiver.deliveries.length).toBe(2500)
      expect(receiver.calls).toBeLessThan(10)
      const got = new Map(receiver.deliveries.map(delivery => [delivery.to, delivery]))
      for (const each of all) {
        const { subject, text, html, headers, messageId, run, from } = got.get(each.to) ?? {}
        expect({ subject, text, html, headers, messageId, run, from }).toEqual({
          subject: each.subject,
          text: `Hello Ada "${each.id}"!`,
          html: `<p>Hello Ada &quot;${each.id}&quot;!</p>`,
          headers: {
            'list-unsubscribe': `<https://acme.example/u/${each.id}>`,
            'list-unsubscribe-post': 'List-Unsubscribe=One-Click',
          },
          messageId: each.messageId,
          run: 'run-1',
          from: 'Acme News <news@acme.example>',
        })
      }
    })
  })

  test('batch: off, a file of her own and the same address twice go in calls of their own', async () => {
    const odd = [
      message(1),
      message(2, { attachments: [pdf('ticket.pdf')] }),
      message(3),
      message(4, { to: address('ADA3@example.org') }),
      message(5),
    ]
    const calls = (batch: 'auto' | 'off' | number) =>
      withReceiver(
        async (provider, receiver) => {
          await sendAll(provider, odd)
          const files = receiver.deliveries.filter(delivery => delivery.attachments.length > 0)
          expect(files.map(({ to, attachments }) => [to, attachments[0]?.fileName])).toEqual([
            ['ada2@example.org', 'ticket.pdf'],
          ])
          expect(receiver.deliveries.map(delivery => delivery.to).sort()).toEqual(odd.map(each => each.to).sort())
          return receiver.calls
        },
        { batch },
      )
    expect([await calls('auto'), await calls(2), await calls('off')]).toEqual([4, 4, 5])
  })

  test('bad addresses cost only themselves', async () => {
    const bad = new Set([3, 7, 8, 30])
    await withReceiver(
      async (provider, receiver) => {
        const all = messages(30)
        const outcomes = await sendAll(provider, all)
        const refused = all.filter(each => outcomes.get(each.to)?.kind === 'refused')
        expect(refused.map(each => each.id)).toEqual([3, 7, 8, 30])
        expect(outcomes.get('ada7@example.org')).toEqual({
          kind: 'refused',
          scope: 'recipient',
          cause: { class: 'hard', code: '400', text: expect.stringContaining('Does not contain a valid address.') },
        })
        expect(receiver.deliveries.map(delivery => delivery.to).sort()).toEqual(
          all
            .filter(each => !bad.has(each.id))
            .map(each => each.to)
            .sort(),
        )
      },
      {
        receiver: {
          misbehave({ to }) {
            // SendGrid names one address at a time, the last one first.
            const index = to.findLastIndex(each => bad.has(Number(/\d+/.exec(each)?.[0])))
            const field = `personalizations.${index}.to.0.email`
            const body = JSON.stringify({
              errors: [{ message: 'Does not contain a valid address.', field, help: null }],
            })
            return index === -1 ? undefined : { kind: 'answer', status: 400, body }
          },
        },
      },
    )
  })

  test('a wrong key fails nobody, and is in no word', async () => {
    await withReceiver(
      async (provider, receiver) => {
        const [outcome] = await provider.send(messages(2), signal)
        expect(outcome).toEqual({
          kind: 'refused',
          scope: 'route',
          cause: {
            class: 'auth',
            code: '401',
            text: 'The provided authorization grant is invalid, expired, or revoked',
          },
        })
        expect(receiver.deliveries).toEqual([])
      },
      { key: 'SG.another-key' },
    )
  })

  test('in the sandbox nothing is delivered', async () => {
    await withReceiver(
      async (provider, receiver) => {
        const outcomes = await provider.send(messages(2), signal)
        expect(outcomes).toEqual([
          { kind: 'accepted', providerId: 'id-1' },
          { kind: 'accepted', providerId: 'id-1' },
        ])
        expect(receiver.deliveries).toEqual([])
      },
      { sandbox: true },
    )
  })

  test('whatever is not in doubt, accepted or refused has not arrived', async () => {
    const kinds = ['behave', 'drop', 'drop taken', 'garbage', '500', '503', '429', '202 cut', 'cut body'] as const
    const kindOf = (call: number) => kinds[call % kinds.length]
    await withReceiver(
      async (provider, receiver) => {
        const tally: Record<string, number> = {}
        for (const each of messages(90)) {
          const [outcome] = await provider.send([each], signal)
          const arrived = receiver.deliveries.filter(delivery => delivery.to === each.to).length
          if (outcome?.kind === 'accepted') expect(arrived).toBe(1)
          if (outcome?.kind === 'deferred') expect(arrived).toBe(0)
          const became = `${outcome?.kind}, arrived: ${arrived}`
          tally[became] = (tally[became] ?? 0) + 1
        }
        expect(receiver.calls).toBe(90)
        expect(tally).toMatchInlineSnapshot(`
          {
            "accepted, arrived: 1": 10,
            "deferred, arrived: 0": 20,
            "in-doubt, arrived: 0": 20,
            "in-doubt, arrived: 1": 40,
          }
        `)
      },
      {
        batch: 'off',
        receiver: {
          cutBody: call => (kindOf(call) === 'cut body' ? 100 : undefined),
          misbehave({ number }) {
            switch (kindOf(number)) {
              case 'drop':
                return { kind: 'drop' }
              case 'drop taken':
                return { kind: 'drop', take: true }
              case 'garbage':
                return { kind: 'raw', bytes: 'SSH-2.0-what\r\n', take: true }
              case '500':
                return { kind: 'answer', status: 500, body: 'Oops', take: true }
              case '503':
                return { kind: 'answer', status: 503, body: '{"errors":[{"message":"not available"}]}' }
              case '429':
                return { kind: 'answer', status: 429, body: '{"errors":[{"message":"too many requests"}]}' }
              case '202 cut':
                return { kind: 'raw', bytes: 'HTTP/1.1 202 Accepted\r\ncontent-length: 9\r\n\r\n{', take: true }
              default:
                return undefined
            }
          },
        },
      },
    )
  })
})

describe('what cannot be sent', () => {
  const open = (shared: SharedContent) =>
    sendgrid.open(opening({ options: options('http://127.0.0.1:9') }, { content: shared }))

  test('an empty attachment for everybody', async () => {
    const opened = open(content({ attachments: [{ ...pdf('terms.pdf'), bytes: Buffer.alloc(0) }] }))
    await expect(opened).rejects.toThrow(UserError)
    await expect(opened).rejects.toThrow('the attachment terms.pdf is empty, which SendGrid refuses')
  })

  test('attachments that no message can carry', async () => {
    const opened = open(content({ attachments: [{ ...pdf('film.mp4'), bytes: Buffer.alloc(24_000_000) }] }))
    await expect(opened).rejects.toThrow(
      'text and attachments come to 33 MB, and SendGrid takes messages of up to 30 MB',
    )
  })

  test.each<[string, Partial<FilledMessage>, string]>([
    ['an empty subject', { subject: '' }, 'an empty subject'],
    ['a slot too few', { html: [] }, '0 HTML slots for 1 gaps'],
    ['a slot too many', { text: ['a', 'b'] }, '2 text slots for 1 gaps'],
  ])('%s is a bug of ours, found before a byte leaves', async (_, wrong, problem) => {
    await withReceiver(async (provider, receiver) => {
      for (const parcel of [[message(1, wrong)], [message(1), message(2, wrong)]])
        await expect(provider.send(parcel, signal)).rejects.toThrow(problem)
      expect(receiver.calls).toBe(0)
    })
  })

  test('an empty part is a bug of ours', () => {
    const encoded = encodeContent(content({ text: ['', ''] }), false)
    expect(() => singleBody(encoded, message(1, { text: [''] }))).toThrow(InvariantError)
    expect(() => singleBody(encoded, message(1, { text: ['x'] }))).not.toThrow()
    expect(() => encodeContent(content({ text: null, html: null }), false)).toThrow(InvariantError)
  })
})

describe('options', () => {
  test.each([
    [
      { api_key: '${KEY}' },
      { api_key: { from: 'text', text: '${KEY}' }, base_url: 'https://api.sendgrid.com', sandbox: false },
    ],
    [
      { api_key_file: 'key.txt', base_url: 'https://api.eu.sendgrid.com', sandbox: true },
      { api_key_file: { from: 'file', path: 'key.txt' }, base_url: 'https://api.eu.sendgrid.com', sandbox: true },
    ],
  ])('%j', (given, read) => {
    expect(sendgrid.options.parse(given)).toEqual(read)
  })

  test.each([
    [{ api_key: 'SG.itself' }],
    [{ api_key: '${KEY}', base_url: 'http://api.sendgrid.com' }],
    [{ api_key: '${KEY}', colour: 'blue' }],
  ])('not %j', given => {
    expect(sendgrid.options.safeParse(given).success).toBe(false)
  })
})
