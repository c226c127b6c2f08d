/** Each notice as people are told of it, and as programs are. */

import { expect, test } from 'vitest'
import { ndjsonLine } from '../../src/dashboard/ndjson.ts'
import { noticeLine } from '../../src/dashboard/notice-line.ts'
import type { Notice, StopCause } from '../../src/model/notice.ts'
import type { Wait, WaitCause } from '../../src/model/wait.ts'
import { moment } from '../../src/model/words.ts'
import { checkLines } from '../support/json-lines.ts'

const atMs = Date.UTC(2026, 10, 22, 9)
const minute = 60_000

/** Times are said in the reader's zone; here they are shown in UTC, whoever reads. */
function shown(notice: Notice): string {
  const times = [...JSON.stringify(notice).matchAll(/"untilMs":(\d+)/g)].map(([, ms]) => Number(ms))
  const line = times.reduce(
    (text, ms) => text.replaceAll(moment(ms), moment(ms, 'UTC')),
    noticeLine(notice) ?? '(nothing)',
  )
  const json = ndjsonLine(notice)
  checkLines(`${json}\n`)
  return `${line}\n    ${json}`
}

const causes: Readonly<Record<WaitCause, Omit<Wait, 'cause'>>> = {
  rate: { what: 'site', name: 'google', untilMs: atMs + 5000 },
  concurrency: { what: 'route', name: 'smtp', untilMs: null },
  'adapted down': { what: 'site', name: 'microsoft', untilMs: atMs + 12_000 },
  breaker: { what: 'route', name: 'sendgrid', untilMs: atMs + 5 * minute },
  stopped: { what: 'route', name: 'old\u001b[2Jrelay', untilMs: null },
  quota: { what: 'route', name: 'sendgrid', untilMs: atMs + 15 * 60 * minute },
  'quiet hours': { what: 'run', name: 'RUN', untilMs: atMs + 60 * minute },
  window: { what: 'run', name: 'RUN', untilMs: atMs + 24 * 60 * minute },
  start: { what: 'run', name: 'RUN', untilMs: atMs + 30 * minute },
  'retry due': { what: 'run', name: 'RUN', untilMs: atMs + minute },
  canary: { what: 'run', name: 'RUN', untilMs: atMs + 30 * minute },
  paused: { what: 'run', name: 'RUN', untilMs: null },
  priority: { what: 'route', name: 'smtp', untilMs: atMs + 900 },
}
const waits = Object.entries(causes).map(([cause, wait]) => ({ ...wait, cause: cause as WaitCause }))

test('a wait has one cause, and each is said in words', () => {
  const notices = waits.map(({ cause: why, untilMs, ...who }): Notice => {
    return { type: 'waiting', atMs, untilMs: untilMs ?? Number.POSITIVE_INFINITY, ...who, why }
  })
  expect(notices.map(shown).join('\n')).toMatchInlineSnapshot(`
    "waiting 5 s: google is held to its rate
        {"type":"waiting","at":"2026-11-22T09:00:00.000Z","until":"2026-11-22T09:00:05.000Z","what":"site","name":"google","why":"rate"}
    waiting: smtp has as many calls open as it may
        {"type":"waiting","at":"2026-11-22T09:00:00.000Z","until":null,"what":"route","name":"smtp","why":"concurrency"}
    waiting 12 s: microsoft is held to the pace that was lowered for it
        {"type":"waiting","at":"2026-11-22T09:00:00.000Z","until":"2026-11-22T09:00:12.000Z","what":"site","name":"microsoft","why":"adapted down"}
    waiting 5 min: sendgrid rests
        {"type":"waiting","at":"2026-11-22T09:00:00.000Z","until":"2026-11-22T09:05:00.000Z","what":"route","name":"sendgrid","why":"breaker"}
    waiting: old [2Jrelay is not used any more
        {"type":"waiting","at":"2026-11-22T09:00:00.000Z","until":null,"what":"route","name":"old\\u001b[2Jrelay","why":"stopped"}
    waiting 15 h: sendgrid has used up its quota
        {"type":"waiting","at":"2026-11-22T09:00:00.000Z","until":"2026-11-23T00:00:00.000Z","what":"route","name":"sendgrid","why":"quota"}
    waiting 1 h: the run is in quiet hours
        {"type":"waiting","at":"2026-11-22T09:00:00.000Z","until":"2026-11-22T10:00:00.000Z","what":"run","name":"RUN","why":"quiet hours"}
    waiting 1 d: the run is outside its sending windows
        {"type":"waiting","at":"2026-11-22T09:00:00.000Z","until":"2026-11-23T09:00:00.000Z","what":"run","name":"RUN","why":"window"}
    waiting 30 min: the run has not come to its start
        {"type":"waiting","at":"2026-11-22T09:00:00.000Z","until":"2026-11-22T09:30:00.000Z","what":"run","name":"RUN","why":"start"}
    waiting 1 min: the run has nothing due before its next retry
        {"type":"waiting","at":"2026-11-22T09:00:00.000Z","until":"2026-11-22T09:01:00.000Z","what":"run","name":"RUN","why":"retry due"}
    waiting 30 min: the run waits for what becomes of the first few
        {"type":"waiting","at":"2026-11-22T09:00:00.000Z","until":"2026-11-22T09:30:00.000Z","what":"run","name":"RUN","why":"canary"}
    waiting: the run is paused
        {"type":"waiting","at":"2026-11-22T09:00:00.000Z","until":null,"what":"run","name":"RUN","why":"paused"}
    waiting 900 ms: smtp is held to its share, for another run uses it too
        {"type":"waiting","at":"2026-11-22T09:00:00.000Z","until":"2026-11-22T09:00:00.900Z","what":"route","name":"smtp","why":"priority"}"
  `)
})

