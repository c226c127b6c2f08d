/** What Amazon SES's answers mean: the tables are the specification. */

import { describe, expect, test } from 'vitest'
import type { FilledMessage } from '../../src/model/edition.ts'
import type { Outcome } from '../../src/model/outcome.ts'
import { httpReply } from '../../src/providers/http-reply.ts'
import { sesOutcomes } from '../../src/providers/ses-outcomes.ts'
import { address, message, messages, nowMs } from '../support/provider-opening.ts'

interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly broken?: boolean
}

const from = { name: 'Acme News', address: address('news@acme.example') }

function outcomesOf(answer: Answer, parcel: readonly FilledMessage[] = [message(1)]): readonly Outcome[] {
  const { status, headers = {}, body = '', broken = false } = answer
  const failure = broken ? { code: 'UND_ERR_SOCKET', text: 'other side closed' } : null
  const reply = httpReply({ status, headers, body: Buffer.from(body), broken: failure }, nowMs, text => text)
  return sesOutcomes(reply, parcel, from)
}

/** An outcome on one line. */
function told(outcome: Outcome): string {
  if (outcome.kind === 'accepted') return `accepted ${outcome.providerId}`
  const { class: failureClass, code, text } = outcome.cause
  const part = outcome.kind === 'deferred' && outcome.partMax !== undefined ? ` at most ${outcome.partMax}` : ''
  const after =
    outcome.kind === 'deferred' && outcome.retryAfterMs !== undefined ? ` after ${outcome.retryAfterMs} ms` : ''
  const scope = outcome.kind === 'in-doubt' ? '' : ` ${outcome.scope}`
  return `${outcome.kind}${scope} ${failureClass} ${code}${after}${part}: ${text}`
}

const error = (status: number, type: string, words: string): Answer => ({
  status,
  headers: { 'x-amzn-errortype': type },
  body: JSON.stringify({ message: words }),
})
const page = (title: string) => `<html><head><title>${title}</title></head></html>`

