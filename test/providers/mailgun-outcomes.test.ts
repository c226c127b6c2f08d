/** What Mailgun's answers mean: the table is the specification. */

import { describe, expect, test } from 'vitest'
import type { Outcome } from '../../src/model/outcome.ts'
import { askedWaitMs } from '../../src/providers/http-asked-wait.ts'
import { httpReply } from '../../src/providers/http-reply.ts'
import { mailgunOutcomes } from '../../src/providers/mailgun-outcomes.ts'
import { messages, nowMs } from '../support/provider-opening.ts'

interface Answer {
  readonly status: number
  readonly body?: string
  readonly broken?: boolean
}

function replyOf({ status, body = '', broken = false }: Answer) {
  const failure = broken ? { code: 'UND_ERR_SOCKET', text: 'other side closed' } : null
  return httpReply({ status, headers: {}, body: Buffer.from(body), broken: failure }, nowMs, text => text)
}

/** An outcome on one line. */
function told(outcome: Outcome): string {
  if (outcome.kind === 'accepted') return `accepted ${outcome.providerId}`
  const { class: failureClass, code, text } = outcome.cause
  const scope = outcome.kind === 'in-doubt' ? '' : ` ${outcome.scope}`
  const parts = outcome.kind === 'deferred' && outcome.partMax !== undefined ? `, ${outcome.partMax} together` : ''
  return `${outcome.kind}${scope} ${failureClass} ${code}${parts}: ${text}`
}

const says = (message: string) => JSON.stringify({ message })
const nginx = (title: string) => `<html>\r\n<head><title>${title}</title></head>\r\n<body>…</body>\r\n</html>`
const notAllowed = (why: string) => says(`Domain mg.acme.example is not allowed to send: ${why}`)
const key = 'check api_key, and region: the domain of another region may be refused so too'
const region = 'check domain, and region: a domain is known in its own region only'

describe('the same for one and for several', () => {
  test.each<[Answer, string]>([
    // Taken
    [{ status: 200, body: '{"id":"<1@mg>","message":"Queued. Thank you."}' }, 'accepted <1@mg>'],
    // Perhaps
    [{ status: 200 }, 'in-doubt unknown 200: Mailgun answered 200'],
    [{ status: 200, body: says('Queued. Thank you.') }, 'in-doubt unknown 200: Queued. Thank you.'],
    [{ status: 200, body: '{"id":7}' }, 'in-doubt unknown 200: Mailgun answered 200: {"id":7}'],
    [{ status: 200, body: '{"id":"<1@m', broken: true }, 'in-doubt unknown 200: Mailgun answered 200: {"id":"<1@m'],
    [{ status: 200, body: nginx('Log in') }, 'in-doubt unknown 200: Mailgun answered 200: Log in'],
    [{ status: 202, body: '{"id":"<1@mg>"}' }, 'in-doubt unknown 202: Mailgun answered 202: {"id":"<1@mg>"}'],
    [{ status: 500, body: nginx('500 Oops') }, 'in-doubt unknown 500: Mailgun answered 500: 500 Oops'],
    [{ status: 502, body: says('Bad Gateway') }, 'in-doubt unknown 502: Bad Gateway'],
    [{ status: 503, body: '{"mess', broken: true }, 'in-doubt unknown 503: Mailgun answered 503: {"mess'],
    [{ status: 504 }, 'in-doubt unknown 504: Mailgun answered 504'],
    // Later
    [{ status: 500, body: says('Internal Server Error') }, 'in-doubt unknown 500: Internal Server Error'],
    [{ status: 503, body: says('Service Unavailable') }, 'deferred route transient 503: Service Unavailable'],
    [{ status: 408 }, 'deferred route transient 408: Mailgun answered 408'],
    [{ status: 400, body: '{"mess', broken: true }, 'deferred route transient 400: Mailgun answered 400: {"mess'],
    [
      { status: 429, body: notAllowed('account-requests-per-sec limit exceeded, try again after 120 seconds') },
      'deferred route throttled 429: Domain mg.acme.example is not allowed to send: account-requests-per-sec limit exceeded, try again after 120 seconds',
    ],
    [{ status: 420, body: says('Enhance your calm') }, 'deferred route throttled 420: Enhance your calm'],
    [{ status: 429 }, 'deferred route throttled 429: Mailgun answered 429'],
    [
      { status: 429, body: notAllowed('recipient limit exceeded, try again after Mon, 20 Dec 2021 20:33:21 UTC') },
      'deferred route quota 429: Domain mg.acme.example is not allowed to send: recipient limit exceeded, try again after Mon, 20 Dec 2021 20:33:21 UTC',
    ],
    // The route is of no use
    [{ status: 401, body: 'Forbidden' }, `refused route auth 401: Mailgun answered 401: Forbidden; ${key}`],
    [{ status: 401, body: '"Forbidden"' }, `refused route auth 401: Forbidden; ${key}`],
    [{ status: 401, body: says('Invalid private key') }, `refused route auth 401: Invalid private key; ${key}`],
    [{ status: 403, body: says('Forbidden') }, `refused route auth 403: Forbidden; ${key}`],
    [
      { status: 403, body: notAllowed('Account disabled') },
      'refused route config 403: Domain mg.acme.example is not allowed to send: Account disabled',
    ],
    [
      { status: 400, body: notAllowed('The domain is unverified and requires DNS configuration.') },
      'refused route config 400: Domain mg.acme.example is not allowed to send: The domain is unverified and requires DNS configuration.',
    ],
    [
      { status: 400, body: notAllowed('recipient limit exceeded') },
      'refused route quota 400: Domain mg.acme.example is not allowed to send: recipient limit exceeded',
    ],
    [{ status: 400, body: says('from parameter is missing') }, 'refused route config 400: from parameter is missing'],
    [{ status: 402, body: says('Request failed') }, 'refused route config 402: Request failed'],
    [{ status: 404, body: says('Domain not found: x') }, `refused route config 404: Domain not found: x; ${region}`],
    [{ status: 405 }, 'refused route config 405: Mailgun answered 405'],
    [{ status: 418 }, 'refused route config 418: Mailgun answered 418'],
  ])('%j: %s', (answer, becomes) => {
    expect(mailgunOutcomes(replyOf(answer), messages(1)).map(told)).toEqual([becomes])
    expect(mailgunOutcomes(replyOf(answer), messages(3)).map(told)).toEqual([becomes, becomes, becomes])
  })
})

