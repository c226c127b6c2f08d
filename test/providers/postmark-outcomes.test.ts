/** What Postmark's answers mean: the table is the specification. */

import { describe, expect, test } from 'vitest'
import { postmarkOutcomes } from '../../src/providers/postmark-outcomes.ts'
import { type Answer, page, replyOf, told } from '../support/answers.ts'
import { message, messages } from '../support/provider-opening.ts'

const outcomesOf = (answer: Answer, parcel = messages(3), sharesFiles = false) =>
  postmarkOutcomes(replyOf(answer), parcel, sharesFiles).map(told)

const error = (ErrorCode: number, Message = 'No.') => ({ ErrorCode, Message })
const ok = (id: number, more: object = {}) => ({
  To: `ada${id}@example.org`,
  SubmittedAt: '2026-11-22T12:00:00Z',
  MessageID: `id-${id}`,
  ErrorCode: 0,
  Message: 'OK',
  ...more,
})
const inactive = 'You tried to send to recipients that have been marked as inactive.'
const split = 'deferred message transient'
const refusedCall = 'not sent: the call was refused for one of its messages:'

describe('answers about the whole call', () => {
  test.each<[Answer, string]>([
    // Perhaps
    [{ status: 200 }, 'in-doubt unknown 200: Postmark answered 200'],
    [{ status: 200, body: page('Log in') }, 'in-doubt unknown 200: Postmark answered 200: Log in'],
    [{ status: 200, body: ok(1) }, 'in-doubt unknown 200: OK (error 0)'],
    [{ status: 200, body: [ok(1), ok(2)] }, expect.stringMatching(/^in-doubt unknown 200: /)],
    [{ status: 200, body: [ok(1), ok(2), ok(3), ok(4)] }, expect.stringMatching(/^in-doubt unknown 200: /)],
    [{ status: 200, body: [ok(1), ok(2), ok(3)], broken: true }, expect.stringMatching(/^in-doubt unknown 200: /)],
    [{ status: 200, body: [ok(1), ok(3), ok(2)] }, expect.stringMatching(/^in-doubt unknown 200: /)],
    [{ status: 202, body: [ok(1), ok(2), ok(3)] }, expect.stringMatching(/^in-doubt unknown 202: /)],
    [{ status: 500, body: error(500, 'Oops') }, 'in-doubt unknown 500: Oops (error 500)'],
    [{ status: 500, body: page('500') }, 'in-doubt unknown 500: Postmark answered 500: 500'],
    [{ status: 502, body: page('Bad Gateway') }, 'in-doubt unknown 502: Postmark answered 502: Bad Gateway'],
    [{ status: 503, body: 'upstream gone' }, 'in-doubt unknown 503: Postmark answered 503: upstream gone'],
    [{ status: 503, body: '{"ErrorCode":10', broken: true }, expect.stringMatching(/^in-doubt unknown 503: /)],
    [{ status: 504 }, 'in-doubt unknown 504: Postmark answered 504'],
    // Later
    [{ status: 503, body: error(100, 'Maintenance') }, 'deferred route transient 503: Maintenance (error 100)'],
    [{ status: 422, body: error(100, 'Maintenance') }, 'deferred route transient 100: Maintenance'],
    [{ status: 408 }, 'deferred route transient 408: Postmark answered 408'],
    [{ status: 422, body: '{"Err', broken: true }, 'deferred route transient 422: Postmark answered 422: {"Err'],
    [{ status: 429, body: error(429, 'Slower') }, 'deferred route throttled 429: Slower (error 429)'],
    [{ status: 429 }, 'deferred route throttled 429: Postmark answered 429'],
    // In smaller company
    [{ status: 413 }, `${split} 413 after 0 ms by 2: ${refusedCall} Postmark answered 413`],
    [{ status: 422, body: error(300, "Invalid 'To'") }, `${split} 300 after 0 ms by 2: ${refusedCall} Invalid 'To'`],
    [{ status: 422, body: error(406, inactive) }, `${split} 406 after 0 ms by 2: ${refusedCall} ${inactive}`],
    [{ status: 422, body: error(411) }, `${split} 411 after 0 ms by 2: ${refusedCall} No.`],
    // The route is of no use
    [{ status: 401, body: error(10, 'Bad token') }, 'refused route auth 401: Bad token (error 10)'],
    [{ status: 403 }, 'refused route auth 403: Postmark answered 403'],
    [{ status: 422, body: error(405, 'No credits') }, 'refused route quota 405: No credits'],
    [{ status: 422, body: error(410, 'Too many') }, 'refused route config 410: Too many'],
    [{ status: 422, body: error(412, 'Pending') }, 'refused route config 412: Pending'],
    [{ status: 422, body: error(413, 'May not send') }, 'refused route config 413: May not send'],
    [{ status: 422, body: error(300, "Invalid 'From'") }, "refused route config 300: Invalid 'From'"],
    [{ status: 422, body: error(1235, 'No such stream') }, 'refused route config 1235: No such stream'],
    [{ status: 422, body: error(0, 'OK') }, 'refused route config 422: OK (error 0)'],
    [{ status: 422, body: 'what?' }, 'refused route config 422: Postmark answered 422: what?'],
    [{ status: 404 }, 'refused route config 404: Postmark answered 404'],
    [{ status: 415 }, 'refused route config 415: Postmark answered 415'],
  ])('%j: %s', (answer, becomes) => {
    expect(outcomesOf(answer)).toEqual([becomes, becomes, becomes])
  })
})

