/** Amazon SES from end to end: what leaves, what arrives, and what cannot be sent, against a server as strict as SES. */

import { describe, expect, test } from 'vitest'
import type { Json, SharedContent } from '../../src/model/edition.ts'
import { UserError } from '../../src/model/errors.ts'
import { Secret, type SecretReference } from '../../src/model/secret.ts'
import type { Provider, RouteOpening } from '../../src/providers/provider.ts'
import { ses } from '../../src/providers/ses.ts'
import { bulkBody, encodeContent, singleBody } from '../../src/providers/ses-body.ts'
import { tagText } from '../../src/providers/ses-headers.ts'
import { sesSink } from '../../src/sink/ses.ts'
import { startSink } from '../../src/sink/sink.ts'
import type { SinkVendor } from '../../src/sink/vendor.ts'
import { systemClock } from '../sink/stage.ts'
import { address, content, message, messages, opening } from '../support/provider-opening.ts'
import { startVendorReceiver, type VendorReceiver } from '../support/vendor-receiver.ts'

const secretKey = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'
const { signal } = new AbortController()
const pdf = (fileName: string) => ({ fileName, contentType: 'application/pdf', bytes: Buffer.from('%PDF-1.7') })
const logo = {
  fileName: 'logo.png',
  contentType: 'image/png',
  bytes: Buffer.from('PNG'),
  contentId: 'logo@acme.example',
}
const keys = { access_key_id: 'AKIDEXAMPLE', secret_access_key: '${AWS_SECRET_ACCESS_KEY}' }

type Options = Readonly<Record<string, Json>>

/** As the journal gives them back. */
function parsed(options: Options): Record<string, Json> {
  return JSON.parse(JSON.stringify(ses.options.parse(options))) as Record<string, Json>
}

function open(
  options: Options,
  more: Partial<RouteOpening> & { readonly batch?: 'auto' | 'off'; readonly key?: string } = {},
): Promise<Provider> {
  const { batch = 'auto', key = secretKey, ...facts } = more
  const secret = async (reference: SecretReference) => {
    const text = reference.from === 'text' ? reference.text : ''
    const env: Readonly<Record<string, string>> = { '${AWS_SECRET_ACCESS_KEY}': key, '${AWS_SESSION_TOKEN}': 'a-token' }
    return new Secret(env[text] ?? text)
  }
  return ses.open(opening({ options: parsed(options), batch }, { secret, ...facts }))
}

/** Opens a route to a server that knows the key and makes every signature again; runs, and closes both. */
async function withReceiver<T>(
  run: (provider: Provider, receiver: VendorReceiver) => Promise<T>,
  how: Parameters<typeof open>[1] & { readonly options?: Options } = {},
): Promise<T> {
  const receiver = await startVendorReceiver(sesSink, { apiKey: secretKey })
  const { options, ...facts } = how
  const provider = await open({ region: 'eu-west-1', ...keys, base_url: receiver.url, ...options }, facts)
  try {
    return await run(provider, receiver)
  } finally {
    await provider.close()
    await receiver.close()
  }
}