describe('of one message it is her own; of several, nobody knows whose', () => {
  test.each<[Answer, string, string]>([
    [
      { status: 400, body: says('to parameter is not a valid address. please check documentation') },
      'refused recipient hard 400',
      'to parameter is not a valid address. please check documentation',
    ],
    [
      { status: 400, body: says("'to' parameter is not a valid address.") },
      'refused recipient hard 400',
      "'to' parameter is not a valid address.",
    ],
    [
      { status: 400, body: says('Too many recipients, max is 100') },
      'refused route config 400',
      'Too many recipients, max is 100',
    ],
    [
      { status: 400, body: says('Send options (parameters starting with o:, h:, or v:) are limited to 16KB total') },
      'refused message content 400',
      'Send options (parameters starting with o:, h:, or v:) are limited to 16KB total',
    ],
    [{ status: 413, body: nginx('413 Too Large') }, 'refused route config 413', 'Mailgun answered 413: 413 Too Large'],
    [
      { status: 403, body: says('Your account is not allowed to send large batches yet') },
      'refused route config 403',
      'Your account is not allowed to send large batches yet',
    ],
  ])('%j', (answer, ofOne, words) => {
    const { status } = answer
    expect(mailgunOutcomes(replyOf(answer), messages(1)).map(told)).toEqual([`${ofOne}: ${words}`])
    const apart = `deferred message transient ${status}, 3 together: not sent: the call was refused for one of its messages: ${words}`
    expect(mailgunOutcomes(replyOf(answer), messages(5)).map(told)).toEqual(messages(5).map(() => apart))
  })
})

test.each([
  ['120 seconds', 120_000],
  ['Sun, 22 Nov 2026 12:01:30 UTC', 90_000],
])('the time that is in the words alone is heeded: %s', (after, waitMs) => {
  const body = notAllowed(`request limit exceeded, try again after ${after}`)
  expect(askedWaitMs(replyOf({ status: 429, body }))).toBe(waitMs)
})

test('words are one line, bounded, and without control characters', () => {
  const [outcome] = mailgunOutcomes(
    replyOf({ status: 402, body: says(`No.\r\n\u001b[2J${'x'.repeat(5000)}`) }),
    messages(1),
  )
  if (outcome?.kind !== 'refused') throw new Error('not refused')
  expect(outcome.cause.text).toMatch(/^No\. \[2Jx+…$/)
  expect(outcome.cause.text.length).toBe(500)
})
