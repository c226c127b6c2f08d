/** Settling people in doubt: only what is proven moves anybody, and whatever is not proven is said. */

import { afterEach, describe, expect, test } from 'vitest'
import { type SettleResult, settleByAsking } from '../../src/engine/settle.ts'
import { type RepeatFacts, reasonNotToRepeat } from '../../src/engine/settle-repeat.ts'
import { FencedError } from '../../src/journal/journal.ts'
import type { FailureClass, Outcome, Scope } from '../../src/model/outcome.ts'
import { plural } from '../../src/model/words.ts'
import type { Finding, Profile } from '../../src/providers/provider.ts'
import {
  accepted,
  address,
  type BenchSettings,
  DeliveryBench,
  hour,
  messageIdOf,
  minute,
  route,
} from '../support/delivery-bench.ts'
import { idempotentServer, idempotentToy, toyKind, toyOptions } from '../support/http-toy.ts'
import { content, message, opening } from '../support/provider-opening.ts'

let bench: DeliveryBench

afterEach(() => bench.close())

const people = (count: number) => Array.from({ length: count }, (_, index) => `p${index}@example.org`)

function start(count: number, settings: BenchSettings = {}): DeliveryBench {
  bench = new DeliveryBench(people(count), settings)
  return bench
}

const lost: Outcome = { kind: 'in-doubt', cause: { class: 'unknown', text: 'answer lost' } }
const taken: Finding = { kind: 'taken', providerId: 'found' }
const notTaken: Finding = { kind: 'not taken' }
const noTrace: Finding = { kind: 'no trace' }
const unknown = (
  scope: 'message' | 'route',
  failureClass: FailureClass = 'transient',
  text = 'out of order',
): Finding & { kind: 'unknown' } => ({ kind: 'unknown', scope, cause: { class: failureClass, text } })
const refused = (scope: Scope): Outcome => ({ kind: 'refused', scope, cause: { class: 'content', text: 'no' } })

const keyed: Partial<Profile> = { idempotency: { kind: 'key', windowMs: hour }, batchMax: 100 }
const conclusive: Partial<Profile> = { lookup: 'conclusive' }

/** What became of everybody, a line for each kind of end. */
function shown(result: SettleResult): string {
  const lines = [
    result.acceptedByAsking > 0 ? `${result.acceptedByAsking} accepted by asking` : '',
    result.acceptedByRepeating > 0 ? `${result.acceptedByRepeating} accepted by repeating` : '',
    result.queued > 0 ? `${result.queued} queued` : '',
    ...result.left.map(each => `${each.count} left on ${each.route}: ${each.reason} (${each.example.split('@')[0]})`),
    result.stopped ? 'stopped' : '',
  ]
  return lines.filter(line => line !== '').join('\n')
}

describe('one person in doubt', () => {
  const repeated = { profile: keyed }
  test.each<[string, BenchSettings, Outcome, number, string, string]>([
    ['found', { lookup: () => taken }, accepted, 0, 'accepted', '1 accepted by asking'],
    ['never taken', { lookup: () => notTaken, profile: conclusive }, accepted, 0, 'waiting', '1 queued'],
    [
      'not found, where that proves nothing',
      { lookup: () => noTrace },
      accepted,
      0,
      'in doubt',
      '1 left on alpha: the provider has no trace of it, which proves nothing (p0)',
    ],
    [
      'said never to be taken by a provider that cannot know',
      { lookup: () => notTaken },
      accepted,
      0,
      'in doubt',
      '1 left on alpha: the provider has no trace of it, which proves nothing (p0)',
    ],
    [
      'not answered for',
      { lookup: () => unknown('message') },
      accepted,
      0,
      'in doubt',
      '1 left on alpha: out of order (p0)',
    ],
    [
      'at a provider that can do nothing',
      {},
      accepted,
      0,
      'in doubt',
      '1 left on alpha: the provider can neither be asked what it took nor made to ignore a repeated call (p0)',
    ],
    ['repeated and accepted', repeated, accepted, 54 * minute, 'accepted', '1 accepted by repeating'],
    [
      'repeated too late',
      repeated,
      accepted,
      56 * minute,
      'in doubt',
      '1 left on alpha: the call cannot be repeated: the provider remembers calls for 1 h, and this one is too old (p0)',
    ],
    [
      'repeated and refused',
      repeated,
      refused('message'),
      0,
      'in doubt',
      '1 left on alpha: the call was repeated, which proved nothing: no (p0)',
    ],
    [
      'repeated and lost again',
      repeated,
      lost,
      0,
      'in doubt',
      '1 left on alpha: the call was repeated, which proved nothing: answer lost (p0)',
    ],
    [
      'not found, then repeated',
      { lookup: () => noTrace, profile: keyed },
      accepted,
      0,
      'accepted',
      '1 accepted by repeating',
    ],
    [
      'found, and so not repeated',
      { lookup: () => taken, profile: keyed },
      lost,
      0,
      'accepted',
      '1 accepted by asking',
    ],
  ])('%s', async (_, settings, outcome, laterMs, state, said) => {
    start(1, settings)
    await bench.deliver(() => lost)
    bench.clock.set(bench.clock.nowMs() + laterMs)
    expect(shown(await bench.settle(() => outcome))).toBe(said)
    const { accepted, inDoubt, waiting } = bench.journal.counts(bench.run.id)
    expect(accepted > 0 ? 'accepted' : inDoubt > 0 ? 'in doubt' : waiting > 0 ? 'waiting' : '?').toBe(state)
    bench.figures()
  })
})

