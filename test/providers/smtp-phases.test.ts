import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { FilledMessage, Json } from '../../src/model/edition.ts'
import type { Outcome } from '../../src/model/outcome.ts'
import { Secret } from '../../src/model/secret.ts'
import { smtp } from '../../src/providers/smtp.ts'
import { message, opening } from '../support/provider-opening.ts'
import { perform, type Stage, type Talk } from '../support/smtp-talk.ts'

type Scene = 'greeting' | 'EHLO' | 'AUTH' | 'MAIL' | 'RCPT' | 'DATA' | 'body' | 'message'

/** Plays a good server up to a scene: its command has been heard, and is for the caller to answer. */
async function playTo(scene: Scene, talk: Talk, pipelining = false): Promise<void> {
  if (scene === 'greeting') return
  talk.say('220 test')
  await talk.hear()
  if (scene === 'EHLO') return
  talk.say('250-test', ...(pipelining ? ['250-PIPELINING'] : []), '250 AUTH PLAIN LOGIN')
  if (scene === 'AUTH') return void (await talk.hear())
  return playTransaction(scene, talk)
}

async function playTransaction(scene: Scene, talk: Talk): Promise<void> {
  for (const command of ['MAIL', 'RCPT', 'DATA'] as const) {
    await talk.hear()
    if (scene === command) return
    talk.say(command === 'DATA' ? '354 go' : '250 ok')
  }
  if (scene === 'body') return talk.hearSome()
  await talk.hearMessage()
}

async function open(
  { port }: Stage,
  options: Record<string, Json> = {},
): Promise<(filled?: FilledMessage, signal?: AbortSignal) => Promise<Outcome>> {
  const parsed = smtp.options.parse({ host: '127.0.0.1', port, tls: 'none', ...options })
  const provider = await smtp.open(
    opening(
      { options: JSON.parse(JSON.stringify(parsed)) as Record<string, Json> },
      { secret: async () => new Secret(password) },
    ),
  )
  return async (filled = message(1), signal = new AbortController().signal) => {
    const [outcome] = await provider.send([filled], signal)
    if (outcome === undefined) throw new Error('no outcome')
    return outcome
  }
}

const password = 'correct horse battery staple'
const login = { user: 'news', password: '${SMTP_PASSWORD}' }
/** Larger than what lies between two sockets can be. */
const large = message(1, {
  attachments: [{ fileName: 'a.bin', contentType: 'application/octet-stream', bytes: Buffer.alloc(16 * 1024 * 1024) }],
})

/** `deferred route transient ECONNECTION`. */
function inShort(outcome: Outcome): string {
  if (outcome.kind === 'accepted') return 'accepted'
  const { class: failureClass, code, status } = outcome.cause
  const scope = outcome.kind === 'in-doubt' ? undefined : outcome.scope
  return [outcome.kind, scope, failureClass, code, status].filter(Boolean).join(' ')
}