describe('a call for one', () => {
  const notVerified = (who: string) =>
    error(
      400,
      'MessageRejected',
      `Email address is not verified. The following identities failed the check in region EU-WEST-1: ${who}`,
    )

  test.each<[Answer, string]>([
    // Taken
    [{ status: 200, body: '{"MessageId":"0102-a-000000"}' }, 'accepted 0102-a-000000'],
    // Perhaps
    [
      { status: 200, body: '{"MessageId":"0102', broken: true },
      'in-doubt unknown 200: Amazon SES answered 200: {"MessageId":"0102',
    ],
    [{ status: 200, body: '{"MessageId":""}' }, 'in-doubt unknown 200: Amazon SES answered 200: {"MessageId":""}'],
    [{ status: 200, body: page('Log in') }, 'in-doubt unknown 200: Amazon SES answered 200: Log in'],
    [{ status: 202 }, 'in-doubt unknown 202: Amazon SES answered 202'],
    [{ status: 500 }, 'in-doubt unknown 500: Amazon SES answered 500'],
    [{ status: 502, body: page('502 Bad Gateway') }, 'in-doubt unknown 502: Amazon SES answered 502: 502 Bad Gateway'],
    [{ status: 503, body: page('503') }, 'in-doubt unknown 503: Amazon SES answered 503: 503'],
    [
      { status: 504, body: '{"message":"Endpoint request timed out"}' },
      'in-doubt unknown 504: Endpoint request timed out',
    ],
    [
      error(500, 'InternalFailure', 'An unknown error.'),
      'in-doubt unknown 500 InternalFailure: An unknown error. (InternalFailure)',
    ],
    // Later
    [
      error(500, 'InternalServiceErrorException', 'It was not processed.'),
      'deferred route transient 500 InternalServiceErrorException: It was not processed. (InternalServiceErrorException)',
    ],
    [
      error(503, 'ServiceUnavailable', 'Not now.'),
      'deferred route transient 503 ServiceUnavailable: Not now. (ServiceUnavailable)',
    ],
    [{ status: 408 }, 'deferred route transient 408: Amazon SES answered 408'],
    [{ status: 400, body: '{"mess', broken: true }, 'deferred route transient 400: Amazon SES answered 400: {"mess'],
    [
      error(429, 'TooManyRequestsException', 'Maximum sending rate exceeded.'),
      'deferred route throttled 429 TooManyRequestsException: Maximum sending rate exceeded. (TooManyRequestsException)',
    ],
    [
      error(400, 'Throttling', 'Maximum sending rate exceeded.'),
      'deferred route throttled 400 Throttling: Maximum sending rate exceeded. (Throttling)',
    ],
    [
      error(400, 'ThrottlingException', 'Rate exceeded'),
      'deferred route throttled 400 ThrottlingException: Rate exceeded (ThrottlingException)',
    ],
    [{ status: 429 }, 'deferred route throttled 429: Amazon SES answered 429'],
    // The day's quota
    [
      error(400, 'ThrottlingException', 'Daily message quota exceeded.'),
      'refused route quota 400 ThrottlingException: Daily message quota exceeded. (ThrottlingException)',
    ],
    [
      error(429, 'TooManyRequestsException', 'Daily message quota exceeded.'),
      'refused route quota 429 TooManyRequestsException: Daily message quota exceeded. (TooManyRequestsException)',
    ],
    [
      error(400, 'LimitExceededException', 'Too many.'),
      'refused route quota 400 LimitExceededException: Too many. (LimitExceededException)',
    ],
    // The credentials
    [
      error(403, 'UnrecognizedClientException', 'The security token included in the request is invalid.'),
      'refused route auth 403 UnrecognizedClientException: The security token included in the request is invalid. (UnrecognizedClientException)',
    ],
    [
      error(403, 'ExpiredTokenException', 'Expired.'),
      'refused route auth 403 ExpiredTokenException: Expired. (ExpiredTokenException)',
    ],
    [
      error(
        403,
        'InvalidSignatureException',
        'Signature expired: 20261122T120000Z is now earlier than 20261122T121000Z',
      ),
      'refused route auth 403 InvalidSignatureException: Signature expired: 20261122T120000Z is now earlier than 20261122T121000Z (InvalidSignatureException); check the clock of this machine',
    ],
    [
      error(403, 'InvalidSignatureException', 'It does not match.'),
      'refused route auth 403 InvalidSignatureException: It does not match. (InvalidSignatureException)',
    ],
    [
      error(403, 'AccessDeniedException', 'User … is not authorized to perform `ses:SendEmail` on resource …'),
      'refused route auth 403 AccessDeniedException: User … is not authorized to perform `ses:SendEmail` on resource … (AccessDeniedException)',
    ],
    [{ status: 403, body: '{"message":"Forbidden"}' }, 'refused route auth 403: Forbidden'],
    [{ status: 401 }, 'refused route auth 401: Amazon SES answered 401'],
    // The account or the campaign
    [
      error(400, 'AccountSuspendedException', 'No.'),
      'refused route config 400 AccountSuspendedException: No. (AccountSuspendedException)',
    ],
    [
      error(400, 'SendingPausedException', 'No.'),
      'refused route config 400 SendingPausedException: No. (SendingPausedException)',
    ],
    [
      error(400, 'MailFromDomainNotVerifiedException', 'No.'),
      'refused route config 400 MailFromDomainNotVerifiedException: No. (MailFromDomainNotVerifiedException)',
    ],
    [
      error(404, 'NotFoundException', 'Configuration set <news> does not exist.'),
      'refused route config 404 NotFoundException: Configuration set <news> does not exist. (NotFoundException)',
    ],
    [
      error(
        400,
        'MessageRejected',
        'Sending suspended for this account. For more information, please check your inbox.',
      ),
      'refused route config 400 MessageRejected: Sending suspended for this account. For more information, please check your inbox. (MessageRejected)',
    ],
    [
      notVerified('Acme News <news@acme.example>, news@acme.example'),
      'refused route config 400 MessageRejected: Email address is not verified. The following identities failed the check in region EU-WEST-1: Acme News <news@acme.example>, news@acme.example (MessageRejected)',
    ],
    [
      error(400, 'MessageRejected', 'Email address is not verified.'),
      'refused route config 400 MessageRejected: Email address is not verified. (MessageRejected)',
    ],
    [
      error(400, 'BadRequestException', 'Template contains unsupported operations.'),
      'refused route config 400 BadRequestException: Template contains unsupported operations. (BadRequestException)',
    ],
    [
      error(400, 'BadRequestException', 'Invalid From address: Illegal address'),
      'refused route config 400 BadRequestException: Invalid From address: Illegal address (BadRequestException)',
    ],
    [
      error(400, 'BadRequestException', 'An attachment has a file type that is not supported.'),
      'refused route config 400 BadRequestException: An attachment has a file type that is not supported. (BadRequestException)',
    ],
    [{ status: 404, body: '<UnknownOperationException/>' }, 'refused route config 404: Amazon SES answered 404'],
    [{ status: 418 }, 'refused route config 418: Amazon SES answered 418'],
    // She alone
    [
      notVerified('ADA1@example.org'),
      'refused message config 400 MessageRejected: Email address is not verified. The following identities failed the check in region EU-WEST-1: ADA1@example.org (MessageRejected)',
    ],
    [
      error(400, 'BadRequestException', "Missing final '@domain'"),
      "refused recipient hard 400 BadRequestException: Missing final '@domain' (BadRequestException)",
    ],
    [
      error(400, 'BadRequestException', 'Domain starts with dot'),
      'refused recipient hard 400 BadRequestException: Domain starts with dot (BadRequestException)',
    ],
    [
      error(400, 'BadRequestException', 'Local address contains control or whitespace'),
      'refused recipient hard 400 BadRequestException: Local address contains control or whitespace (BadRequestException)',
    ],
    [
      error(400, 'MessageRejected', 'It holds a virus.'),
      'refused message content 400 MessageRejected: It holds a virus. (MessageRejected)',
    ],
    [
      error(400, 'BadRequestException', 'Message length is more than 41943040 bytes long.'),
      'refused message content 400 BadRequestException: Message length is more than 41943040 bytes long. (BadRequestException)',
    ],
    [
      error(400, 'BadRequestException', 'Invalid header X-City.'),
      'refused message content 400 BadRequestException: Invalid header X-City. (BadRequestException)',
    ],
    [{ status: 413 }, 'refused message content 413: Amazon SES answered 413'],
  ])('%j: %s', (answer, becomes) => {
    expect(outcomesOf(answer).map(told)).toEqual([becomes])
  })

  test('about an attachment of her own', () => {
    const own = message(1, { attachments: [{ fileName: 'a.exe', contentType: 'a/b', bytes: Buffer.alloc(1) }] })
    const answer = error(400, 'BadRequestException', 'An attachment has a file type that is not supported.')
    expect(outcomesOf(answer, [own]).map(told)).toEqual([
      'refused message content 400 BadRequestException: An attachment has a file type that is not supported. (BadRequestException)',
    ])
  })

  test.each<[string, Answer]>([
    ['in the header, with a URL after it', error(400, 'SendingPausedException:http://internal.amazon.com/x/', 'No.')],
    ['in the header, with a namespace before it', error(400, 'com.amazonaws.ses#SendingPausedException', 'No.')],
    ['as `__type`', { status: 400, body: '{"__type":"com.amazonaws.ses#SendingPausedException","Message":"No."}' }],
    ['as `code`', { status: 400, body: '{"code":"SendingPausedException","message":"No."}' }],
  ])('the type of an error is found %s', (_, answer) => {
    expect(outcomesOf(answer).map(told)).toEqual([
      'refused route config 400 SendingPausedException: No. (SendingPausedException)',
    ])
  })
})

