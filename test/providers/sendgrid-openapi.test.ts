/**
 * Our calls against SendGrid's own API description, where that is at hand (it lies beside the project, not in it): every
 * property is known to it, every required one is there, and types, lengths and numbers are as it says.
 */

import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { batchBody, encodeContent, singleBody } from '../../src/providers/sendgrid-body.ts'
import { address, content, message, messages } from '../support/provider-opening.ts'

const description = new URL('../../../shared/specs/sendgrid/tsg_mail_v3.json', import.meta.url)
const absent = !existsSync(description)

/** The part of JSON Schema that the description uses. */
interface Schema {
  readonly $ref?: string | undefined
  readonly type?: string | undefined
  readonly properties?: Record<string, Schema> | undefined
  readonly required?: readonly string[] | undefined
  readonly items?: Schema | undefined
  readonly additionalProperties?: Schema | undefined
  readonly enum?: readonly unknown[] | undefined
  readonly minLength?: number | undefined
  readonly maxLength?: number | undefined
  readonly maxItems?: number | undefined
  readonly maxProperties?: number | undefined
}

const schema: z.ZodType<Schema> = z.lazy(() =>
  z.object({
    $ref: z.string().optional(),
    type: z.string().optional(),
    properties: z.record(z.string(), schema).optional(),
    required: z.array(z.string()).optional(),
    items: schema.optional(),
    additionalProperties: schema.optional(),
    enum: z.array(z.unknown()).optional(),
    minLength: z.number().optional(),
    maxLength: z.number().optional(),
    maxItems: z.number().optional(),
    maxProperties: z.number().optional(),
  }),
)

const document = z.object({
  components: z.object({
    schemas: z.record(z.string(), schema),
    requestBodies: z.object({
      PostMailSend: z.object({ content: z.object({ 'application/json': z.object({ schema }) }) }),
    }),
  }),
})

/** Where a value is not as its schema says. */
function problems(value: unknown, given: Schema, schemas: Record<string, Schema>, path: string): string[] {
  const { $ref, ...own } = given
  const target = $ref === undefined ? {} : (schemas[$ref.replace('#/components/schemas/', '')] ?? {})
  const its: Schema = { ...own, ...target }
  const found: string[] = []
  const expectThat = (holds: boolean, what: string) => void (holds || found.push(`${path}: ${what}`))
  if (its.enum !== undefined) expectThat(its.enum.includes(value), 'is none of the values')
  if (typeof value === 'string') {
    expectThat(its.type === 'string', `is a string, not ${its.type}`)
    expectThat(
      value.length >= (its.minLength ?? 0) && value.length <= (its.maxLength ?? Infinity),
      'has a wrong length',
    )
  } else if (Array.isArray(value)) {
    expectThat(its.type === 'array' && value.length <= (its.maxItems ?? Infinity), 'is no such array')
    for (const [index, each] of value.entries())
      found.push(...problems(each, its.items ?? {}, schemas, `${path}.${index}`))
  } else if (typeof value === 'object' && value !== null) {
    expectThat(
      its.type === 'object' && Object.keys(value).length <= (its.maxProperties ?? Infinity),
      'is no such object',
    )
    for (const name of its.required ?? []) expectThat(name in value, `lacks ${name}`)
    for (const [name, each] of Object.entries(value)) {
      // `headers` and `custom_args` are objects of whatever one likes.
      const property =
        its.properties === undefined ? (its.additionalProperties ?? { type: 'string' }) : its.properties[name]
      if (property === undefined) found.push(`${path}: ${name} is unknown`)
      else found.push(...problems(each, property, schemas, `${path}.${name}`))
    }
  } else expectThat(its.type === typeof value, `is a ${typeof value}, not ${its.type}`)
  return found
}

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
    expect(problems(value, mail, components.schemas, 'body')).toEqual([])
    // The check itself: what is not in the description, or lacks what is required, is noticed.
    expect(problems({ ...Object(value), colour: 'blue' }, mail, components.schemas, 'body')).toEqual([
      'body: colour is unknown',
    ])
    expect(problems({ from: {} }, mail, components.schemas, 'body')).toEqual([
      'body: lacks personalizations',
      'body.from: lacks email',
    ])
  })
})
