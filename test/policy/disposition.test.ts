import { expect, test } from 'vitest'
import type { FailureClass, Outcome, Scope } from '../../src/model/outcome.ts'
import { type DispositionFacts, dispose, type Lesson } from '../../src/policy/disposition.ts'

/** The table is the specification: one line per outcome and scope, and what is done about it. */

const minute = 60_000
const hour = 60 * minute
const retry = { delaysMs: [minute, 5 * minute], maxAgeMs: 72 * hour, classes: {} }
const facts: DispositionFacts = { attempts: 0, agesFromMs: null, nowMs: hour, fraction: 0.5, otherRoute: false }

const deferred = (scope: Scope, retryAfterMs?: number, failureClass: FailureClass = 'soft'): Outcome => ({
  kind: 'deferred',
  scope,
  cause: { class: failureClass, text: 'later' },
  ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
})
const refused = (scope: Scope, failureClass: 'hard' | 'content' | 'block' | 'auth' = 'hard'): Outcome => ({
  kind: 'refused',
  scope,
  cause: { class: failureClass, text: 'no' },
})

const costWords = { attempt: '', time: ', no attempt burned, but it ages', nothing: ', no attempt burned' }

function line(name: string, outcome: Outcome, more: Partial<DispositionFacts> = {}): string {
  const { settlement, lane, route } = dispose(outcome, { ...facts, ...more }, retry)
  const said = {
    accepted: () => 'accepted',
    failed: () =>
      settlement.to === 'failed'
        ? `failed (${settlement.cause.class})${settlement.suppress ? ', suppressed' : ''}`
        : '',
    'in doubt': () => 'in doubt',
    queued: () =>
      settlement.to === 'queued'
        ? `queued in ${(settlement.dueAtMs - hour) / 1000} s${costWords[settlement.costs]}${
            settlement.refuseRoute ? ', not by this route' : ''
          }`
        : '',
  }[settlement.to]()
  return [name.padEnd(44), said.padEnd(46), `lane ${lesson(lane)}`.padEnd(22), `route ${lesson(route)}`].join('| ')
}

function lesson(it: Lesson): string {
  return it.kind === 'slow down' && it.retryAfterMs !== undefined ? `${it.kind} ${it.retryAfterMs / 1000} s` : it.kind
}