describe('asking', () => {
  test('for all of several calls at once, with what a provider knows them by', async () => {
    const sought: unknown[] = []
    start(30, {
      lookup: each => {
        sought.push([each.to, each.messageId, each.run])
        return taken
      },
    })
    bench.leaveOpen(30, { perCall: 1 })
    expect(shown(await bench.settle())).toBe('30 accepted by asking')
    expect(bench.asked.map(each => each.to.length)).toEqual([20, 10])
    const known = people(30).map(each => [each, messageIdOf(address(each)), bench.run.id])
    expect(sought.sort()).toEqual(known.sort())
    expect(bench.figures()).toBe('accepted 30, failed 0, in doubt 0, waiting 0, skipped 0')
    expect(bench.progress.at(-1)).toEqual({ type: 'progress', done: 30, of: 30 })
  })

  test('whoever was never taken goes out again, once', async () => {
    start(10, { lookup: each => (each.to < 'p5' ? taken : notTaken), profile: conclusive })
    bench.leaveOpen(10, { perCall: 1 })
    expect(shown(await bench.settle())).toBe('5 accepted by asking\n5 queued')
    await bench.deliver(() => accepted)
    expect(bench.figures()).toBe('accepted 10, failed 0, in doubt 0, waiting 0, skipped 0')
    expect(people(10).map(each => bench.minutesOf(each).length)).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1, 1])
  })

  test('whoever was never taken and has been suppressed since is not sent again', async () => {
    start(3, { lookup: () => notTaken, profile: conclusive })
    bench.leaveOpen(3, { perCall: 1 })
    const suppressed = address('p1@example.org')
    bench.journal.suppress([{ address: suppressed, reason: 'manual', source: 'test', atMs: bench.clock.nowMs() }])
    expect(shown(await bench.settle())).toBe(
      '2 queued\n1 left on alpha: the provider did not take it, but it cannot be sent again: suppressed, or queued, accepted or in doubt in another run (p1)',
    )
  })

  test('nothing of a run that was cancelled is sent again', async () => {
    start(3, { lookup: each => (each.to < 'p1' ? taken : notTaken), profile: { ...conclusive, ...keyed } })
    bench.leaveOpen(2)
    bench.journal.cancelRun(bench.run.id, bench.clock.nowMs())
    expect(shown(await bench.settle())).toBe(
      '1 accepted by asking\n1 left on alpha: the provider did not take it, and the run is cancelled, so it is not sent again; the call cannot be repeated: the run is cancelled (p1)',
    )
    expect(bench.calls).toEqual([])
    expect(bench.journal.run(bench.run.id)?.state).toBe('cancelled')
  })

  test.each([
    ['that will not be asked is not asked for the next ones', unknown('route', 'auth', 'wrong key'), 1],
    ['that wants to be asked less often is not, without patience', unknown('route', 'throttled', 'slower'), 1],
    ['that answers none of one question is asked for the next ones', unknown('message', 'config', 'what?'), 3],
  ] as const)('a provider %s', async (_, finding, questions) => {
    start(50, { lookup: () => finding })
    bench.leaveOpen(50, { perCall: 1 })
    const result = await bench.settle()
    expect(result.left).toMatchObject([{ count: 50, reason: finding.cause.text }])
    expect(bench.asked).toHaveLength(questions)
  })

  test('an answer that cannot be read costs only those whom it was about', async () => {
    start(50, { lookup: () => (bench.asked.length === 1 ? unknown('message', 'config', 'odd') : taken) })
    bench.leaveOpen(50, { perCall: 1 })
    expect(shown(await bench.settle())).toBe('30 accepted by asking\n20 left on alpha: odd (p0)')
  })

  test('with patience, six questions a minute are enough for everybody', async () => {
    let minuteOfAsking = -1
    let left = 0
    start(50, {
      lookup: () => {
        const now = Math.floor(bench.clock.nowMs() / minute)
        if (now !== minuteOfAsking) left = 6
        minuteOfAsking = now
        return left-- > 0 ? taken : unknown('route', 'throttled', 'slower')
      },
    })
    bench.leaveOpen(50, { perCall: 1 })
    expect(shown(await bench.settle(undefined, { patienceMs: hour }))).toBe('50 accepted by asking')
    expect(bench.progress.filter(each => each.type === 'waiting')).toHaveLength(8)
    expect(bench.asked.length).toBeLessThan(12)
  })

  test('patience has an end', async () => {
    start(50, { lookup: () => unknown('route', 'throttled', 'slower') })
    bench.leaveOpen(50, { perCall: 1 })
    expect(shown(await bench.settle(undefined, { patienceMs: 2 * minute }))).toBe('50 left on alpha: slower (p0)')
    expect(bench.asked).toHaveLength(3)
  })

  test('stopped while it waits, it asks no more', async () => {
    start(50, { lookup: each => (each.to === 'p0@example.org' ? taken : unknown('route', 'throttled', 'slower')) })
    bench.leaveOpen(50, { perCall: 1 })
    const stop = bench.clock.sleep(30_000).then(() => bench.abort.abort())
    const result = await bench.settle(undefined, { patienceMs: hour })
    await stop
    expect(shown(result)).toBe(
      '1 accepted by asking\n19 left on alpha: stopped before the provider had answered (p1)\nstopped',
    )
    expect(bench.asked).toHaveLength(1)
  })

  test('reasons beyond counting are counted together', async () => {
    start(120, { lookup: each => unknown('message', 'transient', `no word of ${each.to}`) })
    bench.leaveOpen(120)
    const result = await bench.settle()
    expect(result.left).toHaveLength(101)
    expect(result.left[0]).toMatchObject({ reason: 'other reasons', count: 20 })
  })
})