describe('what leaves', () => {
  const text = (body: readonly (Buffer | string)[]) => Buffer.concat(body.map(piece => Buffer.from(piece))).toString()
  const shared = content({
    from: { name: 'Åcme “News”', address: address('news@acme.example') },
    replyTo: { name: 'Help, please', address: address('hello@acme.example') },
    attachments: [pdf('terms.pdf'), logo],
  })
  const headers = [
    { name: 'List-Unsubscribe', value: '<https://acme.example/u/1>' },
    { name: 'X-City', value: 'Köln' },
    { name: 'X-Empty', value: '' },
  ]
  /** A body with a short token, and each object that holds no other on a line. */
  const shown = (body: string) =>
    JSON.stringify(JSON.parse(body.replace(/mb[0-9a-f]{8}/g, 'mbTOKEN')), null, 1).replace(/\{[^{}[\]]*\}/g, object =>
      object.replace(/\n */g, ' '),
    )

  test('a call for one', () => {
    const own = message(1, { headers, attachments: [pdf('ticket.pdf')] })
    expect(shown(text(singleBody(encodeContent(shared, 'news'), own)))).toMatchInlineSnapshot(`
      "{
       "FromEmailAddress": "=?UTF-8?Q?=C3=85cme_=E2=80=9CNews=E2=80=9D?= <news@acme.example>",
       "ReplyToAddresses": [
        "\\"Help, please\\" <hello@acme.example>"
       ],
       "ConfigurationSetName": "news",
       "Destination": {
        "ToAddresses": [
         "ada1@example.org"
        ]
       },
       "EmailTags": [
        { "Name": "mailblast_message_id", "Value": "_3c1_2ecampaign_40acme_2eexample_3e" },
        { "Name": "mailblast_run", "Value": "run-1" }
       ],
       "Content": {
        "Simple": {
         "Subject": { "Charset": "UTF-8", "Data": "News for Ada 1" },
         "Headers": [
          { "Name": "X-Mailblast-Message-ID", "Value": "<1.campaign@acme.example>" },
          { "Name": "X-Mailblast-Run", "Value": "run-1" },
          { "Name": "List-Unsubscribe", "Value": "<https://acme.example/u/1>" },
          { "Name": "X-City", "Value": "=?UTF-8?Q?K=C3=B6ln?=" }
         ],
         "Body": {
          "Text": { "Charset": "UTF-8", "Data": "Hello Ada 1!" },
          "Html": { "Charset": "UTF-8", "Data": "<p>Hello Ada 1!</p>" }
         },
         "Attachments": [
          { "FileName": "terms.pdf", "ContentType": "application/pdf", "ContentDisposition": "ATTACHMENT", "ContentTransferEncoding": "BASE64", "RawContent": "JVBERi0xLjc=" },
          { "FileName": "logo.png", "ContentType": "image/png", "ContentDisposition": "INLINE", "ContentId": "logo@acme.example", "ContentTransferEncoding": "BASE64", "RawContent": "UE5H" },
          { "FileName": "ticket.pdf", "ContentType": "application/pdf", "ContentDisposition": "ATTACHMENT", "ContentTransferEncoding": "BASE64", "RawContent": "JVBERi0xLjc=" }
         ]
        }
       }
      }"
    `)
  })

  test('a call for two', () => {
    const body = bulkBody(
      encodeContent(shared, null),
      messages(2, id => ({ text: [`"Ada" ${id}`], headers })),
    )
    expect(shown(text(body))).toMatchInlineSnapshot(`
      "{
       "FromEmailAddress": "=?UTF-8?Q?=C3=85cme_=E2=80=9CNews=E2=80=9D?= <news@acme.example>",
       "ReplyToAddresses": [
        "\\"Help, please\\" <hello@acme.example>"
       ],
       "DefaultContent": {
        "Template": {
         "TemplateContent": {
          "Subject": "{{mbTOKEN_s}}",
          "Text": "Hello {{mbTOKEN_0_}}!",
          "Html": "<p>Hello {{mbTOKEN_1_}}!</p>"
         },
         "TemplateData": "{}",
         "Attachments": [
          { "FileName": "terms.pdf", "ContentType": "application/pdf", "ContentDisposition": "ATTACHMENT", "ContentTransferEncoding": "BASE64", "RawContent": "JVBERi0xLjc=" },
          { "FileName": "logo.png", "ContentType": "image/png", "ContentDisposition": "INLINE", "ContentId": "logo@acme.example", "ContentTransferEncoding": "BASE64", "RawContent": "UE5H" }
         ]
        }
       },
       "BulkEmailEntries": [
        {
         "Destination": {
          "ToAddresses": [
           "ada1@example.org"
          ]
         },
         "ReplacementTags": [
          { "Name": "mailblast_message_id", "Value": "_3c1_2ecampaign_40acme_2eexample_3e" },
          { "Name": "mailblast_run", "Value": "run-1" }
         ],
         "ReplacementHeaders": [
          { "Name": "X-Mailblast-Message-ID", "Value": "<1.campaign@acme.example>" },
          { "Name": "X-Mailblast-Run", "Value": "run-1" },
          { "Name": "List-Unsubscribe", "Value": "<https://acme.example/u/1>" },
          { "Name": "X-City", "Value": "=?UTF-8?Q?K=C3=B6ln?=" }
         ],
         "ReplacementEmailContent": {
          "ReplacementTemplate": {
           "ReplacementTemplateData": "{\\"mbTOKEN_s\\":\\"News for Ada 1\\",\\"mbTOKEN_0_\\":\\"\\\\\\"Ada\\\\\\" 1\\",\\"mbTOKEN_1_\\":\\"Ada 1\\"}"
          }
         }
        },
        {
         "Destination": {
          "ToAddresses": [
           "ada2@example.org"
          ]
         },
         "ReplacementTags": [
          { "Name": "mailblast_message_id", "Value": "_3c2_2ecampaign_40acme_2eexample_3e" },
          { "Name": "mailblast_run", "Value": "run-1" }
         ],
         "ReplacementHeaders": [
          { "Name": "X-Mailblast-Message-ID", "Value": "<2.campaign@acme.example>" },
          { "Name": "X-Mailblast-Run", "Value": "run-1" },
          { "Name": "List-Unsubscribe", "Value": "<https://acme.example/u/1>" },
          { "Name": "X-City", "Value": "=?UTF-8?Q?K=C3=B6ln?=" }
         ],
         "ReplacementEmailContent": {
          "ReplacementTemplate": {
           "ReplacementTemplateData": "{\\"mbTOKEN_s\\":\\"News for Ada 2\\",\\"mbTOKEN_0_\\":\\"\\\\\\"Ada\\\\\\" 2\\",\\"mbTOKEN_1_\\":\\"Ada 2\\"}"
          }
         }
        }
       ]
      }"
    `)
  })
})

