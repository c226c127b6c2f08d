/**
 * Every behaviour of a sink, as the real providers see it: what the outcome is, and if the ledger has the mail. An outcome
 * that is not in doubt must always agree with the ledger.
 */

import { connect } from 'node:net'
import { describe, expect, test } from 'vitest'
import type { Clock } from '../../src/model/clock.ts'
import type { FilledMessage } from '../../src/model/edition.ts'
import { address, message, messages } from '../support/provider-opening.ts'
import { inShort, type Kind, stage, systemClock } from './stage.ts'

/** Larger than what lies between two sockets can be, so that the middle of the message is seen from both sides. */
const large = message(1, {
  attachments: [{ fileName: 'a.bin', contentType: 'application/octet-stream', bytes: Buffer.alloc(16 * 1024 * 1024) }],
})

describe.concurrent('what a rule comes to: the outcome, and how many lines the ledger has', () => {
  test.each<[Kind, string, string, number, FilledMessage?]>([
    ['smtp', 'do=slow delay=5ms', 'accepted', 1],
    ['smtp', 'do=refuse', 'refused recipient hard 550 5.1.1', 0],
    ['smtp', 'do=refuse phase=connect', 'refused route block 554 5.7.1', 0],
    ['smtp', 'do=refuse phase=mail', 'refused route block 554 5.7.1', 0],
    ['smtp', 'do=refuse phase=answer say=blocked', 'refused lane block 554 5.7.1', 0],
    ['smtp', 'do=refuse say=too-big phase=answer', 'refused message content 552 5.3.4', 0],
    ['smtp', 'do=refuse say=content phase=answer', 'refused message content 550 5.6.0', 0],
    ['smtp', 'do=refuse say=bad-key phase=mail', 'refused route auth 530 5.7.0', 0],
    ['smtp', 'do=refuse say=no-credit phase=mail', 'refused route quota 550 5.7.0', 0],
    ['smtp', 'do=refuse reply="550 5.7.26 No DMARC for you"', 'refused route config 550 5.7.26', 0],
    ['smtp', 'do=defer', 'deferred route transient 451 4.3.2', 0],
    ['smtp', 'do=defer say=mailbox-full', 'deferred recipient soft 452 4.2.2', 0],
    ['smtp', 'do=defer say=greylisted', 'deferred recipient transient 450 4.2.0', 0],
    ['smtp', 'do=throttle', 'deferred lane throttled 421 4.7.0', 0],
    ['smtp', 'do=throttle phase=connect', 'deferred route throttled 421 4.7.0', 0],
    ['smtp', 'do=throttle voice=gmail phase=answer', 'deferred lane throttled 421 4.7.28', 0],
    ['smtp', 'do=lose-answer', 'in-doubt unknown', 1],
    ['smtp', 'do=drop phase=connect', 'deferred route transient', 0],
    ['smtp', 'do=drop phase=rcpt', 'deferred route transient', 0],
    ['smtp', 'do=drop phase=data', 'deferred route transient', 0, large],
    ['smtp', 'do=drop', 'deferred route transient', 0, large],
    ['smtp', 'do=drop phase=answer', 'in-doubt unknown', 0],
    ['smtp', 'do=garbage taken=no', 'in-doubt unknown', 0],
    ['smtp', 'do=garbage taken=yes', 'in-doubt unknown', 1],
    ['smtp', 'do=hang', 'in-doubt unknown', 0],
    ['smtp', 'do=hang taken=yes', 'in-doubt unknown', 1],
    ['smtp', 'do=hang phase=rcpt', 'deferred route transient', 0],
    ['smtp', 'do=refuse-connections', 'deferred route transient', 0],
    ['smtp', 'do=refuse-part provider=sendgrid', 'accepted', 1],
    ['sendgrid', 'do=slow delay=5ms', 'accepted', 1],
    ['sendgrid', 'do=refuse', 'refused recipient hard 400', 0],
    ['sendgrid', 'do=refuse phase=head', 'refused route config 403', 0],
    ['sendgrid', 'do=refuse say=too-big', 'refused route config 413', 0],
    ['sendgrid', 'do=refuse say=content', 'refused message content 400', 0],
    ['sendgrid', 'do=refuse say=bad-key', 'refused route auth 401', 0],
    ['sendgrid', 'do=refuse say=no-credit', 'refused route quota 401', 0],
    ['sendgrid', 'do=refuse status=418', 'refused route config 418', 0],
    ['sendgrid', 'do=defer', 'deferred route transient 503', 0],
    ['sendgrid', 'do=defer status=502 body="<html><title>Bad Gateway</title>"', 'in-doubt unknown 502', 0],
    ['sendgrid', 'do=throttle', 'deferred route throttled 429', 0],
    ['sendgrid', 'do=lose-answer', 'in-doubt unknown', 1],
    ['sendgrid', 'do=drop', 'deferred route transient', 0, large],
    ['sendgrid', 'do=drop phase=answer', 'in-doubt unknown', 0],
    ['sendgrid', 'do=garbage taken=no', 'in-doubt unknown', 0],
    ['sendgrid', 'do=garbage taken=yes', 'in-doubt unknown', 1],
    ['sendgrid', 'do=hang', 'in-doubt unknown', 0],
    ['sendgrid', 'do=hang taken=yes', 'in-doubt unknown', 1],
    ['sendgrid', 'do=refuse-part', 'refused recipient hard 400', 0],
    ['sendgrid', 'do=refuse-connections', 'deferred route transient', 0],
  ])('%s, %s', async (kind, rule, outcome, lines, mail = message(1)) => {
    const { send, entries, events } = await stage(kind, [rule])
    const given = new AbortController()
    const waiting = send([mail], given.signal)
    if (rule.includes('do=hang')) {
      while (!events.some(event => event.misbehaviour === 'hang')) await turn()
      given.abort()
    }
    expect([inShort((await waiting)[0]), entries.length]).toEqual([outcome, lines])
  })
})

