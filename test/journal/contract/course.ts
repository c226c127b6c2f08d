/** How a run went: over time, from attempt to attempt, call by call. */

import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Journal, Lease } from '../../../src/journal/journal.ts'
import { InvariantError } from '../../../src/model/errors.ts'
import type { RunId, Settlement } from '../../../src/model/message.ts'
import {
  accepted,
  cause,
  claimAll,
  claimant,
  day,
  failed,
  inDoubt,
  minute,
  nameOf,
  noon,
  own,
  type Place,
  second,
  start,
} from '../samples.ts'

export function courseContract(newPlace: () => Place): void {
  let place: Place
  let journal: Journal
  let lease: Lease
  beforeEach(() => {
    place = newPlace()
    journal = place.open()
    lease = own(journal)
  })
  afterEach(() => place.remove())

  /** One call a person, begun at a time and answered so much later. */
  function call(run: RunId, atMs: number, tookMs: number, outcomes: Readonly<Record<string, Settlement>>, route = 'a') {
    for (const message of claimAll(journal, run, atMs)) {
      const settlement = outcomes[nameOf(message.address)]
      if (settlement === undefined) {
        journal.giveBack([message.id])
        continue
      }
      const [begun] = journal.begin(lease, [{ run, route, messageIds: [message.id], nowMs: atMs }])
      journal.settle([
        { attempt: begun?.attempt ?? 0, nowMs: atMs + tookMs, settlements: [{ messageId: message.id, settlement }] },
      ])
    }
  }

  function putOff(costs: 'attempt' | 'time' | 'nothing', dueAtMs: number): Settlement {
    return {
      to: 'queued',
      cause: cause(costs === 'attempt' ? 'soft' : 'throttled'),
      dueAtMs,
      costs,
      refuseRoute: false,
    }
  }

  const course = (run: RunId, slicesMax = 20) => journal.course(run, { slicesMax })

  test('a run in which nothing has happened yet', () => {
    const run = start(journal, ['ada', 'bob'])
    const { bands, ...rest } = course(run)
    expect(bands.map(({ calls }) => calls)).toEqual(Array.from({ length: 13 }, () => 0))
    expect(rest).toEqual({
      sliceMs: second,
      slices: [],
      acceptedAt: [],
      deferrals: 0,
      latency: [],
      lastCallsMs: [],
      waiting: [{ class: null, count: 2, firstDueAtMs: 0, lastDueAtMs: 0 }],
      siteTroubles: [],
      routeTroubles: [],
    })
    expect(() => course('nobody')).toThrow(InvariantError)
  })

  test('what ended when, in stretches that people think in', () => {
    const run = start(journal, ['ada', 'bob', 'eve', 'pat'])
    call(run, noon, 400, { ada: accepted })
    call(run, noon + 3 * second, 500, { bob: failed('hard') })
    call(run, noon + 9 * second, 500, { eve: inDoubt })
    expect(course(run)).toMatchObject({
      sliceMs: second,
      slices: [
        { fromMs: noon, accepted: 1, failed: 0, inDoubt: 0 },
        { fromMs: noon + 3 * second, accepted: 0, failed: 1, inDoubt: 0 },
        { fromMs: noon + 9 * second, accepted: 0, failed: 0, inDoubt: 1 },
      ],
    })
    expect(course(run, 3).slices.map(({ fromMs }) => (fromMs - noon) / second)).toEqual([0, 5])
    call(run, noon + 2 * day, 0, { pat: accepted })
    expect([course(run, 100).sliceMs / minute, course(run, 3).sliceMs / day, course(run, 2).sliceMs / day]).toEqual([
      30, 1, 2,
    ])
  })

  test('at which attempt they were accepted, and how often they were put off until then', () => {
    const run = start(journal, ['ada', 'bob', 'eve', 'pat'])
    call(run, noon, 0, { ada: accepted, bob: putOff('attempt', noon + minute), eve: putOff('time', noon + minute) })
    call(run, noon + minute, 0, { bob: putOff('attempt', noon + 2 * minute), eve: accepted })
    call(run, noon + 2 * minute, 0, { bob: accepted })
    expect(course(run)).toMatchObject({
      acceptedAt: [
        { attempt: 1, count: 2 },
        { attempt: 3, count: 1 },
      ],
      deferrals: 3,
    })
  })

  test('how long calls took: by route, in bands, and the last of them; a call that nobody heard took no time', () => {
    const names = Array.from({ length: 100 }, (_, index) => `p${index}`)
    const run = start(journal, [...names, 'quick', 'lost'])
    for (const [index, name] of names.entries()) call(run, noon, (index + 1) * 100, { [name]: accepted })
    call(run, noon, -5, { quick: accepted }, 'b')
    const [lost] = claimAll(journal, run)
    journal.begin(lease, [{ run, route: 'b', messageIds: [lost?.id ?? 0], nowMs: noon }])
    journal.release(lease)
    lease = own(journal, 'november', { ...claimant().mark, pid: 2 })
    journal.recover(run, noon + minute)
    const { latency, bands, lastCallsMs, deferrals } = course(run)
    expect(latency).toEqual([
      { route: 'a', calls: 100, p50Ms: 5000, p95Ms: 9500, p99Ms: 9900, slowestMs: 10_000 },
      { route: 'b', calls: 1, p50Ms: 0, p95Ms: 0, p99Ms: 0, slowestMs: 0 },
    ])
    expect(Object.fromEntries(bands.filter(each => each.calls > 0).map(each => [each.belowMs, each.calls]))).toEqual({
      10: 1,
      200: 1,
      500: 3,
      1000: 5,
      2000: 10,
      5000: 30,
      10000: 50,
      30000: 1,
    })
    expect(lastCallsMs).toHaveLength(101)
    expect(deferrals).toBe(0)
  })

  test('who waits and until when, and at which site and by which route the trouble is', () => {
    const run = start(journal, ['ada', 'bob', 'eve@gmail.com', 'pat@gmail.com', 'zoe@gmail.com', 'ivy'])
    call(run, noon, 0, {
      ada: putOff('attempt', noon + minute),
      bob: putOff('attempt', noon + day),
      'eve@gmail.com': failed('block'),
      'pat@gmail.com': failed('block'),
    })
    call(run, noon, 0, { 'zoe@gmail.com': accepted }, 'b')
    const { waiting, siteTroubles, routeTroubles } = course(run)
    expect(waiting).toEqual([
      { class: 'soft', count: 2, firstDueAtMs: noon + minute, lastDueAtMs: noon + day },
      { class: null, count: 1, firstDueAtMs: 0, lastDueAtMs: 0 },
    ])
    expect(siteTroubles).toEqual([
      { name: 'example.org', class: 'soft', count: 2, of: 3 },
      { name: 'gmail.com', class: 'block', count: 2, of: 3 },
    ])
    expect(routeTroubles).toEqual([
      { name: 'a', class: 'block', count: 2, of: 4 },
      { name: 'a', class: 'soft', count: 2, of: 4 },
    ])
  })
}
