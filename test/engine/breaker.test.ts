/**
 * Routes that die and come back, one that never lives, and a site that cannot be reached: schedules in virtual time, and the
 * proof that nobody is tried twice for it.
 */

import { afterEach, describe, expect, test } from 'vitest'
import { noticeLine } from '../../src/dashboard/notice-line.ts'
import type { RouteSettings } from '../../src/model/campaign.ts'
import type { Outcome } from '../../src/model/outcome.ts'
import type { RouteStanding } from '../../src/model/run.ts'
import { accepted, type BenchSettings, type Call, DeliveryBench, minute, route } from '../support/delivery-bench.ts'

let bench: DeliveryBench

afterEach(() => bench.close())

const unreachable: Outcome = {
  kind: 'deferred',
  scope: 'route',
  cause: { class: 'transient', code: 'ECONNREFUSED', text: 'connection refused' },
}
const answerLost: Outcome = { kind: 'in-doubt', cause: { class: 'unknown', text: 'answer lost' } }
const siteUnreachable: Outcome = {
  kind: 'deferred',
  scope: 'lane',
  cause: { class: 'transient', status: '4.4.1', text: 'no answer from host' },
}

/** What becomes of a call at a minute, if it does not go well. */
type Outage = (call: Call, minute: number) => Outcome | undefined

/** Fails for all calls by a route from one minute to another. */
function outage(route: string, fromMin: number, toMin: number, outcome = unreachable): Outage {
  return (call, min) => (call.route === route && min >= fromMin && min < toMin ? outcome : undefined)
}

interface Rehearsal {
  /** One line for each minute, and one for each thing that was said. */
  readonly schedule: string
  readonly failedCalls: readonly Call[]
}

interface RehearsalSettings extends BenchSettings {
  readonly minutes: number
  readonly domains?: readonly string[]
}

/** Delivers one message a second to each of these domains, for so many minutes. */
async function rehearse(
  { domains = ['example.org'], minutes, ...settings }: RehearsalSettings,
  outage: Outage,
): Promise<Rehearsal> {
  const people = domains.flatMap(domain =>
    Array.from({ length: (minutes + 2) * 60 }, (_, index) => `p${index}@${domain}`),
  )
  const sites = { default: { rates: [{ count: 1, perMs: 1000 }], concurrency: null } }
  bench = new DeliveryBench(people, { takesMs: 100, sites, ...settings })
  const { clock, journal, run } = bench
  const startMs = clock.nowMs()
  const failedCalls: Call[] = []
  const standings: (readonly RouteStanding[])[] = []
  const looks = Array.from({ length: minutes }, async (_, index) => {
    await clock.sleep((index + 1) * minute - 1)
    standings.push(journal.overview(run.id, clock.nowMs()).standing?.standing.routes ?? [])
  })
  await bench.deliverFor(minutes * minute, call => {
    const failed = outage(call, (call.atMs - startMs) / minute)
    if (failed !== undefined) failedCalls.push(call)
    return failed ?? accepted
  })
  await Promise.all(looks)
  return { schedule: schedule(failedCalls, standings), failedCalls }
}

/** For each minute the calls by each route, how many of them failed, and how its breaker stood at the end of it. */
function schedule(failedCalls: readonly Call[], standings: readonly (readonly RouteStanding[])[]): string {
  const startMs = Date.UTC(2026, 0, 1)
  const routes = bench.run.delivery.routes.map(({ name }) => name)
  const lines = [`minute${routes.map(name => `${name.padStart(8)}  failed  breaker`).join('')}`]
  for (const [min, standing] of standings.entries()) {
    const inMinute = ({ atMs }: { readonly atMs: number }): boolean => Math.floor((atMs - startMs) / minute) === min
    const cells = routes.map(name => {
      const [all = 0, failed = 0] = [bench.calls, failedCalls].map(calls => {
        return calls.filter(call => call.route === name && inMinute(call)).length
      })
      const breaker = standing.find(each => each.name === name)?.breaker ?? '?'
      return `${String(all).padStart(8)}${String(failed || '').padStart(8)}  ${breaker.padEnd(7)}`
    })
    lines.push(`${String(min).padStart(6)}${cells.join('')}`.trimEnd())
    for (const notice of bench.notices.filter(inMinute)) {
      if (notice.type === 'waiting' || notice.type === 'stalled') continue
      const said = noticeLine(notice)
      if (said !== undefined) lines.push(`      ${((notice.atMs - startMs) / 1000).toFixed(1)} s  ${said}`)
    }
  }
  return `${lines.join('\n')}\n`
}

