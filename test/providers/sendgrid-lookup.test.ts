/** Asking SendGrid's Email Activity: what is asked, what an answer proves, and that nobody is told another's fate. */

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { messageIdFor } from '../../src/content/identity.ts'
import type { Address } from '../../src/model/address.ts'
import type { Finding, Sought } from '../../src/providers/provider.ts'
import { sendgrid } from '../../src/providers/sendgrid.ts'
import { sendgridLookup } from '../../src/providers/sendgrid-lookup.ts'
import { address, message, messages, opening, sought } from '../support/provider-opening.ts'

const { signal } = new AbortController()
const from = address('news@acme.example')

interface Taken {
  readonly messageId: string
  readonly to: string
  /** `run-1`, unless it is another's. */
  readonly run?: string
}

interface Answer {
  readonly status: number
  readonly body: unknown
}

/** SendGrid's feed as its pages describe it, of these mails; or, for what it says of a query, the test's word. */
async function withActivity<Result>(
  taken: readonly Taken[],
  run: (ask: (of: readonly Sought[]) => Promise<readonly Finding[]>, queries: readonly string[]) => Promise<Result>,
  say: (request: number) => Answer | undefined = () => undefined,
): Promise<Result> {
  const queries: string[] = []
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://localhost')
    const query = url.searchParams.get('query') ?? ''
    queries.push(query)
    const said = say(queries.length)
    const right =
      request.method === 'GET' && url.pathname === '/v3/messages' && url.searchParams.get('limit') === '1000'
    const { status, body } = said ?? (right ? feed(taken, query) : { status: 404, body: {} })
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const base_url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const options = {
    ...sendgrid.options.parse({ api_key: '${KEY}', base_url }),
    api_key: { from: 'text', text: '${KEY}' },
  }
  const provider = await sendgrid.open(opening({ options } as Parameters<typeof opening>[0]))
  try {
    return await run(async of => (await provider.lookup?.(of, signal)) ?? [], queries)
  } finally {
    await provider.close()
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
}

const condition = /unique_args\['mailblast_message_id'\]="((?:[^"\\]|\\.)*)"/g
const form = /^unique_args\['mailblast_run'\]="([^"\\]*)" AND \(C(?: OR C)*\)$/

/** SendGrid may write an address in small letters: the feed does so here. */
function feed(taken: readonly Taken[], query: string): Answer {
  const run = form.exec(query.replace(condition, 'C'))?.[1]
  if (run === undefined) return { status: 400, body: { errors: [{ message: `what is ${query}?` }] } }
  const ids = new Set([...query.matchAll(condition)].map(match => (match[1] ?? '').replace(/\\(.)/g, '$1')))
  const messages = taken.filter(each => ids.has(each.messageId) && (each.run ?? 'run-1') === run)
  const body = { messages: messages.map(({ messageId, to }) => activity(`at-${messageId}`, to.toLowerCase())) }
  return { status: 200, body }
}

function activity(msg_id: string, to_email: string, status = 'processed') {
  const rest = { subject: 'News', opens_count: 0, clicks_count: 0, last_event_time: '2026-11-22T12:00:00Z' }
  return { from_email: from, msg_id, to_email, status, ...rest }
}

const all = (count: number) => messages(count).map(sought)

describe('what is asked', () => {
  test('for the run and the Message-IDs, among the custom arguments', async () => {
    await withActivity([], async (ask, queries) => {
      await ask(all(2))
      expect(queries).toEqual([
        `unique_args['mailblast_run']="run-1" AND (unique_args['mailblast_message_id']="<1.campaign@acme.example>" OR unique_args['mailblast_message_id']="<2.campaign@acme.example>")`,
      ])
    })
  })

  test('of 20 at a time, in a line that every server takes, whatever the domain', async () => {
    await withActivity([], async (ask, queries) => {
      await ask(all(41))
      expect(queries.map(query => query.match(condition)?.length)).toEqual([20, 20, 1])
    })
    const longest = address(`a@${`${'x'.repeat(62)}.`.repeat(3)}${'y'.repeat(60)}`)
    const of = all(20).map((each): Sought => ({ ...each, messageId: messageIdFor('key', each.to, longest) }))
    expect(sendgridLookup.request({ headers: {} }, of).path.length).toBeLessThan(8000)
  })
})

