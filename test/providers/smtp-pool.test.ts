/** A route with several servers, as messages really go. */

import { afterAll, describe, expect, test } from 'vitest'
import type { Json } from '../../src/model/edition.ts'
import type { Outcome } from '../../src/model/outcome.ts'
import { Secret } from '../../src/model/secret.ts'
import { smtp } from '../../src/providers/smtp.ts'
import { message, messages, nowMs, opening } from '../support/provider-opening.ts'
import {
  type ReceiverEvent,
  type ReceiverOptions,
  type SmtpReceiver,
  startSmtpReceiver,
} from '../support/smtp-receiver.ts'

const password = 'correct-horse-battery-staple'

const ending: (() => Promise<void>)[] = []
afterAll(async () => {
  for (const end of ending.reverse()) await end()
})

async function receive(options: ReceiverOptions = {}): Promise<SmtpReceiver> {
  const receiver = await startSmtpReceiver(options)
  ending.push(() => receiver.close())
  return receiver
}

/** A port at which nobody listens. */
async function nobody(): Promise<{ readonly port: number }> {
  const receiver = await startSmtpReceiver()
  await receiver.close()
  return receiver
}

type Send = (id: number, signal?: AbortSignal) => Promise<string>

async function open(
  servers: readonly { readonly port: number }[],
  options: Record<string, Json> = {},
  now: () => number = () => nowMs,
): Promise<Send> {
  const parsed = smtp.options.parse({ hosts: servers.map(({ port }) => `127.0.0.1:${port}`), tls: 'none', ...options })
  const provider = await smtp.open(
    opening(
      { options: JSON.parse(JSON.stringify(parsed)) as Record<string, Json> },
      { secret: async () => new Secret(password), nowMs: now },
    ),
  )
  ending.push(() => provider.close())
  return async (id, signal = new AbortController().signal) => {
    const [outcome] = await provider.send([message(id)], signal)
    return inShort(outcome, servers)
  }
}

/** `deferred route transient ECONNREFUSED at 1`. */
function inShort(outcome: Outcome | undefined, servers: readonly { readonly port: number }[]): string {
  if (outcome === undefined || outcome.kind === 'accepted') return String(outcome?.kind)
  const scope = outcome.kind === 'in-doubt' ? undefined : outcome.scope
  const { class: failureClass, code, text } = outcome.cause
  const at = servers.findIndex(({ port }) => text.startsWith(`127.0.0.1:${port}: `))
  return [outcome.kind, scope, failureClass, code, at >= 0 ? `at ${at + 1}` : undefined].filter(Boolean).join(' ')
}

const replyAt =
  (stage: ReceiverEvent['stage'], reply: string): NonNullable<ReceiverOptions['behave']> =>
  event =>
    event.stage === stage ? { reply } : undefined

describe.concurrent('a server that can do nothing for us', () => {
  test('is not there: the next one takes the message', async () => {
    const [gone, there] = [await nobody(), await receive()]
    const send = await open([gone, there])
    expect([await send(1), await send(2)]).toEqual(['accepted', 'accepted'])
    expect([there.messages.length, there.connections]).toEqual([2, 1])
  })

  test.each<[string, ReceiverOptions]>([
    ['greets with 421', { behave: replyAt('connect', '421 4.3.2 Busy') }],
    ['greets with 554', { behave: replyAt('connect', '554 5.7.1 Go away') }],
    ['closes without a greeting', { behave: ({ stage }) => (stage === 'connect' ? { drop: true } : undefined) }],
    ['has no room', { behave: replyAt('mail', '452 4.3.1 Insufficient system storage') }],
    ['is going down', { behave: replyAt('mail', '421 4.3.2 Shutting down') }],
    ['ends the connection at MAIL', { behave: ({ stage }) => (stage === 'mail' ? { drop: true } : undefined) }],
    ['ends the connection at RCPT', { behave: ({ stage }) => (stage === 'rcpt' ? { drop: true } : undefined) }],
  ])('%s: the next one takes the message', async (_, options) => {
    const [bad, good] = [await receive(options), await receive()]
    const send = await open([bad, good])
    expect([await send(1), await send(2)]).toEqual(['accepted', 'accepted'])
    expect([bad.connections, bad.messages.length, good.messages.length]).toEqual([1, 0, 2])
  })

  test('gets nothing on an old connection either, and is tried again after its rest', async () => {
    let isDown = false
    let now = nowMs
    const behave = ({ stage }: ReceiverEvent) => (isDown && stage === 'mail' ? { reply: '452 4.3.1 Full' } : undefined)
    const [first, second] = [await receive({ behave }), await receive()]
    const send = await open([first, second], { messages_per_connection: 1 }, () => now)
    const place = async (id: number) => {
      const before = first.messages.length
      expect(await send(id)).toBe('accepted')
      return first.messages.length > before ? 1 : 2
    }
    const places = [await place(1)]
    isDown = true
    places.push(await place(2), await place(3))
    isDown = false
    now += 4999
    places.push(await place(4))
    now += 1
    places.push(await place(5))
    expect(places).toEqual([1, 2, 2, 2, 1])
  })
})

