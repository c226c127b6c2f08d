import { expect, test } from 'vitest'
import { dayIn, nextDayAtMs } from '../../src/policy/day.ts'

test.each<[string, string, string, string]>([
  ['UTC', '2026-12-01T23:59:59.999Z', '2026-12-01', '2026-12-02T00:00:00.000Z'],
  ['UTC', '2026-12-02T00:00:00Z', '2026-12-02', '2026-12-03T00:00:00.000Z'],
  ['UTC', '2024-02-28T12:00:00Z', '2024-02-28', '2024-02-29T00:00:00.000Z'],
  ['Pacific/Kiritimati', '2026-12-01T09:59:59Z', '2026-12-01', '2026-12-01T10:00:00.000Z'],
  ['Pacific/Kiritimati', '2026-12-01T10:00:00Z', '2026-12-02', '2026-12-02T10:00:00.000Z'],
  ['Asia/Kolkata', '2026-12-31T18:30:00Z', '2027-01-01', '2027-01-01T18:30:00.000Z'],
  ['America/New_York', '2026-12-01T04:59:59Z', '2026-11-30', '2026-12-01T05:00:00.000Z'],
  // 23 and 25 hours long.
  ['Europe/Berlin', '2026-03-28T23:00:00Z', '2026-03-29', '2026-03-29T22:00:00.000Z'],
  ['Europe/Berlin', '2026-10-24T22:00:00Z', '2026-10-25', '2026-10-25T23:00:00.000Z'],
  ['Australia/Lord_Howe', '2026-10-03T13:30:00Z', '2026-10-04', '2026-10-04T13:00:00.000Z'],
  ['+05:30', '2026-12-01T00:00:00Z', '2026-12-01', '2026-12-01T18:30:00.000Z'],
  // Clocks go from 00:00 to 01:00, and the day begins with that.
  ['Africa/Cairo', '2026-04-23T12:00:00Z', '2026-04-23', '2026-04-23T22:00:00.000Z'],
  // Clocks go from 24:00 back to 23:00, and there is no new day yet.
  ['America/Santiago', '2026-04-05T02:30:00Z', '2026-04-04', '2026-04-05T04:00:00.000Z'],
  ['America/Santiago', '2026-04-05T03:30:00Z', '2026-04-04', '2026-04-05T04:00:00.000Z'],
  // Clocks went from 00:01 back to 23:01: the day began twice.
  ['America/St_Johns', '2010-11-07T02:29:00Z', '2010-11-06', '2010-11-07T02:30:00.000Z'],
  ['America/St_Johns', '2010-11-07T02:30:30Z', '2010-11-07', '2010-11-08T03:30:00.000Z'],
  ['America/St_Johns', '2010-11-07T02:31:00Z', '2010-11-06', '2010-11-07T03:30:00.000Z'],
  // The 30th was left out, when the date line was moved.
  ['Pacific/Apia', '2011-12-29T12:00:00Z', '2011-12-29', '2011-12-30T10:00:00.000Z'],
  ['Pacific/Apia', '2011-12-30T10:00:00Z', '2011-12-31', '2011-12-31T10:00:00.000Z'],
])('in %s %s is in %s, and the next day begins at %s', (zone, at, day, next) => {
  const atMs = Date.parse(at)
  expect(dayIn(zone, atMs)).toBe(day)
  expect(new Date(nextDayAtMs(zone, atMs)).toISOString()).toBe(next)
})

test('parts of a millisecond belong to the day before midnight still', () => {
  const midnightMs = Date.parse('2026-12-02T00:00Z')
  expect([dayIn('UTC', midnightMs - 0.25), nextDayAtMs('UTC', midnightMs - 0.25)]).toEqual(['2026-12-01', midnightMs])
})

test('a day lasts until the next one begins, all through a year', () => {
  for (const zone of ['Europe/Berlin', 'America/Santiago', 'Australia/Lord_Howe', 'Pacific/Apia']) {
    const days = new Set<string>()
    for (let atMs = Date.parse('2026-01-01T00:00Z'); atMs < Date.parse('2027-01-01T00:00Z'); ) {
      const nextMs = nextDayAtMs(zone, atMs)
      expect([dayIn(zone, nextMs - 1), days.has(dayIn(zone, nextMs))]).toEqual([dayIn(zone, atMs), false])
      days.add(dayIn(zone, atMs))
      atMs = nextMs
    }
    expect(days.size).toBeGreaterThanOrEqual(365)
  }
})
