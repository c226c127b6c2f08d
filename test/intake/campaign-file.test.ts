import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { readCampaign } from '../../src/intake/campaign-file.ts'
import { UserError } from '../../src/model/errors.ts'
import { providerKinds } from '../../src/providers/index.ts'
import type { ProviderKind } from '../../src/providers/provider.ts'
import { secretKeys } from '../../src/providers/secret-option.ts'

/** A provider as a vendor's file describes one; it is never opened here. */
function kind(name: string, options: z.ZodObject, batchMax = 1000): ProviderKind {
  return {
    profile: {
      name,
      title: `The ${name} provider`,
      delivers: true,
      batchMax,
      rateCounts: 'messages',
      messageMaxBytes: 1_000_000,
      idempotency: { kind: 'none' },
      lookup: 'no',
      guarantee: 'None.',
      defaultConcurrency: 7,
    },
    options,
    open: () => Promise.reject(new Error('not opened in this test')),
  }
}

const kinds = [
  kind('outbox', z.strictObject({ dir: z.string().default('outbox').describe('Where the messages are written') })),
  kind(
    'parrot',
    z.strictObject({
      ...secretKeys('api_key', { description: 'API key' }),
      ...secretKeys('proxy', { description: 'Proxy', required: false, reveals: text => /:\w+@/.test(text) }),
      base_url: z.string().default('https://api.parrot.example').describe('Where the API is'),
      region: z.enum(['eu', 'us']).optional().describe('Region'),
    }),
    50,
  ),
]

const env = {
  PARROT_KEY: 'polly-secret',
  CITY: 'Paris',
  EMPTY: '',
  SENDER: 'Acme News <news@acme.example>',
  CREDENTIALS: 'credentials',
}

const machineZone = () => 'Europe/Berlin'

let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mailblast-campaign-'))
  await mkdir(join(folder, 'credentials'))
  await writeFile(join(folder, 'credentials', 'key'), 'polly-secret\n')
})

afterAll(() => rm(folder, { recursive: true }))

async function read(text: string | Uint8Array, vars: Record<string, string> = {}) {
  const file = join(folder, 'campaign.yml')
  await writeFile(file, text)
  return readCampaign(file, { env, vars, kinds, machineZone })
}

/** What a person is shown for a campaign file that is refused, with the folder's name taken out. */
async function refusal(text: string | Uint8Array, vars: Record<string, string> = {}): Promise<string> {
  try {
    await read(text, vars)
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    expect(error.exitCode).toBe(2)
    const remedy = error.remedy === undefined ? '' : `\n  ${error.remedy.replaceAll('\n', '\n  ')}`
    return `${error.where}: ${error.message}${remedy}`.replaceAll(`${folder}/`, '')
  }
  throw new Error(`the file was accepted: ${text}`)
}

/** The smallest campaign, to which a test adds what it is about. */
const minimal = `name: november
from: news@acme.example
subject: Hello
template: hello.hbs
recipients: list.csv
routes:
  - provider: outbox
`

/** The same, with one of its fields replaced. */
function withField(name: string, line: string): string {
  return minimal.replace(new RegExp(`^${name}:.*\n`, 'm'), () => `${line}\n`)
}

