/** What Resend's answers mean: the table is the specification. */

import { describe, expect, test } from 'vitest'
import { resendOutcomes } from '../../src/providers/resend-outcomes.ts'
import { type Answer, page, replyOf, told } from '../support/answers.ts'
import { message, messages } from '../support/provider-opening.ts'

const outcomesOf = (answer: Answer, parcel = messages(3)) => resendOutcomes(replyOf(answer), parcel).map(told)

const error = (statusCode: number, name: string, text = 'No.') => ({
  status: statusCode,
  body: { statusCode, name, message: text },
})
const invalid = (text: string) => error(422, 'validation_error', text)
const data = (...ids: readonly string[]) => ids.map(id => ({ id }))
const split = (code: number) =>
  `deferred message transient ${code} after 0 ms by 2: not sent: the call was refused for one of its messages:`
const doubt = expect.stringMatching(/^in-doubt unknown 200: /)

describe('answers about the whole call', () => {
  test.each<[Answer, unknown]>([
    // Perhaps
    [{ status: 200 }, 'in-doubt unknown 200: Resend answered 200'],
    [{ status: 200, body: page('Log in') }, 'in-doubt unknown 200: Resend answered 200: Log in'],
    [{ status: 200, body: { id: 'a' } }, doubt],
    [{ status: 200, body: { data: data('a', 'b') } }, doubt],
    [{ status: 200, body: { data: data('a', 'b', 'c', 'd') } }, doubt],
    [{ status: 200, body: { data: data('a', 'b', '') } }, doubt],
    [{ status: 200, body: { data: data('a', 'b', 'c') }, broken: true }, doubt],
    [{ status: 200, body: { data: data('a', 'b', 'c'), errors: [{ index: 1, message: 'No.' }] } }, doubt],
    [{ status: 200, body: { data: data('a', 'b'), errors: [{ index: 3, message: 'No.' }] } }, doubt],
    [{ status: 200, body: { data: data('a', 'b'), errors: [{ index: -1, message: 'No.' }] } }, doubt],
    [{ status: 200, body: { data: data('a', 'b'), errors: [{ message: 'No.' }] } }, doubt],
    [{ status: 200, body: { data: data('a'), errors: [{ index: 1 }, { index: 1 }] } }, doubt],
    [{ status: 200, body: { data: data('a', 'b', 'c'), errors: null } }, doubt],
    [{ status: 201, body: { data: data('a', 'b', 'c') } }, expect.stringMatching(/^in-doubt unknown 201: /)],
    [
      error(409, 'invalid_idempotent_request', 'Another body.'),
      'in-doubt unknown 409: Another body. (invalid_idempotent_request)',
    ],
    [
      error(409, 'concurrent_idempotent_requests', 'Under way.'),
      'in-doubt unknown 409: Under way. (concurrent_idempotent_requests)',
    ],
    [{ status: 500, body: page('500') }, 'in-doubt unknown 500: Resend answered 500: 500'],
    [error(502, 'application_error'), 'in-doubt unknown 502: No. (application_error)'],
    [{ status: 504 }, 'in-doubt unknown 504: Resend answered 504'],
    // Later
    [error(500, 'application_error'), 'deferred route transient 500: No. (application_error)'],
    [error(503, 'internal_server_error'), 'deferred route transient 503: No. (internal_server_error)'],
    [{ status: 408 }, 'deferred route transient 408: Resend answered 408'],
    [{ status: 422, body: '{"stat', broken: true }, 'deferred route transient 422: Resend answered 422: {"stat'],
    [error(429, 'rate_limit_exceeded'), 'deferred route throttled 429: No. (rate_limit_exceeded)'],
    [{ status: 429 }, 'deferred route throttled 429: Resend answered 429'],
    // In smaller company
    [{ status: 413 }, `${split(413)} Resend answered 413`],
    [invalid('Invalid `to` field.'), `${split(422)} Invalid \`to\` field. (validation_error)`],
    [invalid('Invalid `headers` field.'), `${split(422)} Invalid \`headers\` field. (validation_error)`],
    // The route is of no use
    [
      error(400, 'validation_error', 'API key is invalid'),
      'refused route auth 400: API key is invalid (validation_error)',
    ],
    [
      error(401, 'validation_error', 'API key is invalid'),
      'refused route auth 401: API key is invalid (validation_error)',
    ],
    [error(401, 'missing_api_key'), 'refused route auth 401: No. (missing_api_key)'],
    [error(401, 'restricted_api_key'), 'refused route auth 401: No. (restricted_api_key)'],
    [error(403, 'invalid_api_key'), 'refused route auth 403: No. (invalid_api_key)'],
    [
      error(403, 'validation_error', 'The acme.example domain is not verified.'),
      'refused route config 403: The acme.example domain is not verified. (validation_error)',
    ],
    [
      error(403, 'validation_error', 'Only to your own `to` address.'),
      'refused route config 403: Only to your own `to` address. (validation_error)',
    ],
    [error(429, 'daily_quota_exceeded'), 'refused route quota 429: No. (daily_quota_exceeded)'],
    [error(429, 'monthly_quota_exceeded'), 'refused route quota 429: No. (monthly_quota_exceeded)'],
    [invalid('Invalid `from` field.'), 'refused route config 422: Invalid `from` field. (validation_error)'],
    [error(422, 'invalid_from_address'), 'refused route config 422: No. (invalid_from_address)'],
    [error(422, 'invalid_attachment'), 'refused route config 422: No. (invalid_attachment)'],
    [error(400, 'invalid_idempotency_key'), 'refused route config 400: No. (invalid_idempotency_key)'],
    [{ status: 422, body: 'what?' }, 'refused route config 422: Resend answered 422: what?'],
    [error(404, 'not_found'), 'refused route config 404: No. (not_found)'],
    [error(451, 'security_error'), 'refused route config 451: No. (security_error)'],
  ])('%j: %s', (answer, becomes) => {
    expect(outcomesOf(answer)).toEqual([becomes, becomes, becomes])
  })
})

