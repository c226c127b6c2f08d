/** What an answer as a whole asks us to wait: the table is the specification, and holds for every vendor with an HTTP API. */

import { describe, expect, test } from 'vitest'
import type { Outcome } from '../../src/model/outcome.ts'
import { askedWaitMs, withAskedWait } from '../../src/providers/http-asked-wait.ts'
import { httpReply } from '../../src/providers/http-reply.ts'
import { retryAfterMaxMs } from '../../src/providers/http-retry-after.ts'
import { sendgrid } from '../../src/providers/sendgrid.ts'
import { bareServer, toyKind, toyOptions, toyVendor } from '../support/http-toy.ts'
import { message, messages, nowMs, opening } from '../support/provider-opening.ts'
import { startSendGridReceiver } from '../support/sendgrid-receiver.ts'

const { signal } = new AbortController()

type Headers = Readonly<Record<string, string | string[]>>

function asked(status: number, headers: Headers, body = ''): number | undefined {
  return askedWaitMs(httpReply({ status, headers, body: Buffer.from(body), broken: null }, nowMs, text => text))
}

const unix = (seconds: number) => String(nowMs / 1000 + seconds)
const sendgridWindow = (remaining: string, seconds: number): Headers => ({
  'x-ratelimit-limit': '500',
  'x-ratelimit-remaining': remaining,
  'x-ratelimit-reset': unix(seconds),
})
const resendWindow = (remaining: string, reset: string): Headers => ({
  'ratelimit-limit': '2',
  'ratelimit-remaining': remaining,
  'ratelimit-reset': reset,
})
const brevoWindow = (remaining: string, reset: string): Headers => ({
  'x-sib-ratelimit-limit': '1000',
  'x-sib-ratelimit-remaining': remaining,
  'x-sib-ratelimit-reset': reset,
})
const mailgun = (after: string) => `{"message":"… recipient limit exceeded, try again after ${after}"}`

describe('a refusal for being too fast', () => {
  test.each<[string, Headers, string, number | undefined]>([
    ['says nothing of time', {}, '{"errors":[{"message":"too many requests"}]}', undefined],
    ['Retry-After', { 'retry-after': '5' }, '', 5000],
    ['SendGrid', sendgridWindow('0', 60), '', 60_000],
    ['SendGrid, with something left: the call was refused all the same', sendgridWindow('3', 60), '', 60_000],
    ['SendGrid, a window that has opened already', sendgridWindow('0', -60), '', 0],
    ['Resend', { ...resendWindow('0', '1'), 'retry-after': '1' }, '', 1000],
    ['Brevo', brevoWindow('0', '42'), '', 42_000],
    ['Brevo, with no word of what is left', { 'x-sib-ratelimit-reset': '42' }, '', 42_000],
    ['Mailgun, seconds', {}, mailgun('120 seconds'), 120_000],
    ['Mailgun, a date', {}, mailgun('Sun, 22 Nov 2026 12:01:30 UTC'), 90_000],
    ['forms that disagree: the longest', { ...sendgridWindow('0', 60), 'retry-after': '5' }, '', 60_000],
    ['the longest, the other way round', { ...sendgridWindow('0', 5), 'retry-after': '60' }, '', 60_000],
    [
      'all at once',
      { ...sendgridWindow('0', 1), ...brevoWindow('0', '3'), 'retry-after': '2' },
      mailgun('9 seconds'),
      9000,
    ],
    [
      'one that is of use among garbage',
      { ...resendWindow('?', 'soon'), 'retry-after': '-1', ...brevoWindow('', '7') },
      '',
      7000,
    ],
    ['a form under the name of another', { 'x-ratelimit-reset': '60', 'ratelimit-reset': unix(60) }, '', undefined],
    ['for ever', { 'ratelimit-reset': '99999999', 'retry-after': '9999999999' }, '', retryAfterMaxMs],
    ['a gateway and the server behind it', { 'retry-after': ['5', '60'], 'ratelimit-reset': '1, 2' }, '', 60_000],
    ['a date, whose comma parts nothing', { 'retry-after': 'Sun, 22 Nov 2026 12:01:30 GMT' }, '', 90_000],
  ])('%s', (_, headers, body, ms) => {
    expect(asked(429, headers, body)).toBe(ms)
  })

  test.each<[string, Headers, string, number | undefined]>([
    ['SendGrid', sendgridWindow('0', 60), '', 3660_000],
    ['Retry-After as a date', { 'retry-after': 'Sun, 22 Nov 2026 12:01:30 GMT' }, '', 3690_000],
    ['Mailgun, a date', {}, mailgun('Sun, 22 Nov 2026 12:01:30 UTC'), 3690_000],
    ['seconds are seconds', { 'retry-after': '5', ...brevoWindow('0', '42') }, mailgun('9 seconds'), 42_000],
  ])('from a server whose clock is an hour behind ours: %s', (_, headers, body, ms) => {
    expect(asked(429, { ...headers, date: 'Sun, 22 Nov 2026 11:00:00 GMT' }, body)).toBe(ms)
  })

  test('with a Date that is none: our clock', () => {
    expect(asked(429, { ...sendgridWindow('0', 60), date: 'today' })).toBe(60_000)
  })

  test('has the number 420 too, at Mailgun', () => {
    expect(asked(420, {}, mailgun('120 seconds'))).toBe(120_000)
  })
})

