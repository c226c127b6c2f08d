/** What SendGrid's answers mean: the table is the specification. */

import { describe, expect, test } from 'vitest'
import type { Outcome } from '../../src/model/outcome.ts'
import { httpReply } from '../../src/providers/http-reply.ts'
import { sendgridOutcomes } from '../../src/providers/sendgrid-outcomes.ts'
import { message, messages, nowMs } from '../support/provider-opening.ts'

interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly broken?: boolean
}

function outcomesOf(answer: Answer, parcel = messages(3), sandbox = false): readonly Outcome[] {
  const { status, headers = {}, body = '', broken = false } = answer
  const failure = broken ? { code: 'UND_ERR_SOCKET', text: 'other side closed' } : null
  const reply = httpReply({ status, headers, body: Buffer.from(body), broken: failure }, nowMs, text => text)
  return sendgridOutcomes(reply, parcel, sandbox)
}

/** An outcome on one line. */
function told(outcome: Outcome): string {
  if (outcome.kind === 'accepted') return `accepted ${outcome.providerId}`
  const { class: failureClass, code, text } = outcome.cause
  const after =
    outcome.kind === 'deferred' && outcome.retryAfterMs !== undefined ? ` after ${outcome.retryAfterMs} ms` : ''
  const scope = outcome.kind === 'in-doubt' ? '' : ` ${outcome.scope}`
  return `${outcome.kind}${scope} ${failureClass} ${code}${after}: ${text}`
}

const errors = (...each: readonly (readonly [message: string, field: string | null])[]) =>
  JSON.stringify({ errors: each.map(([text, field]) => ({ message: text, field, help: null })) })

const nginx = (title: string) => `<html>\r\n<head><title>${title}</title></head>\r\n<body>…</body>\r\n</html>`

