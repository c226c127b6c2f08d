/** The calendar against a naive one, which looks at the clock on the wall every minute and knows nothing of offsets. */

import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Moment, Schedule, WeekHours } from '../../src/model/schedule.ts'
import { calendarFor } from '../../src/policy/calendar.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs
const zones = [
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kolkata',
  'Pacific/Kiritimati',
  'Australia/Lord_Howe',
  'America/Santiago',
  'Africa/Cairo',
  'UTC',
]

/** Days around which clocks are changed in one of the zones, and some others. */
const days = [
  '2026-03-08',
  '2026-03-29',
  '2026-04-04',
  '2026-04-05',
  '2026-04-24',
  '2026-06-15',
  '2026-09-06',
  '2026-10-03',
  '2026-10-25',
  '2026-10-29',
  '2026-11-01',
  '2026-12-31',
]

const minuteOfDay = fc.integer({ min: 0, max: 95 }).map(quarter => quarter * 15)
const weekHours: fc.Arbitrary<WeekHours> = fc
  .record({
    days: fc.oneof(fc.constant([1, 2, 3, 4, 5, 6, 7]), fc.subarray([1, 2, 3, 4, 5, 6, 7], { minLength: 1 })),
    fromMinute: fc.oneof(minuteOfDay, fc.integer({ min: 0, max: 1439 })),
    toMinute: fc.oneof(minuteOfDay, fc.constant(1440), fc.integer({ min: 0, max: 1440 })),
  })
  .filter(hours => hours.fromMinute !== hours.toMinute)

const instant = fc
  .tuple(fc.constantFrom(...days), fc.integer({ min: -2 * dayMs, max: 2 * dayMs }))
  .map(([day, shiftMs]) => Date.parse(day) + shiftMs)
const moment: fc.Arbitrary<Moment | null> = fc.oneof(
  { weight: 2, arbitrary: fc.constant(null) },
  instant.map(ms => ({ kind: 'instant', atMs: Math.floor(ms / minuteMs) * minuteMs }) as const),
  instant.map(ms => ({ kind: 'wall clock', time: `${new Date(ms).toISOString().slice(0, 16)}:00` }) as const),
)
const schedule: fc.Arbitrary<Schedule> = fc.record({
  at: moment,
  notAfter: moment,
  zone: fc.constant('UTC'),
  zoneColumn: fc.constant('timezone'),
  windows: fc.array(weekHours, { maxLength: 3 }),
  quiet: fc.array(weekHours, { maxLength: 2 }),
})

test('a gate stays as it is until the moment that it names, and no longer', () => {
  const isReached = { open: 0, start: 0, 'quiet hours': 0, window: 0, over: 0 }
  fc.assert(
    fc.property(schedule, fc.constantFrom(...zones), instant, (given, zone, nowMs) => {
      const gate = calendarFor(given).gate(zone, nowMs)
      const state = gate.open ? 'open' : gate.cause
      const changeMs = gate.open ? gate.untilMs : gate.opensAtMs
      const naive = new NaiveCalendar(given, zone)
      for (const atMs of minutes(nowMs - 3 * hourMs, nowMs)) naive.look(atMs)
      isReached[state] += 1
      if (state !== 'over') expect(naive.look(nowMs), 'now').toBe(state)
      const wrongMs = [...moments(nowMs, Math.min(changeMs, nowMs + 15 * dayMs))].find(
        atMs => (naive.look(atMs) === 'open') !== gate.open,
      )
      expect(wrongMs, 'when it is not as was said').toBeUndefined()
      if (changeMs !== Number.POSITIVE_INFINITY) {
        expect(naive.look(changeMs) === 'open', 'when it is said to change').toBe(!gate.open)
      }
    }),
    { numRuns: 200 },
  )
  expect(Math.min(...Object.values(isReached)), JSON.stringify(isReached)).toBeGreaterThan(0)
})

/** Is to be looked at in the order of time. */
class NaiveCalendar {
  readonly #given: Schedule
  readonly #clock: Intl.DateTimeFormat
  /** The latest that the clock has shown: a start that it has shown once has been, also when the clock goes back. */
  #latest = ''

  constructor(given: Schedule, zone: string) {
    this.#given = given
    this.#clock = new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeStyle: 'medium', timeZone: zone })
  }

  look(atMs: number): 'open' | 'start' | 'quiet hours' | 'window' | 'over' {
    // As `2026-10-25 02:30:00`.
    const shown = this.#clock.format(atMs).replace(' ', 'T')
    if (shown > this.#latest) this.#latest = shown
    const { at, notAfter, windows, quiet } = this.#given
    if (notAfter !== null && this.#hasBeen(notAfter, atMs)) return 'over'
    if (at !== null && !this.#hasBeen(at, atMs)) return 'start'
    if (quiet.some(hours => isWithin(hours, shown))) return 'quiet hours'
    return windows.length === 0 || windows.some(hours => isWithin(hours, shown)) ? 'open' : 'window'
  }

  #hasBeen(moment: Moment, atMs: number): boolean {
    return moment.kind === 'instant' ? atMs >= moment.atMs : this.#latest >= moment.time
  }
}

function isWithin({ days, fromMinute, toMinute }: WeekHours, shown: string): boolean {
  const day = ((new Date(`${shown}Z`).getUTCDay() + 6) % 7) + 1
  const minute = Number(shown.slice(11, 13)) * 60 + Number(shown.slice(14, 16))
  if (toMinute > fromMinute) return days.includes(day) && minute >= fromMinute && minute < toMinute
  return (days.includes(day) && minute >= fromMinute) || (days.includes(day === 1 ? 7 : day - 1) && minute < toMinute)
}

/** Every minute of the first two days and of the last three hours, every quarter of an hour in between, and the very last moment. */
function* moments(fromMs: number, untilMs: number): Generator<number> {
  const nearMs = Math.min(untilMs, fromMs + 2 * dayMs)
  const lateMs = Math.max(nearMs, untilMs - 3 * hourMs)
  yield* minutes(fromMs, nearMs)
  yield* minutes(nearMs, lateMs, 15)
  yield* minutes(lateMs, untilMs)
  if (untilMs > fromMs) yield untilMs - 1
}

/** The beginnings of minutes from one instant to another, this one left out. */
function* minutes(fromMs: number, untilMs: number, step = 1): Generator<number> {
  for (let atMs = Math.ceil(fromMs / minuteMs) * minuteMs; atMs < untilMs; atMs += step * minuteMs) yield atMs
}