describe('a bulk call that is refused whole', () => {
  const notSent = (type: string) =>
    `deferred message transient 400 ${type} after 0 ms: not sent: the call was refused for another address`
  const named = (who: string) =>
    `Email address is not verified. The following identities failed the check in region X: ${who}`

  test.each<[string, Answer, readonly string[]]>([
    [
      'for a recipient who is not verified: she alone',
      error(400, 'MessageRejected', named('ada2@example.org')),
      [
        notSent('MessageRejected'),
        `refused message config 400 MessageRejected: ${named('ada2@example.org')} (MessageRejected)`,
        notSent('MessageRejected'),
      ],
    ],
    [
      'for two, and more than it shows',
      error(400, 'MessageRejected', named('ada1@example.org, ada3@example.org...')),
      [
        `refused message config 400 MessageRejected: ${named('ada1@example.org, ada3@example.org...')} (MessageRejected)`,
        notSent('MessageRejected'),
        `refused message config 400 MessageRejected: ${named('ada1@example.org, ada3@example.org...')} (MessageRejected)`,
      ],
    ],
    [
      'for the sender too: the route',
      error(400, 'MessageRejected', named('ada1@example.org, news@acme.example')),
      Array(3).fill(
        `refused route config 400 MessageRejected: ${named('ada1@example.org, news@acme.example')} (MessageRejected)`,
      ),
    ],
    [
      'for somebody who is not in it: the route',
      error(400, 'MessageRejected', named('bounces@acme.example')),
      Array(3).fill(`refused route config 400 MessageRejected: ${named('bounces@acme.example')} (MessageRejected)`),
    ],
    [
      'for an address, without a word for whose',
      error(400, 'BadRequestException', 'Illegal address'),
      Array(3).fill(
        'deferred message transient 400 BadRequestException after 0 ms at most 2: not sent: the call was refused for one of its messages: Illegal address (BadRequestException)',
      ),
    ],
    [
      'for what it holds',
      error(400, 'MessageRejected', 'It holds a virus.'),
      Array(3).fill(
        'deferred message transient 400 MessageRejected after 0 ms at most 2: not sent: the call was refused for one of its messages: It holds a virus. (MessageRejected)',
      ),
    ],
    [
      'for its size',
      { status: 413 },
      Array(3).fill(
        'deferred message transient 413 after 0 ms at most 2: not sent: the call was refused for one of its messages: Amazon SES answered 413',
      ),
    ],
    [
      'for its template',
      error(400, 'BadRequestException', 'Template contains unsupported operations.'),
      Array(3).fill(
        'refused route config 400 BadRequestException: Template contains unsupported operations. (BadRequestException)',
      ),
    ],
  ])('%s', (_, answer, becomes) => {
    expect(outcomesOf(answer, messages(3)).map(told)).toEqual(becomes)
  })
})