test('what stands still says why, the first few by name', () => {
  const stalled = (waits: readonly Wait[]): Notice => ({ type: 'stalled', atMs, sinceMs: atMs - 3 * minute, waits })
  expect(
    [stalled([]), stalled(waits.slice(0, 2)), stalled(waits.slice(2, 9))].map(shown).join('\n'),
  ).toMatchInlineSnapshot(`
    "nothing has been sent for 3 min: the open calls have not been answered
        {"type":"stalled","at":"2026-11-22T09:00:00.000Z","since":"2026-11-22T08:57:00.000Z","waits":[]}
    nothing has been sent for 3 min:
      google is held to its rate until 2026-11-22 09:00:05 UTC
      smtp has as many calls open as it may
        {"type":"stalled","at":"2026-11-22T09:00:00.000Z","since":"2026-11-22T08:57:00.000Z","waits":[{"what":"site","name":"google","until":"2026-11-22T09:00:05.000Z","cause":"rate"},{"what":"route","name":"smtp","until":null,"cause":"concurrency"}]}
    nothing has been sent for 3 min:
      microsoft is held to the pace that was lowered for it until 2026-11-22 09:00:12 UTC
      sendgrid rests until 2026-11-22 09:05:00 UTC
      old [2Jrelay is not used any more
      sendgrid has used up its quota until 2026-11-23 00:00:00 UTC
      the run is in quiet hours until 2026-11-22 10:00:00 UTC
      and 2 more
        {"type":"stalled","at":"2026-11-22T09:00:00.000Z","since":"2026-11-22T08:57:00.000Z","waits":[{"what":"site","name":"microsoft","until":"2026-11-22T09:00:12.000Z","cause":"adapted down"},{"what":"route","name":"sendgrid","until":"2026-11-22T09:05:00.000Z","cause":"breaker"},{"what":"route","name":"old\\u001b[2Jrelay","until":null,"cause":"stopped"},{"what":"route","name":"sendgrid","until":"2026-11-23T00:00:00.000Z","cause":"quota"},{"what":"run","name":"RUN","until":"2026-11-22T10:00:00.000Z","cause":"quiet hours"},{"what":"run","name":"RUN","until":"2026-11-23T09:00:00.000Z","cause":"window"},{"what":"run","name":"RUN","until":"2026-11-22T09:30:00.000Z","cause":"start"}]}"
  `)
})

test('what somebody else has asked for, and how much may still leave', () => {
  const asked = (what: (Notice & { type: 'asked' })['what'], openCalls: number): Notice => {
    return { type: 'asked', atMs, what, openCalls }
  }
  const notices = [
    asked('paused', 0),
    asked('paused', 1),
    asked('paused', 12),
    asked('goes on', 0),
    asked('other paces', 3),
  ]
  expect(notices.map(shown).join('\n')).toMatchInlineSnapshot(`
    "paused
        {"type":"asked","at":"2026-11-22T09:00:00.000Z","what":"paused","open_calls":0}
    paused; 1 call in flight will be finished
        {"type":"asked","at":"2026-11-22T09:00:00.000Z","what":"paused","open_calls":1}
    paused; 12 calls in flight will be finished
        {"type":"asked","at":"2026-11-22T09:00:00.000Z","what":"paused","open_calls":12}
    goes on
        {"type":"asked","at":"2026-11-22T09:00:00.000Z","what":"goes on","open_calls":0}
    goes on at other paces
        {"type":"asked","at":"2026-11-22T09:00:00.000Z","what":"other paces","open_calls":3}"
  `)
})