describe('answers about the whole call', () => {
  const id = { 'x-message-id': 'XBg2anf2TqCy6WXKQFhieQ' }

  test.each<[Answer, string]>([
    // Taken
    [{ status: 202, headers: id }, 'accepted XBg2anf2TqCy6WXKQFhieQ'],
    [{ status: 202 }, 'accepted '],
    [{ status: 202, headers: id, broken: true }, 'accepted XBg2anf2TqCy6WXKQFhieQ'],
    // Perhaps
    [{ status: 202, broken: true }, 'in-doubt unknown 202: SendGrid answered 202'],
    [{ status: 200, headers: id }, 'in-doubt unknown 200: SendGrid answered 200'],
    [{ status: 200, body: nginx('Log in') }, 'in-doubt unknown 200: SendGrid answered 200: Log in'],
    [{ status: 204 }, 'in-doubt unknown 204: SendGrid answered 204'],
    [{ status: 500, body: nginx('500 Oops') }, 'in-doubt unknown 500: SendGrid answered 500: 500 Oops'],
    [{ status: 502, body: nginx('502 Bad Gateway') }, 'in-doubt unknown 502: SendGrid answered 502: 502 Bad Gateway'],
    [{ status: 502, body: errors(['bad gateway', null]) }, 'in-doubt unknown 502: bad gateway'],
    [{ status: 503, body: 'upstream gone' }, 'in-doubt unknown 503: SendGrid answered 503: upstream gone'],
    [
      { status: 503, body: '{"errors":[{"mess', broken: true },
      'in-doubt unknown 503: SendGrid answered 503: {"errors":[{"mess',
    ],
    [{ status: 504 }, 'in-doubt unknown 504: SendGrid answered 504'],
    [{ status: 520 }, 'in-doubt unknown 520: SendGrid answered 520'],
    // Later
    [{ status: 500, body: errors(['internal server error', null]) }, 'in-doubt unknown 500: internal server error'],
    [{ status: 503, body: errors(['not available', null]) }, 'deferred route transient 503: not available'],
    [{ status: 408 }, 'deferred route transient 408: SendGrid answered 408'],
    [
      { status: 400, body: '{"errors":[{"mess', broken: true },
      'deferred route transient 400: SendGrid answered 400: {"errors":[{"mess',
    ],
    [{ status: 429, body: errors(['too many requests', null]) }, 'deferred route throttled 429: too many requests'],
    [{ status: 429 }, 'deferred route throttled 429: SendGrid answered 429'],
    // The route is of no use
    [{ status: 400, body: errors(['Bad Request', null]) }, 'refused route config 400: Bad Request'],
    [
      { status: 400, body: errors(['Does not contain a valid address.', 'from.email']) },
      'refused route config 400: Does not contain a valid address. (from.email)',
    ],
    [
      { status: 400, body: errors(['Nobody there', 'personalizations.3.to']) },
      'refused route config 400: Nobody there (personalizations.3.to)',
    ],
    [
      { status: 400, body: errors(['More than once', 'personalizations']) },
      'refused route config 400: More than once (personalizations)',
    ],
    [{ status: 400, body: 'what?' }, 'refused route config 400: SendGrid answered 400: what?'],
    [{ status: 400, body: '{"errors":"none"}' }, 'refused route config 400: SendGrid answered 400: {"errors":"none"}'],
    [
      { status: 400, body: '{"errors":[null,7,{"message":7}]}' },
      'refused route config 400: SendGrid answered 400: {"errors":[null,7,{"message":7}]}',
    ],
    [
      { status: 401, body: errors(['authorization required', 'null']) },
      'refused route auth 401: authorization required',
    ],
    [
      { status: 401, body: errors(['Maximum credits exceeded', null]) },
      'refused route quota 401: Maximum credits exceeded',
    ],
    [{ status: 401 }, 'refused route auth 401: SendGrid answered 401'],
    [
      { status: 403, body: errors(['The from address does not match a verified Sender Identity.', 'from']) },
      'refused route config 403: The from address does not match a verified Sender Identity. (from)',
    ],
    [{ status: 404, body: errors(['not found', null]) }, 'refused route config 404: not found'],
    [{ status: 405 }, 'refused route config 405: SendGrid answered 405'],
    [
      { status: 413, body: nginx('413 Request Entity Too Large') },
      'deferred message transient 413 after 0 ms: not sent: the call was refused for one of its messages: SendGrid answered 413: 413 Request Entity Too Large',
    ],
    [
      { status: 415, body: errors(['Invalid UTF8 in request', null]) },
      'refused route config 415: Invalid UTF8 in request',
    ],
    [{ status: 418 }, 'refused route config 418: SendGrid answered 418'],
  ])('%j: %s', (answer, becomes) => {
    expect(outcomesOf(answer).map(told)).toEqual([becomes, becomes, becomes])
  })

  test.each<[Answer, string]>([
    [{ status: 200, headers: id }, 'accepted XBg2anf2TqCy6WXKQFhieQ'],
    [{ status: 200 }, 'accepted '],
    [{ status: 202, headers: id }, 'accepted XBg2anf2TqCy6WXKQFhieQ'],
    [{ status: 200, broken: true }, 'in-doubt unknown 200: SendGrid answered 200'],
  ])('in the sandbox, %j: %s', (answer, becomes) => {
    expect(outcomesOf(answer, messages(1), true).map(told)).toEqual([becomes])
  })

  test.each<[Answer, string]>([
    [{ status: 413, body: nginx('413 Too Large') }, 'refused route config 413: SendGrid answered 413: 413 Too Large'],
    [
      { status: 400, body: errors(['No valid address', 'personalizations.to']) },
      'refused recipient hard 400: No valid address (personalizations.to)',
    ],
    [
      { status: 400, body: errors(['Too many', 'personalizations']) },
      'refused route config 400: Too many (personalizations)',
    ],
    [
      { status: 400, body: errors(['Not base64', 'attachments.0.content']) },
      'refused route config 400: Not base64 (attachments.0.content)',
    ],
  ])('to a call for one, %j: %s', (answer, becomes) => {
    expect(outcomesOf(answer, messages(1)).map(told)).toEqual([becomes])
  })

  test('about an attachment of her own', () => {
    const own = message(1, { attachments: [{ fileName: 'a', contentType: 'a/b', bytes: Buffer.alloc(0) }] })
    const answer = { status: 400, body: errors(['At least one character.', 'attachments.1.content']) }
    expect(outcomesOf(answer, [own]).map(told)).toEqual([
      'refused message content 400: At least one character. (attachments.1.content)',
    ])
  })
})