describe('an entry of a bulk call', () => {
  const withStatus = (status: unknown, error?: string) => ({
    Status: status,
    ...(error === undefined ? {} : { Error: error }),
  })

  test.each<[unknown, string]>([
    [{ Status: 'SUCCESS', MessageId: '0102-1' }, 'accepted 0102-1'],
    [{ Status: 'Success', MessageId: '0102-1' }, 'accepted 0102-1'],
    [
      withStatus('TRANSIENT_FAILURE', 'Later.'),
      'deferred route transient TRANSIENT_FAILURE: Later. (TRANSIENT_FAILURE)',
    ],
    [withStatus('ACCOUNT_THROTTLED'), 'deferred route throttled ACCOUNT_THROTTLED: Amazon SES says ACCOUNT_THROTTLED'],
    [
      withStatus('ACCOUNT_DAILY_QUOTA_EXCEEDED'),
      'refused route quota ACCOUNT_DAILY_QUOTA_EXCEEDED: Amazon SES says ACCOUNT_DAILY_QUOTA_EXCEEDED',
    ],
    [
      withStatus('MESSAGE_REJECTED', 'A virus.'),
      'refused message content MESSAGE_REJECTED: A virus. (MESSAGE_REJECTED)',
    ],
    [
      withStatus('MESSAGE_REJECTED', 'Email address is not verified. … failed the check in region X: ada1@example.org'),
      'refused message config MESSAGE_REJECTED: Email address is not verified. … failed the check in region X: ada1@example.org (MESSAGE_REJECTED)',
    ],
    [
      withStatus('MESSAGE_REJECTED', 'Email address is not verified. … failed the check in region X: acme.example'),
      'refused route config MESSAGE_REJECTED: Email address is not verified. … failed the check in region X: acme.example (MESSAGE_REJECTED)',
    ],
    ...['INVALID_PARAMETER', 'INVALID_PARAMETER_VALUE', 'FAILED'].flatMap((status): [unknown, string][] => [
      [withStatus(status, 'Illegal address'), `refused recipient hard ${status}: Illegal address (${status})`],
      [withStatus(status, 'Invalid Reply-To'), `refused route config ${status}: Invalid Reply-To (${status})`],
      [withStatus(status, 'Something.'), `refused message content ${status}: Something. (${status})`],
    ]),
    ...[
      'MAIL_FROM_DOMAIN_NOT_VERIFIED',
      'CONFIGURATION_SET_NOT_FOUND',
      'CONFIGURATION_SET_DOES_NOT_EXIST',
      'TEMPLATE_NOT_FOUND',
      'TEMPLATE_DOES_NOT_EXIST',
      'ACCOUNT_SUSPENDED',
      'INVALID_SENDING_POOL_NAME',
      'ACCOUNT_SENDING_PAUSED',
      'CONFIGURATION_SET_SENDING_PAUSED',
    ].map((status): [unknown, string] => [
      withStatus(status, 'No.'),
      `refused route config ${status}: No. (${status})`,
    ]),
    // Perhaps
    [withStatus('ON_ITS_WAY'), 'in-doubt unknown ON_ITS_WAY: Amazon SES says ON_ITS_WAY'],
    [withStatus(200), 'in-doubt unknown 200: Amazon SES gave no status'],
    [{ MessageId: '0102-1' }, 'in-doubt unknown 200: Amazon SES gave no status'],
    [null, 'in-doubt unknown 200: Amazon SES gave no status'],
  ])('%j: %s', (entry, becomes) => {
    const good = (id: string) => ({ Status: 'SUCCESS', MessageId: id })
    const body = JSON.stringify({ BulkEmailEntryResults: [good('a'), entry, good('c')] })
    expect(outcomesOf({ status: 200, body }, messages(3)).map(told)).toEqual(['accepted a', becomes, 'accepted c'])
  })

  test.each([
    [
      'fewer results than entries',
      '{"BulkEmailEntryResults":[{"Status":"SUCCESS","MessageId":"a"}]}',
      'Amazon SES gave 1 result for 3 entries',
    ],
    ['more results than entries', '{"BulkEmailEntryResults":[1,2,3,4]}', 'Amazon SES gave 4 results for 3 entries'],
    ['no list', '{"BulkEmailEntryResults":{}}', 'Amazon SES answered 200: {"BulkEmailEntryResults":{}}'],
    ['the answer of the other call', '{"MessageId":"a"}', 'Amazon SES answered 200: {"MessageId":"a"}'],
    ['half an answer', '{"BulkEmailEntryResults":[{"Sta', 'Amazon SES answered 200: {"BulkEmailEntryResults":[{"Sta'],
  ])('%s: all are in doubt', (_, body, says) => {
    const outcomes = outcomesOf({ status: 200, body }, messages(3))
    expect(outcomes.map(told)).toEqual(Array(3).fill(`in-doubt unknown 200: ${says}`))
  })
})

test('words are one line, bounded, and without control characters', () => {
  const [outcome] = outcomesOf(error(404, 'NotFoundException', `No.\r\n\u001b[2J${'x'.repeat(5000)}`))
  if (outcome?.kind !== 'refused') throw new Error('not refused')
  expect(outcome.cause.text).toMatch(/^No\. \[2Jx+…$/)
  expect(outcome.cause.text.length).toBe(500)
})
