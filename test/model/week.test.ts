import { describe, expect, test } from 'vitest'
import { hasOpenMinute, weekParts } from '../../src/model/week.ts'
import { type ScheduleWords, schedule } from '../support/schedules.ts'

const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun', 'end']

/** `tue 08:30` */
function time(ms: number): string {
  const minutes = ms / 60_000
  const [hour, minute] = [Math.floor(minutes / 60) % 24, minutes % 60].map(part => String(part).padStart(2, '0'))
  return `${days[Math.floor(minutes / 1440)]} ${hour}:${minute}`
}

function week(words: ScheduleWords): string {
  return weekParts(schedule(words))
    .map(({ state, fromMs }) => `${time(fromMs)} ${state}`)
    .join(', ')
}

describe('a week', () => {
  test.each<[ScheduleWords, string]>([
    [{}, 'mon 00:00 open'],
    [{ windows: ['mon'] }, 'mon 00:00 open, tue 00:00 window'],
    [{ quiet: ['sun'] }, 'mon 00:00 open, sun 00:00 quiet hours'],
    [{ windows: ['tue 08:00-20:00'] }, 'mon 00:00 window, tue 08:00 open, tue 20:00 window'],
    [{ windows: ['tue 20:00-08:00'] }, 'mon 00:00 window, tue 20:00 open, wed 08:00 window'],
    [{ quiet: ['sun 20:00-08:00'] }, 'mon 00:00 quiet hours, mon 08:00 open, sun 20:00 quiet hours'],
    [{ quiet: ['sun 20:00-24:00'] }, 'mon 00:00 open, sun 20:00 quiet hours'],
    [{ quiet: ['sun 20:00-00:00'] }, 'mon 00:00 open, sun 20:00 quiet hours'],
    [{ windows: ['sat 10:00-14:00', 'sat 13:00-16:00'] }, 'mon 00:00 window, sat 10:00 open, sat 16:00 window'],
    [
      { windows: ['sat-sun'], quiet: ['sat 22:00-08:00'] },
      'mon 00:00 window, sat 00:00 open, sat 22:00 quiet hours, sun 08:00 open',
    ],
    [{ windows: ['wed 08:00-20:00'], quiet: ['wed'] }, 'mon 00:00 window, wed 00:00 quiet hours, thu 00:00 window'],
  ])('%j', (words, expected) => {
    expect(week(words)).toBe(expected)
    const parts = weekParts(schedule(words))
    expect(parts.map(part => part.fromMs)).toEqual([0, ...parts.slice(0, -1).map(part => part.untilMs)])
    expect(parts.at(-1)?.untilMs).toBe(7 * 86_400_000)
  })
})

test.each<[ScheduleWords, boolean]>([
  [{}, true],
  [{ windows: ['sun 23:59-24:00'] }, true],
  [{ quiet: ['mon-sun'] }, false],
  [{ quiet: ['08:00-20:00', '20:00-08:00'] }, false],
  [{ quiet: ['08:00-20:00', '20:00-07:59'] }, true],
  [{ windows: ['sat,sun'], quiet: ['sat-sun'] }, false],
  [{ windows: ['sat 22:00-02:00'], quiet: ['sat'] }, true],
])('%j leaves a minute open: %s', (words, expected) => {
  expect(hasOpenMinute(schedule(words))).toBe(expected)
})