describe('repeating', () => {
  test('hands the same parcel over, in its order, and settles each as it is said', async () => {
    start(3, { profile: keyed })
    bench.leaveOpen(3)
    const result = await bench.settle(() => [accepted, refused('recipient'), accepted])
    expect(bench.calls.map(call => call.to)).toEqual([people(3)])
    expect(shown(result)).toBe(
      '2 accepted by repeating\n1 left on alpha: the call was repeated, which proved nothing: no (p1)',
    )
    expect(bench.figures()).toBe('accepted 2, failed 0, in doubt 1, waiting 0, skipped 0')
  })

  test('of a call of which some were found just now is harmless, and helps the others', async () => {
    start(3, { lookup: each => (each.to < 'p1' ? taken : noTrace), profile: keyed })
    bench.leaveOpen(3)
    expect(shown(await bench.settle())).toBe('1 accepted by asking\n2 accepted by repeating')
    expect(bench.calls.map(call => call.to)).toEqual([people(3)])
  })

  test.each([
    ['accepted', { to: 'accepted', by: 'operator', providerId: null }],
    ['failed', { to: 'failed', by: 'operator' }],
    ['to be sent again', { to: 'queued', by: 'resent' }],
  ] as const)('is not done once the operator has declared one of them %s', async (_, settlement) => {
    start(3, { profile: keyed })
    bench.leaveOpen(3)
    const [first] = bench.journal.inDoubt(bench.run.id)
    const { journal, lease, run, clock } = bench
    journal.settleDoubts(lease, run.id, [{ messageId: first?.id ?? 0, settlement }], clock.nowMs())
    expect(shown(await bench.settle())).toBe(
      '2 left on alpha: the call cannot be repeated: something else has become of other messages in it (p1)',
    )
    expect(bench.calls).toEqual([])
  })

  test('is not done once one of them has been suppressed: if it was not taken, it would reach her', async () => {
    start(2, { profile: keyed })
    bench.leaveOpen(2)
    const suppressed = address('p1@example.org')
    bench.journal.suppress([{ address: suppressed, reason: 'manual', source: 'test', atMs: bench.clock.nowMs() }])
    expect(shown(await bench.settle())).toBe(
      '2 left on alpha: the call cannot be repeated: somebody in it has been suppressed since (p0)',
    )
    expect(bench.calls).toEqual([])
  })

  test('is not done where a message cannot be made as it was, or the parcel does not fit any more', async () => {
    start(2, { profile: keyed })
    bench.leaveOpen(2)
    const changed: Outcome & { kind: 'refused' } = {
      kind: 'refused',
      scope: 'message',
      cause: { class: 'content', text: 'terms.pdf has changed' },
    }
    expect(shown(await bench.settle(undefined, { fill: async () => changed }))).toBe(
      '2 left on alpha: the call cannot be repeated as it was: terms.pdf has changed (p0)',
    )
    const fill = async (each: { readonly id: number }) => message(each.id)
    const small = { settings: route('alpha'), provider: { ...(await toyProvider()), fits: () => 1 } }
    expect(shown(await bench.settle(undefined, { fill, routes: [small] }))).toBe(
      '2 left on alpha: the call cannot be repeated as it was: its messages do not fit one call any more (p0)',
    )
    expect(bench.calls).toEqual([])
  })

  test('is not done once making it again, or waiting for the rate, has taken until the window closed', async () => {
    start(1, { profile: keyed })
    bench.leaveOpen(1)
    const fill = async (each: { readonly id: number }) => {
      await bench.clock.sleep(56 * minute)
      return message(each.id)
    }
    expect(shown(await bench.settle(undefined, { fill }))).toContain('and this one is too old')
    bench.close()

    const onceAnHour = route('alpha', { rates: [{ count: 1, perMs: hour }] })
    start(2, { profile: { ...keyed, batchMax: 1 }, routes: [onceAnHour] })
    bench.leaveOpen(2, { perCall: 1 })
    expect(shown(await bench.settle())).toMatch(/^1 accepted by repeating\n1 left on alpha: .* too old \(p1\)$/)
    expect(bench.calls).toHaveLength(1)
  })

  test('ends for a route that has trouble of its own', async () => {
    start(30, { profile: { ...keyed, batchMax: 1 }, routes: [route('alpha', { concurrency: 1 })] })
    bench.leaveOpen(30, { perCall: 1 })
    const result = await bench.settle(() => refused('route'))
    expect(bench.calls).toHaveLength(1)
    expect(shown(result)).toBe(
      '29 left on alpha: the call was not repeated, for another one was not taken: no (p1)\n1 left on alpha: the call was repeated, which proved nothing: no (p0)',
    )
  })

  test('keeps to the route’s rate and to ten calls at a time', async () => {
    start(60, {
      profile: { ...keyed, batchMax: 1 },
      routes: [route('alpha', { concurrency: 50, rates: [{ count: 1, perMs: 1000 }] })],
    })
    bench.leaveOpen(60, { perCall: 1 })
    const startMs = bench.clock.nowMs()
    expect(shown(await bench.settle())).toBe('60 accepted by repeating')
    expect(Math.round((bench.clock.nowMs() - startMs) / 1000)).toBe(59)
    bench.close()

    start(60, { profile: { ...keyed, batchMax: 1 }, routes: [route('alpha', { concurrency: 50 })] })
    bench.leaveOpen(60, { perCall: 1 })
    let open = 0
    let most = 0
    await bench.settle(async () => {
      open += 1
      most = Math.max(most, open)
      await bench.clock.sleep(100)
      open -= 1
      return accepted
    })
    expect(most).toBe(10)
  })

  test('does not begin once another process holds the key', async () => {
    start(3, { profile: keyed })
    bench.leaveOpen(3)
    bench.clock.set(bench.clock.nowMs() + 10 * minute)
    bench.acquire(2)
    await expect(bench.settle()).rejects.toThrow(FencedError)
    expect(bench.calls).toEqual([])
    expect(bench.figures()).toBe('accepted 0, failed 0, in doubt 3, waiting 0, skipped 0')
  })

  test('ends at once when it is stopped, and leaves them in doubt', async () => {
    start(3, { profile: keyed, takesMs: hour })
    bench.leaveOpen(3)
    const stop = bench.clock.sleep(minute).then(() => bench.abort.abort())
    const result = await bench.settle((_, signal) => (signal.aborted ? lost : accepted))
    await stop
    expect(shown(result)).toBe(
      '3 left on alpha: the call was repeated, which proved nothing: answer lost (p0)\nstopped',
    )
  })
})