describe('what an answer proves', () => {
  test.each(['processed', 'delivered', 'not_delivered'])('a message that is %s was taken', async status => {
    const answer = { status: 200, body: { messages: [activity('abc.1-0', 'ada1@example.org', status)] } }
    await withActivity(
      [],
      async ask => expect(await ask(all(1))).toEqual([{ kind: 'taken', providerId: 'abc.1-0' }]),
      () => answer,
    )
  })

  test('one that is not there may yet appear', async () => {
    const taken = [{ messageId: '<2.campaign@acme.example>', to: 'ada2@example.org' }]
    await withActivity(taken, async ask =>
      expect(await ask(all(3))).toEqual([
        { kind: 'no trace' },
        { kind: 'taken', providerId: 'at-<2.campaign@acme.example>' },
        { kind: 'no trace' },
      ]),
    )
  })

  test('one that was taken in another run is no trace: a copied journal makes the same Message-IDs', async () => {
    const taken = [1, 2].map(id => ({
      messageId: `<${id}.campaign@acme.example>`,
      to: `ada${id}@example.org`,
      run: id === 1 ? 'run-0' : 'run-1',
    }))
    await withActivity(taken, async ask =>
      expect((await ask(all(2))).map(each => each.kind)).toEqual(['no trace', 'taken']),
    )
  })

  test('runs are asked for one after the other', async () => {
    const of = [1, 2, 3, 4].map(id => sought(message(id, { run: id < 3 ? 'run-1' : 'run-2' })))
    const taken = of.map(({ to, messageId }) => ({ to, messageId, run: 'run-2' }))
    await withActivity(taken, async (ask, queries) => {
      expect((await ask(of)).map(each => each.kind)).toEqual(['no trace', 'no trace', 'taken', 'taken'])
      expect(queries).toHaveLength(2)
    })
  })

  test.each([
    [
      'another campaign’s mail to somebody else',
      { messages: [activity('x', 'ada1@example.org'), activity('y', 'eve@example.org')] },
    ],
    ['no list', { messages: 'none' }],
    ['a list of something else', { messages: [{ id: 'x' }] }],
    ['a message without an id', { messages: [activity('', 'ada1@example.org')] }],
    ['a page', '<html><title>Welcome</title></html>'],
    ['nothing', ''],
  ])('%s proves nothing at all', async (_, body) => {
    await withActivity(
      [],
      async ask => {
        const findings = await ask(all(2))
        expect(findings.map(each => each.kind)).toEqual(['unknown', 'unknown'])
      },
      () => ({ status: 200, body }),
    )
  })

  test.each([
    [400, 'config', 'invalid syntax'],
    [401, 'auth', 'authorization required'],
    [403, 'auth', 'access forbidden'],
    [429, 'throttled', 'too many requests'],
    [500, 'transient', 'internal error'],
  ])('%i is %s, in the words that help', async (status, failureClass, message) => {
    await withActivity(
      [],
      async ask => {
        const [finding] = await ask(all(1))
        if (finding?.kind !== 'unknown') throw new Error('found something')
        expect(finding.cause).toMatchObject({ class: failureClass, code: String(status) })
        expect(finding.cause.text).toContain(message)
        if (status === 403) expect(finding.cause.text).toContain('the paid addition "email activity history"')
      },
      () => ({ status, body: { errors: [{ message, field: 'query' }] } }),
    )
  })
})

test('one whose answer cannot be read costs nobody else the answer', async () => {
  const [odd, ...others] = ['odd@example.org', 'ada@example.org', 'bob@example.org'].map(text => soughtFor(text))
  if (odd === undefined) throw new Error('nobody')
  // The feed gives her another address than the one that she was mailed at.
  const taken = [{ ...odd, to: 'else@example.org' }, ...others]
  await withActivity(taken, async (ask, queries) => {
    expect((await ask([odd, ...others])).map(each => each.kind)).toEqual(['unknown', 'taken', 'taken'])
    expect(queries).toHaveLength(4)
  })
})

describe('nobody is told another’s fate', () => {
  test('two addresses that differ in capitals are asked for one after the other', async () => {
    const of = ['Ada@example.org', 'ada@example.org', 'bob@example.org'].map(text => soughtFor(text))
    const taken = of.slice(1, 2).map(({ to, messageId }) => ({ to, messageId }))
    await withActivity(taken, async (ask, queries) => {
      expect((await ask(of)).map(each => each.kind)).toEqual(['no trace', 'taken', 'no trace'])
      expect(queries).toHaveLength(2)
    })
  })

  test('whoever is asked for, in whatever order: taken is said of those who were, and of nobody else', async () => {
    const name = fc.stringMatching(/^[a-cA-C]{1,2}$/).map(local => `${local}@example.org`)
    const people = fc.uniqueArray(fc.record({ to: name, taken: fc.boolean(), before: fc.boolean() }), {
      selector: each => each.to,
      minLength: 1,
      maxLength: 30,
    })
    await fc.assert(
      fc.asyncProperty(people, async of => {
        const now = of.filter(each => each.taken).map(each => soughtFor(each.to))
        // The same people had another campaign before, of which nothing may be concluded.
        const before = of.filter(each => each.before).map(each => soughtFor(each.to, 'october'))
        await withActivity([...before, ...now], async ask => {
          const findings = await ask(of.map(each => soughtFor(each.to)))
          expect(findings.map(each => each.kind)).toEqual(of.map(each => (each.taken ? 'taken' : 'no trace')))
        })
      }),
      { numRuns: 40 },
    )
  })
})

function soughtFor(text: string, key = 'november'): Sought {
  const to: Address = address(text)
  return { to, messageId: messageIdFor(key, to, from), run: 'run-1' }
}
