/** A few are mailed before all others: whom, when the others follow, and what keeps them from it. */

import { afterEach, describe, expect, test } from 'vitest'
import { noticeLine } from '../../src/dashboard/notice-line.ts'
import type { Threshold } from '../../src/model/campaign.ts'
import type { Outcome } from '../../src/model/outcome.ts'
import {
  accepted,
  address,
  type BenchSettings,
  type Call,
  DeliveryBench,
  hour,
  minute,
} from '../support/delivery-bench.ts'

let bench: DeliveryBench

afterEach(() => bench.close())

const startMs = Date.UTC(2026, 0, 1)
const noSuchUser: Outcome = { kind: 'refused', scope: 'recipient', cause: { class: 'hard', text: 'no such user' } }
const mailboxFull: Outcome = { kind: 'deferred', scope: 'recipient', cause: { class: 'soft', text: 'mailbox full' } }
const bounces: Threshold = {
  text: 'hard_bounce_rate > 5% of 200',
  metric: 'hard_bounce_rate',
  share: 0.05,
  atLeast: 200,
}
const patient = { patienceMs: hour }

function at(domain: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `p${index}@${domain}`)
}

function start(people: readonly string[], settings: BenchSettings = {}, holdMs = 30 * minute): DeliveryBench {
  const canary = { share: 1 / (settings.canaryIn ?? 10), holdMs }
  bench = new DeliveryBench(people, { canaryIn: 10, ...settings, delivery: { canary, ...settings.delivery } })
  return bench
}

/** Who was mailed in which minute, by domain: `0: gmail.com 3, example.org 2`. */
function schedule(): string {
  const minutes = Map.groupBy(bench.calls, call => Math.floor((call.atMs - startMs) / minute))
  return [...minutes].map(([min, calls]) => `${min}: ${byDomain(calls)}`).join('\n')
}

function byDomain(calls: readonly Call[]): string {
  const domains = Map.groupBy(calls, call => call.to[0]?.split('@')[1])
  return [...domains].map(([domain, each]) => `${domain} ${each.length}`).join(', ')
}

function said(): string {
  const told = bench.notices.filter(notice => notice.type !== 'settled' && notice.type !== 'stalled')
  return told.flatMap(notice => noticeLine(notice) ?? []).join('\n')
}

describe('a canary of one in ten', () => {
  const people = [...at('gmail.com', 60), ...at('example.org', 30), ...at('example.com', 10)]

  test('goes first, from each site its share; the others follow when the hold is over', async () => {
    start(people)
    expect(await bench.deliver(() => accepted, patient)).toEqual({ kind: 'finished' })
    expect(schedule()).toMatchInlineSnapshot(`
      "0: gmail.com 6, example.org 3, example.com 1
      30: gmail.com 54, example.org 27, example.com 9"
    `)
    expect(said()).toMatchInlineSnapshot(`
      "canary: 10 recipients mailed; the others wait 30 min for what becomes of them
      waiting 30 min: the run waits for what becomes of the first few
      canary: 10 recipients mailed, and no threshold was crossed; the others follow"
    `)
    expect(bench.figures()).toBe('accepted 100, failed 0, in doubt 0, waiting 0, skipped 0')
  })

  test('is waited for no longer than the patience, and by the next process for what is left of the hold', async () => {
    start(people)
    const first = await bench.deliver(() => accepted)
    expect(first).toMatchObject({ why: 'due later', nextDueAtMs: startMs + 30 * minute + 40 })
    bench.clock.set(startMs + 20 * minute)
    bench.restart()
    expect(await bench.deliver(() => accepted)).toEqual({ kind: 'finished' })
    expect(bench.calls[10]?.atMs).toBe(startMs + 30 * minute + 40)
  })

  test('of which the process was killed: the next one goes on with the rest of them, then the hold', async () => {
    start(people, { takesMs: 1000 })
    await bench.deliverUntilKilled(() => accepted, 1500)
    expect(bench.figures()).toBe('accepted 1, failed 0, in doubt 4, waiting 95, skipped 0')
    expect(await bench.deliver(() => accepted, patient)).toEqual({ kind: 'finished' })
    const early = bench.calls.filter(call => call.atMs < startMs + 30 * minute)
    expect(byDomain(early)).toBe('gmail.com 6, example.org 3, example.com 1')
    expect(bench.figures()).toBe('accepted 96, failed 0, in doubt 4, waiting 0, skipped 0')
  })

  test('in whose hold the process was killed: the next one waits for what is left of it', async () => {
    start(people)
    await bench.deliverUntilKilled(() => accepted, 17 * minute, patient)
    expect(bench.journal.run(bench.run.id)?.canary).toEqual({ kind: 'holding', untilMs: startMs + 30 * minute + 40 })
    expect(await bench.deliver(() => accepted, patient)).toEqual({ kind: 'finished' })
    expect(schedule()).toBe(
      '0: gmail.com 6, example.org 3, example.com 1\n30: gmail.com 54, example.org 27, example.com 9',
    )
  })

  test('is tried again within the hold, as anybody who was put off', async () => {
    start(people)
    await bench.deliver(call => (call.atMs < startMs + 2 * minute ? mailboxFull : accepted), patient)
    const early = bench.calls.filter(call => call.atMs < startMs + 30 * minute)
    expect(new Set(early.flatMap(call => call.to)).size).toBe(10)
    expect([...new Set(early.map(call => Math.floor((call.atMs - startMs) / minute)))]).toEqual([0, 1, 6])
  })

  test('in its hold the run says what it waits for', async () => {
    start(people)
    const look = bench.clock.sleep(10 * minute).then(() => bench.journal.overview(bench.run.id, bench.clock.nowMs()))
    await bench.deliver(() => accepted, patient)
    expect((await look).standing?.standing.waits).toEqual([
      { what: 'run', name: bench.run.id, cause: 'canary', untilMs: startMs + 30 * minute + 40 },
    ])
  })
})