describe.each([false, true])('where it fails, and if the message can have been taken (pipelining: %s)', pipelining => {
  test.each<[Scene, string, (talk: Talk) => void, string]>([
    ['greeting', 'the server closes', talk => talk.close(), 'deferred route transient ECONNECTION'],
    ['greeting', 'the server is silent', () => undefined, 'deferred route transient ETIMEDOUT'],
    ['greeting', 'the server resets', talk => talk.reset(), 'deferred route transient ECONNRESET'],
    [
      'greeting',
      'it is no greeting',
      talk => talk.say('HTTP/1.1 400 Bad Request'),
      'deferred route transient EPROTOCOL',
    ],
    ['greeting', 'it is refused', talk => talk.say('554 5.7.1 Go away'), 'refused route block 554 5.7.1'],
    ['EHLO', 'the server closes', talk => talk.close(), 'deferred route transient ECONNECTION'],
    ['EHLO', 'the server is silent', () => undefined, 'deferred route transient ETIMEDOUT'],
    ['EHLO', 'it is refused with a goodbye', talk => talk.say('421 4.3.2 Down'), 'deferred route transient 421 4.3.2'],
    ['MAIL', 'the server closes', talk => talk.close(), 'deferred route transient ECONNECTION'],
    ['MAIL', 'the server resets', talk => talk.reset(), 'deferred route transient ECONNRESET'],
    ['MAIL', 'the server is silent', () => undefined, 'deferred route transient ETIMEDOUT'],
    ['MAIL', 'the answer is none', talk => talk.say('what?'), 'deferred route transient EENVELOPE'],
    ['MAIL', 'it is refused', talk => talk.say('550 5.1.8 No'), 'refused route config 550 5.1.8'],
    ['RCPT', 'the server closes', talk => talk.close(), 'deferred route transient ECONNECTION'],
    [
      'RCPT',
      'half an answer comes',
      talk => talk.leave(() => talk.mutter('55')),
      'deferred route transient ECONNECTION',
    ],
    ['RCPT', 'it is refused', talk => talk.say('550 5.1.1 No'), 'refused recipient hard 550 5.1.1'],
    [
      'RCPT',
      'refused with a goodbye',
      talk => talk.leave(() => talk.say('421 4.7.0 Bye')),
      'deferred lane throttled 421 4.7.0',
    ],
    ['DATA', 'the server closes', talk => talk.close(), 'deferred route transient ECONNECTION'],
    ['DATA', 'it is refused', talk => talk.say('554 5.7.1 No'), 'refused lane block 554 5.7.1'],
    [
      'body',
      'the server closes',
      talk => talk.reset(),
      'deferred route transient ECONNRESET|deferred route transient EPIPE',
    ],
    ['body', 'the server is silent', () => undefined, 'deferred route transient ETIMEDOUT'],
    [
      'body',
      'it is refused before its end',
      talk => talk.say('552 5.3.4 Too big'),
      'refused message content 552 5.3.4',
    ],
    ['body', 'it is accepted before its end', talk => talk.say('250 ok'), 'in-doubt unknown EPROTOCOL'],
    ['message', 'the server closes', talk => talk.close(), 'in-doubt unknown ECONNECTION'],
    ['message', 'the server resets', talk => talk.reset(), 'in-doubt unknown ECONNRESET'],
    ['message', 'the server is silent', () => undefined, 'in-doubt unknown ETIMEDOUT'],
    [
      'message',
      'the answer breaks off',
      talk => talk.leave(() => talk.mutter('250 o')),
      'in-doubt unknown ECONNECTION',
    ],
    [
      'message',
      'a refusal breaks off',
      talk => talk.leave(() => talk.mutter('554 5.7.1 N')),
      'in-doubt unknown ECONNECTION',
    ],
    ['message', 'a line is missing', talk => talk.leave(() => talk.say('250-ok')), 'in-doubt unknown ECONNECTION'],
    ['message', 'the answer is none', talk => talk.say('what?'), 'in-doubt unknown EMESSAGE'],
    ['message', 'the answer begins like one', talk => talk.say('2fine'), 'in-doubt unknown EPROTOCOL'],
    ['message', 'the answer is to something else', talk => talk.say('354 go'), 'in-doubt unknown EMESSAGE'],
    ['message', 'it is refused', talk => talk.say('554 5.7.1 No'), 'refused lane block 554 5.7.1'],
    [
      'message',
      'refused with a goodbye',
      talk => talk.leave(() => talk.say('421 4.3.2 Bye')),
      'deferred route transient 421 4.3.2',
    ],
    ['message', 'accepted with a goodbye', talk => talk.leave(() => talk.say('250 ok')), 'accepted'],
    ['message', 'accepted in several lines', talk => talk.say('250-ok', '250 queued as 4abcdef'), 'accepted'],
  ])('%s: %s', async (scene, _, misbehave, expected) => {
    const stage = await perform(async talk => {
      await playTo(scene, talk, pipelining)
      misbehave(talk)
      if (!pipelining || expected.endsWith('ETIMEDOUT')) return
      // What came with the command that was refused is answered as well.
      const left = { MAIL: 2, RCPT: 1 }[scene as string] ?? 0
      for (let count = 0; count < left; count++) {
        await talk.hear()
        talk.say('503 5.5.1 Bad sequence of commands')
      }
    })
    const hasty = { timeout: { greeting: '150ms', idle: '150ms' } }
    const send = await open(stage, expected.endsWith('ETIMEDOUT') ? hasty : {})
    const outcome = await send(scene === 'body' ? large : message(1))
    expect(expected.split('|')).toContain(inShort(outcome))
    expect(stage.talks).toHaveLength(1)
  })

  test('AUTH: the server closes', async () => {
    const stage = await perform(async talk => {
      await playTo('AUTH', talk)
      talk.close()
    })
    expect(inShort(await (await open(stage, login))())).toBe('deferred route transient ECONNECTION')
  })

  test('AUTH: the server repeats what it was sent', async () => {
    const stage = await perform(async talk => {
      talk.say('220 test')
      await talk.hear()
      talk.say('250-test', '250 AUTH PLAIN')
      talk.say(`535 5.7.8 No: ${await talk.hear()} (${password})`)
    })
    const outcome = await (await open(stage, login))()
    expect(outcome).toMatchInlineSnapshot(`
      {
        "cause": {
          "class": "auth",
          "code": "535",
          "status": "5.7.8",
          "text": "No: AUTH PLAIN [secret] ([secret])",
        },
        "kind": "refused",
        "scope": "route",
      }
    `)
  })

  test('an address that no envelope can hold is refused before anything is said of it', async () => {
    const stage = await perform(talk => playTo('MAIL', talk))
    const outcome = await (await open(stage))(message(1, { to: '"a>b"@example.org' as FilledMessage['to'] }))
    expect(inShort(outcome)).toBe('refused message config EENVELOPE')
    expect(stage.talks[0]?.heard).toEqual(['EHLO'])
  })
})