describe('routes', () => {
  test('each by itself: one that is not asked is said, with the reason, and holds up nobody', async () => {
    start(4, {
      routes: [route('alpha'), route('beta')],
      lookup: (_, name) => (name === 'alpha' ? taken : noTrace),
    })
    bench.leaveOpen(1)
    bench.leaveOpen(1, { route: 'beta' })
    bench.leaveOpen(2, { route: 'gamma' })
    expect(shown(await bench.settle(undefined, { unasked: new Map([['gamma', 'its password is gone']]) }))).toBe(
      [
        '1 accepted by asking',
        '2 left on gamma: its password is gone (p2)',
        '1 left on beta: the provider has no trace of it, which proves nothing (p1)',
      ].join('\n'),
    )
  })

  test('nobody in doubt: nothing is asked', async () => {
    start(2, { lookup: () => taken })
    await bench.deliver(() => accepted)
    expect(shown(await bench.settle())).toBe('')
    expect(bench.asked).toEqual([])
  })
})

describe('whether a call may be repeated', () => {
  const facts: RepeatFacts = {
    windowMs: hour,
    begunAtMs: 0,
    nowMs: 0,
    state: 'open',
    whole: true,
    suppressed: false,
    inOtherRun: false,
  }
  test.each<[Partial<RepeatFacts>, string | null]>([
    [{}, null],
    [{ state: 'finished' }, null],
    [{ nowMs: 55 * minute }, null],
    [{ nowMs: 55 * minute + 1 }, 'the provider remembers calls for 1 h, and this one is too old'],
    [{ windowMs: 8 * minute, nowMs: 6 * minute }, null],
    [
      { windowMs: 8 * minute, nowMs: 6 * minute + 1 },
      'the provider remembers calls for 8 min, and this one is too old',
    ],
    [{ windowMs: 0, nowMs: 1 }, 'the provider remembers calls for 0 ms, and this one is too old'],
    [{ begunAtMs: 1 }, 'the clock stands before its beginning'],
    [{ state: 'cancelled' }, 'the run is cancelled'],
    [{ state: 'superseded' }, 'the run is superseded'],
    [{ whole: false }, 'something else has become of other messages in it'],
    [{ suppressed: true }, 'somebody in it has been suppressed since'],
    [{ inOtherRun: true }, 'somebody in it is accepted or in doubt in another run'],
  ])('%j', (more, why) => {
    const reason = reasonNotToRepeat({ ...facts, ...more })
    expect(reason).toBe(why === null ? null : `the call cannot be repeated: ${why}`)
  })
})

