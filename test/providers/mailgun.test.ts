/** Mailgun from end to end: what leaves, what arrives, and what cannot be sent, against a server as strict as Mailgun. */

import { describe, expect, test } from 'vitest'
import type { Json, SharedContent } from '../../src/model/edition.ts'
import { InvariantError, UserError } from '../../src/model/errors.ts'
import { mailgun } from '../../src/providers/mailgun.ts'
import { batchFields, encodeContent, singleFields } from '../../src/providers/mailgun-body.ts'
import { type FormField, formBody } from '../../src/providers/multipart-form.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { mailgunSink } from '../../src/sink/mailgun.ts'
import { boundary, bytesOf, formOf } from '../support/mailgun-form.ts'
import { address, content, message, messages, opening } from '../support/provider-opening.ts'
import { type ReceiverSettings, startVendorReceiver, type VendorReceiver } from '../support/vendor-receiver.ts'

const apiKey = 'key-that-nobody-has'
const { signal } = new AbortController()
const usual = { sandbox: false, tags: [] }
const file = (fileName: string, more: { readonly contentId?: string } = {}) => ({
  fileName,
  contentType: 'application/pdf; name=x',
  bytes: Buffer.from('%PDF-1.7 \0\xff\r\n--', 'latin1'),
  ...more,
})
const listed = (id: number) => [
  { name: 'List-Unsubscribe', value: `<https://acme.example/u/${id}>` },
  { name: 'X-City', value: `Köln ${id}` },
]

function options(more: Readonly<Record<string, Json>> = {}): Record<string, Json> {
  const given = { api_key: '${MAILGUN_API_KEY}', domain: 'mg.acme.example', ...more }
  return JSON.parse(JSON.stringify(mailgun.options.parse(given))) as Record<string, Json>
}

async function withReceiver<Result>(
  run: (provider: Provider, receiver: VendorReceiver) => Promise<Result>,
  how: {
    readonly receiver?: Partial<ReceiverSettings>
    readonly content?: SharedContent
    readonly options?: Readonly<Record<string, Json>>
    readonly key?: string
  } = {},
): Promise<Result> {
  const receiver = await startVendorReceiver(mailgunSink, { apiKey, ...how.receiver })
  const route = { options: options({ base_url: receiver.url, ...how.options }) }
  const provider = await mailgun.open(opening(route, { key: how.key ?? apiKey, content: how.content ?? content({}) }))
  try {
    return await run(provider, receiver)
  } finally {
    await provider.close()
    await receiver.close()
  }
}

