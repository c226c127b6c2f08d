/**
 * Our calls against Mailgun's own API description, where that is at hand (it lies beside the project, not in it): every field
 * is known to it or begins with a prefix that it leaves open, every required one is there, and values are as it says.
 */

import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { batchFields, encodeContent, singleFields } from '../../src/providers/mailgun-body.ts'
import { mailgunLookup } from '../../src/providers/mailgun-lookup.ts'
import type { FormField } from '../../src/providers/multipart-form.ts'
import { bytesOf } from '../support/mailgun-form.ts'
import { address, content, message, messages, sought } from '../support/provider-opening.ts'

const description = new URL('../../../shared/specs/mailgun/openapi.yaml', import.meta.url)
const absent = !existsSync(description)

const property = z.object({
  type: z.string(),
  items: z.object({ format: z.string().optional() }).optional(),
  enum: z.array(z.string()).optional(),
})
const parameter = z.object({ name: z.string(), in: z.string(), schema: z.object({}).optional() })
const document = z.object({
  paths: z.object({
    '/v3/{domain_name}/events': z.object({ get: z.object({ parameters: z.array(parameter) }) }),
  }),
  components: z.object({
    schemas: z.object({
      'POST-v3-domain_name-messages-multipart-form-data-RequestBody': z.object({
        properties: z.record(z.string(), property),
        required: z.array(z.string()),
      }),
    }),
  }),
})

type Form = { readonly properties: Record<string, z.output<typeof property>>; readonly required: readonly string[] }

function problems(fields: readonly FormField[], { properties, required }: Form): readonly string[] {
  const names = fields.map(field => field.name)
  const lacking = required.filter(name => !names.includes(name)).map(name => `lacks ${name}`)
  const wrong = fields.flatMap(({ name, file, content: pieces }) => {
    // `h:X-My-Header` and `v:my-var` stand for any of their kind.
    const own = properties[/^h:/.test(name) ? 'h:X-My-Header' : /^v:/.test(name) ? 'v:my-var' : name]
    if (own === undefined) return [`${name} is unknown`]
    if (own.enum !== undefined && !own.enum.includes(bytesOf(pieces).toString())) return [`${name} has another value`]
    if ((own.items?.format === 'binary') !== (file !== undefined)) return [`${name} is a file, or is none`]
    const repeated = names.filter(each => each === name).length > 1
    return repeated && own.type !== 'array' ? [`${name} is there more than once`] : []
  })
  return [...lacking, ...wrong]
}

describe.skipIf(absent)('our calls, by Mailgun’s API description', () => {
  const read = () => document.parse(parse(readFileSync(description, 'utf8')))
  const file = { fileName: 'terms.pdf', contentType: 'application/pdf', bytes: Buffer.from('%PDF') }
  const image = { ...file, contentId: 'logo' }
  const shared = content({ replyTo: { address: address('hello@acme.example') }, attachments: [file, image] })
  const bare = content({ from: { address: address('news@acme.example') }, html: null, text: ['Hello!'] })
  const full = encodeContent(shared, { sandbox: true, tags: ['a', 'b'] })
  const listed = { headers: [{ name: 'List-Unsubscribe', value: '<https://acme.example/u/1>' }] }
  const plain = { text: [], html: [], run: null }

  test.each([
    ['one, with everything', singleFields(full, message(1, { ...listed, attachments: [file] }))],
    ['one, with names of Mailgun’s', singleFields(full, message(1, { text: ['%recipient%'] }))],
    ['one, with nothing', singleFields(encodeContent(bare, { sandbox: false, tags: [] }), message(1, plain))],
    [
      'a batch with everything',
      batchFields(
        full,
        messages(3, () => listed),
      ),
    ],
  ])('%s', (_, fields) => {
    const form = read().components.schemas['POST-v3-domain_name-messages-multipart-form-data-RequestBody']
    expect(problems(fields, form)).toEqual([])
    // The check itself: what is not in the description, or lacks what is required, is noticed.
    const colour = { name: 'colour', content: ['blue'] }
    const without = fields.filter(({ name }) => name !== 'subject')
    expect(problems([...without, colour, { name: 'o:testmode', content: ['no'] }], form)).toEqual(
      expect.arrayContaining(['lacks subject', 'colour is unknown', 'o:testmode has another value']),
    )
  })

  test('a question for events has known filters', () => {
    const { path } = mailgunLookup.request({ domain: 'mg.acme.example', authorization: 'Basic x' }, [
      sought(message(1)),
    ])
    const { parameters } = read().paths['/v3/{domain_name}/events'].get
    const known = parameters.filter(each => each.in === 'query').map(each => each.name)
    expect([...new URL(path, 'http://localhost').searchParams.keys()].filter(name => !known.includes(name))).toEqual([])
  })
})
