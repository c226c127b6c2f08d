/** Our requests, and what the sink answers, against Mandrill's own API description, where that is at hand beside the project. */

import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { encodeMandrill, mandrillBody } from '../../src/providers/mandrill-body.ts'
import { mandrillLookup } from '../../src/providers/mandrill-lookup.ts'
import { mandrillSink } from '../../src/sink/mandrill.ts'
import { TakenMemory } from '../../src/sink/memory.ts'
import { jsonSchema, schemaProblems } from '../support/json-schema.ts'
import { address, content, message, messages, nowMs, sought } from '../support/provider-opening.ts'

const description = new URL('../../../shared/specs/mandrill/transactional.openapi.json', import.meta.url)
const document = z.object({ components: z.object({ schemas: z.record(z.string(), jsonSchema) }) })
const key = '"key":"KEY"'

describe.skipIf(!existsSync(description))('by Mandrill’s API description', () => {
  const problemsOf = (value: unknown, name: string) => {
    const { schemas } = document.parse(JSON.parse(readFileSync(description, 'utf8'))).components
    return schemaProblems(value, schemas[name] ?? { type: 'not there' }, schemas)
  }
  const parsed = (body: readonly (Buffer | string)[] = []): unknown =>
    JSON.parse(Buffer.concat(body.map(piece => Buffer.from(piece))).toString())
  const file = { fileName: 'terms.pdf', contentType: 'application/pdf', bytes: Buffer.from('%PDF') }
  const image = { fileName: 'a.png', contentType: 'image/png', bytes: Buffer.from('PNG'), contentId: 'a' }
  const everything = mandrillBody(
    encodeMandrill(content({ replyTo: { address: address('hello@acme.example') }, attachments: [file, image] }), {
      important: true,
      subaccount: 'news',
      ip_pool: 'Bulk',
      return_path_domain: 'acme.example',
    }),
    message(1, { headers: [{ name: 'List-Unsubscribe', value: '<https://acme.example/u/1>' }], attachments: [file] }),
    key,
  )
  const least = mandrillBody(
    encodeMandrill(content({ from: { address: address('news@acme.example') }, html: null, text: ['Hi'] }), {
      important: false,
    }),
    message(1, { run: null, text: [], html: [] }),
    key,
  )

  test.each([
    ['a call with everything', everything],
    ['a call with as little as there can be', least],
  ])('%s', (_, body) => {
    expect(problemsOf(parsed(body), 'MessagesSendRequest')).toEqual([])
    // The check itself: what is not in the description, or lacks what is required, is noticed.
    expect(problemsOf({ ...Object(parsed(body)), colour: 'blue' }, 'MessagesSendRequest')).toEqual([
      'body: colour is unknown',
    ])
    expect(problemsOf({ message: { subject: 7 } }, 'MessagesSendRequest')).toEqual([
      'body: lacks key',
      'body.message.subject: is 7, not string or null',
    ])
  })

  test('a search', () => {
    const { body } = mandrillLookup.request({ headers: {}, key, openedAtMs: nowMs }, messages(20).map(sought))
    expect(problemsOf(parsed(body), 'MessagesSearchRequest')).toEqual([])
  })

  test('what the sink answers to a call', async () => {
    const request = { method: 'POST', path: '/messages/send', headers: { 'content-type': 'application/json' } }
    const reading = await mandrillSink.read(
      { ...request, body: Buffer.from(JSON.stringify(parsed(everything))) },
      'KEY',
    )
    if (reading.kind !== 'mails') throw new Error('it was refused')
    for (const answer of [
      reading.answer(1),
      reading.partial?.(1, 0, 'blocked'),
      reading.partial?.(1, 0, 'mailbox-full'),
    ])
      expect(problemsOf(JSON.parse(answer?.body ?? ''), 'MessagesSendResponse')).toEqual([])
    const refused = await mandrillSink.read({ ...request, body: Buffer.from('{}') }, 'KEY')
    if (refused.kind !== 'refused') throw new Error('it was not refused')
    expect(problemsOf(JSON.parse(refused.answer.body ?? ''), 'InvalidKeyError')).toEqual([])
  })

  test('what the sink finds', async () => {
    const taken = new TakenMemory()
    taken.add('<1@acme.example>', { run: 'run-1', to: 'ada1@example.org', call: 1, atMs: nowMs })
    const body = Buffer.from('{"key":"KEY","query":"\\"ada1@example.org\\""}')
    const headers = { 'content-type': 'application/json' }
    const reading = await mandrillSink.read({ method: 'POST', path: '/messages/search', headers, body }, null)
    if (reading.kind !== 'lookup') throw new Error('it was not searched')
    const [only] = JSON.parse(reading.answer(taken).body ?? '') as unknown[]
    // Sender and subject are not remembered; what is said is said as described.
    expect(problemsOf(only, 'MessagesEmailInfo').filter(problem => !/ lacks /.test(problem))).toEqual([])
    expect(only).toMatchObject({ email: 'ada1@example.org', state: 'sent', metadata: { mailblast_run: 'run-1' } })
  })
})
