/** A site and a route that take 30 a second for some minutes, and what the delivery makes of it: schedules in virtual time. */

import { afterEach, describe, expect, test } from 'vitest'
import { noticeLine } from '../../src/dashboard/notice-line.ts'
import type { Outcome } from '../../src/model/outcome.ts'
import { accepted, type BenchSettings, type Call, DeliveryBench, minute, route } from '../support/delivery-bench.ts'
import { ticking } from '../support/virtual-clock.ts'

let bench: DeliveryBench

afterEach(() => bench.close())

const slowSite: Outcome = {
  kind: 'deferred',
  scope: 'lane',
  cause: { class: 'throttled', code: '421', status: '4.7.28', text: 'an unusual rate of mail' },
}

function slowRoute(retryAfterMs?: number): Outcome {
  const cause = { class: 'throttled', code: '429', text: 'too many requests' } as const
  return { kind: 'deferred', scope: 'route', cause, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }
}

/** Takes at most `perSecond` messages in any second. */
class Receiver {
  readonly #perSecond: number
  #taken: { readonly atMs: number; readonly count: number }[] = []

  constructor(perSecond: number) {
    this.#perSecond = perSecond
  }

  takes(count: number, nowMs: number): boolean {
    this.#taken = this.#taken.filter(each => each.atMs > nowMs - 1000)
    const inSecond = this.#taken.reduce((sum, each) => sum + each.count, 0)
    if (inSecond + count > this.#perSecond) return false
    this.#taken.push({ atMs: nowMs, count })
    return true
  }
}

interface Rehearsal {
  readonly settings: BenchSettings
  readonly messages: number
  readonly throttledMs: number
  readonly totalMs: number
  readonly refusal: Outcome
}

interface Answer {
  readonly atMs: number
  readonly count: number
  readonly taken: boolean
}

/** Delivers to a receiver that takes 30/s until it stops throttling; gives its answers, in milliseconds from the start. */
async function rehearse({ settings, messages, throttledMs, totalMs, refusal }: Rehearsal): Promise<Answer[]> {
  const addresses = Array.from({ length: messages }, (_, index) => `p${index}@gmail.com`)
  bench = new DeliveryBench(addresses, { takesMs: 100, ...settings })
  const startMs = bench.clock.nowMs()
  const receiver = new Receiver(30)
  const answers: Answer[] = []
  const stop = bench.clock.sleep(totalMs).then(() => bench.stopping.abort())
  const script = (call: Call): Outcome => {
    const atMs = bench.clock.nowMs() - startMs
    const taken = atMs >= throttledMs || receiver.takes(call.to.length, atMs)
    answers.push({ atMs, count: call.to.length, taken })
    return taken ? accepted : refusal
  }
  await bench.deliver(script, { clock: ticking(bench.clock, 25) })
  await stop
  return answers
}

function perSecond(answers: readonly Answer[], taken: boolean, fromMs: number, toMs: number): number {
  const within = answers.filter(each => each.taken === taken && each.atMs >= fromMs && each.atMs < toMs)
  return (within.reduce((sum, each) => sum + each.count, 0) * 1000) / (toMs - fromMs)
}

/** One line for each ten seconds with the pace that was last told, and one for each thing that was said. */
function schedule(answers: readonly Answer[], totalMs: number): string {
  const startMs = Date.UTC(2026, 0, 1)
  const lines = [' min   taken/s  throttled/s  pace told']
  let told = '-'
  for (let fromMs = 0; fromMs < totalMs; fromMs += 10_000) {
    const toMs = fromMs + 10_000
    const said: string[] = []
    for (const notice of bench.notices) {
      const atMs = notice.atMs - startMs
      if (atMs < fromMs || atMs >= toMs || notice.type === 'settled') continue
      if (notice.type === 'pace-changed') told = notice.toPerSecond?.toFixed(1) ?? '-'
      const line = noticeLine(notice)
      if (line !== undefined) said.push(`      ${(atMs / 1000).toFixed(1)} s  ${line}`)
    }
    const [taken = '', throttled = ''] = [true, false].map(each => perSecond(answers, each, fromMs, toMs).toFixed(1))
    const time = `${Math.floor(fromMs / minute)}:${String((fromMs % minute) / 1000).padStart(2, '0')}`
    lines.push(`${time.padStart(5)} ${taken.padStart(8)} ${throttled.padStart(12)} ${told.padStart(10)}`, ...said)
  }
  return `${lines.join('\n')}\n`
}

test('a site that throttles at 30/s is held just below that, and is at its full pace again some minutes after', async () => {
  const totalMs = 13 * minute
  const answers = await rehearse({
    settings: { routes: [route('alpha', { concurrency: 6 })] },
    messages: 32_000,
    throttledMs: 6 * minute,
    totalMs,
    refusal: slowSite,
  })
  await expect(schedule(answers, totalMs)).toMatchFileSnapshot('../golden/adaptation-site.txt')
  for (let fromMs = minute; fromMs < 6 * minute; fromMs += minute) {
    const taken = perSecond(answers, true, fromMs, fromMs + minute)
    expect(taken).toBeGreaterThan(24)
    expect(taken).toBeLessThanOrEqual(30)
  }
  // After the first minute hardly anybody is turned away: one in a thousand.
  expect(perSecond(answers, false, minute, 6 * minute)).toBeLessThan(0.03)
  expect(perSecond(answers, true, 12 * minute, totalMs)).toBeCloseTo(60, 0)
}, 60_000)

describe('a route that throttles at 30/s is held just below that', () => {
  const batches = { batchMax: 50 }
  test.each<readonly [string, BenchSettings, Outcome]>([
    ['calls-without-retry-after', { routes: [route('alpha', { concurrency: 8 })] }, slowRoute()],
    ['calls-with-retry-after', { routes: [route('alpha', { concurrency: 8 })] }, slowRoute(2000)],
    ['batches-without-retry-after', { profile: batches }, slowRoute()],
    ['batches-with-retry-after', { profile: batches }, slowRoute(2000)],
  ])('%s', async (name, settings, refusal) => {
    const totalMs = 3 * minute
    const answers = await rehearse({ settings, messages: 7000, throttledMs: totalMs, totalMs, refusal })
    await expect(schedule(answers, totalMs)).toMatchFileSnapshot(`../golden/adaptation-route-${name}.txt`)
    const taken = perSecond(answers, true, minute, totalMs)
    expect(taken).toBeGreaterThan(24)
    expect(taken).toBeLessThanOrEqual(30)
  })
})

describe('a pace that was lowered', () => {
  const perSite = (domain: string, count: number): string[] =>
    Array.from({ length: count }, (_, index) => `p${index}@${domain}`)

  /** A site that takes one message in ten seconds, and others at once. */
  function snail(call: Call, taken: Receiver): Outcome {
    if (!call.to.every(to => to.endsWith('snail.example'))) return accepted
    return taken.takes(1, bench.clock.nowMs() / 10) ? accepted : slowSite
  }

  test('of one site leaves the others alone, and fills no window', async () => {
    const people = [...perSite('snail.example', 3000), ...perSite('hare.example', 500)]
    bench = new DeliveryBench(people, { takesMs: 100, routes: [route('alpha', { concurrency: 8 })] })
    const startMs = bench.clock.nowMs()
    const stop = bench.clock.sleep(20_000).then(() => bench.stopping.abort())
    const receiver = new Receiver(1)
    await bench.deliver(call => snail(call, receiver))
    await stop
    const hares = bench.calls.filter(call => call.to[0]?.endsWith('hare.example'))
    expect(hares.length).toBe(500)
    expect((hares.at(-1)?.atMs ?? 0) - startMs).toBeLessThan(8000)
  })

  test('is waited for without patience, and the wait is called by its name', async () => {
    const settings = { takesMs: 4000, routes: [route('alpha', { concurrency: 1 })] }
    bench = new DeliveryBench(perSite('snail.example', 5), settings)
    const script = (): Outcome => (bench.calls.length === 2 ? slowRoute(0) : accepted)
    expect(await bench.deliver(script, { patienceMs: 0 })).toEqual({ kind: 'finished' })
    const said = bench.notices.flatMap(notice => noticeLine(notice) ?? [])
    expect(said.join('\n')).toMatchInlineSnapshot(`
      "alpha: 429 → 7.8/min to 6/min; +10 % each clean minute
      waiting 10 s: alpha is held to the pace that was lowered for it
      alpha answers, and is used again
      waiting 6 s: alpha is held to the pace that was lowered for it
      waiting 6 s: alpha is held to the pace that was lowered for it
      waiting 6 s: alpha is held to the pace that was lowered for it"
    `)
    expect(bench.notices.every(notice => notice.type !== 'waiting' || notice.why === 'adapted down')).toBe(true)
  })

  test('is still known when its site has had no mail for a while', async () => {
    const settings = { takesMs: 100, retry: { delaysMs: [5 * minute], maxAgeMs: 60 * minute, classes: {} } }
    bench = new DeliveryBench(perSite('snail.example', 60), {
      ...settings,
      routes: [route('alpha', { concurrency: 8 })],
    })
    const startMs = bench.clock.nowMs()
    const receiver = new Receiver(5)
    await bench.deliver(() => (receiver.takes(1, bench.clock.nowMs()) ? accepted : slowSite))
    expect(bench.figures()).toBe('accepted 60, failed 0, in doubt 0, waiting 0, skipped 0')
    const later = bench.calls.map(call => call.atMs - startMs).filter(atMs => atMs >= 5 * minute)
    const firstSecond = later.filter(atMs => atMs < (later[0] ?? 0) + 1000)
    expect(firstSecond.length).toBeLessThanOrEqual(6)
  })
})
