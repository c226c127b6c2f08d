import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { campaignJsonSchema } from '../../src/intake/campaign-schema.ts'
import { providerKinds } from '../../src/providers/index.ts'
import type { ProviderKind } from '../../src/providers/provider.ts'
import { secretKeys } from '../../src/providers/secret-option.ts'

function kind(name: string, options: z.ZodObject): ProviderKind {
  return {
    profile: {
      name,
      title: `The ${name} provider`,
      delivers: true,
      batchMax: 1,
      rateCounts: 'messages',
      messageMaxBytes: 1,
      idempotency: { kind: 'none' },
      lookup: 'no',
      guarantee: 'None.',
      defaultConcurrency: 1,
    },
    options,
    open: () => Promise.reject(new Error('not opened in this test')),
  }
}

const schema = campaignJsonSchema([
  kind('outbox', z.strictObject({ folder: z.string().default('outbox').describe('Where the messages are written') })),
  kind('parrot', z.strictObject({ ...secretKeys('api_key', { description: 'API key' }) })),
])

/** The parts of a JSON Schema that these tests look at. */
interface Part {
  readonly description?: string
  readonly properties?: Readonly<Record<string, Part>>
  readonly anyOf?: readonly Part[]
  readonly items?: Part
  readonly additionalProperties?: Part | boolean
  readonly required?: readonly string[]
  readonly allOf?: readonly unknown[]
}

describe('the JSON Schema', () => {
  test('has all fields of the file, each with what it is for', () => {
    const { properties = {}, required } = schema as Part
    expect(
      Object.entries(properties)
        .map(([name, { description }]) => `${name}: ${description}`)
        .join('\n'),
    ).toMatchInlineSnapshot(`
      "name: Name of the campaign, for people; may hold {{…}} from \`data\` and --var
      key: A recipient is mailed once per key; may hold {{…}} from \`data\` and --var. Default: the name
      from: Who it is from: Acme News <news@acme.example>
      reply_to: Where answers go. Default: to the sender
      subject: Subject line; may hold {{…}}
      template: File of the HTML part, relative to the campaign file, as all paths are
      layout: File of the layout around the template, which stands where {{{body}}} is
      text: File of the text part. Default: made from the HTML part
      partials: Folder of partials, or partials by name and path
      recipients: The list: path of a CSV file, or "-" for standard input
      columns: Field name to column name, where they differ; \`email\` names the column with the address
      data: Merge fields that are the same for everybody
      headers: Headers beyond the usual ones: name and value, which may hold {{…}}
      attachments: Files that go with every message; with {{…}} in the path, a file of each recipient's own
      list: How recipients leave the list
      empty: What a printed field that is empty does: it is an error of its row, or allowed
      routes: The ways out: provider accounts with their limits
      sites: How each receiving site is paced, over all routes: by name, domain or ending, or \`default\`. Large sites have built-in paces on routes where receivers see ours; naming one replaces its own. \`mx\` alone, or \`mx: true\` among them, makes one site of all domains whose mail one receiver takes
      schedule: When messages may leave: start, end, windows and quiet hours. Default: at any time
      retry: When what was deferred is tried again
      guard: When a run stops by itself
      thresholds: What the finished run is judged by, such as "failure_rate > 1%"; if one is crossed, send exits with 3: hard_bounce_rate, failure_rate, deferral_rate, complaint_rate, p50_latency, p95_latency, p99_latency
      priority: Which of several runs goes first where they use the same provider account. A critical run also takes the healthiest route. Default: bulk
      canary: Mails a few first, spread over the sites, and the others only if no threshold of \`guard\` is crossed"
    `)
    expect(required).toEqual(['name', 'from', 'subject', 'recipients', 'routes'])
  })

  test('describes every field of every provider there is, however deep', () => {
    const bare: string[] = []
    const walk = (part: Part, path: string): void => {
      for (const [name, field] of Object.entries(part.properties ?? {})) {
        if (field.description === undefined) bare.push(`${path}.${name}`)
        walk(field, `${path}.${name}`)
      }
      for (const each of part.anyOf ?? []) walk(each, path)
      if (part.items !== undefined) walk(part.items, `${path}[]`)
      if (typeof part.additionalProperties === 'object') walk(part.additionalProperties, `${path}.*`)
    }
    walk(campaignJsonSchema(providerKinds) as Part, '')
    expect(bare).toEqual([])
  })

  test('has the fields of each provider, and no others', () => {
    const routes = (schema as Part).properties?.['routes']?.items?.anyOf ?? []
    expect(
      routes.map(({ description, properties = {}, required, allOf, additionalProperties }) => ({
        description,
        fields: Object.keys(properties).join(' '),
        required,
        allOf,
        additionalProperties,
      })),
    ).toMatchInlineSnapshot(`
      [
        {
          "additionalProperties": false,
          "allOf": undefined,
          "description": "The outbox provider",
          "fields": "provider name rate concurrency weight order senders sites batch warmup folder",
          "required": [
            "provider",
          ],
        },
        {
          "additionalProperties": false,
          "allOf": [
            {
              "oneOf": [
                {
                  "required": [
                    "api_key",
                  ],
                },
                {
                  "required": [
                    "api_key_file",
                  ],
                },
                {
                  "required": [
                    "api_key_command",
                  ],
                },
              ],
            },
          ],
          "description": "The parrot provider",
          "fields": "provider name rate concurrency weight order senders sites batch warmup api_key api_key_file api_key_command",
          "required": [
            "provider",
          ],
        },
      ]
    `)
  })
})