describe('a call that is ended', () => {
  test.each<[Scene, string]>([
    ['greeting', 'deferred route transient ABORTED'],
    ['EHLO', 'deferred route transient ABORTED'],
    ['MAIL', 'deferred route transient ABORTED'],
    ['RCPT', 'deferred route transient ABORTED'],
    ['DATA', 'deferred route transient ABORTED'],
    ['body', 'deferred route transient ABORTED'],
    ['message', 'in-doubt unknown ABORTED'],
  ])('at %s', async (scene, expected) => {
    const abort = new AbortController()
    const stage = await perform(async talk => {
      await playTo(scene, talk)
      abort.abort()
    })
    const outcome = await (await open(stage))(scene === 'body' ? large : message(1), abort.signal)
    expect(inShort(outcome)).toBe(expected)
    if (scene !== 'body') await stage.talks[0]?.closed
  })

  test('at AUTH', async () => {
    const abort = new AbortController()
    const stage = await perform(async talk => {
      await playTo('AUTH', talk)
      abort.abort()
    })
    expect(inShort(await (await open(stage, login))(message(1), abort.signal))).toBe('deferred route transient ABORTED')
    await stage.talks[0]?.closed
  })
})

describe('a connection used again', () => {
  /** The first connection takes one message and then plays on; every other one takes what comes. */
  async function afterOne(playOn: (talk: Talk) => Promise<void> | void): Promise<Stage> {
    return perform(async talk => {
      await playTo('message', talk)
      talk.say('250 ok')
      if (talk.connection === 1) await playOn(talk)
    })
  }

  test.each<[string, (talk: Talk) => Promise<void> | void, string, number]>([
    ['is closed while it is idle', talk => talk.close(), 'accepted', 2],
    ['is reset while it is idle', talk => talk.reset(), 'accepted', 2],
    ['is said goodbye to while it is idle', talk => talk.leave(() => talk.say('421 4.4.2 Idle')), 'accepted', 2],
    ['is closed at MAIL', talk => talk.hear().then(() => talk.close()), 'accepted', 2],
    ['is reset at MAIL', talk => talk.hear().then(() => talk.reset()), 'accepted', 2],
    ['is said goodbye to at MAIL', talk => talk.hear().then(() => talk.say('421 4.4.2 Idle')), 'accepted', 2],
    [
      'is told to slow down at MAIL',
      talk => talk.hear().then(() => talk.say('421 4.7.0 Rate limited')),
      'deferred route throttled 421 4.7.0',
      1,
    ],
    [
      'is refused at MAIL',
      talk => talk.hear().then(() => talk.say('451 4.3.0 No')),
      'deferred route transient 451 4.3.0',
      1,
    ],
    [
      'is closed after the message',
      talk => playTransaction('message', talk).then(() => talk.close()),
      'in-doubt unknown ECONNECTION',
      1,
    ],
  ])('that %s', async (_, playOn, expected, connections) => {
    const stage = await afterOne(playOn)
    const send = await open(stage)
    expect(inShort(await send(message(1)))).toBe('accepted')
    expect(inShort(await send(message(2)))).toBe(expected)
    expect(stage.talks).toHaveLength(connections)
  })

  test('is said goodbye to when it has carried enough', async () => {
    const stage = await afterOne(talk => talk.hear().then(() => undefined))
    const send = await open(stage, { messages_per_connection: 1 })
    await send(message(1))
    await stage.talks[0]?.closed
    expect(stage.talks[0]?.heard).toEqual(['EHLO', 'MAIL', 'RCPT', 'DATA', 'QUIT'])
  })

  test('is replaced once and no more', async () => {
    const stage = await perform(async talk => {
      await playTo(talk.connection === 1 ? 'message' : 'MAIL', talk)
      if (talk.connection > 1) return talk.close()
      talk.say('250 ok')
      await talk.hear()
      talk.close()
    })
    const send = await open(stage)
    await send(message(1))
    expect(inShort(await send(message(2)))).toBe('deferred route transient ECONNECTION')
    expect(stage.talks).toHaveLength(2)
  })

  test.each<[string, (talk: Talk) => void, number]>([
    ['and goes on', talk => talk.say('250 ok'), 1],
    ['and is replaced where that fails', talk => talk.say('502 No'), 2],
    ['and is replaced where it is closed', talk => talk.close(), 2],
  ])('is reset after a refusal, %s', async (_, answer, connections) => {
    const stage = await perform(async talk => {
      await playTo('RCPT', talk)
      if (talk.connection === 1) {
        talk.say('550 5.1.1 No')
        await talk.hear()
        answer(talk)
        await playTransaction('message', talk)
      } else {
        talk.say('250 ok')
        await talk.hear()
        talk.say('354 go')
        await talk.hearMessage()
      }
      talk.say('250 ok')
    })
    const send = await open(stage)
    expect(inShort(await send(message(1)))).toBe('refused recipient hard 550 5.1.1')
    expect(inShort(await send(message(2)))).toBe('accepted')
    expect(stage.talks).toHaveLength(connections)
    expect(stage.talks[0]?.heard.slice(0, 4)).toEqual(['EHLO', 'MAIL', 'RCPT', 'RSET'])
  })
})

