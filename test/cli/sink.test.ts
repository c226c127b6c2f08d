/** `mailblast sink` in one process, `mailblast send` in another: what the ledger has is what was sent, neither more nor less. */

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { LedgerEntry } from '../../src/sink/ledger.ts'
import { body, campaign, list, sendgridRoute, smtpRoute } from '../support/campaigns.ts'
import { type Running, summaryOf, Workplace } from '../support/mailblast.ts'
import { type Rehearsal, startSink as startRehearsal } from '../support/rehearsal.ts'

let place: Workplace
const running: Running[] = []

beforeEach(() => {
  place = new Workplace({ 'body.hbs': body, 'list.csv': list(300) })
})

afterEach(async () => {
  for (const each of running.splice(0)) {
    each.child.kill('SIGKILL')
    await each.finished
  }
  place.remove()
})

async function startSink(...args: readonly string[]): Promise<Rehearsal & { readonly url: string }> {
  const started = await startRehearsal(place, ...args)
  running.push(started.sink)
  return { ...started, url: `${started.http}/sendgrid` }
}

function entriesIn(text: string): readonly LedgerEntry[] {
  return text
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as LedgerEntry)
}

async function send() {
  const sent = await place.run(['send', 'campaign.yml', '--yes', '--json'], { env: { SENDGRID_API_KEY: 'SG.any' } })
  return summaryOf(sent.stdout)
}

const everybody = Array.from({ length: 300 }, (_, index) => `p${index}@example.org`).sort()

test('over SMTP and SendGrid together: the ledger is the list', async () => {
  const { smtpPort, url, sink } = await startSink('--ledger', 'ledger.jsonl')
  const routes = `${smtpRoute(smtpPort)}\n${sendgridRoute(url, ', batch: 20')}`
  place.write('campaign.yml', campaign({ routes, subject: 'Grüße, {{name}}' }))
  const summary = await send()
  expect(summary.counts).toMatchObject({ rows: 300, accepted: 300 })

  const entries = entriesIn(readFileSync(place.path('ledger.jsonl'), 'utf8'))
  expect(entries.map(entry => entry.address).sort()).toEqual(everybody)
  expect(new Set(entries.map(entry => entry.message_id)).size).toBe(300)
  expect(new Set(entries.map(entry => entry.run))).toEqual(new Set([summary.run]))
  expect(new Set(entries.map(entry => entry.provider))).toEqual(new Set(['smtp', 'sendgrid']))
  expect(entries.find(entry => entry.address === 'p7@example.org')?.subject).toBe('Grüße, Name 7')
  expect(statSync(place.path('ledger.jsonl')).mode & 0o777).toBe(0o600)

  sink.child.kill('SIGTERM')
  const { code, stdout, stderr } = await sink.finished
  expect([code, stdout]).toEqual([0, ''])
  expect(stderr).toMatch(/mailblast sink: ended\. accepted 300 \((smtp|sendgrid) \d+, (smtp|sendgrid) \d+\)\n$/)
})

test('answers are lost: who is in doubt is in the ledger, and nobody is there twice', async () => {
  const { url, sink } = await startSink('--rule', 'site=example.org share=5% do=lose-answer', '--seed', '3')
  const more = ', batch: 10, concurrency: 1'
  place.write('campaign.yml', campaign({ routes: sendgridRoute(url, more) }))
  const summary = await send()
  expect(summary.counts.in_doubt).toBeGreaterThan(0)
  expect(summary.counts.accepted + summary.counts.in_doubt).toBe(300)

  sink.child.kill('SIGINT')
  const { code, stdout, stderr } = await sink.finished
  expect(code).toBe(0)
  expect(
    entriesIn(stdout)
      .map(entry => entry.address)
      .sort(),
  ).toEqual(everybody)
  expect(stderr).toContain('1 rule, seed 3 (--seed 3 repeats it)')
  expect(stderr).toMatch(/ended\. accepted 300 \(sendgrid 300\); misbehaved (\d+) times? \(lose-answer \1\)\n$/)
})

