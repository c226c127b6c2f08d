/** Campaigns, editions and folders to test with. */

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type CompiledEdition, compileEdition, type FillResult, type Identity } from '../../src/content/compile.ts'
import { type Address, parseAddress } from '../../src/model/address.ts'
import type { Campaign } from '../../src/model/campaign.ts'
import type { Edition } from '../../src/model/edition.ts'

export function address(text: string): Address {
  const parsed = parseAddress(text)
  if (!parsed.ok) throw new Error(parsed.problem)
  return parsed.address
}

export const acme = { name: 'Acme News', address: address('news@acme.example') }

export function edition(given: Partial<Edition> = {}): Edition {
  return {
    from: acme,
    replyTo: null,
    subject: 'Hello',
    html: { file: 'a.hbs', source: '<p>Hello</p>', layout: null },
    text: null,
    partials: {},
    headers: [],
    attachments: [],
    data: {},
    list: null,
    empty: 'error',
    ...given,
  }
}

export function html(source: string): Edition['html'] {
  return { file: 'a.hbs', source, layout: null }
}

export const identity: Identity = {
  id: 7,
  run: 'run-1',
  key: 'november',
  tokenKey: Buffer.alloc(32, 1),
  attachments: [],
}

export function compiled(given: Partial<Edition> = {}): CompiledEdition {
  return compileEdition(edition(given), sha256 => Buffer.from(`bytes of ${sha256}`))
}

/** Ada's message. */
export function fillAda(given: Partial<Edition>, fields: Readonly<Record<string, string>> = {}): FillResult {
  const ada = { address: address('ada@example.org'), fields: { email: 'ada@example.org', ...fields } }
  return compiled(given).fill(ada, identity)
}

export function campaign(folder: string, given: Partial<Campaign> = {}): Campaign {
  return {
    name: 'november',
    key: 'november',
    file: join(folder, 'campaign.yml'),
    from: acme,
    replyTo: null,
    subject: 'Hello {{first_name}}',
    template: 'letter.hbs',
    layout: null,
    text: null,
    partials: null,
    recipients: { path: 'list.csv', columns: {}, delimiter: null, encoding: null },
    data: {},
    headers: {},
    attachments: [],
    list: null,
    empty: 'error',
    delivery: {
      routes: [],
      sites: {},
      sitesBy: 'domain',
      schedule: null,
      retry: { delaysMs: [], maxAgeMs: 0, classes: {} },
      guard: { stopWhen: [], maxRecipients: null },
      thresholds: [],
      priority: 'bulk',
      canary: null,
    },
    ...given,
  }
}

/** A folder with these files, until `use` is done with it. */
export async function withFolder<Result>(
  files: Readonly<Record<string, string | Buffer>>,
  use: (folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'mailblast-content-'))
  try {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true })
      await writeFile(join(folder, name), content)
    }
    return await use(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
