/**
 * Amazon SES as somebody else has built it: `aws-ses-v2-local`, which renders templates by Handlebars without escaping, as SES
 * does by what its makers have seen of it. What it has stored is what we meant.
 */

import type { Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { joinText } from '../../src/model/edition.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { ses } from '../../src/providers/ses.ts'
import { address, content, message, messages, opening } from '../support/provider-opening.ts'

const { signal } = new AbortController()
// It is CommonJS with a default export, which loaders do not agree about.
const local = createRequire(import.meta.url)('aws-ses-v2-local') as typeof import('aws-ses-v2-local')
const shared = content({
  replyTo: { name: 'Hilfe', address: address('hello@acme.example') },
  text: ['Grüße ', ' – 你好 ', '.'],
  html: ['<p title="', '">Grüße 🎉 ', '</p>'],
  attachments: [
    { fileName: 'terms.pdf', contentType: 'application/pdf', bytes: Buffer.from('%PDF') },
    { fileName: 'logo.png', contentType: 'image/png', bytes: Buffer.from('PNG'), contentId: 'logo@acme.example' },
  ],
})
const filled = (id: number) => ({
  subject: `Für Ada ${id} & Söhne <100%>`,
  text: [`Ada "${id}" \\ & <b>`, 'Zeile 1\nZeile 2'],
  html: [`Ada &quot;${id}&quot;`, `&lt;Ada ${id}&gt; & 'Söhne'`],
  headers: [{ name: 'List-Unsubscribe', value: `<https://acme.example/u/${id}>` }],
})

let server: Server
let url: string
let provider: Provider

beforeAll(async () => {
  server = await local.default({ host: '127.0.0.1', port: 0 })
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const options = ses.options.parse({
    region: 'aws-ses-v2-local',
    access_key_id: '${ID}',
    secret_access_key: '${KEY}',
    base_url: url,
  })
  provider = await ses.open(
    opening({ options: JSON.parse(JSON.stringify(options)) }, { key: 'aKeyThatNobodyHas', content: shared }),
  )
})

afterAll(async () => {
  await provider.close()
  server.closeAllConnections()
  await new Promise(resolve => server.close(resolve))
})

const stored = z.object({
  emails: z.array(
    z.object({
      messageId: z.string(),
      from: z.string(),
      replyTo: z.array(z.string()),
      destination: z.object({ to: z.array(z.string()), cc: z.array(z.string()), bcc: z.array(z.string()) }),
      subject: z.string(),
      body: z.object({ text: z.string(), html: z.string() }),
      headers: z.array(z.object({ name: z.string(), value: z.string() })),
      attachments: z.array(
        z.object({
          filename: z.string(),
          contentType: z.string(),
          contentDisposition: z.string(),
          contentId: z.string().optional(),
          content: z.string(),
        }),
      ),
    }),
  ),
})

/** What it has stored since it was asked last. */
async function takeStored() {
  const { emails } = stored.parse(await (await fetch(`${url}/store`)).json())
  await fetch(`${url}/clear-store`, { method: 'POST' })
  return emails
}

const meant = (id: number) => ({
  from: 'Acme News <news@acme.example>',
  replyTo: ['Hilfe <hello@acme.example>'],
  destination: { to: [`ada${id}@example.org`], cc: [], bcc: [] },
  subject: filled(id).subject,
  body: {
    text: joinText(shared.text ?? [], filled(id).text),
    html: joinText(shared.html ?? [], filled(id).html),
  },
  headers: [
    { name: 'X-Mailblast-Message-ID', value: `<${id}.campaign@acme.example>` },
    { name: 'X-Mailblast-Run', value: 'run-1' },
    ...filled(id).headers,
  ],
})

test('SendEmail', async () => {
  const [outcome] = await provider.send([message(1, filled(1))], signal)
  const [email, ...more] = await takeStored()
  expect(more).toEqual([])
  expect(outcome).toEqual({ kind: 'accepted', providerId: email?.messageId })
  expect(email).toMatchObject({
    ...meant(1),
    attachments: [
      { filename: 'terms.pdf', contentType: 'application/pdf', contentDisposition: 'ATTACHMENT', content: 'JVBERg==' },
      { filename: 'logo.png', contentDisposition: 'INLINE', contentId: 'logo@acme.example', content: 'UE5H' },
    ],
  })
})

test('SendBulkEmail', async () => {
  const all = messages(50, filled)
  expect(provider.fits(all)).toBe(50)
  const outcomes = await provider.send(all, signal)
  const emails = await takeStored()
  expect(outcomes).toEqual(emails.map(({ messageId }) => ({ kind: 'accepted', providerId: messageId })))
  expect(emails).toMatchObject(all.map(({ id }) => meant(id)))
})