describe('any other refusal', () => {
  test.each<[number, Headers, string, number | undefined]>([
    [503, { 'retry-after': '30' }, '', 30_000],
    [502, { 'retry-after': 'Sun, 22 Nov 2026 12:01:30 GMT' }, '', 90_000],
    // Every answer tells of the window; only one that is used up is a wish.
    [503, sendgridWindow('3', 60), '', undefined],
    [503, sendgridWindow('0', 60), '', 60_000],
    [400, resendWindow('1', '60'), '', undefined],
    [400, resendWindow('0', '60'), '', 60_000],
    // A vendor that repeats what it refuses says whatever stood in the list.
    [400, {}, mailgun('86400 seconds'), undefined],
  ])('%i %j %s: %j', (status, headers, body, ms) => {
    expect(asked(status, headers, body)).toBe(ms)
  })
})

describe('a success', () => {
  test.each<[string, Headers, number | undefined]>([
    ['with no word of a window', {}, undefined],
    ['something is left', sendgridWindow('499', 60), undefined],
    ['SendGrid: nothing is left', sendgridWindow('0', 60), 60_000],
    ['Resend: nothing is left', resendWindow('0', '1'), 1000],
    ['Brevo: nothing is left', brevoWindow('0', '3600'), 3_600_000],
    ['nothing is left, and the window has opened already', sendgridWindow('0', -1), 0],
    ['nothing is left, and nobody knows until when', { 'ratelimit-remaining': '0' }, undefined],
    ['nothing is left until a time that is none', resendWindow('0', 'soon'), undefined],
    [
      'nothing is left of another window than the one that resets',
      { ...resendWindow('1', '60'), 'x-ratelimit-remaining': '0' },
      undefined,
    ],
    ['of several windows one is used up', { ...resendWindow('0', '1'), ...brevoWindow('5', '60') }, 1000],
    ['several are used up: the longest', { ...resendWindow('0', '1'), ...brevoWindow('0', '60') }, 60_000],
    ['of two with one name one is used up', { ...resendWindow('0, 5', '1, 60') }, 60_000],
    ['a zero in other digits', resendWindow('0.0', '1'), 1000],
    ['less than nothing, by which some mean no limit', resendWindow('-1', '60'), undefined],
    ['a fraction is left', resendWindow('0.5', '60'), undefined],
    ['nobody knows how much', resendWindow('none', '60'), undefined],
    ['an empty word', resendWindow('', '60'), undefined],
    ['a huge window', resendWindow('0', '99999999'), retryAfterMaxMs],
    // On a success it says when to look what became of something (RFC 9110, 10.2.3 leaves that open).
    ['Retry-After', { 'retry-after': '60' }, undefined],
  ])('%s', (_, headers, ms) => {
    expect(asked(202, headers, mailgun('120 seconds'))).toBe(ms)
  })
})

