/** What the ledger says of a mail, when it is written, and what a watcher sees of it. */

import { createHash } from 'node:crypto'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import type { SinkEvent } from '../../src/sink/event.ts'
import { startSink } from '../../src/sink/sink.ts'
import { message, messages } from '../support/provider-opening.ts'
import { VirtualClock } from '../support/virtual-clock.ts'
import { inShort, type Kind, stage, systemClock } from './stage.ts'

const never = new AbortController().signal

describe.concurrent('the ledger', () => {
  test('has what a recipient got over SMTP', async () => {
    const clock = { ...systemClock, nowMs: () => Date.UTC(2026, 10, 22, 12) }
    const { send, entries } = await stage('smtp', [], { clock })
    await send([message(1, { subject: 'Grüße für Ada, zum Fest und zum neuen Jahr: alles, was Sie wissen müssen' })])
    await send([message(2, { run: null })])
    expect(entries).toEqual([
      {
        at: '2026-11-22T12:00:00.000Z',
        provider: 'smtp',
        address: 'ada1@example.org',
        message_id: '<1.campaign@acme.example>',
        run: 'run-1',
        subject: 'Grüße für Ada, zum Fest und zum neuen Jahr: alles, was Sie wissen müssen',
        body_sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
        call: 1,
      },
      expect.objectContaining({
        message_id: '<2.campaign@acme.example>',
        run: null,
        subject: 'News for Ada 2',
        call: 2,
      }),
    ])
  })

  test('has what each recipient got of a call to SendGrid', async () => {
    const { send, entries } = await stage('sendgrid', [])
    await send(messages(2))
    const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
    const got = (id: number) => ({
      at: expect.any(String),
      provider: 'sendgrid',
      address: `ada${id}@example.org`,
      message_id: `<${id}.campaign@acme.example>`,
      run: 'run-1',
      subject: `News for Ada ${id}`,
      body_sha256: sha256(`Hello Ada ${id}!\0<p>Hello Ada ${id}!</p>`),
      call: 1,
    })
    expect(entries).toEqual([got(1), got(2)])
  })

  test('has the same for a mail in a call of its own and in a batch', async () => {
    const alone = await stage('sendgrid', [])
    for (const each of messages(3)) await alone.send([each])
    const together = await stage('sendgrid', [])
    await together.send(messages(3))
    const facts = ({ entries }: typeof alone) => entries.map(({ at: _, call: __, ...rest }) => rest)
    expect(facts(together)).toEqual(facts(alone))
    expect(new Set(facts(alone).map(each => each.body_sha256)).size).toBe(3)
  })

  test.each<Kind>(['smtp', 'sendgrid'])('%s: a ledger that cannot be written is never answered past', async kind => {
    const { send } = await stage(kind, [], {
      onAccepted() {
        throw new Error('no space')
      },
    })
    expect(inShort((await send([message(1)]))[0])).toBe('in-doubt unknown')
  })

  test('a sandbox takes nobody', async () => {
    const { sink, entries } = await stage('sendgrid', [])
    const response = await fetch(`${sink.url('sendgrid')}/v3/mail/send`, {
      method: 'POST',
      headers: { authorization: 'Bearer x', 'content-type': 'application/json' },
      body: JSON.stringify({
        personalizations: [{ to: [{ email: 'ada@example.org' }] }],
        from: { email: 'news@acme.example' },
        subject: 'News',
        content: [{ type: 'text/plain', value: 'Hello' }],
        mail_settings: { sandbox_mode: { enable: true } },
      }),
    })
    expect([response.status, entries]).toEqual([200, []])
  })
})

