/** The same delivery as plain lines, as a bar and as NDJSON. */

import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { barWatcher } from '../../src/dashboard/bar.ts'
import { ndjsonWatcher } from '../../src/dashboard/ndjson.ts'
import { plainWatcher } from '../../src/dashboard/plain.ts'
import type { Notice } from '../../src/model/notice.ts'

const startMs = Date.UTC(2026, 10, 22, 9)
const counts = { rows: 1000, accepted: 0, failed: 0, skipped: 0, inDoubt: 0, waiting: 1000, rowProblems: 0 }
const throttled = { class: 'throttled', code: '429', text: 'too many requests' } as const

function settled(second: number, accepted: number, failed = 0): Notice {
  const message = (state: 'accepted' | 'failed') => ({ address: 'ada@example.org', line: 2, state })
  const messages = [...Array(accepted).fill(message('accepted')), ...Array(failed).fill(message('failed'))]
  return { type: 'settled', atMs: startMs + second * 1000, route: 'sendgrid', tookMs: 80, messages }
}

const notices: readonly Notice[] = [
  { type: 'started', atMs: startMs, run: 'RUN', campaign: 'news', counts, recovered: 3 },
  settled(4, 100),
  { type: 'route-resting', atMs: startMs + 5000, route: 'sendgrid', untilMs: startMs + 35_000, cause: throttled },
  { type: 'waiting', atMs: startMs + 5000, untilMs: startMs + 35_000, what: 'route', name: 'sendgrid', why: 'breaker' },
  settled(36, 300, 20),
  { type: 'route-back', atMs: startMs + 36_000, route: 'sendgrid' },
  {
    type: 'standing',
    atMs: startMs + 36_500,
    standing: {
      priority: 'bulk',
      accounts: [],
      sites: [],
      openCalls: 2,
      routes: [],
      lanes: [],
      waits: [{ what: 'site', name: 'yahoo', cause: 'rate', untilMs: startMs + 36_600 }],
    },
  },
  {
    type: 'site-resting',
    atMs: startMs + 37_000,
    site: 'yahoo',
    untilMs: startMs + 47_000,
    cause: { class: 'throttled', text: '421 4.7.0 slow down' },
  },
  {
    type: 'pace-changed',
    atMs: startMs + 38_000,
    what: 'site',
    name: 'microsoft',
    rateCounts: 'messages',
    fromPerSecond: 40.2,
    toPerSecond: 10,
    cause: {
      class: 'throttled',
      code: '451',
      status: '4.7.650',
      text: 'The mail server has been temporarily rate limited',
    },
  },
  {
    type: 'pace-changed',
    atMs: startMs + 39_000,
    what: 'route',
    name: 'sendgrid',
    rateCounts: 'calls',
    fromPerSecond: 2.57,
    toPerSecond: 0.3,
    cause: { class: 'throttled', text: 'slow\u001b[2J down' },
  },
  {
    type: 'pace-changed',
    atMs: startMs + 40_000,
    what: 'site',
    name: 'yahoo',
    rateCounts: 'messages',
    fromPerSecond: 9.96,
    toPerSecond: null,
    cause: null,
  },
  {
    type: 'waiting',
    atMs: startMs + 41_000,
    untilMs: startMs + 44_000,
    what: 'site',
    name: 'yahoo',
    why: 'adapted down',
  },
  settled(47, 400),
  {
    type: 'route-stopped',
    atMs: startMs + 48_000,
    route: 'sendgrid',
    cause: { class: 'auth', code: '401', text: 'bad key' },
  },
  { type: 'guard', atMs: startMs + 48_000, threshold: 'failure_rate > 2% of 100', share: 0.0244, of: 820 },
  { type: 'guard', atMs: startMs + 48_000, threshold: 'p95_latency > 2s of 200', latencyMs: 3400, calls: 1000 },
  { type: 'stopping', atMs: startMs + 48_000, why: 'interrupted', openCalls: 2 },
  { type: 'ended', atMs: startMs + 49_000, run: 'RUN', ending: { kind: 'finished' }, counts },
]

test('plain lines: what changes, and the figures every ten seconds', () => {
  const lines: string[] = []
  const watcher = plainWatcher({ write: text => lines.push(text) })
  watcher.reading(500)
  watcher.reading(250_000)
  for (const notice of notices) watcher.notify(notice)
  watcher.close()
  expect(lines.join('')).toMatchInlineSnapshot(`
    "reading the list: 250,000 rows
    run RUN: 1,000 messages to send; 3 were in flight when it stopped and are in doubt now
    sendgrid rests for 30 s: too many requests
    waiting 30 s: sendgrid rests
    420 of 1,000 · 12/s · accepted 400 · failed 20 · about 35 s left
    sendgrid answers, and is used again
    yahoo rests for 10 s: 421 4.7.0 slow down
    microsoft: 451 4.7.650 → 40/s to 10/s; +10 % each clean minute
    sendgrid: slow [2J down → 2.6 calls/s to 18 calls/min; +10 % each clean minute
    yahoo: no complaint → 10/s to its full pace
    waiting 3 s: yahoo is held to the pace that was lowered for it
    820 of 1,000 · 17/s · accepted 800 · failed 20 · about 6 s to 13 s left · yahoo is held to its rate
    sendgrid is not used any more: bad key
    guard: failure_rate > 2% of 100 was crossed: 2.4% of 820
    guard: p95_latency > 2s of 200 was crossed: 3.4 s over 1,000 calls
    stopping: interrupted; 2 calls in flight will be finished
      Ctrl-C again ends them at once; their recipients may be in doubt then
    "
  `)
})

