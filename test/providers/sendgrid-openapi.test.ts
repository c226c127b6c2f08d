/**
 * Our calls against SendGrid's own API description, where that is at hand (it lies beside the project, not in it): every
 * property is known to it, every required one is there, and types, lengths and numbers are as it says.
 */

import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { batchBody, encodeContent, singleBody } from '../../src/providers/sendgrid-body.ts'
import { jsonSchema, schemaProblems } from '../support/json-schema.ts'
import { address, content, message, messages } from '../support/provider-opening.ts'

const description = new URL('../../../shared/specs/sendgrid/tsg_mail_v3.json', import.meta.url)
const absent = !existsSync(description)

const document = z.object({
  components: z.object({
    schemas: z.record(z.string(), jsonSchema),
    requestBodies: z.object({
      PostMailSend: z.object({ content: z.object({ 'application/json': z.object({ schema: jsonSchema }) }) }),
    }),
  }),
})

describe.skipIf(absent)('our calls, by SendGrid’s API description', () => {
  const shared = content({
    replyTo: { name: 'Acme', address: address('hello@acme.example') },
    attachments: [{ fileName: 'terms.pdf', contentType: 'application/pdf', bytes: Buffer.from('%PDF') }],
  })
  const bare = content({ from: { address: address('news@acme.example') }, html: null, text: ['Hello!'] })
  const plain = { text: [], html: [] }
  const listed = { headers: [{ name: 'List-Unsubscribe', value: '<https://acme.example/u/1>' }] }

  test.each([
    [
      'one, with everything',
      singleBody(encodeContent(shared, true), message(1, { ...listed, attachments: shared.attachments })),
    ],
    ['one, with nothing', singleBody(encodeContent(bare, false), message(1, plain))],
    [
      'a batch with everything',
      batchBody(
        encodeContent(shared, true),
        messages(3, () => listed),
      ),
    ],
    [
      'a batch with nothing',
      batchBody(
        encodeContent(bare, false),
        messages(1000, () => plain),
      ),
    ],
  ])('%s', (_, body) => {
    const { components } = document.parse(JSON.parse(readFileSync(description, 'utf8')))
    const { schema: mail } = components.requestBodies.PostMailSend.content['application/json']
    const value: unknown = JSON.parse(Buffer.concat(body.map(piece => Buffer.from(piece))).toString())
    expect(schemaProblems(value, mail, components.schemas)).toEqual([])
    // The check itself: what is not in the description, or lacks what is required, is noticed.
    expect(schemaProblems({ ...Object(value), colour: 'blue' }, mail, components.schemas)).toEqual([
      'body: colour is unknown',
    ])
    expect(schemaProblems({ from: {} }, mail, components.schemas)).toEqual([
      'body: lacks personalizations',
      'body.from: lacks email',
    ])
  })
})