describe('a campaign file that is good', () => {
  test('is read as a whole', async () => {
    const campaign = await read(
      `
name: november-newsletter
key: newsletter-{{version}}
from: Acme News <news@Acme.Example>
reply_to: hello@acme.example
subject: "{{first_name}}, what is new in November"
template: newsletter.hbs
layout: layout.hbs
text: newsletter.txt
partials: { footer: parts/footer.hbs }
recipients: { path: recipients.csv, columns: { first_name: First Name }, delimiter: tab, encoding: windows-1252 }
columns: { email: E-Mail-Adresse }
data: { company: Acme, city: "\${CITY}", since: 1999, "on": true, tags: [a, b], price: "$\${5}" }
headers: { X-Campaign: november, X-City: "\${CITY}" }
attachments: [ ./terms.pdf, "./invoices/{{id}}.pdf" ]
list: { unsubscribe_url: "https://acme.example/u/{{unsubscribe_token}}", unsubscribe_mailto: "u+{{unsubscribe_token}}@acme.example", postal_address: "1 Acme Street" }
empty: allow
routes:
  - provider: parrot
    api_key: \${PARROT_KEY}
    rate: [100/s, 50000/d]
    concurrency: 20
    weight: 3
    sites: [Google, "*.EDU", münchen.de]
    batch: 10
  - provider: parrot
    name: reserve
    api_key_file: \${CREDENTIALS}/key
    base_url: https://\${CITY}.parrot.example
    rate: 5/s
sites:
  default: { rate: 50/s, concurrency: 10 }
  Yahoo: { rate: [20/s, 1000/h] }
  "*.edu": { concurrency: 2 }
  Google: { rate: unlimited }
retry: { delays: [30s, 2h], max_age: 2d }
guard: { stop_when: ["hard_bounce_rate > 5% of 200", "failure_rate>12.5%", "p95_latency > 1.5s", " p50_latency>250 ms of 5000 "], max_recipients: 100000 }
thresholds: ["failure_rate > 1%", "p99_latency > 5s of 50"]
`,
      { version: '2026-11', company: 'Acme Ltd' },
    )
    expect(campaign.file).toBe(join(folder, 'campaign.yml'))
    expect({ ...campaign, file: 'campaign.yml' }).toMatchInlineSnapshot(`
      {
        "attachments": [
          "./terms.pdf",
          "./invoices/{{id}}.pdf",
        ],
        "data": {
          "city": "Paris",
          "company": "Acme Ltd",
          "on": true,
          "price": "$\${5}",
          "since": 1999,
          "tags": [
            "a",
            "b",
          ],
          "version": "2026-11",
        },
        "delivery": {
          "canary": null,
          "guard": {
            "maxRecipients": 100000,
            "stopWhen": [
              {
                "atLeast": 200,
                "metric": "hard_bounce_rate",
                "share": 0.05,
                "text": "hard_bounce_rate > 5% of 200",
              },
              {
                "atLeast": 100,
                "metric": "failure_rate",
                "share": 0.125,
                "text": "failure_rate>12.5%",
              },
              {
                "atLeast": 100,
                "limitMs": 1500,
                "metric": "p95_latency",
                "text": "p95_latency > 1.5s",
              },
              {
                "atLeast": 5000,
                "limitMs": 250,
                "metric": "p50_latency",
                "text": "p50_latency>250 ms of 5000",
              },
            ],
          },
          "priority": "bulk",
          "retry": {
            "classes": {},
            "delaysMs": [
              30000,
              7200000,
            ],
            "maxAgeMs": 172800000,
          },
          "routes": [
            {
              "batch": 10,
              "concurrency": 20,
              "name": "parrot",
              "options": {
                "api_key": {
                  "from": "text",
                  "text": "\${PARROT_KEY}",
                },
                "base_url": "https://api.parrot.example",
              },
              "order": 1,
              "provider": "parrot",
              "rates": [
                {
                  "count": 100,
                  "perMs": 1000,
                },
                {
                  "count": 50000,
                  "perMs": 86400000,
                },
              ],
              "senders": null,
              "sites": [
                "google",
                "*.edu",
                "xn--mnchen-3ya.de",
              ],
              "warmup": null,
              "weight": 3,
            },
            {
              "batch": "auto",
              "concurrency": 7,
              "name": "reserve",
              "options": {
                "api_key_file": {
                  "from": "file",
                  "path": "\${CREDENTIALS}/key",
                },
                "base_url": "https://Paris.parrot.example",
              },
              "order": 1,
              "provider": "parrot",
              "rates": [
                {
                  "count": 5,
                  "perMs": 1000,
                },
              ],
              "senders": null,
              "sites": null,
              "warmup": null,
              "weight": 1,
            },
          ],
          "schedule": null,
          "sites": {
            "*.edu": {
              "concurrency": 2,
              "rates": [],
            },
            "default": {
              "concurrency": 10,
              "rates": [
                {
                  "count": 50,
                  "perMs": 1000,
                },
              ],
            },
            "google": {
              "concurrency": null,
              "rates": [],
            },
            "yahoo": {
              "concurrency": null,
              "rates": [
                {
                  "count": 20,
                  "perMs": 1000,
                },
                {
                  "count": 1000,
                  "perMs": 3600000,
                },
              ],
            },
          },
          "sitesBy": "domain",
          "thresholds": [
            {
              "atLeast": 1,
              "metric": "failure_rate",
              "share": 0.01,
              "text": "failure_rate > 1%",
            },
            {
              "atLeast": 50,
              "limitMs": 5000,
              "metric": "p99_latency",
              "text": "p99_latency > 5s of 50",
            },
          ],
        },
        "empty": "allow",
        "file": "campaign.yml",
        "from": {
          "address": "news@acme.example",
          "name": "Acme News",
        },
        "headers": {
          "X-Campaign": "november",
          "X-City": "Paris",
        },
        "key": "newsletter-2026-11",
        "layout": "layout.hbs",
        "list": {
          "postalAddress": "1 Acme Street",
          "unsubscribeMailto": "u+{{unsubscribe_token}}@acme.example",
          "unsubscribeUrl": "https://acme.example/u/{{unsubscribe_token}}",
        },
        "name": "november-newsletter",
        "partials": {
          "footer": "parts/footer.hbs",
        },
        "recipients": {
          "columns": {
            "email": "E-Mail-Adresse",
            "first_name": "First Name",
          },
          "delimiter": "	",
          "encoding": "windows-1252",
          "path": "recipients.csv",
        },
        "replyTo": {
          "address": "hello@acme.example",
        },
        "subject": "{{first_name}}, what is new in November",
        "template": "newsletter.hbs",
        "text": "newsletter.txt",
      }
    `)
  })

  test('needs little, and has defaults for the rest', async () => {
    const campaign = await read(minimal)
    expect({ ...campaign, file: 'campaign.yml' }).toMatchInlineSnapshot(`
      {
        "attachments": [],
        "data": {},
        "delivery": {
          "canary": null,
          "guard": {
            "maxRecipients": null,
            "stopWhen": [],
          },
          "priority": "bulk",
          "retry": {
            "classes": {},
            "delaysMs": [
              60000,
              300000,
              900000,
              3600000,
              14400000,
            ],
            "maxAgeMs": 259200000,
          },
          "routes": [
            {
              "batch": "auto",
              "concurrency": 7,
              "name": "outbox",
              "options": {
                "dir": "outbox",
              },
              "order": 1,
              "provider": "outbox",
              "rates": [],
              "senders": null,
              "sites": null,
              "warmup": null,
              "weight": 1,
            },
          ],
          "schedule": null,
          "sites": {},
          "sitesBy": "domain",
          "thresholds": [],
        },
        "empty": "error",
        "file": "campaign.yml",
        "from": {
          "address": "news@acme.example",
        },
        "headers": {},
        "key": "november",
        "layout": null,
        "list": null,
        "name": "november",
        "partials": null,
        "recipients": {
          "columns": {},
          "delimiter": null,
          "encoding": null,
          "path": "list.csv",
        },
        "replyTo": null,
        "subject": "Hello",
        "template": "hello.hbs",
        "text": null,
      }
    `)
  })

  test.each([
    [
      'text on several lines that ends with a break',
      'subject',
      'subject: >\n  Hello\n  there\n',
      { subject: 'Hello there' },
    ],
    [
      'a mailbox whose name holds a comma',
      'from',
      'from: \'"Acme, Inc." <news@acme.example>\'',
      { from: { name: 'Acme, Inc.', address: 'news@acme.example' } },
    ],
    [
      'a mailbox whose name holds a comma without quotes',
      'from',
      'from: Acme, Inc. <news@acme.example>',
      { from: { name: 'Acme, Inc.', address: 'news@acme.example' } },
    ],
    [
      'a mailbox from the environment',
      'from',
      'from: ${SENDER}',
      { from: { name: 'Acme News', address: 'news@acme.example' } },
    ],
    [
      'standard input',
      'recipients',
      'recipients: "-"',
      { recipients: { path: '-', columns: {}, delimiter: null, encoding: null } },
    ],
    ['only a text part', 'template', 'text: hello.txt', { template: null, text: 'hello.txt' }],
    ['a folder of partials', 'template', 'template: a.hbs\npartials: parts', { partials: 'parts' }],
    ['an alias', 'template', 'template: &same a.hbs\ntext: *same', { template: 'a.hbs', text: 'a.hbs' }],
    [
      'an anchor given twice',
      'template',
      'template: a.hbs\ndata: { x: &x { y: &y 1 }, z: &y 2, again: *x, last: *y }',
      { data: { again: { y: 1 }, last: 2 } },
    ],
    [
      'a list that is left by mail',
      'template',
      'template: a.hbs\nlist: { unsubscribe_mailto: u@acme.example }',
      { list: { unsubscribeUrl: null, unsubscribeMailto: 'u@acme.example', postalAddress: null } },
    ],
    [
      'a header that `list:` does not write',
      'template',
      'template: a.hbs\nlist: { postal_address: x }\nheaders: { List-Unsubscribe: <https://acme.example> }',
      { headers: { 'List-Unsubscribe': '<https://acme.example>' } },
    ],
    [
      'a variable that is escaped',
      'subject',
      'subject: $${CITY} and $CITY and {{city}}',
      { subject: '${CITY} and $CITY and {{city}}' },
    ],
    [
      'sites by MX',
      'subject',
      'subject: x\nsites: mx',
      { delivery: expect.objectContaining({ sites: {}, sitesBy: 'mx' }) },
    ],
    [
      'sites by MX, and paces',
      'subject',
      'subject: x\nsites: { mx: true, default: { concurrency: 5 } }',
      { delivery: expect.objectContaining({ sites: { default: { rates: [], concurrency: 5 } }, sitesBy: 'mx' }) },
    ],
    [
      'sites not by MX',
      'subject',
      'subject: x\nsites: { mx: false }',
      { delivery: expect.objectContaining({ sites: {}, sitesBy: 'domain' }) },
    ],
  ])('may hold %s', async (_, field, line, expected) => {
    expect(await read(withField(field, line))).toMatchObject(expected)
  })

  test('may begin with a byte order mark and have CRLF', async () => {
    expect(await read(`\ufeff${minimal.replaceAll('\n', '\r\n')}`)).toMatchObject({ name: 'november' })
  })

  test('keeps secrets as references, whatever the environment holds', async () => {
    const campaign = await read(
      minimal.replace(
        'provider: outbox',
        'provider: parrot\n    api_key: key-${PARROT_KEY}\n    proxy_command: pass ${CITY}',
      ),
    )
    expect(campaign.delivery.routes[0]?.options).toEqual({
      api_key: { from: 'text', text: 'key-${PARROT_KEY}' },
      proxy_command: { from: 'command', command: 'pass ${CITY}' },
      base_url: 'https://api.parrot.example',
    })
    expect(JSON.stringify(campaign)).not.toContain('polly-secret')
  })

  test('takes a text that its provider knows to hold no secret', async () => {
    const route = 'provider: parrot\n    api_key: ${PARROT_KEY}\n    proxy: http://localhost:8080'
    const campaign = await read(minimal.replace('provider: outbox', route))
    expect(campaign.delivery.routes[0]?.options['proxy']).toEqual({ from: 'text', text: 'http://localhost:8080' })
  })

  test('has data that --var overrides, for its key too', async () => {
    const text = `${minimal}key: release-{{product}}-{{version}}\ndata: { product: anvil, version: none }\n`
    expect(await read(text, { version: '2.0 <beta>' })).toMatchObject({
      key: 'release-anvil-2.0 <beta>',
      data: { product: 'anvil', version: '2.0 <beta>' },
    })
  })
})