describe('answers about one of three', () => {
  const other = 'deferred message transient 400 after 0 ms: not sent: the call was refused for another address'

  test.each<[string, string, readonly string[]]>([
    [
      'an address',
      errors(['Does not contain a valid address.', 'personalizations.1.to.0.email']),
      [other, 'refused recipient hard 400: Does not contain a valid address. (personalizations.1.to.0.email)', other],
    ],
    [
      'an address, in another spelling',
      errors(['Does not contain a valid address.', 'personalizations[0].to']),
      ['refused recipient hard 400: Does not contain a valid address. (personalizations[0].to)', other, other],
    ],
    [
      'two addresses',
      errors(['No.', 'personalizations.0.to.0.email'], ['No.', 'personalizations.2.to']),
      [
        'refused recipient hard 400: No. (personalizations.0.to.0.email)',
        other,
        'refused recipient hard 400: No. (personalizations.2.to)',
      ],
    ],
    [
      'all of them',
      errors(['No.', 'personalizations.0.to'], ['No.', 'personalizations.1.to'], ['No.', 'personalizations.2.to']),
      [0, 1, 2].map(index => `refused recipient hard 400: No. (personalizations.${index}.to)`),
    ],
    [
      'her headers',
      errors(['Header cannot be one of the reserved keys.', 'personalizations.2.headers']),
      [
        other,
        other,
        'refused message content 400: Header cannot be one of the reserved keys. (personalizations.2.headers)',
      ],
    ],
    [
      'her headers and her address: the address decides',
      errors(['Bad header.', 'personalizations.2.headers'], ['Bad address.', 'personalizations.2.to']),
      [other, other, 'refused recipient hard 400: Bad address. (personalizations.2.to)'],
    ],
    [
      'her address and her headers: the same',
      errors(['Bad address.', 'personalizations.2.to'], ['Bad header.', 'personalizations.2.headers']),
      [other, other, 'refused recipient hard 400: Bad address. (personalizations.2.to)'],
    ],
    [
      'an address seen twice is no bad address: it must not be suppressed',
      errors(['You have included [ada@example.org] more than once.', 'personalizations.1.to']),
      [
        other,
        'refused message content 400: You have included [ada@example.org] more than once. (personalizations.1.to)',
        other,
      ],
    ],
    [
      'a value of a wrong type is no bad address either',
      errors(['Invalid type. Expected: string, given: array.', 'personalizations.1.to.0.email']),
      [
        other,
        'refused message content 400: Invalid type. Expected: string, given: array. (personalizations.1.to.0.email)',
        other,
      ],
    ],
    [
      'the sender too: she is refused, and the next call tells of the sender',
      errors(['Bad sender.', 'from.email'], ['Bad address.', 'personalizations.0.to']),
      ['refused recipient hard 400: Bad address. (personalizations.0.to)', other, other],
    ],
  ])('%s', (_, body, becomes) => {
    expect(outcomesOf({ status: 400, body }).map(told)).toEqual(becomes)
  })

  test('a thousand and one refusals later, the last of a thousand is through', () => {
    let waiting = messages(1000)
    let calls = 0
    while (waiting.length > 0) {
      const body = errors(['No.', `personalizations.${waiting.length - 1}.to`])
      const outcomes = outcomesOf({ status: 400, body }, waiting)
      waiting = waiting.filter((_, index) => outcomes[index]?.kind === 'deferred')
      calls++
    }
    expect(calls).toBe(1000)
  })
})

test('words are one line, bounded, and without control characters', () => {
  const [outcome] = outcomesOf({ status: 403, body: errors([`No.\r\n\u001b[2J${'x'.repeat(5000)}`, null]) })
  if (outcome?.kind !== 'refused') throw new Error('not refused')
  expect(outcome.cause.text).toMatch(/^No\. \[2Jx+…$/)
  expect(outcome.cause.text.length).toBe(500)
})