describe('a threshold that is crossed', () => {
  const stopWhen = [bounces]
  const isBad = (call: Call): boolean => call.to[0]?.endsWith('bad.example') === true

  test('by the few, of whom there are fewer than it asks for: the others are not mailed, until somebody says so', async () => {
    start([...at('bad.example', 40), ...at('example.org', 160)], { stopWhen })
    const ending = await bench.deliver(call => (isBad(call) ? noSuchUser : accepted), patient)
    expect(ending).toMatchObject({ kind: 'stopped', why: 'guard' })
    expect(said()).toMatchInlineSnapshot(`
      "canary: 20 recipients mailed; the others wait 30 min for what becomes of them
      waiting 30 min: the run waits for what becomes of the first few
      guard: hard_bounce_rate > 5% of 200 was crossed: 20.0% of 20
      stopping: guard"
    `)
    expect(schedule()).toBe('0: bad.example 4, example.org 16')
    expect(bench.figures()).toBe('accepted 16, failed 4, in doubt 0, waiting 180, skipped 0')

    // As the command line does when it is stopped so, and when the run is resumed by its name.
    const { journal, run, clock } = bench
    journal.setPaused(run.id, { by: 'guard', why: 'bounces', atMs: clock.nowMs() })
    bench.restart()
    const paused = bench.journal.run(run.id)
    bench.journal.setPaused(run.id, null)
    expect(await bench.deliver(() => accepted, paused && { run: paused })).toEqual({ kind: 'finished' })
    expect(bench.figures()).toBe('accepted 196, failed 4, in doubt 0, waiting 0, skipped 0')
  })

  test('by a process that was killed before it could be said: the next one comes to the same', async () => {
    start([...at('bad.example', 40), ...at('example.org', 160)], { stopWhen })
    await bench.deliverUntilKilled(call => (isBad(call) ? noSuchUser : accepted), 29 * minute, patient)
    expect(await bench.deliver(() => accepted)).toMatchObject({ kind: 'stopped', why: 'guard' })
    expect(bench.calls.length).toBe(20)
  })

  test('by a complaint that comes within the hold', async () => {
    const complaints = [
      { text: 'complaint_rate > 1% of 500', metric: 'complaint_rate', share: 0.01, atLeast: 500 } as const,
    ]
    start(at('example.org', 200), { stopWhen: complaints })
    const complaint = bench.clock.sleep(20 * minute).then(() => {
      const [to = ''] = bench.calls[3]?.to ?? []
      bench.journal.suppress([{ address: address(to), reason: 'complaint', source: 'test', atMs: bench.clock.nowMs() }])
    })
    const ending = await bench.deliver(() => accepted, patient)
    await complaint
    expect(ending).toMatchObject({ why: 'guard', detail: 'complaint_rate > 1% of 500 was crossed: 5.0% of 20' })
  })

  test('within the canary stops the run at once, with the rest of the canary not mailed', async () => {
    const few: Threshold = { ...bounces, text: 'hard_bounce_rate > 5% of 5', atLeast: 5 }
    start(at('bad.example', 200), { stopWhen: [few] })
    expect(await bench.deliver(() => noSuchUser, patient)).toMatchObject({ why: 'guard' })
    expect(bench.calls.length).toBeLessThan(10)
    expect(bench.journal.run(bench.run.id)?.canary).toEqual({ kind: 'sending' })
  })
})

describe('where it makes no difference', () => {
  test.each([
    { people: 1, canaryIn: 100 },
    { people: 5, canaryIn: 1 },
  ])('$people people, one in $canaryIn: nobody is left to be waited for', async ({ people, canaryIn }) => {
    start(at('example.org', people), { canaryIn })
    expect(await bench.deliver(() => accepted, { patienceMs: 0 })).toEqual({ kind: 'finished' })
    expect([schedule(), said()]).toEqual([`0: example.org ${people}`, ''])
  })

  test('without a hold the others follow at once', async () => {
    start(at('example.org', 50), {}, 0)
    expect(await bench.deliver(() => accepted, { patienceMs: 0 })).toEqual({ kind: 'finished' })
    expect(schedule()).toBe('0: example.org 50')
  })
})
