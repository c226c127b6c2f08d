import { describe, expect, test } from 'vitest'
import { hoursWords, momentWords, weekHoursWords } from '../../src/preflight/schedule-words.ts'
import { schedule, weekHours } from '../support/schedules.ts'

test.each([
  ['mon-fri 08:00-20:00', 'mon-fri 08:00-20:00'],
  ['Monday, Tuesday 8:00-24:00', 'mon,tue 08:00-24:00'],
  ['sat-mon 22:00-06:00', 'mon,sat,sun 22:00-06:00'],
  ['mon,wed-fri', 'mon,wed-fri'],
  ['22:00-08:00', '22:00-08:00'],
  ['sun', 'sun'],
  ['mon-sun', 'mon-sun'],
])('%s is said as %s', (text, said) => {
  expect(weekHoursWords(weekHours(text))).toBe(said)
  expect(weekHours(said)).toEqual(weekHours(text))
})

describe('what holds all the time', () => {
  test('windows and quiet hours, and whose clock is meant', () => {
    const both = schedule({ windows: ['mon-fri 08:00-20:00', 'sat 10:00-14:00'], quiet: ['12:00-13:00'] })
    expect([hoursWords(both), hoursWords({ ...both, zoneColumn: null, windows: [], zone: 'Europe/Berlin' })]).toEqual([
      'only mon-fri 08:00-20:00, sat 10:00-14:00; not 12:00-13:00 in the zone of `timezone`, else UTC',
      'not 12:00-13:00 (Europe/Berlin)',
    ])
  })

  test('nothing', () => {
    expect(hoursWords(schedule({ at: '2026-12-01T09:00Z' }))).toBe(null)
  })
})

test('a moment is one for everybody, or each recipient’s own', () => {
  const { at, notAfter } = schedule({ at: '2026-12-01T08:00Z', notAfter: '2026-12-02T18:00' })
  expect([at, notAfter].map(each => (each === null ? '' : momentWords(each, 'Europe/Berlin')))).toEqual([
    '2026-12-01 09:00:00 GMT+1',
    '2026-12-02 18:00:00 where the recipient is',
  ])
})