test('a server that takes DATA though it has refused the only recipient gets no message', async () => {
  let after = ''
  const stage = await perform(async talk => {
    talk.say('220 test')
    await talk.hear()
    talk.say('250-test', '250 PIPELINING')
    await talk.hear()
    await talk.hear()
    await talk.hear()
    talk.say('250 ok', '550 5.1.1 No', '354 go')
    after = await talk.hear()
    talk.say('250 ok')
  })
  expect(inShort(await (await open(stage))())).toBe('refused recipient hard 550 5.1.1')
  expect(after).toBe('.')
})

describe('whatever a server does', () => {
  /** Hears the rest of a transaction whose MAIL has been heard; gives the recipient. */
  async function hearRest(talk: Talk): Promise<string> {
    talk.say('250 ok')
    const recipient = await talk.hear()
    talk.say('250 ok')
    await talk.hear()
    talk.say('354 go')
    await talk.hearMessage()
    return recipient
  }

  type Take = (recipient: string) => void

  /** What a server does once MAIL has been heard; true if the conversation goes on. */
  const fates: Readonly<Record<string, (talk: Talk, take: Take) => Promise<boolean>>> = {
    async 'takes it'(talk, take) {
      take(await hearRest(talk))
      talk.say('250 ok')
      return true
    },
    async 'takes it and leaves'(talk, take) {
      take(await hearRest(talk))
      talk.leave(() => talk.say('250 ok', '421 4.4.2 Idle'))
      return false
    },
    async 'takes it and dies'(talk, take) {
      take(await hearRest(talk))
      talk.reset()
      return false
    },
    async 'dies with it'(talk) {
      await hearRest(talk)
      talk.reset()
      return false
    },
    async 'refuses it'(talk) {
      await hearRest(talk)
      talk.say('554 5.7.1 No')
      return true
    },
    async 'refuses the recipient'(talk) {
      talk.say('250 ok')
      await talk.hear()
      talk.say('550 5.1.1 No')
      return true
    },
    async 'dies at RCPT'(talk) {
      talk.say('250 ok')
      await talk.hear()
      talk.reset()
      return false
    },
    async 'dies at MAIL'(talk) {
      talk.reset()
      return false
    },
    async 'leaves at MAIL'(talk) {
      talk.leave(() => talk.say('421 4.3.2 Bye'))
      return false
    },
  }

  test('no outcome lies: accepted was taken once, in doubt at most once, all others never', async () => {
    const plans = fc.array(fc.constantFrom(...Object.keys(fates)), { maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(plans, fc.integer({ min: 1, max: 4 }), async (plan, callsAtATime) => {
        const taken = new Map<string, number>()
        const take: Take = recipient => taken.set(recipient, (taken.get(recipient) ?? 0) + 1)
        const left = [...plan]
        const stage = await perform(async talk => {
          await playTo('MAIL', talk)
          for (;;) {
            const goesOn = await fates[left.pop() ?? 'takes it']?.(talk, take)
            if (goesOn !== true) return
            while ((await talk.hear()) === 'RSET') talk.say('250 ok')
          }
        })
        const send = await open(stage)
        const waiting = Array.from({ length: 30 }, (_, index) => message(index + 1))
        const call = async () => {
          for (let filled = waiting.pop(); filled !== undefined; filled = waiting.pop()) {
            const { kind } = await send(filled)
            const times = taken.get(`RCPT TO:<${filled.to}>`) ?? 0
            const isTrue = kind === 'accepted' ? times === 1 : kind === 'in-doubt' ? times <= 1 : times === 0
            expect(isTrue, `${filled.to} is ${kind} and was taken ${times} times`).toBe(true)
          }
        }
        await Promise.all(Array.from({ length: callsAtATime }, call))
      }),
      { numRuns: 30 },
    )
  })
})