describe('what leaves', () => {
  const shared = content({
    from: { name: 'Acme News, Ltd.', address: address('news@acme.example') },
    replyTo: { name: 'Hilfe für alle', address: address('hello@acme.example') },
    attachments: [file('terms.pdf')],
  })
  const shown = (fields: readonly FormField[]) =>
    fields
      .map(({ name, file: of, content: pieces }) =>
        of === undefined
          ? `${name} = ${bytesOf(pieces)}`.replace(/mb[0-9a-f]{8}/g, 'mbTOKEN')
          : `${name} = ${of.name} (${of.type}), ${bytesOf(pieces).length} bytes`,
      )
      .join('\n')

  test('a call for one', async () => {
    const own = message(1, { headers: listed(1), attachments: [file('ticket.pdf'), file('x', { contentId: 'logo' })] })
    const fields = singleFields(encodeContent(shared, usual), own)
    await formOf(fields)
    expect(shown(fields)).toMatchInlineSnapshot(`
      "from = "Acme News, Ltd." <news@acme.example>
      to = ada1@example.org
      subject = News for Ada 1
      text = Hello Ada 1!
      html = <p>Hello Ada 1!</p>
      h:Reply-To = =?UTF-8?B?SGlsZmUgZsO8ciBhbGxl?= <hello@acme.example>
      h:Message-Id = <1.campaign@acme.example>
      h:X-Mailblast-Run = run-1
      v:mailblast_run = run-1
      h:List-Unsubscribe = <https://acme.example/u/1>
      h:X-City = =?UTF-8?Q?K=C3=B6ln?= 1
      attachment = terms.pdf (application/pdf), 15 bytes
      attachment = ticket.pdf (application/pdf), 15 bytes
      inline = logo (application/pdf), 15 bytes"
    `)
  })

  test('a call for two, in the sandbox and with tags', async () => {
    const fields = batchFields(
      encodeContent(shared, { sandbox: true, tags: ['news', 'november'] }),
      messages(2, id => ({ headers: listed(id) })),
    )
    await formOf(fields)
    expect(shown(fields)).toMatchInlineSnapshot(`
      "from = "Acme News, Ltd." <news@acme.example>
      to = ada1@example.org
      to = ada2@example.org
      subject = %recipient.mbTOKEN_s%
      text = Hello %recipient.mbTOKEN0%!
      html = <p>Hello %recipient.mbTOKEN1%!</p>
      h:Reply-To = =?UTF-8?B?SGlsZmUgZsO8ciBhbGxl?= <hello@acme.example>
      h:Message-Id = %recipient.mbTOKEN_m%
      h:X-Mailblast-Run = run-1
      v:mailblast_run = run-1
      h:List-Unsubscribe = %recipient.mbTOKEN_h0%
      h:X-City = %recipient.mbTOKEN_h1%
      o:tag = news
      o:tag = november
      o:testmode = yes
      recipient-variables = {"ada1@example.org":{"mbTOKEN_s":"News for Ada 1","mbTOKEN_m":"<1.campaign@acme.example>","mbTOKEN_h0":"<https://acme.example/u/1>","mbTOKEN_h1":"=?UTF-8?Q?K=C3=B6ln?= 1","mbTOKEN0":"Ada 1","mbTOKEN1":"Ada 1"},"ada2@example.org":{"mbTOKEN_s":"News for Ada 2","mbTOKEN_m":"<2.campaign@acme.example>","mbTOKEN_h0":"<https://acme.example/u/2>","mbTOKEN_h1":"=?UTF-8?Q?K=C3=B6ln?= 2","mbTOKEN0":"Ada 2","mbTOKEN1":"Ada 2"}}
      attachment = terms.pdf (application/pdf), 15 bytes"
    `)
  })

  test('a call for one in whose content names of Mailgun’s stand', async () => {
    const own = message(1, {
      subject: '100 %recipient%',
      text: ['%unsubscribe_url%'],
      html: ['<a href="%UNSUBSCRIBE_url%">100%</a>'],
      headers: [{ name: 'X-Tag', value: '%tag_unsubscribe_url%' }],
    })
    const fields = singleFields(encodeContent(content({}), usual), own)
    await formOf(fields)
    expect(shown(fields)).toMatchInlineSnapshot(`
      "to = ada1@example.org
      from = Acme News <news@acme.example>
      subject = 100 %recipient.mbTOKEN_p%recipient%
      text = Hello %recipient.mbTOKEN_p%unsubscribe_url%!
      h:Message-Id = <1.campaign@acme.example>
      h:X-Mailblast-Run = run-1
      v:mailblast_run = run-1
      h:X-Tag = %recipient.mbTOKEN_p%tag_unsubscribe_url%
      html = <p>Hello <a href="&#37;UNSUBSCRIBE_url%">100%</a>!</p>
      recipient-variables = {"ada1@example.org":{"mbTOKEN_p":"%"}}"
    `)
  })

  test('names in the HTML alone need no variable', () => {
    const own = message(1, { html: ['%recipient.name%'] })
    expect(shown(singleFields(encodeContent(content({}), usual), own))).not.toContain('recipient-variables')
  })

  test('without run, text part, name and slots', () => {
    const bare = content({ from: { address: address('news@acme.example') }, text: null, html: ['<p>Hello!</p>'] })
    const fields = singleFields(encodeContent(bare, usual), message(1, { run: null, text: [], html: [] }))
    expect(bytesOf(formBody(boundary, fields)).toString().replaceAll('\r\n', '\n')).toMatchInlineSnapshot(`
      "--mailblast-0123456789abcdef
      Content-Disposition: form-data; name="from"

      news@acme.example
      --mailblast-0123456789abcdef
      Content-Disposition: form-data; name="to"

      ada1@example.org
      --mailblast-0123456789abcdef
      Content-Disposition: form-data; name="subject"

      News for Ada 1
      --mailblast-0123456789abcdef
      Content-Disposition: form-data; name="html"

      <p>Hello!</p>
      --mailblast-0123456789abcdef
      Content-Disposition: form-data; name="h:Message-Id"

      <1.campaign@acme.example>
      --mailblast-0123456789abcdef--
      "
    `)
  })

  test.each([
    ['no name', undefined, 'news@acme.example'],
    ['words', 'Acme News', 'Acme News <news@acme.example>'],
    ['signs', 'Acme "News", \\Ltd.', '"Acme \\"News\\", \\\\Ltd." <news@acme.example>'],
    ['beyond ASCII', 'Åcme', '=?UTF-8?B?w4VjbWU=?= <news@acme.example>'],
    ['what looks encoded', '=?x?=', '=?UTF-8?B?PT94Pz0=?= <news@acme.example>'],
  ])('a sender with %s', (_, name, from) => {
    const shared = content({ from: { address: address('news@acme.example'), ...(name === undefined ? {} : { name }) } })
    const [field] = singleFields(encodeContent(shared, usual), message(1))
    expect(bytesOf(field?.content ?? []).toString()).toBe(from)
  })

  test.each(['Subject', 'CONTENT-TYPE', 'Message-ID', 'reply-to'])(
    'not a header that is not ours to give: %s',
    name => {
      const fields = singleFields(encodeContent(content({}), usual), message(1, { headers: [{ name, value: 'mine' }] }))
      expect(shown(fields)).not.toContain('mine')
    },
  )

  test('a message whose slots are not those of the content is our mistake', () => {
    const encoded = encodeContent(content({}), usual)
    expect(() => singleFields(encoded, message(1, { html: [] }))).toThrow(InvariantError)
    expect(() => batchFields(encoded, [message(1), message(2, { subject: '' })])).toThrow('an empty subject')
  })

  test('the regions have addresses of their own, and base_url goes before both', () => {
    const parsed = (more: Readonly<Record<string, Json>>) => mailgun.options.parse({ domain: 'a.example', ...more })
    expect(parsed({})).toMatchObject({ region: 'us' })
    expect(parsed({ region: 'eu' })).not.toHaveProperty('base_url')
    for (const wrong of [
      { region: 'de' },
      { domain: 'https://a.example' },
      { domain: 'A.example' },
      { tags: ['ü'] },
      { tags: ['a', 'b', 'c', 'd'] },
      { base_url: 'http://api.mailgun.net' },
    ])
      expect(() => parsed(wrong)).toThrow()
  })
})