test('a canary', () => {
  const canary = (what: 'holding' | 'over', count: number, holdMs: number): Notice => {
    return { type: 'canary', atMs, what, count, untilMs: atMs + holdMs }
  }
  const notices = [canary('holding', 1, 30 * minute), canary('holding', 1200, 5000), canary('over', 1200, 0)]
  expect(notices.map(shown).join('\n')).toMatchInlineSnapshot(`
    "canary: 1 recipient mailed; the others wait 30 min for what becomes of them
        {"type":"canary","at":"2026-11-22T09:00:00.000Z","what":"holding","count":1,"until":"2026-11-22T09:30:00.000Z"}
    canary: 1,200 recipients mailed; the others wait 5 s for what becomes of them
        {"type":"canary","at":"2026-11-22T09:00:00.000Z","what":"holding","count":1200,"until":"2026-11-22T09:00:05.000Z"}
    canary: 1,200 recipients mailed, and no threshold was crossed; the others follow
        {"type":"canary","at":"2026-11-22T09:00:00.000Z","what":"over","count":1200,"until":"2026-11-22T09:00:00.000Z"}"
  `)
})

test('a stop', () => {
  const whys: readonly StopCause[] = ['interrupted', 'guard', 'paused', 'cancelled', 'taken over']
  const notices = whys.flatMap(why => [0, 2].map((openCalls): Notice => ({ type: 'stopping', atMs, why, openCalls })))
  expect(notices.map(shown).join('\n')).toMatchInlineSnapshot(`
    "stopping: interrupted
        {"type":"stopping","at":"2026-11-22T09:00:00.000Z","why":"interrupted","open_calls":0}
    stopping: interrupted; 2 calls in flight will be finished
      Ctrl-C again ends them at once; their recipients may be in doubt then
        {"type":"stopping","at":"2026-11-22T09:00:00.000Z","why":"interrupted","open_calls":2}
    stopping: guard
        {"type":"stopping","at":"2026-11-22T09:00:00.000Z","why":"guard","open_calls":0}
    stopping: guard; 2 calls in flight will be finished
        {"type":"stopping","at":"2026-11-22T09:00:00.000Z","why":"guard","open_calls":2}
    stopping: paused
        {"type":"stopping","at":"2026-11-22T09:00:00.000Z","why":"paused","open_calls":0}
    stopping: paused; 2 calls in flight will be finished
        {"type":"stopping","at":"2026-11-22T09:00:00.000Z","why":"paused","open_calls":2}
    stopping: cancelled
        {"type":"stopping","at":"2026-11-22T09:00:00.000Z","why":"cancelled","open_calls":0}
    stopping: cancelled; 2 calls in flight will be finished
        {"type":"stopping","at":"2026-11-22T09:00:00.000Z","why":"cancelled","open_calls":2}
    stopping: taken over
        {"type":"stopping","at":"2026-11-22T09:00:00.000Z","why":"taken over","open_calls":0}
    stopping: taken over; 2 calls in flight will be finished
        {"type":"stopping","at":"2026-11-22T09:00:00.000Z","why":"taken over","open_calls":2}"
  `)
})

test('what is shown otherwise: what was settled, and the end', () => {
  const counts = { rows: 1, accepted: 1, failed: 0, skipped: 0, inDoubt: 0, waiting: 0, rowProblems: 0 }
  const notices: readonly Notice[] = [
    {
      type: 'settled',
      atMs,
      route: 'smtp',
      tookMs: 12,
      messages: [
        { address: 'ada@example.org', site: 'example.org', line: 2, state: 'accepted' },
        {
          address: 'bob@example.org',
          site: 'example.org',
          line: 3,
          state: 'queued',
          cause: { class: 'soft', text: 'full' },
          dueAtMs: atMs + minute,
        },
      ],
    },
    { type: 'ended', atMs, run: 'RUN', ending: { kind: 'finished' }, counts },
    {
      type: 'ended',
      atMs,
      run: 'RUN',
      ending: { kind: 'stopped', why: 'due later', detail: 'these are quiet hours', nextDueAtMs: atMs + minute },
      counts,
    },
  ]
  expect(notices.map(shown).join('\n')).toMatchInlineSnapshot(`
    "(nothing)
        {"type":"settled","at":"2026-11-22T09:00:00.000Z","route":"smtp","took_ms":12,"messages":[{"address":"ada@example.org","site":"example.org","line":2,"state":"accepted"},{"address":"bob@example.org","site":"example.org","line":3,"state":"queued","cause":{"class":"soft","text":"full"},"due_at":"2026-11-22T09:01:00.000Z"}]}
    (nothing)
        {"type":"ended","at":"2026-11-22T09:00:00.000Z","run":"RUN","ending":{"kind":"finished"},"counts":{"rows":1,"accepted":1,"failed":0,"skipped":0,"in_doubt":0,"waiting":0,"row_problems":0}}
    (nothing)
        {"type":"ended","at":"2026-11-22T09:00:00.000Z","run":"RUN","ending":{"kind":"stopped","why":"due later","detail":"these are quiet hours","next_due_at":"2026-11-22T09:01:00.000Z"},"counts":{"rows":1,"accepted":1,"failed":0,"skipped":0,"in_doubt":0,"waiting":0,"row_problems":0}}"
  `)
})