describe.skipIf(process.platform === 'win32')('the ledger on standard output', () => {
  const program = fileURLToPath(new URL('../../bin/mailblast.js', import.meta.url))
  const piped: Piped[] = []

  afterEach(async () => {
    for (const each of piped.splice(0)) {
      // The shell may be gone while the sink runs on: both are of one group.
      if (each.child.exitCode === null) process.kill(-(each.child.pid ?? 0), 'SIGKILL')
      await each.ended
    }
  })

  /** The sink in a shell's pipe or redirection, such as `| head`. */
  async function startSinkIn(line: (sink: string) => string): Promise<Piped & { readonly smtpPort: number }> {
    const command = line('"$0" "$1" sink --smtp-port 0 --http-port 0')
    const child = spawn('sh', ['-c', command, process.execPath, program], { cwd: place.folder, detached: true })
    const said = { stdout: '', stderr: '' }
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said.stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said.stderr += text
    })
    const ended = new Promise<number | null>(resolve => child.once('close', code => resolve(code)))
    const one: Piped = { child, said, ended }
    piped.push(one)
    await until(() => said.stderr.includes('Ctrl-C ends it.'))
    return { ...one, smtpPort: Number(/smtp:\/\/127\.0\.0\.1:(\d+)/.exec(said.stderr)?.[1]) }
  }

  async function sendTo(smtpPort: number, rows: string) {
    place.write('list.csv', rows)
    place.write('campaign.yml', campaign({ routes: smtpRoute(smtpPort, ', concurrency: 1') }))
    return (await send()).counts
  }

  test('read by `head -n 5`: nobody is told of more than can still be read', async () => {
    const { smtpPort, said, ended } = await startSinkIn(
      sink => `{ ${sink}; echo "code $?" >&2; } | { head -n 5; exec <&-; echo gone; }`,
    )
    expect(await sendTo(smtpPort, list(5))).toMatchObject({ rows: 5, accepted: 5 })
    await until(() => said.stdout.includes('gone\n'))
    const more = await sendTo(smtpPort, list(1, 5))
    expect(more).toMatchObject({ rows: 1, accepted: 0, in_doubt: 1 })
    await ended
    expect(entriesIn(said.stdout.replace('gone\n', '')).map(entry => entry.address)).toEqual(
      [0, 1, 2, 3, 4].map(index => `p${index}@example.org`),
    )
    expect(said.stderr).toMatch(
      /Ctrl-C ends it\.\n(accepted .*\n)*mailblast sink: ended\. accepted 5 \(smtp 5\)\ncode 0\n$/,
    )
  })

  test('appended to a file that ends in half a line', async () => {
    place.write('ledger.jsonl', '{"at":"2026')
    const { smtpPort, child, ended } = await startSinkIn(sink => `${sink} >> ledger.jsonl & wait`)
    expect(await sendTo(smtpPort, list(2))).toMatchObject({ rows: 2, accepted: 2 })
    process.kill(-(child.pid ?? 0), 'SIGTERM')
    await ended
    const [half, ...whole] = readFileSync(place.path('ledger.jsonl'), 'utf8').split('\n')
    expect(half).toBe('{"at":"2026')
    expect(entriesIn(whole.join('\n')).map(entry => entry.address)).toEqual(['p0@example.org', 'p1@example.org'])
  })

  test.skipIf(!existsSync('/dev/full'))('on a disk that is full', async () => {
    const { smtpPort, said, ended } = await startSinkIn(sink => `${sink} > /dev/full`)
    expect(await sendTo(smtpPort, list(1))).toMatchObject({ rows: 1, accepted: 0, in_doubt: 1 })
    expect(await ended).toBe(2)
    expect(said.stderr).toContain('mailblast: standard output: the ledger cannot be written (ENOSPC)')
    expect(said.stderr).toContain('ended. accepted 0\n')
  })

  test('no control character of a mail reaches the terminal', async () => {
    const { smtpPort, sink } = await startSink()
    await speak(smtpPort, [
      'EHLO a',
      'MAIL FROM:<a@acme.example>',
      'RCPT TO:<ada@example.org>',
      'DATA',
      'Subject: =?utf-8?q?=C2=9B31m?=\r\n\r\nb\r\n.',
    ])
    sink.child.kill('SIGTERM')
    const { stdout } = await sink.finished
    expect(stdout).toContain('"subject":"\\u009b31m"')
    expect(stdout).not.toContain('\u009b')
  })
})

test('what it says when it starts', async () => {
  const { smtpPort, url, sink } = await startSink('--rule', 'do=defer', '--rule', 'do=slow delay=1s', '--seed', '1')
  sink.child.kill('SIGTERM')
  const { stderr } = await sink.finished
  const httpPort = new URL(url).port
  expect(stderr.replaceAll(String(smtpPort), 'SMTP').replaceAll(httpPort, 'HTTP')).toMatchInlineSnapshot(`
    "mailblast sink: SMTP on 127.0.0.1:SMTP, HTTP on 127.0.0.1:HTTP; it delivers to nobody
      2 rules, seed 1 (--seed 1 repeats it)

    A route to it in campaign.yml, one of these; any API key will do:
      routes:
        - { provider: smtp, url: "smtp://127.0.0.1:SMTP" }
        - { provider: sendgrid, base_url: "http://127.0.0.1:HTTP/sendgrid", api_key: "\${SENDGRID_API_KEY}" }
        - { provider: mailgun, base_url: "http://127.0.0.1:HTTP/mailgun", domain: mg.example.com, api_key: "\${MAILGUN_API_KEY}" }
        - { provider: ses, base_url: "http://127.0.0.1:HTTP/ses", region: eu-west-1, access_key_id: AKIDEXAMPLE0000000, secret_access_key: "\${AWS_SECRET_ACCESS_KEY}" }
        - { provider: postmark, base_url: "http://127.0.0.1:HTTP/postmark", server_token: "\${POSTMARK_SERVER_TOKEN}" }
        - { provider: mandrill, base_url: "http://127.0.0.1:HTTP/mandrill", api_key: "\${MANDRILL_API_KEY}" }
        - { provider: resend, base_url: "http://127.0.0.1:HTTP/resend", api_key: "\${RESEND_API_KEY}" }
        - { provider: brevo, base_url: "http://127.0.0.1:HTTP/brevo", api_key: "\${BREVO_API_KEY}" }

    Ctrl-C ends it.
    mailblast sink: ended. accepted 0
    "
  `)
})

