/** What Brevo's answers mean: the table is the specification. */

import { describe, expect, test } from 'vitest'
import type { Outcome } from '../../src/model/outcome.ts'
import { brevoOutcomes } from '../../src/providers/brevo-outcomes.ts'
import { httpReply } from '../../src/providers/http-reply.ts'
import { message, messages, nowMs } from '../support/provider-opening.ts'

function outcomesOf(status: number, body: unknown, parcel = messages(1), broken = false): readonly Outcome[] {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const failure = broken ? { code: 'UND_ERR_SOCKET', text: 'other side closed' } : null
  const reply = httpReply({ status, headers: {}, body: Buffer.from(text), broken: failure }, nowMs, words => words)
  return brevoOutcomes(reply, parcel)
}

/** An outcome on one line. */
function told(outcome: Outcome): string {
  if (outcome.kind === 'accepted') return `accepted ${outcome.providerId}`.trim()
  const { class: failureClass, code, text } = outcome.cause
  const part = outcome.kind === 'deferred' && outcome.partMax !== undefined ? `, at most ${outcome.partMax}` : ''
  const scope = outcome.kind === 'in-doubt' ? '' : ` ${outcome.scope}`
  return `${outcome.kind}${scope} ${failureClass} ${code}${part}: ${text}`
}

const all = (status: number, body: unknown, count: number) => outcomesOf(status, body, messages(count)).map(told)
const error = (code: string, words: string) => ({ code, message: words })
const page = (title: string) => `<html>\r\n<head><title>${title}</title></head>\r\n<body>…</body>\r\n</html>`

describe('a success', () => {
  test('has an id for each message, in their order', () => {
    expect(all(201, { messageId: '<1@brevo>' }, 1)).toEqual(['accepted <1@brevo>'])
    expect(all(201, { messageIds: ['<1@brevo>', '<2@brevo>'] }, 2)).toEqual([
      'accepted <1@brevo>',
      'accepted <2@brevo>',
    ])
    expect(all(202, { messageId: '<1@brevo>' }, 1)).toEqual(['accepted <1@brevo>'])
  })

  test.each<[number, unknown]>([
    [201, { messageIds: ['<1@brevo>'] }],
    [201, { messageIds: ['<1@brevo>', '<2@brevo>', '<3@brevo>'] }],
    [201, { messageIds: ['<1@brevo>', ''] }],
    [201, { messageIds: ['<1@brevo>', 7] }],
    [201, { messageIds: 'ab' }],
    [201, { messageId: '<1@brevo>' }],
    [201, {}],
    [201, ''],
    [201, page('Welcome')],
    [200, { messageIds: ['<1@brevo>', '<2@brevo>'] }],
    [204, ''],
  ])('without them is none: %i %j', (status, body) => {
    expect(outcomesOf(status, body, messages(2)).map(each => each.kind)).toEqual(['in-doubt', 'in-doubt'])
  })

  test('that broke off is none', () => {
    expect(outcomesOf(201, '{"messageId":"<1@', messages(1), true)[0]?.kind).toBe('in-doubt')
  })
})

test.each<[number, unknown, string, string]>([
  // Brevo's page on idempotency; its error model has the other name.
  [400, error('duplicate_parameter', 'idempotencyKey was used'), 'accepted', 'accepted'],
  [400, error('duplicate_request', 'Idempotency key already used'), 'accepted', 'accepted'],
  [400, error('duplicate_parameter', 'email is given twice'), 'in-doubt unknown duplicate_parameter', ''],
  [401, error('unauthorized', 'Key not found'), 'refused route auth unauthorized', ''],
  [400, error('unauthorized', 'Key not found'), 'refused route auth unauthorized', ''],
  [401, '', 'refused route auth 401', ''],
  [402, error('not_enough_credits', 'No credits'), 'refused route quota not_enough_credits', ''],
  [400, error('not_enough_credits', 'No credits'), 'refused route quota not_enough_credits', ''],
  [402, '', 'refused route quota 402', ''],
  [402, error('account_under_validation', 'Wait'), 'refused route config account_under_validation', ''],
  [403, error('permission_denied', 'Not activated'), 'refused route config permission_denied', ''],
  [400, error('invalid_parameter', 'email is not valid in to'), 'refused recipient hard invalid_parameter', 'apart'],
  [400, error('INVALID_PARAMETER', 'email is not valid in to'), 'refused recipient hard invalid_parameter', 'apart'],
  [
    400,
    error('invalid_parameter', 'value is not valid in headers'),
    'refused message content invalid_parameter',
    'apart',
  ],
  [400, error('missing_parameter', 'subject is missing'), 'refused message content missing_parameter', 'apart'],
  [400, error('invalid_parameter', 'sender name is not valid'), 'refused route config invalid_parameter', ''],
  [400, error('invalid_parameter', 'replyTo is not valid'), 'refused route config invalid_parameter', ''],
  [400, error('invalid_parameter', 'attachment is not supported'), 'refused route config invalid_parameter', 'apart'],
  [400, error('out_of_range', 'what'), 'refused route config out_of_range', 'apart'],
  [400, page('Bad Request'), 'refused route config 400', ''],
  [404, error('document_not_found', 'No'), 'refused route config document_not_found', ''],
  [405, error('method_not_allowed', 'No'), 'refused route config method_not_allowed', ''],
  [406, error('not_acceptable', 'No'), 'refused route config not_acceptable', ''],
  [408, '', 'deferred route transient 408', ''],
  [413, page('Too large'), 'refused message content 413', 'apart'],
  [422, error('unprocessable_entity', 'No'), 'refused route config unprocessable_entity', ''],
  [429, error('too_many_requests', 'No'), 'deferred route throttled too_many_requests', ''],
  [429, '', 'deferred route throttled 429', ''],
  [500, error('internal_error', 'No'), 'deferred route transient internal_error', ''],
  [503, error('service_unavailable', 'No'), 'deferred route transient service_unavailable', ''],
  [500, page('Oops'), 'in-doubt unknown 500', ''],
  [502, error('bad_gateway', 'No'), 'in-doubt unknown bad_gateway', ''],
  [503, '', 'in-doubt unknown 503', ''],
  [504, '', 'in-doubt unknown 504', ''],
])('%i %j: %s', (status, body, one, several) => {
  expect(all(status, body, 1)[0]).toMatch(new RegExp(`^${one}`))
  const expected = several === 'apart' ? 'deferred message transient .*, at most 2: not sent' : one
  for (const each of all(status, body, 3)) expect(each).toMatch(new RegExp(`^${expected}`))
})

test('an attachment of her own costs only her', () => {
  const own = message(1, { attachments: [{ fileName: 'a.pdf', contentType: 'a/b', bytes: Buffer.alloc(1) }] })
  const [outcome] = outcomesOf(400, error('invalid_parameter', 'attachment is not supported'), [own])
  expect(outcome).toMatchObject({ kind: 'refused', scope: 'message', cause: { class: 'content' } })
})

test('of 1,000 with one bad address, ten more calls find it', () => {
  let waiting = messages(1000)
  let calls = 0
  while (waiting.length > 1) {
    calls += 1
    const [first] = outcomesOf(400, error('invalid_parameter', 'email is not valid in to'), waiting)
    if (first?.kind !== 'deferred') throw new Error('not apart')
    waiting = waiting.slice(0, first.partMax)
  }
  expect(calls).toBe(10)
  expect(all(400, error('invalid_parameter', 'email is not valid in to'), 1)[0]).toContain('refused recipient hard')
})
