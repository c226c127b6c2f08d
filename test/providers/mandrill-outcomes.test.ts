/** What Mandrill's answers mean: the table is the specification. */

import { describe, expect, test } from 'vitest'
import type { FilledMessage } from '../../src/model/edition.ts'
import type { Outcome } from '../../src/model/outcome.ts'
import { httpReply } from '../../src/providers/http-reply.ts'
import { mandrillOutcomes } from '../../src/providers/mandrill-outcomes.ts'
import { message, nowMs } from '../support/provider-opening.ts'

function outcomeOf(status: number, body: unknown, of: FilledMessage = message(1), broken = false): Outcome {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const failure = broken ? { code: 'UND_ERR_SOCKET', text: 'other side closed' } : null
  const reply = httpReply({ status, headers: {}, body: Buffer.from(text), broken: failure }, nowMs, words => words)
  return mandrillOutcomes(reply, of)
}

/** An outcome on one line. */
function told(outcome: Outcome): string {
  const rest = outcome.restMs === undefined ? '' : `, rests ${outcome.restMs / 60_000} min`
  if (outcome.kind === 'accepted') return `accepted ${outcome.providerId}${rest}`
  const { class: failureClass, code, text } = outcome.cause
  const scope = outcome.kind === 'in-doubt' ? '' : ` ${outcome.scope}`
  return `${outcome.kind}${scope} ${failureClass} ${code}: ${text}`
}

const result = (status: string, reasons: object = {}) => [
  { email: 'ada1@example.org', status, reject_reason: null, queued_reason: null, ...reasons, _id: 'abc' },
]
const error = (name: string, words: string, code = -2) => ({ status: 'error', code, name, message: words })
const nginx = (title: string) => `<html>\r\n<head><title>${title}</title></head>\r\n<body>…</body>\r\n</html>`

describe('what became of the recipient', () => {
  test.each<[unknown, string]>([
    [result('sent'), 'accepted abc'],
    [result('scheduled'), 'accepted abc'],
    [result('queued'), 'accepted abc'],
    [result('queued', { queued_reason: 'attachments' }), 'accepted abc'],
    [result('queued', { queued_reason: 'multiple-recipients' }), 'accepted abc'],
    [result('queued', { queued_reason: 'hourly-quota-exhausted' }), 'accepted abc, rests 10 min'],
    [result('queued', { queued_reason: 'sending-backlogged' }), 'accepted abc, rests 10 min'],
    [result('queued', { queued_reason: 'sending-suspended' }), 'accepted abc, rests 60 min'],
    [result('queued', { queued_reason: 'sending-paused' }), 'accepted abc, rests 60 min'],
    [result('queued', { queued_reason: 'account-suspended' }), 'accepted abc, rests 60 min'],
    [result('queued', { queued_reason: 'monthly-limit-reached' }), 'accepted abc, rests 60 min'],
    [result('queued', { queued_reason: 'free-trial-sends-exhausted' }), 'accepted abc, rests 60 min'],
    ...['hard-bounce', 'invalid', 'spam', 'unsub', 'custom'].map((reason): [unknown, string] => [
      result('rejected', { reject_reason: reason }),
      `refused recipient hard ${reason}: Mandrill rejects mail to this address: ${reason}`,
    ]),
    [
      result('rejected', { reject_reason: 'soft-bounce' }),
      'deferred recipient soft soft-bounce: Mandrill rejects mail to this address for a while: soft-bounce',
    ],
    [
      result('rejected', { reject_reason: 'unsigned' }),
      'refused route config unsigned: the domain of `from` is not verified at Mandrill, or lacks SPF and DKIM',
    ],
    [
      result('rejected', { reject_reason: 'invalid-sender' }),
      'refused route config invalid-sender: Mandrill does not accept the address of `from`',
    ],
    [
      result('rejected', { reject_reason: 'test-mode-limit' }),
      'refused route config test-mode-limit: the API key is one for tests, and its limit is reached',
    ],
    [
      result('rejected', { reject_reason: 'rule' }),
      'refused message content rule: Mandrill rejected the message: rule',
    ],
    [
      result('rejected', { reject_reason: 'moon' }),
      'refused message content moon: Mandrill rejected the message: moon',
    ],
    [result('rejected'), 'refused message content rejected: Mandrill rejected the message'],
    [result('invalid'), 'refused recipient hard invalid: Mandrill holds the address to be invalid'],
    // Perhaps
    [result('thrown'), 'in-doubt unknown 200: Mandrill gave a status that it does not document: thrown'],
    [
      [...result('sent'), ...result('sent')],
      'in-doubt unknown 200: Mandrill answered 200: [{"email":"ada1@example.org",',
    ],
    [[], 'in-doubt unknown 200: Mandrill answered 200: []'],
    [{}, 'in-doubt unknown 200: Mandrill answered 200: {}'],
    ['', 'in-doubt unknown 200: Mandrill answered 200'],
    [nginx('Welcome'), 'in-doubt unknown 200: Mandrill answered 200: Welcome'],
  ])('%j: %s', (body, becomes) => {
    expect(told(outcomeOf(200, body)).slice(0, becomes.length)).toBe(becomes)
  })

  test('a success that is not 200, or that broke off, is none', () => {
    expect(outcomeOf(202, result('sent')).kind).toBe('in-doubt')
    expect(outcomeOf(200, JSON.stringify(result('sent')).slice(0, 40), message(1), true).kind).toBe('in-doubt')
  })
})