test('a server that lets us in and takes nothing rests longer each time', async () => {
  let now = nowMs
  const [full, good] = [await receive({ behave: replyAt('mail', '452 4.3.1 Full') }), await receive()]
  const send = await open([full, good], { messages_per_connection: 1 }, () => now)
  const tries: number[] = []
  for (let second = 0; second <= 60; second += 5) {
    now = nowMs + second * 1000
    const before = full.connections
    expect(await send(second + 1)).toBe('accepted')
    if (full.connections > before) tries.push(second)
  }
  expect(tries).toEqual([0, 5, 15, 35])
})

describe.concurrent('a message is not offered to another server', () => {
  test.each<[string, ReceiverOptions, string]>([
    [
      'once it has left',
      { behave: ({ stage }) => (stage === 'message' ? { drop: true } : undefined) },
      'in-doubt unknown ECONNECTION',
    ],
    ['when it is refused', { behave: replyAt('message', '554 5.6.0 Malformed') }, 'refused message content 554'],
    [
      'when it is deferred at its end',
      { behave: replyAt('message', '451 4.3.0 Not now') },
      'deferred lane transient 451',
    ],
    ['when its recipient is refused', { behave: replyAt('rcpt', '550 5.1.1 No') }, 'refused recipient hard 550'],
    ['when its sender is refused', { behave: replyAt('mail', '550 5.1.8 No') }, 'refused route config 550'],
  ])('%s', async (_, options, expected) => {
    const [first, second] = [await receive(options), await receive()]
    expect(await (await open([first, second]))(1)).toBe(expected)
    expect(second.connections).toBe(0)
  })

  test('when the login is refused, which is the same for all of them', async () => {
    const login = { user: 'news', password: 'another' }
    const [first, second] = [await receive({ login }), await receive({ login })]
    const send = await open([first, second], { user: 'news', password: '${SMTP_PASSWORD}' })
    expect(await send(1)).toBe('refused route auth 535')
    expect(second.connections).toBe(0)
  })

  test('when the call is to end', async () => {
    const abort = new AbortController()
    const first = await receive({
      behave({ stage }) {
        if (stage === 'mail') abort.abort()
        return undefined
      },
    })
    const second = await receive()
    expect(await (await open([first, second]))(1, abort.signal)).toBe('deferred route transient ABORTED')
    expect(second.connections).toBe(0)
  })
})

describe.concurrent('where no server is left', () => {
  test('the route hears of it once, and each is tried once', async () => {
    const behave = replyAt('connect', '421 4.3.2 Busy')
    const servers = [await receive({ behave }), await receive({ behave }), await nobody()]
    expect(await (await open(servers))(1)).toBe('deferred route transient ECONNREFUSED at 3')
    expect(servers.map(server => ('connections' in server ? server.connections : 0))).toEqual([1, 1, 0])
  })

  test('the route waits for one that may come back, though another has refused it for good', async () => {
    const servers = [await nobody(), await receive({ behave: replyAt('connect', '554 5.7.1 Go away') })]
    const send = await open(servers)
    expect(await send(1)).toBe('deferred route transient ECONNREFUSED at 1')
    // Both rest, and the one whose rest ends first is tried all the same.
    expect(await send(2)).toBe('deferred route transient ECONNREFUSED at 1')
  })

  test('the route is refused if all of them refuse it', async () => {
    const behave = replyAt('connect', '554 5.7.1 Go away')
    expect(await (await open([await receive({ behave }), await receive({ behave })]))(1)).toBe(
      'refused route block 554 at 2',
    )
  })
})

test('connections spread over servers that are alike', async () => {
  const servers = [await receive(), await receive()]
  const send = await open(servers)
  await Promise.all(messages(4).map(({ id }) => send(id)))
  expect(servers.map(({ connections }) => connections)).toEqual([2, 2])
})

test('a check asks all of them', async () => {
  const [gone, there] = [await nobody(), await receive()]
  const hosts = [gone, there].map(({ port }) => `127.0.0.1:${port}`)
  const options = JSON.parse(JSON.stringify(smtp.options.parse({ hosts }))) as Record<string, Json>
  const provider = await smtp.open(opening({ options }))
  const found = (await provider.check?.(new AbortController().signal)) ?? []
  await provider.close()
  expect(
    found.map(
      ({ what, verdict, words }) => `${what} ${verdict} ${hosts.findIndex(host => words.startsWith(host)) + 1}`,
    ),
  ).toEqual(['server bad 1', 'server good 2', 'TLS unknown 2', 'sender good 2', 'size unknown 2', 'extensions good 2'])
})