test('what is done about each outcome', () => {
  expect(
    [
      line('accepted', { kind: 'accepted', providerId: 'x' }),
      line('deferred, recipient (mailbox full)', deferred('recipient')),
      line('deferred, recipient, second time', deferred('recipient'), { attempts: 1, agesFromMs: 0 }),
      line('deferred, recipient, too old by then', deferred('recipient'), {
        attempts: 1,
        agesFromMs: 0,
        nowMs: 72 * hour,
      }),
      line('deferred, lane (421 4.3.2)', deferred('lane')),
      line('deferred, lane, told to wait', deferred('lane', 10 * minute)),
      line('deferred, lane, throttled (421 4.7.28)', deferred('lane', undefined, 'throttled')),
      line('deferred, lane, throttled, told to wait', deferred('lane', 10 * minute, 'throttled')),
      line('deferred, lane, throttled, too old', deferred('lane', undefined, 'throttled'), {
        agesFromMs: 0,
        nowMs: 73 * hour,
      }),
      line('deferred, route (429, Retry-After)', deferred('route', 30_000)),
      line('deferred, route, too old', deferred('route'), { agesFromMs: 0, nowMs: 73 * hour }),
      line('deferred, route, never tried', deferred('route'), { nowMs: 73 * hour }),
      line('deferred, message (a neighbour was refused)', deferred('message', 0)),
      line('refused, recipient (no such user)', refused('recipient')),
      line('refused, recipient, not hard', refused('recipient', 'content')),
      line('refused, message (too big)', refused('message', 'content')),
      line('refused, lane (blocked), no other route', refused('lane', 'block')),
      line('refused, lane (blocked), another route', refused('lane', 'block'), { otherRoute: true }),
      line('refused, route (bad API key)', refused('route', 'auth')),
      line('in doubt', { kind: 'in-doubt', cause: { class: 'unknown', text: 'answer lost' } }),
    ].join('\n'),
  ).toMatchInlineSnapshot(`
    "accepted                                    | accepted                                      | lane went well        | route went well
    deferred, recipient (mailbox full)          | queued in 60 s                                | lane went well        | route went well
    deferred, recipient, second time            | queued in 300 s                               | lane went well        | route went well
    deferred, recipient, too old by then        | failed (expired)                              | lane went well        | route went well
    deferred, lane (421 4.3.2)                  | queued in 60 s                                | lane slow down        | route went well
    deferred, lane, told to wait                | queued in 600 s                               | lane slow down 600 s  | route went well
    deferred, lane, throttled (421 4.7.28)      | queued in 0 s, no attempt burned, but it ages | lane slow down        | route went well
    deferred, lane, throttled, told to wait     | queued in 600 s, no attempt burned, but it ages| lane slow down 600 s  | route went well
    deferred, lane, throttled, too old          | failed (expired)                              | lane slow down        | route went well
    deferred, route (429, Retry-After)          | queued in 0 s, no attempt burned              | lane none             | route slow down 30 s
    deferred, route, too old                    | failed (expired)                              | lane none             | route slow down
    deferred, route, never tried                | queued in 259200 s, no attempt burned         | lane none             | route slow down
    deferred, message (a neighbour was refused) | queued in 0 s, no attempt burned              | lane none             | route went well
    refused, recipient (no such user)           | failed (hard), suppressed                     | lane went well        | route went well
    refused, recipient, not hard                | failed (content)                              | lane went well        | route went well
    refused, message (too big)                  | failed (content)                              | lane went well        | route went well
    refused, lane (blocked), no other route     | failed (block)                                | lane slow down        | route went well
    refused, lane (blocked), another route      | queued in 0 s, no attempt burned, not by this route| lane slow down        | route went well
    refused, route (bad API key)                | queued in 0 s, no attempt burned              | lane none             | route stop
    in doubt                                    | in doubt                                      | lane none             | route slow down"
  `)
})

test('a bad API key fails nobody, however many it meets', () => {
  const outcomes = Array.from({ length: 1000 }, () => dispose(refused('route', 'auth'), facts, retry))
  expect(outcomes.every(({ settlement }) => settlement.to === 'queued' && settlement.costs === 'nothing')).toBe(true)
})

test('an answer after which nothing is left lets the route rest, whatever became of the message, and nobody else', () => {
  const restMs = 30_000
  const rested = (outcome: Outcome): string => {
    const { lane, route } = dispose({ ...outcome, restMs }, facts, retry)
    const without = dispose(outcome, facts, retry)
    expect({ ...dispose({ ...outcome, restMs }, facts, retry), route: without.route }).toEqual(without)
    const restsMs = route.kind === 'went well' ? route.restMs : route.kind === 'slow down' ? route.retryAfterMs : 0
    return `lane ${lesson(lane)}, route ${route.kind}, rests ${(restsMs ?? 0) / 1000} s`
  }
  expect(rested({ kind: 'accepted', providerId: 'x' })).toBe('lane went well, route went well, rests 30 s')
  expect(rested(refused('recipient'))).toBe('lane went well, route went well, rests 30 s')
  expect(rested(refused('lane', 'block'))).toBe('lane slow down, route went well, rests 30 s')
  expect(rested(deferred('message', 0))).toBe('lane none, route went well, rests 30 s')
  expect(rested(deferred('route', 10_000))).toBe('lane none, route slow down, rests 30 s')
  expect(rested({ kind: 'in-doubt', cause: { class: 'unknown', text: '?' } })).toBe(
    'lane none, route slow down, rests 30 s',
  )
  expect(rested(refused('route', 'auth'))).toBe('lane none, route stop, rests 0 s')
})