describe('what becomes of an outcome', () => {
  const cause = { class: 'throttled', text: 'slow down' } as const
  const slowRoute: Outcome = { kind: 'deferred', scope: 'route', cause }
  const accepted: Outcome = { kind: 'accepted', providerId: '7' }

  test.each<[string, Outcome, number | undefined, object]>([
    ['a deferral by the route is put off', slowRoute, 5000, { retryAfterMs: 5000 }],
    [
      'as long as the vendor says, if that is longer',
      { ...slowRoute, retryAfterMs: 9000 },
      5000,
      { retryAfterMs: 9000 },
    ],
    ['no wait', slowRoute, undefined, {}],
    ['a wait that is over', slowRoute, 0, {}],
    ['what was taken lets the route rest', accepted, 5000, { restMs: 5000 }],
    ['what was taken, and no wait', accepted, undefined, {}],
    ['a refusal lets the route rest', { kind: 'refused', scope: 'recipient', cause }, 5000, { restMs: 5000 }],
    ['so does a doubt', { kind: 'in-doubt', cause }, 5000, { restMs: 5000 }],
    [
      'a message that is sent again at once is, by the route that rests',
      { kind: 'deferred', scope: 'message', cause, retryAfterMs: 0 },
      5000,
      { retryAfterMs: 0, restMs: 5000 },
    ],
  ])('%s', (_, outcome, ms, more) => {
    expect(withAskedWait(outcome, ms)).toEqual({ ...outcome, ...more })
  })
})

describe('over the wire', () => {
  test('SendGrid: a 429, a last call of a window, and one with some to spare', async () => {
    const date = new Date(nowMs).toUTCString()
    const answers = [
      {
        status: 429,
        headers: { date, ...sendgridWindow('0', 30) },
        body: '{"errors":[{"message":"too many requests"}]}',
      },
      { status: 202, take: true, headers: { 'x-message-id': 'a', date, ...sendgridWindow('0', 60) } },
      { status: 202, take: true, headers: { 'x-message-id': 'b', date, ...sendgridWindow('1', 60) } },
      { status: 502, headers: { 'retry-after': '20' } },
    ]
    const receiver = await startSendGridReceiver({
      apiKey: 'SG.a-key-that-nobody-has',
      misbehave: ({ number }) => ({ kind: 'answer', status: 599, ...(answers[number - 1] as object) }),
    })
    const options = sendgrid.options.parse({ api_key: '${SENDGRID_API_KEY}', base_url: receiver.url })
    const provider = await sendgrid.open(opening({ options: options as Record<string, never> }))
    const outcomes = []
    for (const parcel of [messages(1), messages(2), messages(1), messages(1)])
      outcomes.push(await provider.send(parcel, signal))
    expect(outcomes).toMatchObject([
      [{ kind: 'deferred', scope: 'route', cause: { class: 'throttled', code: '429' }, retryAfterMs: 30_000 }],
      [
        { kind: 'accepted', providerId: 'a', restMs: 60_000 },
        { kind: 'accepted', providerId: 'a', restMs: 60_000 },
      ],
      [{ kind: 'accepted', providerId: 'b' }],
      [{ kind: 'in-doubt', cause: { code: '502' }, restMs: 20_000 }],
    ])
    expect(outcomes[2]?.[0]).not.toHaveProperty('restMs')
    expect(receiver.deliveries.length).toBe(3)
    await provider.close()
    await receiver.close()
  })

  test('a vendor that never heard of it has the header obeyed, however it is spelt', async () => {
    const server = await bareServer(async visit => {
      await visit.request()
      visit.socket.end(
        'HTTP/1.1 503 Busy\r\nRETRY-after: 5\r\nRetry-After: 60\r\nRateLimit-Remaining: 0\r\nRateLimit-Reset: 7\r\ncontent-length: 0\r\n\r\n',
      )
    })
    const outcomes = async (outcome: Outcome) => {
      const vendor = { ...toyVendor, outcomes: () => [outcome] }
      const provider = await toyKind(vendor).open(opening({ options: toyOptions(server.url) }))
      const said = await provider.send([message(1)], signal)
      await provider.close()
      return said
    }
    const cause = { class: 'transient', text: 'busy' } as const
    expect(await outcomes({ kind: 'deferred', scope: 'route', cause })).toMatchObject([{ retryAfterMs: 60_000 }])
    expect(await outcomes({ kind: 'in-doubt', cause })).toMatchObject([{ restMs: 60_000 }])
    await server.close()
  })
})