describe('errors, by their name and whatever the status', () => {
  const of = (fields: unknown) => error('ValidationError', `Validation error: ${JSON.stringify(fields)}`)

  test.each<[unknown, string]>([
    [error('Invalid_Key', 'Invalid API key'), 'refused route auth Invalid_Key: Invalid API key'],
    [error('PaymentRequired', 'No credit.'), 'refused route quota PaymentRequired: No credit.'],
    [error('RequestLimitExceeded', 'Too Many'), 'deferred route throttled RequestLimitExceeded: Too Many'],
    [error('ServiceUnavailable', 'Later'), 'deferred route transient ServiceUnavailable: Later'],
    [error('GeneralError', 'An unknown error occurred'), 'in-doubt unknown GeneralError: An unknown error occurred'],
    [{ status: 'error' }, 'in-doubt unknown'],
    [error('Unknown_Subaccount', 'No subaccount x'), 'refused route config Unknown_Subaccount: No subaccount x'],
    [error('Surprise', ''), 'refused route config Surprise: Surprise'],
    [
      of({ message: { to: [{ email: 'No @' }] } }),
      'refused recipient hard ValidationError: Validation error: {"message"',
    ],
    [of({ message: { headers: 'No' } }), 'refused message content ValidationError'],
    [of({ message: { subject: 'No' } }), 'refused message content ValidationError'],
    [of({ message: { from_email: 'No @' } }), 'refused route config ValidationError'],
    [of({ message: { attachments: [{ content: 'No' }] } }), 'refused route config ValidationError'],
    [of({ email: 'Not a valid email address' }), 'refused route config ValidationError'],
    [error('ValidationError', 'You must specify a key value'), 'refused route config ValidationError'],
  ])('%j: %s', (body, becomes) => {
    for (const status of [200, 401, 422, 500]) expect(told(outcomeOf(status, body))).toContain(becomes)
  })

  test('an attachment of her own costs only her', () => {
    const own = message(1, { attachments: [{ fileName: 'a.pdf', contentType: 'a/b', bytes: Buffer.alloc(0) }] })
    expect(told(outcomeOf(422, of({ message: { attachments: [{ content: 'No' }] } }), own))).toContain(
      'refused message content',
    )
  })

  test.each<[number, string]>([
    [400, 'refused route config 400'],
    [401, 'refused route auth 401'],
    [403, 'refused route config 403'],
    [408, 'deferred route transient 408'],
    [413, 'refused message content 413'],
    [429, 'deferred route throttled 429'],
    [500, 'in-doubt unknown 500'],
    [502, 'in-doubt unknown 502'],
    [503, 'in-doubt unknown 503'],
  ])('%i from a gateway: %s', (status, becomes) => {
    expect(told(outcomeOf(status, nginx('Oops')))).toBe(`${becomes}: Mandrill answered ${status}: Oops`)
  })
})
