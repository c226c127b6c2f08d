/** Our emails against Resend's own API description, where that is at hand (it lies beside the project, not in it). */

import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { prepareResend } from '../../src/providers/resend-body.ts'
import { jsonSchema, schemaProblems } from '../support/json-schema.ts'
import { address, content, message } from '../support/provider-opening.ts'

const description = new URL('../../../shared/specs/resend/resend.openapi.json', import.meta.url)
const absent = !existsSync(description)

describe.skipIf(absent)('our emails, by Resend’s API description', () => {
  const shared = content({
    replyTo: { name: 'Acme', address: address('hello@acme.example') },
    attachments: [{ fileName: 'logo.png', contentType: 'image/png', bytes: Buffer.from('PNG'), contentId: 'a@b' }],
  })
  const bare = content({ from: { address: address('news@acme.example') }, html: null, text: ['Hello!'] })
  const listed = { headers: [{ name: 'List-Unsubscribe', value: '<https://acme.example/u/1>' }] }

  test.each([
    ['with everything', prepareResend(shared)(message(1, listed))],
    ['with nothing', prepareResend(bare)(message(1, { text: [], html: [] }))],
  ])('%s', (_, pieces) => {
    // The description has more kinds of schemas than are needed here.
    const { components } = z
      .object({ components: z.object({ schemas: z.record(z.string(), z.unknown()) }) })
      .parse(JSON.parse(readFileSync(description, 'utf8')))
    const schemas = Object.fromEntries(
      ['SendEmailRequest', 'Attachment', 'Tag', 'EmailTemplateInput'].map(name => [
        name,
        jsonSchema.parse(components.schemas[name]),
      ]),
    )
    const mail = { $ref: '#/components/schemas/SendEmailRequest' }
    const value: unknown = JSON.parse(Buffer.concat(pieces.map(piece => Buffer.from(piece))).toString())
    expect(schemaProblems(value, mail, schemas)).toEqual([])
    // The check itself: what is not in the description, lacks what is required, or is of another type, is noticed.
    expect(
      schemaProblems({ ...Object(value), colour: 'blue', subject: undefined, tags: [{ name: 7 }] }, mail, schemas),
    ).toEqual(expect.arrayContaining(['body: colour is unknown', 'body.tags.0.name: is 7, not string']))
    expect(schemaProblems({ to: [] }, mail, schemas)).toEqual(
      expect.arrayContaining(['body: lacks from', 'body: lacks subject']),
    )
  })
})