test.each([
  ['<1.news@acme.example>', '_3c1_2enews_40acme_2eexample_3e'],
  ['0198f2c4-5b6d-7e8f', '0198f2c4-5b6d-7e8f'],
  ['a_b', 'a_5fb'],
  ['é', '_c3_a9'],
])('%s as a tag: %s', (given, tag) => {
  expect(tagText(given)).toBe(tag)
  expect(decodeURIComponent(tag.replaceAll('_', '%'))).toBe(given)
})

describe('what arrives', () => {
  test('one with images and files, her own and everybody’s', async () => {
    const shared = content({ attachments: [pdf('terms.pdf'), logo] })
    await withReceiver(
      async (provider, receiver) => {
        const own = message(1, { attachments: [pdf('ticket.pdf')] })
        const all = [own, message(2), message(3)]
        expect(provider.fits(all)).toBe(1)
        expect(await provider.send([own], signal)).toEqual([{ kind: 'accepted', providerId: '0102-1-000000' }])
        expect(await provider.send(all.slice(1), signal)).toMatchObject([{ kind: 'accepted' }, { kind: 'accepted' }])
        expect(receiver.deliveries.map(each => each.attachments.map(file => [file.fileName, file.contentId]))).toEqual([
          [
            ['terms.pdf', null],
            ['logo.png', 'logo@acme.example'],
            ['ticket.pdf', null],
          ],
          [
            ['terms.pdf', null],
            ['logo.png', 'logo@acme.example'],
          ],
          [
            ['terms.pdf', null],
            ['logo.png', 'logo@acme.example'],
          ],
        ])
      },
      { content: shared },
    )
  })

  test('a text with braces of its own goes one by one, and as it was written', async () => {
    const shared = content({
      text: ['Use {{name}} or {{{name}}}, ', '! }}'],
      html: ['<style>@media x{a{b:c}}</style>', ''],
    })
    await withReceiver(
      async (provider, receiver) => {
        for (const each of messages(2)) {
          expect(provider.fits([each, message(9)])).toBe(1)
          await provider.send([each], signal)
        }
        expect(receiver.deliveries.map(({ text, html }) => [text, html])).toEqual([
          ['Use {{name}} or {{{name}}}, Ada 1! }}', '<style>@media x{a{b:c}}</style>Ada 1'],
          ['Use {{name}} or {{{name}}}, Ada 2! }}', '<style>@media x{a{b:c}}</style>Ada 2'],
        ])
      },
      { content: shared },
    )
  })

  test('temporary credentials, an address in a foreign script, and a path before the API’s', async () => {
    const entries: string[] = []
    const sink = await startSink({
      apiKey: secretKey,
      clock: systemClock,
      onAccepted: accepted => entries.push(...accepted.map(entry => entry.address)),
    })
    const options = { region: 'eu-west-1', ...keys, session_token: '${AWS_SESSION_TOKEN}', base_url: sink.url('ses') }
    const provider = await open(options)
    const to = address('ada@bücher.example')
    expect(await provider.send([message(1, { to })], signal)).toMatchObject([{ kind: 'accepted' }])
    expect(await provider.check?.(signal)).toMatchObject([{}, {}, {}, { what: 'sender', verdict: 'good' }])
    expect(entries).toEqual(['ada@xn--bcher-kva.example'])
    await provider.close()
    await sink.close()
  })

  test('a wrong key is refused, and is in no word', async () => {
    await withReceiver(
      async provider => {
        const outcomes = await provider.send(messages(2), signal)
        expect(outcomes).toMatchObject(Array(2).fill({ kind: 'refused', scope: 'route', cause: { class: 'auth' } }))
        expect(JSON.stringify(outcomes)).not.toContain('another-key')
      },
      { key: 'another-key' },
    )
  })
})

