/** `mailblast providers` and `mailblast providers test`, as people and programs see them. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Context, processContext } from '../../src/cli/context.ts'
import { main } from '../../src/cli/main.ts'
import type { Clock } from '../../src/model/clock.ts'
import { providerKinds } from '../../src/providers/index.ts'
import type { LedgerEntry } from '../../src/sink/ledger.ts'
import { parseRuleText } from '../../src/sink/rule-text.ts'
import { type Sink, startSink } from '../../src/sink/sink.ts'
import { body, campaign, list, outboxRoute, sendgridRoute, smtpRoute } from '../support/campaigns.ts'
import { bareServer } from '../support/http-toy.ts'
import { Workplace } from '../support/mailblast.ts'

const key = 'SG.a-key-that-nobody-has'
const golden = (name: string) => `../golden/providers-${name}.txt`

let place: Workplace
let sink: Sink | undefined
let taken: LedgerEntry[]

beforeEach(() => {
  place = new Workplace({ 'body.hbs': body, 'list.csv': list(3) })
  taken = []
})

afterEach(async () => {
  await sink?.close()
  sink = undefined
  place.remove()
})

/** Made once, for each listens to the streams of this process. */
const real = processContext()

async function startedSink(...rules: readonly string[]): Promise<Sink> {
  sink = await startSink({
    rules: rules.map(rule => parseRuleText(rule)),
    apiKey: key,
    onAccepted: entries => void taken.push(...entries),
    clock: real.clock,
  })
  return sink
}

const run = (...args: readonly string[]) => place.run(args, { env: { SENDGRID_API_KEY: key } })

describe('the list', () => {
  test('for people', async () => {
    const { code, stdout, stderr } = await run('providers')
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout.split('\n').every(line => line.length <= 80)).toBe(true)
    for (const { profile } of providerKinds) expect(stdout).toContain(`\n${profile.name}: ${profile.title}\n`)
    await expect(stdout).toMatchFileSnapshot(golden('list'))
  })

  test('for programs', async () => {
    const { code, stdout } = await run('providers', '--json')
    const lines = stdout.trim().split('\n')
    expect(code).toBe(0)
    expect(lines.map(line => JSON.parse(line).name)).toEqual(providerKinds.map(({ profile }) => profile.name))
    expect(lines.map(line => JSON.parse(line)).find(({ name }) => name === 'sendgrid')).toMatchObject({
      messages_per_call: 1000,
      rates_count: 'calls',
      repeat_safe_ms: null,
      lookup: 'traces',
      sandbox: { option: 'sandbox' },
    })
  })

  test.each(providerKinds.map(({ profile, options }) => [profile.name, options] as const))(
    '%s in full: every option is there',
    async (name, options) => {
      const { code, stdout } = await run('providers', name)
      expect(code).toBe(0)
      expect(stdout.split('\n').every(line => line.length <= 80)).toBe(true)
      for (const option of Object.keys(options.shape)) expect(stdout).toMatch(new RegExp(`^  ${option} `, 'm'))
    },
  )

  test('sendgrid in full', async () => {
    await expect((await run('providers', 'sendgrid')).stdout).toMatchFileSnapshot(golden('sendgrid'))
  })

  test('one that is not there', async () => {
    const { code, stderr } = await run('providers', 'sendgird')
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining('there is no provider "sendgird"\n  the providers are outbox, smtp'),
    ])
  })
})