describe('what arrives', () => {
  test('2,500 recipients, those with a + alone, each once and with her own fields', async () => {
    await withReceiver(async (provider, receiver) => {
      const all = messages(2500, id => ({
        ...(id % 500 === 0 ? { to: address(`ada+${id}@example.org`) } : {}),
        headers: listed(id),
      }))
      for (let rest = all; rest.length > 0; ) {
        const parcel = rest.slice(0, provider.fits(rest))
        const outcomes = await provider.send(parcel, signal)
        expect(new Set(outcomes.map(outcome => outcome.kind))).toEqual(new Set(['accepted']))
        rest = rest.slice(parcel.length)
      }
      // 499 and one alone, five times.
      expect(receiver.calls).toBe(10)
      expect(receiver.deliveries.map(({ to, text, headers, messageId }) => [to, text, headers, messageId])).toEqual(
        all.map(({ to, text, messageId }, index) => [
          to,
          `Hello ${text[0]}!`,
          { 'list-unsubscribe': `<https://acme.example/u/${index + 1}>`, 'x-city': `Köln ${index + 1}` },
          messageId,
        ]),
      )
    })
  })

  test('files as they are, an image under the name that the HTML has for it', async () => {
    const image = {
      fileName: 'Logo.png',
      contentType: 'image/png',
      bytes: Buffer.from([0, 13, 10, 255]),
      contentId: 'logo',
    }
    await withReceiver(
      async (provider, receiver) => {
        await provider.send([message(1, { attachments: [file('Übersicht "1".pdf')] })], signal)
        expect(receiver.deliveries[0]?.attachments).toEqual([
          { fileName: 'logo', contentType: 'image/png', content: 'AA0K/w==', contentId: 'logo' },
          {
            fileName: 'Übersicht _1_.pdf',
            contentType: 'application/pdf',
            content: file('').bytes.toString('base64'),
            contentId: null,
          },
        ])
      },
      { content: content({ attachments: [image] }) },
    )
  })

  test('in the sandbox all is accepted and nothing delivered', async () => {
    await withReceiver(
      async (provider, receiver) => {
        const outcomes = await provider.send(messages(2), signal)
        expect(outcomes.map(outcome => outcome.kind)).toEqual(['accepted', 'accepted'])
        expect(receiver.deliveries).toEqual([])
      },
      { options: { sandbox: true } },
    )
  })

  test('a call has one id, whoever is in it', async () => {
    await withReceiver(async provider => {
      expect(await provider.send(messages(2), signal)).toEqual(
        [1, 2].map(() => ({ kind: 'accepted', providerId: '<id-1@mg.acme.example>' })),
      )
    })
  })

  test('a wrong key stops the route, and is not repeated in words', async () => {
    await withReceiver(
      async provider => {
        const [outcome] = await provider.send(messages(1), signal)
        expect(outcome).toMatchObject({ kind: 'refused', scope: 'route', cause: { class: 'auth', code: '401' } })
        expect(JSON.stringify(outcome)).not.toContain('another-key')
      },
      { key: 'another-key' },
    )
  })
})

describe('what cannot be sent', () => {
  const large = (bytes: number) => ({ fileName: 'film.bin', contentType: 'video/mp4', bytes: Buffer.alloc(bytes) })

  test('shared content of more than 25 MB is the campaign’s mistake', async () => {
    const shared = content({ attachments: [large(19_000_000)] })
    await expect(mailgun.open(opening({ options: options() }, { content: shared }))).rejects.toThrow(UserError)
  })

  test.each([
    ['25 MB', { attachments: [large(19_000_000)] }],
    ['16 KB', { headers: [{ name: 'X-Long', value: 'x'.repeat(16_000) }] }],
  ])('a message of more than %s is refused here, and the others go', async (what, more) => {
    await withReceiver(async (provider, receiver) => {
      const all = [message(1), message(2, more), message(3)]
      expect(provider.fits(all)).toBe(1)
      expect(await provider.send(all.slice(1, 2), signal)).toEqual([
        { kind: 'refused', scope: 'message', cause: { class: 'content', text: expect.stringContaining(what) } },
      ])
      expect(receiver.calls).toBe(0)
    })
  })
})
