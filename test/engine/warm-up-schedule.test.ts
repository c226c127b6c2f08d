/** Five days of a route that is warmed up, as its messages really leave: whoever sends, and however it ends, a day has one quota. */

import { afterEach, expect, test } from 'vitest'
import type { SettledMessage } from '../../src/model/notice.ts'
import type { Outcome } from '../../src/model/outcome.ts'
import type { WarmUp } from '../../src/model/schedule.ts'
import { waitSentence } from '../../src/model/wait.ts'
import { count } from '../../src/model/words.ts'
import { dayIn } from '../../src/policy/day.ts'
import { accountOf } from '../../src/policy/routing.ts'
import { quotaOn } from '../../src/policy/warm-up.ts'
import { accepted, type Call, DeliveryBench, minute, route } from '../support/delivery-bench.ts'
import { clockTime, endWords, killedStint, nextProcess, oneStint, type Stint } from '../support/stints.ts'
import { ticking } from '../support/virtual-clock.ts'

const zone = 'Europe/Berlin'
const warmup: WarmUp = { startPerDay: 200, growth: 1.5, untilPerDay: 50_000 }
const alpha = route('alpha', { warmup })
const account = accountOf(alpha)

const full: Outcome = { kind: 'deferred', scope: 'recipient', cause: { class: 'soft', text: 'mailbox full' } }
const unknown: Outcome = { kind: 'refused', scope: 'recipient', cause: { class: 'hard', text: 'no such user' } }

let bench: DeliveryBench
/** Who has been called before. */
let called: Set<string>

afterEach(() => bench.close())

/** Every tenth mailbox is full at the first call, and every hundredth person is not known. */
function outcomes({ to }: Call): Outcome[] {
  return to.map(each => {
    const number = Number(/\d+/.exec(each)?.[0])
    if (number % 100 === 99) return unknown
    return number % 10 === 0 && called.size < called.add(each).size ? full : accepted
  })
}

const inZone = { zone: () => zone }

/** In ticks of ten seconds: it waits for nothing that is shorter. */
function toItsEnd(): Promise<Stint> {
  return oneStint(bench, outcomes, { ...inZone, clock: ticking(bench.clock, 10_000) })
}

/** Stopped by the operator in its tenth call, after which those that are open are finished. */
function interrupted(): Promise<Stint> {
  const stopping = new AbortController()
  const last = bench.calls.length + 10
  const script = (call: Call): Outcome[] => {
    if (bench.calls.length === last) stopping.abort()
    return outcomes(call)
  }
  return oneStint(bench, script, { ...inZone, stopping: stopping.signal })
}

/** Killed after a minute, in which calls from the thirtieth on were not answered. */
function killed(): Promise<Stint> {
  const last = bench.calls.length + 30
  const script = (call: Call): Outcome[] | Promise<Outcome> =>
    bench.calls.length < last ? outcomes(call) : new Promise(() => undefined)
  return killedStint(bench, minute, script, inZone)
}

const processes: readonly (readonly [string, string, () => Promise<Stint>])[] = [
  ['2026-03-27T09:00+01:00', 'the first process, which is interrupted', interrupted],
  ['2026-03-27T12:00+01:00', 'another goes on', toItsEnd],
  ['2026-03-27T23:50+01:00', 'another comes ten minutes before the day is over', toItsEnd],
  ['2026-03-28T17:00+01:00', 'another comes on the day that has had its quota', toItsEnd],
  ['2026-03-29T00:00+01:00', 'another begins a day of 23 hours, and is killed', killed],
  ['2026-03-29T03:00+02:00', 'another goes on', toItsEnd],
  ['2026-03-31T00:00+02:00', 'another comes after a day without sending', toItsEnd],
]

test('a warm-up over five days', async () => {
  const people = Array.from({ length: 1400 }, (_, index) => `p${index}@example.org`)
  called = new Set()
  const startMs = Date.parse('2026-03-27T09:00+01:00')
  bench = new DeliveryBench(people, { startMs, takesMs: 0, routes: [alpha], profile: { batchMax: 10 } })
  const lines: string[] = []
  for (const [from, title, sends] of processes) {
    nextProcess(bench, Date.parse(from))
    lines.push(`${clockTime(Date.parse(from), zone)}  ${title}`, ...stintLines(await sends()), '')
  }
  const days = ['27', '28', '29', '30', '31'].map(date => `2026-03-${date}`)
  const text = [
    `1,400 people; 200 may be sent on the first day, and on each further day with sending half as many again`,
    '',
    ...lines,
    'day          quota  counted',
    ...days.map(dayLine),
    '',
    `in the end: ${bench.figures()}`,
    '',
  ]
  await expect(text.join('\n')).toMatchFileSnapshot('../golden/warm-up-days.txt')
})

function stintLines({ toMs, calls, notices, ending }: Stint): string[] {
  const settled = notices.filter(notice => notice.type === 'settled')
  const given = Map.groupBy(calls, call => dayIn(zone, call.atMs))
  const days = [...given].map(([day, ofDay]) => {
    const messages = settled.filter(each => dayIn(zone, each.atMs) === day).flatMap(each => each.messages)
    const handedOver = ofDay.reduce((sum, call) => sum + call.to.length, 0)
    return `  on ${day} ${count(handedOver)} are handed over: ${became(messages, handedOver)}`
  })
  const waits = notices.filter(notice => notice.type === 'waiting')
  return [
    ...days,
    ...waits.map(
      notice => `  waits at ${clockTime(notice.atMs, zone)}: ${waitSentence({ ...notice, cause: notice.why })}`,
    ),
    `  ${clockTime(toMs, zone)}  ${endWords(ending, zone)}`,
  ]
}

function became(messages: readonly SettledMessage[], handedOver: number): string {
  const inState = (state: string): number => messages.filter(each => each.state === state).length
  const parts: [number, string][] = [
    [inState('accepted'), 'accepted'],
    [inState('queued'), 'put off'],
    [inState('failed'), 'refused'],
    [handedOver - messages.length, 'not answered'],
  ]
  return parts.flatMap(([number, words]) => (number > 0 ? [`${number} ${words}`] : [])).join(', ')
}

function dayLine(day: string): string {
  const { messages, earlierDays } = bench.journal.sentOn(account, day)
  return `${day} ${count(quotaOn(warmup, earlierDays)).padStart(7)} ${count(messages).padStart(8)}`
}