describe.concurrent('a call with several mails', () => {
  const three = messages(3)

  test('is refused for one of them: that one is named, and nobody is taken', async () => {
    const { send, entries } = await stage('sendgrid', ['do=refuse-part site=bad.example'])
    const parcel = [message(1), message(2, { to: address('ada@bad.example') }), message(3)]
    expect((await send(parcel)).map(inShort)).toEqual([
      'deferred message transient 400',
      'refused recipient hard 400',
      'deferred message transient 400',
    ])
    expect(entries).toEqual([])
    expect((await send([message(1), message(3)])).map(inShort)).toEqual(['accepted', 'accepted'])
  })

  test('is taken whole, and its answer is lost', async () => {
    const { send, entries } = await stage('sendgrid', ['do=lose-answer'])
    expect((await send(three)).map(inShort)).toEqual(Array(3).fill('in-doubt unknown'))
    expect(entries.map(entry => [entry.address, entry.call])).toEqual(three.map(each => [each.to, 1]))
  })

  test.each([
    ['do=defer retry_after=90s', [90_000]],
    // SendGrid names the second in which the window opens, and the answer's Date a second too.
    ['do=throttle retry_after=90s', [90_000, 91_000, 92_000]],
  ])('waits as long as it is told to: %s', async (rule, waitsMs) => {
    const { send } = await stage('sendgrid', [rule])
    for (const outcome of await send(three)) {
      expect(outcome.kind).toBe('deferred')
      expect(waitsMs).toContain('retryAfterMs' in outcome ? outcome.retryAfterMs : undefined)
    }
  })

  test('is told of the window in which it was too fast, as SendGrid tells it', async () => {
    const nowMs = Date.UTC(2026, 10, 22, 12, 0, 0, 1)
    const { sink } = await stage('sendgrid', ['do=throttle retry_after=90s phase=head delay=5ms'], {
      clock: { ...systemClock, nowMs: () => nowMs },
    })
    const { status, headers } = await fetch(`${sink.url('sendgrid')}/v3/mail/send`, { method: 'POST' })
    expect(status).toBe(429)
    expect(headers.get('x-ratelimit-remaining')).toBe('0')
    expect(headers.get('x-ratelimit-reset')).toBe(String(Date.UTC(2026, 10, 22, 12, 1, 31) / 1000))
    expect(headers.get('retry-after')).toBeNull()
  })
})

describe.concurrent('whom a rule concerns', () => {
  const people = [
    message(1, { to: address('ada@yahoo.com') }),
    message(2, { to: address('bob@mail.uni.edu') }),
    message(3, { to: address('eve@example.org') }),
  ]

  test.each<[string, readonly string[]]>([
    ['do=refuse site=yahoo.com', ['refused recipient hard 554', 'accepted', 'accepted']],
    ['do=refuse site=*.edu', ['accepted', 'refused recipient hard 550 5.1.1', 'accepted']],
    ['do=refuse site=YAHOO.com,*.edu', ['refused recipient hard 554', 'refused recipient hard 550 5.1.1', 'accepted']],
    ['do=refuse provider=sendgrid', ['accepted', 'accepted', 'accepted']],
    ['do=refuse after=1 first=1', ['accepted', 'refused recipient hard 550 5.1.1', 'accepted']],
    [
      'do=throttle',
      ['deferred lane throttled 421 4.7.0', 'deferred lane throttled 421 4.7.0', 'deferred lane throttled 421 4.7.0'],
    ],
  ])('%s', async (rule, outcomes) => {
    const { send } = await stage('smtp', [rule])
    const got: string[] = []
    for (const each of people) got.push(inShort((await send([each]))[0]))
    expect(got).toEqual(outcomes)
  })
})

test('the first rule that applies decides', async () => {
  const { send } = await stage('sendgrid', ['do=throttle first=1', 'do=defer first=2', 'do=refuse say=blocked'])
  const got: string[] = []
  for (const each of messages(4)) got.push(inShort((await send([each]))[0]))
  expect(got).toEqual([
    'deferred route throttled 429',
    'deferred route transient 503',
    'refused route config 403',
    'refused route config 403',
  ])
})

test.each<Kind>(['smtp', 'sendgrid'])('%s: a port that is closed for a while after two connections', async kind => {
  const outage = { end: (): void => undefined }
  const clock: Clock = {
    nowMs: Date.now,
    sleep: ms =>
      new Promise(resolve => {
        expect(ms).toBe(30_000)
        outage.end = resolve
      }),
  }
  const { send, sink, entries } = await stage(kind, ['do=refuse-connections after=2 for=30s'], { clock })
  const port = kind === 'smtp' ? sink.smtpPort : sink.httpPort
  expect(await knock(port)).toBe('connected')
  expect(inShort((await send([message(1)]))[0])).toBe('accepted')
  expect(await knock(port)).toBe('ECONNREFUSED')
  outage.end()
  while ((await knock(port)) !== 'connected') await turn()
  expect(entries.length).toBe(1)
})

/** Connects and goes away again. */
function knock(port: number): Promise<string> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve('connected')
    })
    socket.once('error', error => resolve('code' in error ? String(error.code) : error.message))
  })
}

function turn(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, 2))
}
