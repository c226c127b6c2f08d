/** A delivery that goes on for days, in as many processes as it takes; and its times as people read them. */

import type { Delivery } from '../../src/engine/delivery.ts'
import type { Clock } from '../../src/model/clock.ts'
import type { Ending, Notice } from '../../src/model/notice.ts'
import { moment } from '../../src/model/words.ts'
import { type Call, type DeliveryBench, hour, minute, type Script } from './delivery-bench.ts'

/** What one process did of it. */
export interface Stint {
  readonly fromMs: number
  readonly toMs: number
  readonly calls: readonly Call[]
  readonly notices: readonly Notice[]
  /** Null: it was killed. */
  readonly ending: Ending | null
}

/** More than any test needs: a process that names a moment at which nothing can be done would go on for ever. */
const stintsMax = 100

/** Goes on as cron would: whenever a process ends, the next one begins at the moment that it has named, until one names none. */
export async function inStints(bench: DeliveryBench, script: Script, more: Partial<Delivery> = {}): Promise<Stint[]> {
  const stints: Stint[] = []
  while (stints.length < stintsMax) {
    const stint = await oneStint(bench, script, more)
    stints.push(stint)
    const { ending } = stint
    if (ending === null || ending.kind === 'finished' || ending.nextDueAtMs === null) return stints
    nextProcess(bench, ending.nextDueAtMs)
  }
  throw new Error(`it is not finished by ${stintsMax} processes`)
}

/** Another process takes over at a moment. */
export function nextProcess(bench: DeliveryBench, atMs: number): void {
  if (atMs < bench.clock.nowMs()) throw new Error('that moment has passed')
  bench.clock.set(atMs)
  bench.restart()
}

/** What one process does until it ends. */
export function oneStint(bench: DeliveryBench, script: Script, more: Partial<Delivery> = {}): Promise<Stint> {
  return stint(bench, () => bench.delivering(script, more))
}

/** What one process does until it is killed after some time: of what it was about to do, nothing happens. */
export function killedStint(
  bench: DeliveryBench,
  afterMs: number,
  script: Script,
  more: Partial<Delivery> = {},
): Promise<Stint> {
  const { clock } = bench
  let isAlive = true
  const never = new Promise<never>(() => undefined)
  const mortal: Clock = {
    nowMs: () => clock.nowMs(),
    sleep: async (ms, signal) => {
      await clock.sleep(ms, signal)
      if (!isAlive) await never
    },
  }
  const killed = clock.sleep(afterMs).then(() => {
    isAlive = false
    return null
  })
  return stint(bench, () => Promise.race([bench.delivering(script, { ...more, clock: mortal }), killed]))
}

async function stint(bench: DeliveryBench, deliver: () => Promise<Ending | null>): Promise<Stint> {
  const [fromMs, calls, notices] = [bench.clock.nowMs(), bench.calls.length, bench.notices.length]
  const ending = await bench.clock.run(deliver())
  return {
    fromMs,
    toMs: bench.clock.nowMs(),
    calls: bench.calls.slice(calls),
    notices: bench.notices.slice(notices),
    ending,
  }
}

/** Why a process ended, and what it named: `nothing more is due for now; next Sat 2026-10-24 11:21 GMT+2`. */
export function endWords(ending: Ending | null, zone: string): string {
  if (ending === null) return 'killed'
  if (ending.kind === 'finished') return 'finished'
  const { why, detail, nextDueAtMs } = ending
  return why === 'due later' && nextDueAtMs !== null ? `${detail}; next ${clockTime(nextDueAtMs, zone)}` : detail
}

/** What a zone's clock and calendar show: `Sat 2026-10-24 11:21 GMT+2`, with seconds where there are any. */
export function clockTime(atMs: number, zone: string): string {
  const day = new Intl.DateTimeFormat('en-US', { timeZone: zone, weekday: 'short' }).format(atMs)
  return `${day} ${moment(atMs, zone).replace(/:00 (?=\D)/, ' ')}`
}

/** `0:21`, `69:21`: hours and minutes, with seconds where there are any. */
export function elapsed(ms: number): string {
  const two = (value: number): string => String(value).padStart(2, '0')
  const seconds = Math.round((ms % minute) / 1000)
  const minutes = `${Math.floor(ms / hour)}:${two(Math.floor((ms % hour) / minute))}`
  return seconds === 0 ? minutes : `${minutes}:${two(seconds)}`
}