describe('a file that is no campaign', () => {
  test('says what it is instead', async () => {
    const deep = `${'[ '.repeat(40)}${'] '.repeat(40)}`
    const bomb = `a: &a [1,1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]`
    const files: readonly (readonly [string, string | Uint8Array])[] = [
      ['empty', ''],
      ['only comments', '# nothing\n'],
      ['a list', '- a\n- b\n'],
      ['a text', 'hello'],
      ['not YAML', 'name: "november\nfrom: x'],
      ['a slot without quotes', withField('subject', 'subject: {{first_name}}, hello')],
      ['a slot without quotes, alone', withField('subject', 'subject: {{first_name}}')],
      ['standard input without quotes', withField('recipients', 'recipients: -')],
      ['a field twice', `${minimal}name: again\n`],
      ['two documents', `${minimal}---\n${minimal}`],
      ['an unknown tag', `${minimal}data: !secret x\n`],
      ['an alias without anchor', `${minimal}text: *nowhere\n`],
      ['an alias within itself', `${minimal}data: &a { a: *a }\n`],
      ['too deep', `${minimal}data: { a: ${deep} }\n`],
      ['too many values', bomb],
      ['too many aliases', `a: &a 1\nb: [${'*a ,'.repeat(200_000)}]`],
      ['too long', `# ${'x'.repeat(1024 * 1024)}\n`],
      ['not UTF-8', Buffer.from(`name: caf\xe9\n`, 'latin1')],
      ['a spreadsheet', Buffer.from('PK\x03\x04\x14\0\x06\0', 'latin1')],
      ['prototype', `${minimal}data: { __proto__: { a: 1 } }\n`],
    ]
    const said = []
    for (const [name, text] of files) said.push(`${name}\n${await refusal(text)}\n`)
    expect(said.join('\n')).toMatchInlineSnapshot(`
      "empty
      campaign.yml: the file is empty
        It is to begin with a line such as \`name: november-newsletter\`.

      only comments
      campaign.yml: the file is empty
        It is to begin with a line such as \`name: november-newsletter\`.

      a list
      campaign.yml: the file is not a mapping
        It is to begin with a line such as \`name: november-newsletter\`.

      a text
      campaign.yml: the file is not a mapping
        It is to begin with a line such as \`name: november-newsletter\`.

      not YAML
      campaign.yml:2:8: this is not YAML: Missing closing "quote
        Quote values that begin with { [ - * & ! @ % \` or hold a colon and a space: subject: "{{first_name}}: hello"

      a slot without quotes
      campaign.yml:3:24: this is not YAML: Unexpected scalar at node end
        Quote values that begin with { [ - * & ! @ % \` or hold a colon and a space: subject: "{{first_name}}: hello"

      a slot without quotes, alone
      campaign.yml:3:10: subject: a name is expected before the colon
        If a value begins with {{, put it in quotes: "{{first_name}}, hello".

      standard input without quotes
      campaign.yml:5:13: this is not YAML: Unexpected block-seq-ind on same line with key
        Quote values that begin with { [ - * & ! @ % \` or hold a colon and a space: subject: "{{first_name}}: hello"

      a field twice
      campaign.yml:8:1: a name is given twice in one mapping
        Keep one of the two.

      two documents
      campaign.yml:8:1: the file holds more than one document
        Remove the line \`---\`.

      an unknown tag
      campaign.yml:8:7: this is not YAML: Unresolved tag: !secret
        Quote values that begin with { [ - * & ! @ % \` or hold a colon and a space: subject: "{{first_name}}: hello"

      an alias without anchor
      campaign.yml:8:7: text: the alias has no anchor before it

      an alias within itself
      campaign.yml:8:10: data: values are nested more than 32 deep
        Write the file more simply.

      too deep
      campaign.yml:8:7: data: values are nested more than 32 deep
        Write the file more simply.

      too many values
      campaign.yml:5:4: e: the file holds more than 100000 values
        Write the file more simply.

      too many aliases
      campaign.yml:2:4: b: the file holds more than 100000 values
        Write the file more simply.

      too long
      campaign.yml: the file is longer than 1048576 bytes
        Is it the right file?

      not UTF-8
      campaign.yml:1: the text is not UTF-8: the byte at offset 9 is 0xE9
        Save the file as UTF-8.

      a spreadsheet
      campaign.yml: this is not a text file; it seems to be a spreadsheet (xlsx, ods) or a zip archive
        Export it as CSV, or unpack it.

      prototype
      campaign.yml:8:7: data: the name \`__proto__\` is not allowed
      "
    `)
  })

  test('is refused where the parser itself gives up', async () => {
    expect(await refusal(`data: ${'['.repeat(20_000)}`)).toMatch(/: values are nested more than 32 deep\n/)
  })

  test('is not there, or is a folder', async () => {
    const errors: string[] = []
    for (const path of ['nowhere.yml', 'credentials', 'credentials/key/campaign.yml']) {
      await readCampaign(join(folder, path), { env, vars: {}, kinds, machineZone }).catch(
        ({ where, message, remedy }) => {
          errors.push(`${where.replace(folder, '')}: ${message} ${remedy}`)
        },
      )
    }
    expect(errors.join('\n')).toMatchInlineSnapshot(`
      "/nowhere.yml: there is no such file Check the path.
      /credentials: this is a folder, not a file Give the path of a file.
      /credentials/key/campaign.yml: there is no such file: a part of its path is not a folder Check the path."
    `)
  })
})