async function toyProvider(url = 'http://127.0.0.1:9') {
  return toyKind(idempotentToy).open(opening({ options: toyOptions(url) }, { content: content({}) }))
}

test('from end to end: the answer was lost after the call was taken, and settling brings it back without a second mail', async () => {
  const server = await idempotentServer(call => (call === 1 ? 'lose' : 'answer'))
  const provider = await toyProvider(server.url)
  const fill = async (each: { readonly id: number }) => message(each.id)
  start(3)
  const claimed = bench.journal.claim(bench.run.id, { dueByMs: bench.clock.nowMs(), limit: 3, after: null }).messages
  const messageIds = claimed.map(each => each.id)
  const { journal, lease, run, clock } = bench
  journal.begin(lease, [{ run: run.id, route: 'alpha', messageIds, nowMs: clock.nowMs() }])
  const parcel = await Promise.all(claimed.map(fill))
  const first = await provider.send(parcel, bench.abort.signal)
  expect(first.map(each => each.kind)).toEqual(['in-doubt', 'in-doubt', 'in-doubt'])
  // The process dies here, and the next one finds its call open.
  journal.recover(run.id, clock.nowMs())

  const result = await settleByAsking({
    journal,
    lease,
    run,
    routes: [{ settings: route('alpha'), provider }],
    unasked: new Map(),
    fill,
    messageIdOf,
    clock,
    patienceMs: 0,
    signal: bench.abort.signal,
    notify: () => undefined,
  })
  expect(shown(result)).toBe('3 accepted by repeating')
  expect(bench.figures()).toBe('accepted 3, failed 0, in doubt 0, waiting 0, skipped 0')
  expect(server.answers).toEqual([0, 202])
  expect(plural(server.deliveries.length, 'delivery', 'deliveries')).toBe('1 delivery')
  const records = [...journal.records(run.id)]
  expect(records.map(each => [each.providerId, each.settledBy])).toEqual(Array(3).fill(['taken-1', 'repeated']))
  await provider.close()
  await server.close()
})