test('NDJSON: times as RFC 3339, durations as numbers', () => {
  const lines: string[] = []
  const watcher = ndjsonWatcher({ write: text => lines.push(text) })
  for (const notice of notices.filter(each => each.type !== 'settled')) watcher.notify(notice)
  expect(lines.join('')).toMatchInlineSnapshot(`
    "{"type":"started","at":"2026-11-22T09:00:00.000Z","run":"RUN","campaign":"news","counts":{"rows":1000,"accepted":0,"failed":0,"skipped":0,"in_doubt":0,"waiting":1000,"row_problems":0},"recovered":3}
    {"type":"route-resting","at":"2026-11-22T09:00:05.000Z","route":"sendgrid","until":"2026-11-22T09:00:35.000Z","cause":{"class":"throttled","code":"429","text":"too many requests"}}
    {"type":"waiting","at":"2026-11-22T09:00:05.000Z","until":"2026-11-22T09:00:35.000Z","what":"route","name":"sendgrid","why":"breaker"}
    {"type":"route-back","at":"2026-11-22T09:00:36.000Z","route":"sendgrid"}
    {"type":"site-resting","at":"2026-11-22T09:00:37.000Z","site":"yahoo","until":"2026-11-22T09:00:47.000Z","cause":{"class":"throttled","text":"421 4.7.0 slow down"}}
    {"type":"pace-changed","at":"2026-11-22T09:00:38.000Z","what":"site","name":"microsoft","rate_counts":"messages","from_per_second":40.2,"to_per_second":10,"cause":{"class":"throttled","code":"451","status":"4.7.650","text":"The mail server has been temporarily rate limited"}}
    {"type":"pace-changed","at":"2026-11-22T09:00:39.000Z","what":"route","name":"sendgrid","rate_counts":"calls","from_per_second":2.57,"to_per_second":0.3,"cause":{"class":"throttled","text":"slow\\u001b[2J down"}}
    {"type":"pace-changed","at":"2026-11-22T09:00:40.000Z","what":"site","name":"yahoo","rate_counts":"messages","from_per_second":9.96,"to_per_second":null,"cause":null}
    {"type":"waiting","at":"2026-11-22T09:00:41.000Z","until":"2026-11-22T09:00:44.000Z","what":"site","name":"yahoo","why":"adapted down"}
    {"type":"route-stopped","at":"2026-11-22T09:00:48.000Z","route":"sendgrid","cause":{"class":"auth","code":"401","text":"bad key"}}
    {"type":"guard","at":"2026-11-22T09:00:48.000Z","threshold":"failure_rate > 2% of 100","share":0.0244,"of":820}
    {"type":"guard","at":"2026-11-22T09:00:48.000Z","threshold":"p95_latency > 2s of 200","latency_ms":3400,"calls":1000}
    {"type":"stopping","at":"2026-11-22T09:00:48.000Z","why":"interrupted","open_calls":2}
    {"type":"ended","at":"2026-11-22T09:00:49.000Z","run":"RUN","ending":{"kind":"finished"},"counts":{"rows":1000,"accepted":0,"failed":0,"skipped":0,"in_doubt":0,"waiting":1000,"row_problems":0}}
    "
  `)
})

test('a bar leaves the lines that were said, and a clean line at the end', async () => {
  const out = Object.assign(new PassThrough(), {
    isTTY: true,
    columns: 80,
    cursorTo: () => true,
    clearLine: () => true,
    clearScreenDown: () => true,
    moveCursor: () => true,
  })
  let text = ''
  out.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  const watcher = await barWatcher(out)
  for (const notice of notices) watcher.notify(notice)
  watcher.close()
  const said = text.split('\n').map(line => line.split('\x1b[K').at(-1) ?? '')
  expect(said.filter(line => (line !== '' && !line.includes('%')) || line.includes('guard'))).toMatchInlineSnapshot(`
    [
      "run RUN: 1,000 messages to send; 3 were in flight when it stopped and are in doubt now",
      "sendgrid rests for 30 s: too many requests",
      "waiting 30 s: sendgrid rests",
      "sendgrid answers, and is used again",
      "yahoo rests for 10 s: 421 4.7.0 slow down",
      "yahoo: no complaint → 10/s to its full pace",
      "waiting 3 s: yahoo is held to the pace that was lowered for it",
      "sendgrid is not used any more: bad key",
      "guard: failure_rate > 2% of 100 was crossed: 2.4% of 820",
      "guard: p95_latency > 2s of 200 was crossed: 3.4 s over 1,000 calls",
      "stopping: interrupted; 2 calls in flight will be finished",
      "  Ctrl-C again ends them at once; their recipients may be in doubt then",
    ]
  `)
  expect(text.endsWith('\r\x1b[K')).toBe(true)
})