describe('a campaign file with mistakes', () => {
  test('is told all of them at once, in the order of the file', async () => {
    const text = `nane: november
from: Acme
subjekt: Hello
reply-to: a@b.example
recipients: { path: list.csv, colums: {} }
headers: { Content-Type: text/html, X-Ok: fine }
retry: { delay: [1m] }
routes:
  - provider: parot
  - provider: parrot
    api_key: sk-literal-secret
    rte: 5/s
sites: { yahoo: { rates: 1/s } }
`
    const shown = await refusal(text)
    expect(shown).toMatchInlineSnapshot(`
      "campaign.yml: 14 mistakes in this file
        campaign.yml:1:1: name: is missing
        campaign.yml:1:1: subject: is missing
        campaign.yml:1:1: nane: is not known here; did you mean \`name\`?
        campaign.yml:1:1: template: is missing, and so is \`text\`. Give one of them, or both.
        campaign.yml:2:7: from: the address is empty; expected is one address, such as news@acme.example or Acme News <news@acme.example>
        campaign.yml:3:1: subjekt: is not known here; did you mean \`subject\`?
        campaign.yml:4:1: reply-to: is not known here; did you mean \`reply_to\`?
        campaign.yml:5:31: recipients.colums: is not known here; did you mean \`columns\`?
        campaign.yml:6:26: headers.Content-Type: cannot be set here: it follows from the content
        campaign.yml:7:10: retry.delay: is not known here; did you mean \`delays\`?
        campaign.yml:9:15: routes[0].provider: is not a provider that is known here; did you mean \`parrot\`?. The providers are outbox, parrot.
        campaign.yml:11:14: routes[1].api_key: is a secret itself, which must not stand in the file: write \${NAME} to take it from the environment, or use api_key_file or api_key_command
        campaign.yml:12:5: routes[1].rte: is not known here; did you mean \`rate\`?
        campaign.yml:13:19: sites.yahoo.rates: is not known here; did you mean \`rate\`?"
    `)
    expect(shown).not.toContain('literal')
  })

  const table: readonly (readonly [field: string, line: string])[] = [
    ['name', 'nothing: here'],
    ['name', 'name:'],
    ['name', 'name: ""'],
    ['name', 'name: 2026'],
    ['name', 'name: november {{version}}'],
    ['name', 'name: november {{hole}}\ndata: { hole: "" }'],
    ['name', 'name: november {{#if}}'],
    ['name', `name: ${'x'.repeat(201)}`],
    ['name', 'name: a\nkey: "a\\tb"'],
    ['name', 'name: a\nkey: 1.10'],
    ['from', 'from: Acme News'],
    ['from', 'from: Acme <press news@acme.example>'],
    ['from', 'from: news@acme.example Acme'],
    ['from', 'from: Acme <<news@acme.example>>'],
    ['from', 'from: a@acme.example, b@acme.example'],
    ['from', 'from: "staff: a@acme.example;"'],
    ['from', 'from: "{{city}} <news@acme.example>"'],
    ['from', 'from: "Acme\\r\\nBcc: x <news@acme.example>"'],
    ['from', 'from: { address: news@acme.example }'],
    ['from', 'from: ${NOBODY}'],
    ['from', 'from: ${toString}'],
    ['subject', 'subject: "Hello\\nBcc: x@y.example"'],
    ['subject', 'subject: [Hello]'],
    ['template', 'layout: layout.hbs'],
    ['template', 'text: a.txt\nlayout: layout.hbs'],
    ['template', 'template: ""'],
    ['template', 'template: a.hbs\npartials: 5'],
    ['recipients', 'recipients: [a.csv, b.csv]'],
    ['recipients', 'recipients: { columns: { a: b } }'],
    ['recipients', 'recipients: { path: a.csv, delimiter: ";;" }'],
    ['recipients', 'recipients: { path: a.csv, encoding: windows-1252x }'],
    ['recipients', 'recipients: { path: a.csv, columns: { a: b } }\ncolumns: { a: c }'],
    ['subject', 'subject: x\ndata: [a]'],
    ['subject', 'subject: x\ndata: { zip: 01234 }'],
    ['subject', 'subject: x\ndata: { account: 12345678901234567890 }'],
    ['subject', 'subject: x\nheaders: { "Bad Name": x }'],
    ['subject', 'subject: x\nheaders: { From: x }'],
    ['subject', 'subject: x\nheaders: { X-Mailblast-Run: x }'],
    ['subject', 'subject: x\nheaders: { content-transfer-encoding: x }'],
    ['subject', 'subject: x\nheaders: { X-A: "a\\nb" }'],
    ['subject', 'subject: x\nheaders: { X-A: 5 }'],
    ['subject', 'subject: x\nheaders: { constructor: x, To: x }'],
    ['subject', 'subject: x\nheaders: { X-A: a, x-a: b }'],
    ['subject', 'subject: x\nheaders: { List-Unsubscribe: x }\nlist: { unsubscribe_mailto: u@acme.example }'],
    ['subject', 'subject: x\nattachments: terms.pdf'],
    ['subject', 'subject: x\nlist: {}'],
    ['subject', 'subject: x\nlist: { unsubscribe_url: "http://acme.example/u" }'],
    ['subject', 'subject: x\nlist: { unsubscribe_url: "https://acme example/u" }'],
    ['subject', 'subject: x\nlist: { unsubscribe_mailto: "mailto:u@acme.example" }'],
    ['subject', 'subject: x\nlist: { unsubscribe_mailto: "{{u}}" }'],
    ['subject', 'subject: x\nempty: maybe'],
    ['subject', 'subject: x\nsites: { yahoo: { rate: fast } }'],
    ['subject', 'subject: x\nsites: { yahoo: { rate: 0/s } }'],
    ['subject', 'subject: x\nsites: { yahoo: { rate: [] } }'],
    ['subject', 'subject: x\nsites: { yahoo: { rate: 5 } }'],
    ['subject', 'subject: x\nsites: { yahoo: { rate: [unlimited, 5/s] } }'],
    ['subject', 'subject: x\nsites: { yahoo: { concurrency: 0 } }'],
    ['subject', 'subject: x\nsites: { "*.": { rate: 1/s } }'],
    ['subject', 'subject: x\nsites: { yahoo: { rate: 1/s }, Yahoo: { rate: 2/s } }'],
    ['subject', 'subject: x\nsites: gmx'],
    ['subject', 'subject: x\nsites: [mx]'],
    ['subject', 'subject: x\nsites: { mx: 5/s }'],
    ['subject', 'subject: x\nsites: { mx: { rate: 5/s } }'],
    ['subject', 'subject: x\nsites: { MX: { rate: 5/s } }'],
    ['subject', 'subject: x\nsites: { mx: true, yahoo: 5/s }'],
    ['subject', 'subject: x\nretry: { delays: [] }'],
    ['subject', 'subject: x\nretry: { delays: [5 minutes] }'],
    ['subject', 'subject: x\nretry: { max_age: 99999d }'],
    ['subject', 'subject: x\nguard: { stop_when: [hard_bounces > 5%] }'],
    ['subject', 'subject: x\nguard: { stop_when: ["failure_rate > 100%"] }'],
    ['subject', 'subject: x\nguard: { stop_when: ["failure_rate > 2s of 200"] }'],
    ['subject', 'subject: x\nguard: { stop_when: ["failure_rate > 5% of 0"] }'],
    ['subject', 'subject: x\nguard: { stop_when: ["p95_latency > 5% of 200"] }'],
    ['subject', 'subject: x\nguard: { stop_when: ["p95_latency > 0s"] }'],
    ['subject', 'subject: x\nguard: { stop_when: [p95_latency] }'],
    ['subject', 'subject: x\nguard: { max_recipients: 0.5 }'],
    ['subject', 'subject: x\ncanary: { share: 1% }'],
    ['subject', 'subject: x\nguard: { stop_when: [] }\ncanary: { share: 60%, hold: soon }'],
  ]

  test('shows for each what is expected', async () => {
    const said = []
    for (const [field, line] of table) {
      const text = withField(field, line)
      said.push(`${line.length > 100 ? `${line.slice(0, 20)}…` : line}\n${await refusal(text)}\n`)
    }
    expect(said.join('\n')).toMatchInlineSnapshot(`
      "nothing: here
      campaign.yml: 2 mistakes in this file
        campaign.yml:1:1: name: is missing
        campaign.yml:1:1: nothing: is not known here; there are: \`name\`, \`key\`, \`from\`, \`reply_to\`, \`subject\`, \`template\`, \`layout\`, \`text\`, \`partials\`, \`recipients\`, \`columns\`, \`data\`, \`headers\`, \`attachments\`, \`list\`, \`empty\`, \`routes\`, \`sites\`, \`schedule\`, \`retry\` and 4 more

      name:
      campaign.yml:1:6: name: has no value
        Give it one, or remove the line.

      name: ""
      campaign.yml:1:7: name: is empty

      name: 2026
      campaign.yml:1:7: name: expected is text, found is a number
        Put it in quotes.

      name: november {{version}}
      campaign.yml:1:7: name: nothing is given for {{version}}
        Give it by --var version=…, or under \`data:\`.

      name: november {{hole}}
      data: { hole: "" }
      campaign.yml:1:7: name: nothing is given for {{hole}}
        Give it by --var hole=…, or under \`data:\`.

      name: november {{#if}}
      campaign.yml:1:7: name: cannot be filled in
        Slots are of the form {{version}}.

      name: xxxxxxxxxxxxxx…
      campaign.yml:1:7: name: is longer than 200 characters
        Check what \`data:\` and --var give for it.

      name: a
      key: "a\\tb"
      campaign.yml:2:6: key: must be on one line, without control characters

      name: a
      key: 1.10
      campaign.yml:2:6: key: the number would be changed by reading it
        Put it in quotes, or write it plainly.

      from: Acme News
      campaign.yml:2:7: from: the address is empty; expected is one address, such as news@acme.example or Acme News <news@acme.example>

      from: Acme <press news@acme.example>
      campaign.yml:2:7: from: expected is one address, such as news@acme.example or Acme News <news@acme.example>

      from: news@acme.example Acme
      campaign.yml:2:7: from: expected is one address, such as news@acme.example or Acme News <news@acme.example>

      from: Acme <<news@acme.example>>
      campaign.yml:2:7: from: expected is one address, such as news@acme.example or Acme News <news@acme.example>

      from: a@acme.example, b@acme.example
      campaign.yml:2:7: from: more than one address is given; expected is one address, such as news@acme.example or Acme News <news@acme.example>

      from: "staff: a@acme.example;"
      campaign.yml:2:7: from: expected is one address, such as news@acme.example or Acme News <news@acme.example>

      from: "{{city}} <news@acme.example>"
      campaign.yml:2:7: from: is the same for everybody and cannot hold {{…}}

      from: "Acme\\r\\nBcc: x <news@acme.example>"
      campaign.yml:2:7: from: must be on one line, without control characters

      from: { address: news@acme.example }
      campaign.yml:2:7: from: expected is text, found is a mapping
        If it begins with { or [, put it in quotes.

      from: \${NOBODY}
      campaign.yml:2:7: from: the environment variable NOBODY is not set
        Set it: export NOBODY=…; or write $\${NOBODY} for the text itself.

      from: \${toString}
      campaign.yml:2:7: from: the environment variable toString is not set
        Set it: export toString=…; or write $\${toString} for the text itself.

      subject: "Hello\\nBcc: x@y.example"
      campaign.yml:3:10: subject: must be on one line, without control characters

      subject: [Hello]
      campaign.yml:3:10: subject: expected is text, found is a list
        If it begins with { or [, put it in quotes.

      layout: layout.hbs
      campaign.yml:1:1: template: is missing, and so is \`text\`
        Give one of them, or both.

      text: a.txt
      layout: layout.hbs
      campaign.yml:5:9: layout: has no template to stand around
        Give \`template\`, or remove it.

      template: ""
      campaign.yml:4:11: template: is empty

      template: a.hbs
      partials: 5
      campaign.yml:5:11: partials: expected is a folder, or names and paths of partials

      recipients: [a.csv, b.csv]
      campaign.yml:5:13: recipients: expected is a path, or a mapping with \`path\`

      recipients: { columns: { a: b } }
      campaign.yml:5:1: recipients.path: is missing

      recipients: { path: a.csv, delimiter: ";;" }
      campaign.yml:5:39: recipients.delimiter: expected is one character, such as ";" or "|", or tab

      recipients: { path: a.csv, encoding: windows-1252x }
      campaign.yml:5:38: recipients.encoding: no such encoding is known; expected is a label such as windows-1252

      recipients: { path: a.csv, columns: { a: b } }
      columns: { a: c }
      campaign.yml:5:42: recipients.columns.a: is given under \`columns\` already

      subject: x
      data: [a]
      campaign.yml:4:7: data: expected is a mapping, found is a list

      subject: x
      data: { zip: 01234 }
      campaign.yml:4:14: data.zip: the number would be changed by reading it
        Put it in quotes, or write it plainly.

      subject: x
      data: { account: 12345678901234567890 }
      campaign.yml:4:18: data.account: the number would be changed by reading it
        Put it in quotes, or write it plainly.

      subject: x
      headers: { "Bad Name": x }
      campaign.yml:4:24: headers."Bad Name": is not the name of a header, such as X-Campaign

      subject: x
      headers: { From: x }
      campaign.yml:4:18: headers.From: cannot be set here: set \`from:\` instead

      subject: x
      headers: { X-Mailblast-Run: x }
      campaign.yml:4:29: headers.X-Mailblast-Run: cannot be set here: mailblast names the run by it

      subject: x
      headers: { content-transfer-encoding: x }
      campaign.yml:4:39: headers.content-transfer-encoding: cannot be set here: it follows from the content

      subject: x
      headers: { X-A: "a\\nb" }
      campaign.yml:4:17: headers.X-A: must be on one line

      subject: x
      headers: { X-A: 5 }
      campaign.yml:4:17: headers.X-A: expected is text, found is a number
        Put it in quotes.

      subject: x
      headers: { constructor: x, To: x }
      campaign.yml:4:32: headers.To: cannot be set here: it is the recipient

      subject: x
      headers: { X-A: a, x-a: b }
      campaign.yml:4:25: headers.x-a: is given twice

      subject: x
      headers: { List-Unsubscribe: x }
      list: { unsubscribe_mailto: u@acme.example }
      campaign.yml:4:30: headers.List-Unsubscribe: cannot be set here: \`list:\` writes it

      subject: x
      attachments: terms.pdf
      campaign.yml:4:14: attachments: expected is a list, found is text

      subject: x
      list: {}
      campaign.yml:4:7: list: is empty

      subject: x
      list: { unsubscribe_url: "http://acme.example/u" }
      campaign.yml:4:26: list.unsubscribe_url: must begin with https:// (RFC 8058)

      subject: x
      list: { unsubscribe_url: "https://acme example/u" }
      campaign.yml:4:26: list.unsubscribe_url: is not a URL

      subject: x
      list: { unsubscribe_mailto: "mailto:u@acme.example" }
      campaign.yml:4:29: list.unsubscribe_mailto: leave out \`mailto:\`

      subject: x
      list: { unsubscribe_mailto: "{{u}}" }
      campaign.yml:4:29: list.unsubscribe_mailto: the address has no @

      subject: x
      empty: maybe
      campaign.yml:4:8: empty: expected is error or allow

      subject: x
      sites: { yahoo: { rate: fast } }
      campaign.yml:4:25: sites.yahoo.rate: a rate is expected, such as 100/s, 600/min, 5000/h, 50000/d or 5000/h burst 500, or unlimited

      subject: x
      sites: { yahoo: { rate: 0/s } }
      campaign.yml:4:25: sites.yahoo.rate: a rate is expected, such as 100/s, 600/min, 5000/h, 50000/d or 5000/h burst 500, or unlimited

      subject: x
      sites: { yahoo: { rate: [] } }
      campaign.yml:4:25: sites.yahoo.rate: the list is empty

      subject: x
      sites: { yahoo: { rate: 5 } }
      campaign.yml:4:25: sites.yahoo.rate: a rate is expected, such as 100/s, 600/min, 5000/h, 50000/d or 5000/h burst 500, or unlimited

      subject: x
      sites: { yahoo: { rate: [unlimited, 5/s] } }
      campaign.yml:4:26: sites.yahoo.rate[0]: a rate is expected, such as 100/s, 600/min, 5000/h, 50000/d or 5000/h burst 500

      subject: x
      sites: { yahoo: { concurrency: 0 } }
      campaign.yml:4:32: sites.yahoo.concurrency: must be at least 1

      subject: x
      sites: { "*.": { rate: 1/s } }
      campaign.yml:4:16: sites."*.": expected is a site such as google, a domain such as example.org, or an ending such as *.edu

      subject: x
      sites: { yahoo: { rate: 1/s }, Yahoo: { rate: 2/s } }
      campaign.yml:4:39: sites.Yahoo: the site is given twice

      subject: x
      sites: gmx
      campaign.yml:4:8: sites: expected is mx, or a mapping of sites to their paces

      subject: x
      sites: [mx]
      campaign.yml:4:8: sites: expected is mx, or a mapping of sites to their paces

      subject: x
      sites: { mx: 5/s }
      campaign.yml:4:14: sites.mx: expected is true or false, found is text

      subject: x
      sites: { mx: { rate: 5/s } }
      campaign.yml:4:14: sites.mx: expected is true or false, found is a mapping

      subject: x
      sites: { MX: { rate: 5/s } }
      campaign.yml:4:14: sites.MX: is no site; what makes sites by MX is \`mx: true\`

      subject: x
      sites: { mx: true, yahoo: 5/s }
      campaign.yml:4:27: sites.yahoo: expected is a mapping, found is text

      subject: x
      retry: { delays: [] }
      campaign.yml:4:18: retry.delays: the list is empty

      subject: x
      retry: { delays: [5 minutes] }
      campaign.yml:4:19: retry.delays[0]: a duration is expected, such as 90s, 15m, 4h or 3d, of a year at most

      subject: x
      retry: { max_age: 99999d }
      campaign.yml:4:19: retry.max_age: a duration is expected, such as 90s, 15m, 4h or 3d, of a year at most

      subject: x
      guard: { stop_when: [hard_bounces > 5%] }
      campaign.yml:4:22: guard.stop_when[0]: expected is <rate> > <percent below 100>% [of <how many decided>], such as "hard_bounce_rate > 5% of 200", or <latency> > <duration> [of <how many calls>], such as "p95_latency > 2s of 200"; the rates are hard_bounce_rate, failure_rate, deferral_rate, complaint_rate, the latencies p50_latency, p95_latency, p99_latency

      subject: x
      guard: { stop_when: ["failure_rate > 100%"] }
      campaign.yml:4:22: guard.stop_when[0]: expected is failure_rate > <percent below 100>% [of <how many decided>], such as "failure_rate > 5% of 200"

      subject: x
      guard: { stop_when: ["failure_rate > 2s of 200"] }
      campaign.yml:4:22: guard.stop_when[0]: expected is failure_rate > <percent below 100>% [of <how many decided>], such as "failure_rate > 5% of 200"

      subject: x
      guard: { stop_when: ["failure_rate > 5% of 0"] }
      campaign.yml:4:22: guard.stop_when[0]: expected is failure_rate > <percent below 100>% [of <how many decided>], such as "failure_rate > 5% of 200"

      subject: x
      guard: { stop_when: ["p95_latency > 5% of 200"] }
      campaign.yml:4:22: guard.stop_when[0]: expected is p95_latency > <duration> [of <how many calls>], such as "p95_latency > 2s of 200"

      subject: x
      guard: { stop_when: ["p95_latency > 0s"] }
      campaign.yml:4:22: guard.stop_when[0]: expected is p95_latency > <duration> [of <how many calls>], such as "p95_latency > 2s of 200"

      subject: x
      guard: { stop_when: [p95_latency] }
      campaign.yml:4:22: guard.stop_when[0]: expected is <rate> > <percent below 100>% [of <how many decided>], such as "hard_bounce_rate > 5% of 200", or <latency> > <duration> [of <how many calls>], such as "p95_latency > 2s of 200"; the rates are hard_bounce_rate, failure_rate, deferral_rate, complaint_rate, the latencies p50_latency, p95_latency, p99_latency

      subject: x
      guard: { max_recipients: 0.5 }
      campaign.yml:4:26: guard.max_recipients: expected is a whole number

      subject: x
      canary: { share: 1% }
      campaign.yml:4:9: canary: is of no use without a threshold in \`guard.stop_when\`
        Give the guard one, such as guard: { stop_when: ["hard_bounce_rate > 5% of 20"] }, or remove \`canary\`.

      subject: x
      guard: { stop_when: [] }
      canary: { share: 60%, hold: soon }
      campaign.yml: 3 mistakes in this file
        campaign.yml:5:9: canary: is of no use without a threshold in \`guard.stop_when\`. Give the guard one, such as guard: { stop_when: ["hard_bounce_rate > 5% of 20"] }, or remove \`canary\`.
        campaign.yml:5:18: canary.share: expected is a share such as 1%, of 50% at most
        campaign.yml:5:29: canary.hold: a duration is expected, such as 90s, 15m, 4h or 3d, of a year at most
      "
    `)
  })
})