describe('the test', () => {
  test('all is well: nothing is taken anywhere', async () => {
    const url = (await startedSink()).url('sendgrid')
    place.write('campaign.yml', campaign({ routes: [outboxRoute, sendgridRoute(url)].join('\n') }))
    const { code, stdout, stderr } = await run('providers', 'test', 'campaign.yml')
    expect([code, stderr]).toEqual([0, ''])
    await expect(stdout).toMatchFileSnapshot(golden('test-good'))
    expect(taken).toEqual([])
  })

  test('with --send, one message goes where it reaches nobody', async () => {
    const url = (await startedSink()).url('sendgrid')
    place.write('campaign.yml', campaign({ routes: [outboxRoute, sendgridRoute(url)].join('\n') }))
    const { code, stdout } = await run('providers', 'test', 'campaign.yml', '--send', '--json')
    const lines = stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(code).toBe(0)
    expect(lines.map(({ route, good }) => [route, good])).toEqual([
      ['outbox', true],
      ['sendgrid', true],
    ])
    expect(lines.map(({ checks }) => checks.at(-1))).toEqual([
      { what: 'message', verdict: 'good', words: 'it was taken, and goes to nobody' },
      { what: 'message', verdict: 'good', words: 'it was taken in the sandbox, and goes to nobody' },
    ])
    expect(taken).toEqual([])
  })

  test('what is bad is said of each, and no key is in it', async () => {
    const url = (await startedSink('phase=lookup do=refuse say=bad-key')).url('sendgrid')
    place.write(
      'campaign.yml',
      campaign({
        routes: [
          `${sendgridRoute(url, ', name: one')}`,
          `${sendgridRoute('http://127.0.0.1:9', ', name: two')}`,
          '  - { provider: sendgrid, name: three, api_key_command: "exit 3" }',
        ].join('\n'),
      }),
    )
    const { code, stdout } = await run('providers', 'test', 'campaign.yml')
    expect(code).toBe(3)
    expect(stdout).not.toContain(key)
    await expect(stdout).toMatchFileSnapshot(golden('test-bad'))
  })

  test('a sandbox that takes nothing', async () => {
    const url = (await startedSink('phase=answer do=refuse say=content')).url('sendgrid')
    place.write('campaign.yml', campaign({ routes: sendgridRoute(url) }))
    const { code, stdout } = await run('providers', 'test', 'campaign.yml')
    expect(code).toBe(3)
    expect(stdout).toContain('✗ message: it was not taken: content: ')
  })

  test('one route of several', async () => {
    const url = (await startedSink()).url('sendgrid')
    place.write('campaign.yml', campaign({ routes: [smtpRoute(9), sendgridRoute(url)].join('\n') }))
    const one = await run('providers', 'test', '--route', 'sendgrid', 'campaign.yml')
    expect([one.code, one.stdout.startsWith('sendgrid: ')]).toEqual([0, true])
    const none = await run('providers', 'test', 'campaign.yml', '--route', 'sengrid')
    expect([none.code, none.stderr]).toEqual([
      2,
      expect.stringContaining('there is no route sengrid\n  Its routes are smtp, sendgrid.'),
    ])
  })

  test.each([
    ['a campaign that is wrong', 'name: test\n', 'is missing'],
    [
      'a list without a row',
      campaign({ routes: sendgridRoute('http://127.0.0.1:9') }),
      'no recipients: nothing follows the header line',
    ],
  ])('%s is a mistake', async (_, file, said) => {
    place.write('campaign.yml', file)
    place.write('list.csv', 'email,name,city\n')
    const { code, stderr, stdout } = await run('providers', 'test', 'campaign.yml')
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain(said)
  })
})

describe('a server that never answers', () => {
  /** Runs in this process: a minute passes when the server has been asked, and an interrupt comes then. */
  async function silent(what: 'late' | 'interrupted') {
    const asked = Promise.withResolvers<void>()
    const server = await bareServer(async visit => {
      await visit.request()
      asked.resolve()
    })
    place.write('campaign.yml', campaign({ routes: sendgridRoute(server.url) }))
    const out: string[] = []
    const clock: Clock = {
      ...real.clock,
      sleep: (_, signal) =>
        new Promise<void>(resolve => {
          signal?.addEventListener('abort', () => resolve())
          if (what === 'late') void asked.promise.then(resolve)
        }),
    }
    const write = (text: string) => out.push(text) > 0
    const context: Context = {
      ...real,
      clock,
      cwd: place.folder,
      env: { SENDGRID_API_KEY: key },
      stdout: { ...real.stdout, write, flush: async () => undefined },
      stderr: { ...real.stderr, write },
      onInterrupt(told) {
        if (what === 'interrupted') void asked.promise.then(told)
        return () => undefined
      },
    }
    const code = await main(['providers', 'test', 'campaign.yml'], context)
    await server.close()
    return { code, said: out.join('') }
  }

  test('is given up after a minute', async () => {
    expect(await silent('late')).toEqual({
      code: 3,
      said: [
        'sendgrid: Twilio SendGrid (v3 API)',
        '  ✗ API key: no answer: the call was ended from this side',
        '  ✗ time: this was not done within 1 min',
        '',
      ].join('\n'),
    })
  })

  test('is left by Ctrl-C', async () => {
    expect(await silent('interrupted')).toEqual({ code: 4, said: 'stopped; nothing was sent to anybody\n' })
  })
})