describe('answers to a call for one', () => {
  const file = { fileName: 'a.pdf', contentType: 'application/pdf', bytes: Buffer.from('%PDF') }

  test.each<[Answer, unknown]>([
    [{ status: 200, body: { id: 'a' } }, 'accepted a'],
    [{ status: 200, body: { id: '' } }, doubt],
    [{ status: 200, body: { data: data('a') } }, doubt],
    [invalid('Invalid `to` field.'), 'refused recipient hard 422: Invalid `to` field. (validation_error)'],
    [
      invalid('The `to` field is missing.'),
      'refused message content 422: The `to` field is missing. (validation_error)',
    ],
    [invalid('Invalid `subject` field.'), 'refused message content 422: Invalid `subject` field. (validation_error)'],
    [{ status: 413 }, 'refused message content 413: Resend answered 413'],
  ])('%j: %s', (answer, becomes) => {
    expect(outcomesOf(answer, messages(1))).toEqual([becomes])
  })

  test('about an attachment of her own', () => {
    const own = message(1, { attachments: [file] })
    expect(outcomesOf(error(422, 'invalid_attachment'), [own])).toEqual([
      'refused message content 422: No. (invalid_attachment)',
    ])
  })
})

describe('a batch that was taken in part', () => {
  const partly = (ids: readonly string[], ...errors: readonly object[]) =>
    outcomesOf({ status: 200, body: { data: data(...ids), errors } }, messages(ids.length + errors.length))

  test('each id belongs to the next one that is not among the errors', () => {
    const becomes = partly(
      ['a', 'b', 'c'],
      { index: 4, message: 'Invalid `headers` field.' },
      { index: 0, message: 'Invalid `to` field.' },
      { index: 2, message: 'Invalid `from` field.' },
    )
    expect(becomes.join('\n')).toMatchInlineSnapshot(`
      "refused recipient hard 422: Invalid \`to\` field.
      accepted a
      refused route config 422: Invalid \`from\` field.
      accepted b
      refused message content 422: Invalid \`headers\` field.
      accepted c"
    `)
  })

  test('all, or none', () => {
    expect(outcomesOf({ status: 200, body: { data: data('a', 'b', 'c') } })).toEqual([
      'accepted a',
      'accepted b',
      'accepted c',
    ])
    const errors = [0, 1].map(index => ({ index, message: 'Invalid `to` field.' }))
    expect(partly([], ...errors)).toEqual(Array(2).fill('refused recipient hard 422: Invalid `to` field.'))
  })
})