/**
 * A call that fails takes nobody, and burns nobody's attempt: all of them are taken by a single further call, and the journal
 * counts that one alone.
 */
function nobodyIsTriedTwice(failedCalls: readonly Call[]): void {
  const taken = bench.calls.filter(call => !failedCalls.includes(call)).flatMap(call => call.to)
  expect(new Set(taken).size).toBe(taken.length)
  expect(failedCalls.flatMap(call => call.to).filter(to => !taken.includes(to))).toEqual([])
  const attempts = Map.groupBy(bench.journal.records(bench.run.id), record => record.attempts)
  expect(
    attempts
      .get(1)
      ?.map(record => record.address)
      .sort(),
  ).toEqual(taken.toSorted())
  expect([...attempts.keys()].sort()).toEqual([0, 1])
}

describe('a route that dies is left within its threshold, probed, and used again', () => {
  const slow = { rates: [{ count: 1, perMs: 1000, burst: 10 }] }
  const two = (more: Partial<RouteSettings> = {}) => [route('alpha', more), route('beta', more)]

  test.each<[name: string, RehearsalSettings, Outage]>([
    ['calls', { minutes: 24, routes: two() }, outage('alpha', 2, 20)],
    [
      'batches',
      { minutes: 24, routes: two(slow), profile: { batchMax: 50 }, sites: {}, domains: ['example.org', 'example.com'] },
      outage('alpha', 2, 20),
    ],
    ['from-the-start', { minutes: 8, routes: two() }, outage('alpha', 0, 4)],
  ])('%s', async (name, settings, outage) => {
    const { schedule, failedCalls } = await rehearse(settings, outage)
    await expect(schedule).toMatchFileSnapshot(`../golden/breaker-route-${name}.txt`)
    nobodyIsTriedTwice(failedCalls)
    // Whoever was in a call that failed did not wait for the route to live again.
    const byOther = bench.calls.filter(call => call.route === 'beta').flatMap(call => call.to)
    const first = failedCalls.slice(0, 5).flatMap(call => call.to)
    expect(first.filter(to => !byOther.includes(to))).toEqual([])
  })

  test('the only one there is: it is tried with the same few, and none of it counts for them', async () => {
    const { schedule, failedCalls } = await rehearse({ minutes: 12 }, outage('alpha', 2, 6))
    await expect(schedule).toMatchFileSnapshot('../golden/breaker-route-only-one.txt')
    nobodyIsTriedTwice(failedCalls)
    expect(new Set(failedCalls.flatMap(call => call.to)).size).toBeLessThan(failedCalls.length)
  })

  test('whose answers are lost: who may have been mailed by it is not tried again, by no route', async () => {
    const { failedCalls } = await rehearse({ minutes: 8, routes: two() }, outage('alpha', 2, 5, answerLost))
    const called = bench.calls.flatMap(call => call.to)
    expect(new Set(called).size).toBe(called.length)
    expect([failedCalls.length, bench.journal.counts(bench.run.id).inDoubt]).toEqual([10, 10])
  })
})

describe('a site that cannot be reached', () => {
  const isDead = (call: Call): boolean => call.to[0]?.endsWith('dead.example') === true

  test('rests by a breaker of its own, and the route and the other site go on as if nothing were', async () => {
    const { schedule, failedCalls } = await rehearse(
      { minutes: 14, domains: ['dead.example', 'example.org'] },
      (call, min) => (isDead(call) && min >= 2 && min < 8 ? siteUnreachable : undefined),
    )
    await expect(schedule).toMatchFileSnapshot('../golden/breaker-site.txt')
    expect(failedCalls.every(isDead)).toBe(true)
    // Only who was in the calls that were to try it was tried in vain.
    const tried = new Map(
      failedCalls.flatMap(call => call.to).map((to, _, all) => [to, all.filter(each => each === to).length]),
    )
    for (const { address, state, attempts } of bench.journal.records(bench.run.id)) {
      if (state === 'accepted') expect([address, attempts]).toEqual([address, 1 + (tried.get(address) ?? 0)])
    }
    expect(bench.calls.filter(call => !isDead(call)).length).toBe(14 * 60)
    expect(bench.notices.filter(notice => notice.type === 'route-resting')).toEqual([])
  })
})
