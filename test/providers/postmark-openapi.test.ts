/** Our messages against Postmark's own API description, where that is at hand (it lies beside the project, not in it). */

import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { preparePostmark } from '../../src/providers/postmark-body.ts'
import { jsonSchema, schemaProblems } from '../support/json-schema.ts'
import { address, content, message } from '../support/provider-opening.ts'

const description = new URL('../../../shared/specs/postmark/server.swagger.yml', import.meta.url)
const absent = !existsSync(description)

/** The description is older than these; message streams and metadata are on the pages on the email API and on metadata. */
const newer = { MessageStream: { type: 'string' }, Metadata: { type: 'object' } }

describe.skipIf(absent)('our messages, by Postmark’s API description', () => {
  const shared = content({
    replyTo: { name: 'Acme', address: address('hello@acme.example') },
    attachments: [
      { fileName: 'terms.pdf', contentType: 'application/pdf', bytes: Buffer.from('%PDF'), contentId: 'a@b' },
    ],
  })
  const bare = content({ from: { address: address('news@acme.example') }, html: null, text: ['Hello!'] })
  const usual = {
    messageStream: 'broadcast',
    unsubscribe: 'own',
    trackOpens: undefined,
    trackLinks: undefined,
  } as const
  const listed = { headers: [{ name: 'List-Unsubscribe', value: '<https://acme.example/u/1>' }] }

  test.each([
    [
      'with everything',
      preparePostmark(shared, { ...usual, trackOpens: true, trackLinks: 'HtmlOnly' }).message(message(1, listed)),
    ],
    ['with nothing', preparePostmark(bare, usual).message(message(1, { text: [], html: [] }))],
  ])('%s', (_, pieces) => {
    const { definitions } = z
      .object({ definitions: z.record(z.string(), jsonSchema) })
      .parse(parse(readFileSync(description, 'utf8')))
    const mail = definitions['SendEmailRequest']
    const schema = { ...mail, properties: { ...mail?.properties, ...newer } }
    const value: unknown = JSON.parse(Buffer.concat(pieces.map(piece => Buffer.from(piece))).toString())
    expect(schemaProblems(value, schema, definitions)).toEqual([])
    // The check itself: what is not in the description, or is of another type, is noticed.
    expect(schemaProblems({ ...Object(value), Colour: 'blue', Headers: [{ Name: 7 }] }, schema, definitions)).toEqual(
      expect.arrayContaining(['body: Colour is unknown', 'body.Headers.0.Name: is 7, not string']),
    )
  })
})