describe.concurrent('a watcher', () => {
  test.each<[Kind, readonly string[], string]>([
    ['smtp', [], 'connect mail rcpt data body taken LEDGER answered'],
    ['smtp', ['do=refuse'], 'connect mail rcpt:refuse answered:refuse'],
    ['smtp', ['do=slow delay=2ms'], 'connect mail rcpt data body taken:slow LEDGER answered:slow'],
    ['smtp', ['do=lose-answer'], 'connect mail rcpt data body taken:lose-answer LEDGER'],
    ['smtp', ['do=drop phase=data'], 'connect mail rcpt data:drop'],
    ['smtp', ['do=garbage taken=yes'], 'connect mail rcpt data body taken:garbage LEDGER answered:garbage'],
    ['sendgrid', [], 'head body taken LEDGER answered'],
    ['sendgrid', ['do=refuse'], 'head body taken:refuse answered:refuse'],
    ['sendgrid', ['do=throttle phase=head'], 'head:throttle answered:throttle'],
    ['sendgrid', ['do=slow delay=2ms'], 'head body taken:slow LEDGER answered:slow'],
    ['sendgrid', ['do=lose-answer'], 'head body taken:lose-answer LEDGER'],
    ['sendgrid', ['do=drop phase=body'], 'head body:drop'],
  ])('%s %s: %s', async (kind, rules, expected) => {
    const seen: string[] = []
    const { send } = await stage(kind, rules, {
      onAccepted: () => seen.push('LEDGER'),
      watch: ({ phase, misbehaviour }) => seen.push(misbehaviour === null ? phase : `${phase}:${misbehaviour}`),
    })
    await send([message(1)])
    // The client may have read the answer before the server is told that it has been written.
    while (expected.includes('answered') && !seen.some(each => each.startsWith('answered'))) await systemClock.sleep(1)
    expect(seen.join(' ')).toBe(expected)
  })

  test('is told of the call: its number, its connection, its recipients, and in the end whether it was taken', async () => {
    const { send, events } = await stage('smtp', [])
    await send([message(1)])
    await send([message(2)])
    expect(events.filter(event => event.phase === 'taken' || event.phase === 'answered')).toEqual(
      [1, 2].flatMap(call => {
        const event = { provider: 'smtp', connection: 1, call, to: [`ada${call}@example.org`], misbehaviour: null }
        return [
          { ...event, phase: 'taken', inLedger: false },
          { ...event, phase: 'answered', inLedger: true },
        ]
      }),
    )
  })

  test.each<Kind>(['smtp', 'sendgrid'])('%s: is told of addresses as the ledger has them', async kind => {
    const { sink, events, entries } = await stage(kind, [])
    const to = 'Ada@B\u00dcCHER.example'
    if (kind === 'smtp') {
      converse(sink.smtpPort, ['EHLO a', 'MAIL FROM:<a@acme.example> SMTPUTF8', `RCPT TO:<${to}>`, ...data])
    } else {
      await fetch(`${sink.url('sendgrid')}/v3/mail/send`, {
        method: 'POST',
        headers: { authorization: 'Bearer x', 'content-type': 'application/json' },
        body: JSON.stringify({
          personalizations: [{ to: [{ email: to }] }],
          from: { email: 'news@acme.example' },
          subject: 'News',
          content: [{ type: 'text/plain', value: 'Hello' }],
        }),
      })
    }
    while (events.at(-1)?.phase !== 'answered') await systemClock.sleep(1)
    expect(entries.map(entry => entry.address)).toEqual(['Ada@xn--bcher-kva.example'])
    expect(new Set(events.flatMap(event => event.to))).toEqual(new Set(['Ada@xn--bcher-kva.example']))
  })

  test('of a client that is gone when its message has just come whole is told of the same call', async () => {
    const { sink, events, entries } = await stage('smtp', ['phase=body do=slow delay=20ms'])
    const socket = converse(sink.smtpPort, [
      'EHLO a',
      'MAIL FROM:<a@acme.example>',
      'RCPT TO:<ada@example.org>',
      ...data,
    ])
    while (!events.some(event => event.phase === 'body')) await systemClock.sleep(1)
    socket.destroy()
    while (entries.length === 0) await systemClock.sleep(1)
    expect(entries).toMatchObject([{ address: 'ada@example.org', subject: 'a', call: 1 }])
    expect(events.at(-1)).toMatchObject({ phase: 'taken', call: 1, connection: 1, to: ['ada@example.org'] })
  })

  test('acts before the step: a client that is gone by then is taken all the same, and never answered', async () => {
    const gone = new AbortController()
    const seen: SinkEvent[] = []
    const { send, entries } = await stage('smtp', ['do=slow delay=5ms'], {
      watch(event) {
        seen.push(event)
        if (event.phase === 'taken') gone.abort()
      },
    })
    expect(inShort((await send([message(1)], gone.signal))[0])).toBe('in-doubt unknown')
    expect([entries.length, seen.at(-1)?.phase]).toEqual([1, 'taken'])
  })
})