test('quiet: not a word', async () => {
  const { port, close } = await freePort()
  await close()
  const sink = place.start(['sink', '--smtp-port', '0', '--http-port', String(port), '--quiet'])
  running.push(sink)
  await answers(`http://127.0.0.1:${port}/`)
  sink.child.kill('SIGTERM')
  expect(await sink.finished).toMatchObject({ code: 0, stdout: '', stderr: '' })
})

describe('mistakes', () => {
  test.each<[string, string, readonly string[], string]>([
    ['an option', '', ['--rule', 'do=explode'], 'mailblast: --rule: do: there is no explode; there are: `refuse`'],
    ['a file that is not there', '', ['--rules', 'none.yml'], 'mailblast: none.yml: there is no such file'],
    [
      'an unknown name',
      'rules:\n  - do: drop\n    sites: a.example\n',
      ['--rules', 'rules.yml'],
      'mailblast: rules.yml:3:5: rules[0].sites: is not known here; did you mean `site`?',
    ],
    [
      'a wrong value',
      'rules:\n  - { do: drop, share: 2 }\n',
      ['--rules', 'rules.yml'],
      'mailblast: rules.yml:2:24: rules[0].share: expected is a share such as 1%',
    ],
    [
      'a contradiction',
      'rules:\n  - do: lose-answer\n    phase: rcpt\n',
      ['--rules', 'rules.yml'],
      'mailblast: rules.yml:3:12: rules[0].phase: cannot be rcpt with `do: lose-answer`; it can be answer',
    ],
    [
      'no list',
      'rules: drop\n',
      ['--rules', 'rules.yml'],
      'mailblast: rules.yml:1:8: rules: expected is a list, found is text',
    ],
    [
      'a ledger that cannot be',
      '',
      ['--ledger', 'none/ledger.jsonl'],
      'mailblast: none/ledger.jsonl: the ledger cannot be written (ENOENT)',
    ],
    [
      'one port for both',
      '',
      ['--smtp-port', '4025', '--http-port', '4025'],
      'mailblast: --smtp-port and --http-port: both are the same port',
    ],
    ['no port', '', ['--smtp-port', '70000'], 'It must be from 0 to 65535.'],
  ])('%s', async (_, rules, args, words) => {
    place.write('rules.yml', rules)
    const { code, stderr } = await place.run(['sink', '--smtp-port', '0', '--http-port', '0', ...args])
    expect(stderr).toContain(words)
    expect(code).toBe(2)
  })

  test.skipIf(!existsSync('/dev/full'))(
    'a disk that is full: nobody is told that anything was taken, and it ends',
    async () => {
      const { smtpPort, sink } = await startSink('--ledger', '/dev/full')
      place.write('list.csv', list(1))
      place.write('campaign.yml', campaign({ routes: smtpRoute(smtpPort) }))
      expect((await send()).counts).toMatchObject({ rows: 1, accepted: 0, in_doubt: 1 })
      expect(await sink.finished).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('mailblast: /dev/full: the ledger cannot be written (ENOSPC)'),
      })
    },
  )

  test('a port in use', async () => {
    const { port, close } = await freePort()
    const { code, stderr } = await place.run(['sink', '--smtp-port', '0', '--http-port', String(port)])
    expect([code, stderr]).toEqual([
      2,
      `mailblast: --http-port: port ${port} is in use already\n  Give another one, or 0: --http-port 0\n`,
    ])
    await close()
  })
})

interface Piped {
  readonly child: ChildProcess
  readonly said: { stdout: string; stderr: string }
  readonly ended: Promise<number | null>
}

/** Looks until it is so; the test's own time limit bounds it. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise(resolve => setTimeout(resolve, 5))
}

/** Says a line at every reply, and returns when the last has been answered. */
function speak(port: number, lines: readonly string[]): Promise<void> {
  const left = [...lines]
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', reject)
    socket.on('data', chunk => {
      if (!/^\d\d\d .*\r\n$/m.test(chunk.toString())) return
      const line = left.shift()
      if (line !== undefined) socket.write(`${line}\r\n`)
      else socket.end(() => resolve())
    })
  })
}

/** A port that is taken until it is closed. */
async function freePort(): Promise<{ readonly port: number; readonly close: () => Promise<void> }> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const close = () => new Promise<void>(resolve => server.close(() => resolve()))
  return { port: (server.address() as AddressInfo).port, close }
}

/** Asks until somebody answers; the test's own time limit bounds it. */
async function answers(url: string): Promise<void> {
  for (;;) {
    try {
      await fetch(url)
      return
    } catch {
      await new Promise(resolve => setTimeout(resolve, 20))
    }
  }
}