test('the route that is offered where there is none can be pasted', async () => {
  const shown = await refusal(minimal.slice(0, minimal.indexOf('routes:')))
  const pasted = shown.slice(shown.indexOf('routes:\n')).replaceAll(/^ {2}/gm, '')
  const file = join(folder, 'pasted.yml')
  await writeFile(file, `${minimal.slice(0, minimal.indexOf('routes:'))}${pasted}`)
  const { delivery } = await readCampaign(file, { env, vars: {}, kinds: providerKinds, machineZone })
  expect(delivery.routes.map(route => `${route.name} ${JSON.stringify(route.options)}`)).toEqual([
    'outbox {"dir":"outbox"}',
  ])
})

describe('a route with mistakes', () => {
  const head = minimal.slice(0, minimal.indexOf('routes:'))
  const table: readonly string[] = [
    '',
    'routes:',
    'routes: []',
    'routes: outbox',
    'routes: [outbox]',
    'routes:\n  - name: x',
    'routes:\n  - provider: parot',
    'routes:\n  - provider: postfix',
    'routes:\n  - provider: ${CITY}',
    'routes:\n  - provider: parrot',
    'routes:\n  - provider: parrot\n    api_key: sk-1234',
    'routes:\n  - provider: parrot\n    api_key: 1234',
    'routes:\n  - provider: parrot\n    api_key: ""',
    'routes:\n  - provider: parrot\n    api_key: $${PARROT_KEY}',
    'routes:\n  - provider: parrot\n    api_key: ${NO_KEY}',
    'routes:\n  - provider: parrot\n    api_key: ${EMPTY}',
    'routes:\n  - provider: parrot\n    api_key: ${PARROT_KEY}\n    api_key_file: key',
    'routes:\n  - provider: parrot\n    api_key_file: sk-1234',
    'routes:\n  - provider: parrot\n    api_key_file: ${PARROT_KEY}',
    'routes:\n  - provider: parrot\n    api_key_file: credentials',
    'routes:\n  - provider: parrot\n    api_key_file: ${NO_FOLDER}/key',
    'routes:\n  - provider: parrot\n    api_key: ${PARROT_KEY}\n    proxy: http://me:secret@proxy',
    'routes:\n  - provider: parrot\n    api_key: ${PARROT_KEY}\n    apikey: x',
    'routes:\n  - provider: parrot\n    api_key: ${PARROT_KEY}\n    region: asia',
    'routes:\n  - provider: parrot\n    api_key: ${PARROT_KEY}\n    base_url: 5',
    'routes:\n  - provider: parrot\n    api_key: ${PARROT_KEY}\n    batch: 51',
    'routes:\n  - provider: outbox\n    batch: false',
    'routes:\n  - provider: outbox\n    rate: 100',
    'routes:\n  - provider: outbox\n    rate: [1/s, fast]',
    'routes:\n  - provider: outbox\n    weight: 0',
    'routes:\n  - provider: outbox\n    concurrency: 2.5',
    'routes:\n  - provider: outbox\n    sites: google',
    'routes:\n  - provider: outbox\n    sites: []',
    'routes:\n  - provider: outbox\n    sites: [default]',
    'routes:\n  - provider: outbox\n    name: a b',
    'routes:\n  - provider: outbox\n  - provider: outbox',
    'routes:\n  - provider: outbox\n    name: a\n  - provider: outbox\n    name: a',
  ]

  test('shows for each what is expected, and never a secret', async () => {
    const said = []
    for (const lines of table) {
      const shown = await refusal(`${head}${lines}\n`)
      for (const secret of ['polly-secret', 'sk-1234', '1234', 'me:secret']) expect(shown).not.toContain(secret)
      said.push(`${lines}\n${shown}\n`)
    }
    expect(said.join('\n')).toMatchInlineSnapshot(`
      "
      campaign.yml:1:1: routes: there is no route, and so no way out
        To begin with, paste this, which writes the messages to files and mails nobody:
        routes:
          - provider: outbox
            dir: outbox

      routes:
      campaign.yml:6:8: routes: there is no route, and so no way out
        To begin with, paste this, which writes the messages to files and mails nobody:
        routes:
          - provider: outbox
            dir: outbox

      routes: []
      campaign.yml:6:9: routes: there is no route, and so no way out
        To begin with, paste this, which writes the messages to files and mails nobody:
        routes:
          - provider: outbox
            dir: outbox

      routes: outbox
      campaign.yml:6:9: routes: expected is a list, found is text

      routes: [outbox]
      campaign.yml:6:10: routes[0]: expected is a mapping that begins with \`provider:\`

      routes:
        - name: x
      campaign.yml:7:5: routes[0].provider: is missing
        The providers are outbox, parrot.

      routes:
        - provider: parot
      campaign.yml:7:15: routes[0].provider: is not a provider that is known here; did you mean \`parrot\`?
        The providers are outbox, parrot.

      routes:
        - provider: postfix
      campaign.yml:7:15: routes[0].provider: is not a provider that is known here
        The providers are outbox, parrot.

      routes:
        - provider: \${CITY}
      campaign.yml:7:15: routes[0].provider: is not a provider that is known here
        The providers are outbox, parrot.

      routes:
        - provider: parrot
      campaign.yml:7:5: routes[0].api_key: is missing
        Give one of api_key, api_key_file, api_key_command.

      routes:
        - provider: parrot
          api_key: sk-1234
      campaign.yml:8:14: routes[0].api_key: is a secret itself, which must not stand in the file: write \${NAME} to take it from the environment, or use api_key_file or api_key_command

      routes:
        - provider: parrot
          api_key: 1234
      campaign.yml:8:14: routes[0].api_key: expected is text, found is a number
        Put it in quotes.

      routes:
        - provider: parrot
          api_key: ""
      campaign.yml:8:14: routes[0].api_key: is empty

      routes:
        - provider: parrot
          api_key: $\${PARROT_KEY}
      campaign.yml:8:14: routes[0].api_key: is a secret itself, which must not stand in the file: write \${NAME} to take it from the environment, or use api_key_file or api_key_command

      routes:
        - provider: parrot
          api_key: \${NO_KEY}
      campaign.yml:8:14: routes[0].api_key: the environment variable NO_KEY is not set or empty
        Set it: export NO_KEY=…; or use api_key_file or api_key_command.

      routes:
        - provider: parrot
          api_key: \${EMPTY}
      campaign.yml:8:14: routes[0].api_key: the environment variable EMPTY is not set or empty
        Set it: export EMPTY=…; or use api_key_file or api_key_command.

      routes:
        - provider: parrot
          api_key: \${PARROT_KEY}
          api_key_file: key
      campaign.yml:9:5: routes[0].api_key_file: only one of api_key and api_key_file can be given

      routes:
        - provider: parrot
          api_key_file: sk-1234
      campaign.yml:8:19: routes[0].api_key_file: there is no file that can be read
        Paths are relative to the campaign file.

      routes:
        - provider: parrot
          api_key_file: \${PARROT_KEY}
      campaign.yml:8:19: routes[0].api_key_file: there is no file that can be read
        Paths are relative to the campaign file.

      routes:
        - provider: parrot
          api_key_file: credentials
      campaign.yml:8:19: routes[0].api_key_file: there is no file that can be read
        Paths are relative to the campaign file.

      routes:
        - provider: parrot
          api_key_file: \${NO_FOLDER}/key
      campaign.yml:8:19: routes[0].api_key_file: the environment variable NO_FOLDER is not set or empty
        Set it: export NO_FOLDER=…; or use api_key or api_key_command.

      routes:
        - provider: parrot
          api_key: \${PARROT_KEY}
          proxy: http://me:secret@proxy
      campaign.yml:9:12: routes[0].proxy: is a secret itself, which must not stand in the file: write \${NAME} to take it from the environment, or use proxy_file or proxy_command

      routes:
        - provider: parrot
          api_key: \${PARROT_KEY}
          apikey: x
      campaign.yml:9:5: routes[0].apikey: is not known here; did you mean \`api_key\`?

      routes:
        - provider: parrot
          api_key: \${PARROT_KEY}
          region: asia
      campaign.yml:9:13: routes[0].region: expected is eu or us

      routes:
        - provider: parrot
          api_key: \${PARROT_KEY}
          base_url: 5
      campaign.yml:9:15: routes[0].base_url: expected is text, found is a number
        Put it in quotes.

      routes:
        - provider: parrot
          api_key: \${PARROT_KEY}
          batch: 51
      campaign.yml:9:12: routes[0].batch: parrot takes at most 50 in one call

      routes:
        - provider: outbox
          batch: false
      campaign.yml:8:12: routes[0].batch: expected is auto (as many as the provider takes), off (one) or a whole number from 1

      routes:
        - provider: outbox
          rate: 100
      campaign.yml:8:11: routes[0].rate: a rate is expected, such as 100/s, 600/min, 5000/h, 50000/d or 5000/h burst 500

      routes:
        - provider: outbox
          rate: [1/s, fast]
      campaign.yml:8:17: routes[0].rate[1]: a rate is expected, such as 100/s, 600/min, 5000/h, 50000/d or 5000/h burst 500

      routes:
        - provider: outbox
          weight: 0
      campaign.yml:8:13: routes[0].weight: must be more than 0

      routes:
        - provider: outbox
          concurrency: 2.5
      campaign.yml:8:18: routes[0].concurrency: expected is a whole number

      routes:
        - provider: outbox
          sites: google
      campaign.yml:8:12: routes[0].sites: expected is a list, found is text

      routes:
        - provider: outbox
          sites: []
      campaign.yml:8:12: routes[0].sites: the list is empty; leave it out to serve every site

      routes:
        - provider: outbox
          sites: [default]
      campaign.yml:8:13: routes[0].sites[0]: leave \`sites\` out to serve every site

      routes:
        - provider: outbox
          name: a b
      campaign.yml:8:11: routes[0].name: must consist of at most 64 letters, digits, dots, dashes and underscores

      routes:
        - provider: outbox
        - provider: outbox
      campaign.yml:8:5: routes[1]: routes[0] is named outbox already
        Give every route a name of its own, such as \`name: outbox-2\`.

      routes:
        - provider: outbox
          name: a
        - provider: outbox
          name: a
      campaign.yml:10:11: routes[1].name: routes[0] is named a already
        Give every route a name of its own, such as \`name: outbox-2\`.
      "
    `)
  })
})