describe('answers to a call for one', () => {
  test.each<[Answer, string]>([
    [{ status: 200, body: ok(1) }, 'accepted id-1'],
    [{ status: 200, body: ok(1, { To: 'Ada <ADA1@example.org>' }) }, 'accepted id-1'],
    [{ status: 200, body: [ok(1)] }, expect.stringMatching(/^in-doubt/)],
    [{ status: 200, body: ok(2) }, expect.stringMatching(/^in-doubt/)],
    [{ status: 200, body: ok(1, { MessageID: '' }) }, 'in-doubt unknown 200: its result has no MessageID'],
    [
      {
        status: 200,
        body: ok(1, { Message: 'OK, but will not deliver to these inactive addresses: ada1@example.org' }),
      },
      'refused recipient hard 406: OK, but will not deliver to these inactive addresses: ada1@example.org',
    ],
    [{ status: 422, body: error(406, inactive) }, `refused recipient hard 406: ${inactive}`],
    [{ status: 422, body: error(300, "Error parsing 'To'") }, "refused recipient hard 300: Error parsing 'To'"],
    [{ status: 422, body: error(300, 'Metadata too long') }, 'refused message content 300: Metadata too long'],
    [{ status: 413, body: page('Too large') }, 'refused message content 413: Postmark answered 413: Too large'],
    [{ status: 422, body: { ErrorCode: 402 } }, "refused route config 402: Postmark's error 402"],
  ])('%j: %s', (answer, becomes) => {
    expect(outcomesOf(answer, messages(1))).toEqual([becomes])
  })
})

test('each of a batch has its own', () => {
  const codes = [0, 10, 100, 300, 400, 401, 405, 406, 411, 412, 413, 429, 500, 1235]
  const body = codes.map((code, index) => (code === 0 ? ok(index + 1) : error(code)))
  expect(outcomesOf({ status: 200, body }, messages(codes.length)).join('\n')).toMatchInlineSnapshot(`
    "accepted id-1
    refused route auth 10: No.
    deferred route transient 100: No.
    refused message content 300: No.
    refused route config 400: No.
    refused route config 401: No.
    refused route quota 405: No.
    refused recipient hard 406: No.
    refused message content 411: No.
    refused route config 412: No.
    refused route config 413: No.
    deferred route throttled 429: No.
    refused route config 500: No.
    refused route config 1235: No."
  `)
})

test('one whose result cannot be read is in doubt, and the others are not', () => {
  const body = [ok(1), { Message: 'what?' }, ok(3)]
  expect(outcomesOf({ status: 200, body })).toEqual([
    'accepted id-1',
    'in-doubt unknown 200: its result is not readable',
    'accepted id-3',
  ])
})

test('a forbidden attachment is the message’s fault, unless it goes with all of them', () => {
  const file = { fileName: 'a.exe', contentType: 'a/b', bytes: Buffer.from('MZ') }
  const parcel = [message(1), message(2, { attachments: [file] })]
  const answer = { status: 200, body: [error(411), error(411)] }
  expect(outcomesOf(answer, parcel, true)).toEqual([
    'refused route config 411: No.',
    'refused message content 411: No.',
  ])
})
