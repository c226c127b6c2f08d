/**
 * Several rates of one route at once, hour by hour, in processes that are stopped, killed, and begun again: what may be sent
 * is what the rates have filled up, and a new process adds nothing to it.
 */

import { expect, test } from 'vitest'
import type { Clock } from '../../src/model/clock.ts'
import { parseRate, type Rate } from '../../src/model/rate.ts'
import { waitSentence } from '../../src/model/wait.ts'
import { count, plural } from '../../src/model/words.ts'
import { burstOf } from '../../src/policy/pacing.ts'
import { accepted, type Call, DeliveryBench, hour, minute, route } from '../support/delivery-bench.ts'
import { elapsed, endWords, killedStint, nextProcess, oneStint, type Stint } from '../support/stints.ts'
import { ticking } from '../support/virtual-clock.ts'

const words = ['100/s', '5000/h burst 500', '50000/d burst 4000']
const rates = words.map(text => parseRate(text)).filter(rate => rate !== undefined)
const startMs = Date.UTC(2026, 2, 28)

let bench: DeliveryBench

/** Ticks of a second while a process is young, and then of as much as half of what 100 messages take. */
function clock(): Clock {
  const fineUntilMs = bench.clock.nowMs() + 10_000
  const tickMs = (): number => (bench.clock.nowMs() < fineUntilMs ? 1000 : 36_000)
  return {
    nowMs: () => bench.clock.nowMs(),
    sleep: (ms, signal) => ticking(bench.clock, tickMs()).sleep(ms, signal),
  }
}

/** Sends until the operator stops it. */
function stoppedAt(minutes: number): Promise<Stint> {
  const stopping = new AbortController()
  void bench.clock.sleep(startMs + minutes * minute - bench.clock.nowMs()).then(() => stopping.abort())
  return oneStint(bench, () => accepted, { stopping: stopping.signal, clock: clock() })
}

function killedAt(minutes: number): Promise<Stint> {
  return killedStint(bench, startMs + minutes * minute - bench.clock.nowMs(), () => accepted, { clock: clock() })
}

/** By the minute at which each begins; a stop is in the middle of the wait for the next hundred messages. */
const processes: readonly { readonly from: number; readonly sends: () => Promise<Stint> }[] = [
  { from: 0, sends: () => stoppedAt(104) },
  { from: 104, sends: () => killedAt(149) },
  { from: 149, sends: () => stoppedAt(194) },
  { from: 720, sends: () => stoppedAt(1440) },
]

test('three rates of one route over a day, with bursts, restarts and a rest', async () => {
  bench = new DeliveryBench(
    Array.from({ length: 15_000 }, (_, index) => `p${index}@example.org`),
    { startMs, takesMs: 0, routes: [route('alpha', { rates })], profile: { batchMax: 100 } },
  )
  const stints: Stint[] = []
  for (const { from, sends } of processes) {
    nextProcess(bench, startMs + from * minute)
    stints.push(await sends())
  }
  expect(bench.figures()).toBe('accepted 15000, failed 0, in doubt 0, waiting 0, skipped 0')
  const overdrawn = rates.flatMap(rate => overdrafts(rate, bench.calls))
  const text = [
    `${words.join(', ')}; up to 100 messages in a call`,
    '',
    'full at first, and filled up by 100 a second, 5,000 an hour, and 50,000 a day, which are 2,083 an hour',
    '',
    '  from   left  that is in an hour  in the first minute',
    ...stints.flatMap(stintLines),
    '',
  ]
  bench.close()
  await expect(text.join('\n')).toMatchFileSnapshot('../golden/quotas.txt')
  expect(overdrawn).toEqual([])
})

/** What each hour of a process brought. */
function stintLines({ fromMs, toMs, calls, notices, ending }: Stint): string[] {
  const waits = notices.filter(notice => notice.type === 'waiting')
  const causes = new Set(waits.map(each => waitSentence({ ...each, cause: each.why })))
  const byHour = Map.groupBy(calls, call => Math.floor((call.atMs - startMs) / hour))
  const rows = [...byHour].map(([number, inHour]) => {
    const from = Math.max(fromMs, startMs + number * hour)
    const until = Math.min(toMs, startMs + (number + 1) * hour)
    const figures = [
      elapsed(from - startMs).padStart(6),
      count(sum(inHour)).padStart(6),
      count(Math.round((sum(inHour) * hour) / (until - from))).padStart(18),
      count(sum(inHour.filter(call => call.atMs < from + minute))).padStart(20),
    ]
    return figures.join(' ')
  })
  return [
    ...rows,
    `${elapsed(toMs - startMs).padStart(6)} ${endWords(ending, 'UTC')}; said before: ${[...causes].join(', ')}`,
    '',
  ]
}

function sum(calls: readonly Call[]): number {
  return calls.reduce((total, call) => total + call.to.length, 0)
}

/** When more had left than a bucket that was full at the start can have given, were it emptied as it fills. */
function overdrafts(rate: Rate, calls: readonly Call[]): string[] {
  const burst = burstOf(rate)
  let [tokens, atMs] = [burst, startMs]
  return calls.flatMap(call => {
    tokens = Math.min(burst, tokens + ((call.atMs - atMs) * rate.count) / rate.perMs) - call.to.length
    atMs = call.atMs
    return tokens < -1e-6 ? [`${elapsed(call.atMs - startMs)}: ${plural(-tokens, 'message')} too many`] : []
  })
}