describe('what SES can have in no call is refused here, and nothing leaves', () => {
  test.each([
    [
      'a letter beyond ASCII before the @',
      { to: address('ädä@example.org') },
      'config: SES takes no address with a character beyond ASCII before the @',
    ],
    [
      'fourteen headers',
      { headers: Array.from({ length: 14 }, (_, index) => ({ name: `X-${index}`, value: 'x' })) },
      'content: it has 16 headers with ours, and SES takes 15',
    ],
    [
      'a file name of 256 characters',
      { attachments: [pdf(`${'x'.repeat(252)}.pdf`)] },
      `content: the file name ${'x'.repeat(60)}… has 256 characters, and SES takes 255`,
    ],
    [
      'forty megabytes',
      { attachments: [{ ...pdf('big.pdf'), bytes: Buffer.alloc(30_000_000) }] },
      'content: it comes to 40000',
    ],
  ])('%s', async (_, more, says) => {
    await withReceiver(async (provider, receiver) => {
      const all = [message(1, more), message(2)]
      expect(provider.fits(all)).toBe(1)
      const [outcome] = await provider.send(all.slice(0, 1), signal)
      if (outcome?.kind !== 'refused') throw new Error('not refused')
      expect([outcome.scope, `${outcome.cause.class}: ${outcome.cause.text}`]).toEqual([
        'message',
        expect.stringContaining(says),
      ])
      expect(receiver.calls).toBe(0)
    })
  })
})

describe('what the operator must mend', () => {
  const region = { region: 'eu-west-1' }
  const sends = (more: Partial<SharedContent>) => ({ content: content(more) })
  test.each<[string, Options, Partial<RouteOpening>, string]>([
    ['no region', {}, {}, 'there is no region, and neither AWS_REGION nor AWS_DEFAULT_REGION is set'],
    [
      'a region in the environment that is none',
      {},
      { env: { AWS_REGION: 'Ireland' } },
      'AWS_REGION is not an AWS region',
    ],
    ['half a key', { ...region, access_key_id: 'AKIDEXAMPLE' }, {}, 'access_key_id and secret_access_key go together'],
    [
      'a token without a key',
      { ...region, session_token: '${T}' },
      {},
      'access_key_id and secret_access_key go together',
    ],
    ['a key and a profile', { ...region, ...keys, profile: 'news' }, {}, 'profile and keys do not go together'],
    ['FIPS at another place', { ...region, fips: true, base_url: 'https://x.example' }, {}, 'base_url and fips do not'],
    [
      'IPv6 at another place',
      { ...region, dual_stack: true, base_url: 'https://x.example' },
      {},
      'base_url and dual_stack',
    ],
    [
      'a sender beyond ASCII',
      region,
      sends({ from: { address: address('né@acme.example') } }),
      'né@acme.example has a character',
    ],
    [
      'a reply beyond ASCII',
      region,
      sends({ replyTo: { address: address('né@acme.example') } }),
      'né@acme.example has a char',
    ],
    ['a file name of 256 characters', region, sends({ attachments: [pdf('x'.repeat(256))] }), 'the file name xxx'],
    [
      'a Content-ID of 79',
      region,
      sends({ attachments: [{ ...logo, contentId: 'x'.repeat(79) }] }),
      'the Content-ID of logo',
    ],
    [
      'forty megabytes',
      region,
      sends({ attachments: [{ ...pdf('big.pdf'), bytes: Buffer.alloc(30_000_000) }] }),
      'text and attachments come to 41 MB, and SES takes messages of up to 40 MB',
    ],
  ])('%s', async (_, options, facts, says) => {
    await expect(open(options, facts)).rejects.toThrow(UserError)
    await expect(open(options, facts)).rejects.toThrow(says)
  })

  test.each([
    ['a region that is none', { region: 'Ireland' }, 'is not an AWS region such as eu-west-1'],
    ['a secret in the file', { ...region, secret_access_key: secretKey }, 'is a secret itself'],
    [
      'a configuration set that is none',
      { ...region, configuration_set: 'a b' },
      'is not the name of a configuration set',
    ],
  ])('%s', (_, options, says) => {
    expect(() => ses.options.parse(options)).toThrow(says)
  })

  test.each([
    [
      'AWS_REGION before AWS_DEFAULT_REGION',
      {},
      { AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'us-east-1' },
      'eu-west-1',
    ],
    ['AWS_DEFAULT_REGION alone', {}, { AWS_DEFAULT_REGION: 'us-east-1', AWS_REGION: '' }, 'us-east-1'],
    ['the route’s own before both', region, { AWS_REGION: 'us-east-1' }, 'eu-west-1'],
  ])('the region is %s', async (_, options, env, signedFor) => {
    const scopes: string[] = []
    const vendor: SinkVendor = {
      ...sesSink,
      read(request, key) {
        scopes.push(
          /\/(?<region>[a-z0-9-]+)\/ses\//.exec(request.headers.authorization ?? '')?.groups?.['region'] ?? '',
        )
        return sesSink.read(request, key)
      },
    }
    const receiver = await startVendorReceiver(vendor, { apiKey: secretKey })
    const provider = await open({ ...options, ...keys, base_url: receiver.url }, { env })
    expect(await provider.send([message(1)], signal)).toMatchObject([{ kind: 'accepted' }])
    expect(scopes).toEqual([signedFor])
    await provider.close()
    await receiver.close()
  })
})