describe.concurrent('asked what it took', () => {
  const sought = (ids: readonly number[]) =>
    ids.map(id => {
      const { to, messageId } = message(id)
      return { to, messageId, run: 'run-1', begunAtMs: 0 }
    })

  test('knows whom it took, and nobody else', async () => {
    const { send, provider } = await stage('sendgrid', ['do=lose-answer'])
    await send(messages(2))
    expect(await provider.lookup?.(sought([1, 2, 3]), never)).toEqual([
      { kind: 'taken', providerId: expect.stringMatching(/^id-1\./) },
      { kind: 'taken', providerId: expect.stringMatching(/^id-1\./) },
      { kind: 'no trace' },
    ])
  })

  test('knows whom it took in a run, where the run is named', async () => {
    const { send, sink } = await stage('sendgrid', [])
    await send([message(1)])
    const found = async (run: string) => {
      const query = `unique_args['mailblast_run']="${run}" AND (unique_args['mailblast_message_id']="${message(1).messageId}")`
      const url = `${sink.url('sendgrid')}/v3/messages?query=${encodeURIComponent(query)}`
      const response = await fetch(url, { headers: { authorization: 'Bearer x' } })
      return ((await response.json()) as { messages: readonly unknown[] }).messages.length
    }
    expect([await found('run-1'), await found('run-2')]).toEqual([1, 0])
  })

  test('can be busy then too', async () => {
    const { provider, events } = await stage('sendgrid', ['do=throttle phase=lookup'])
    expect(await provider.lookup?.(sought([1]), never)).toMatchObject([{ kind: 'unknown', cause: { code: '429' } }])
    expect(events.map(event => [event.phase, event.call])).toEqual([['lookup', null]])
  })
})

test('one API key, if it is given one', async () => {
  const { send } = await stage('sendgrid', [], { apiKey: 'SG.another' })
  expect(inShort((await send([message(1)]))[0])).toBe('refused route auth 401')
})

test('paths of nobody', async () => {
  const { sink } = await stage('sendgrid', [])
  const status = async (path: string) => (await fetch(`http://127.0.0.1:${sink.httpPort}${path}`)).status
  expect([await status('/'), await status('/v3/mail/send'), await status('/sendgrid/v3/else')]).toEqual([404, 404, 404])
  expect(() => sink.url('pigeon')).toThrow('the sink does not stand for pigeon')
})

test('a port that is taken is said, and nothing stays open', async () => {
  const other = createServer()
  await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve))
  const { port } = other.address() as AddressInfo
  const nothing = { onAccepted: () => undefined, clock: new VirtualClock() }
  await expect(startSink({ ...nothing, httpPort: port })).rejects.toMatchObject({ code: 'EADDRINUSE', port })
  await expect(startSink({ ...nothing, smtpPort: port })).rejects.toMatchObject({ code: 'EADDRINUSE', port })
  other.close()
})

const data = ['DATA', 'Subject: a\r\n\r\nb\r\n.']

/** Says a line at every reply. */
function converse(port: number, lines: readonly string[]): Socket {
  const socket = connect(port, '127.0.0.1')
  const left = [...lines, 'QUIT']
  socket.on('data', chunk => {
    if (!/^\d\d\d .*\r\n$/m.test(chunk.toString())) return
    const line = left.shift()
    if (line !== undefined) socket.write(`${line}\r\n`)
  })
  return socket
}
