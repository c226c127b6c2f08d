/** Hours of the week as people write them: `mon-fri 08:00-20:00`, `22:00-08:00` on every day, `sun` for all of it. */

import type { WeekHours } from '../model/schedule.ts'

export const weekHoursExpected =
  'expected are days, hours or both, such as "mon-fri 08:00-20:00", "sat,sun", "22:00-08:00"'

export type WeekHoursRead =
  | { readonly ok: true; readonly value: WeekHours }
  | { readonly ok: false; readonly problem: string }

export function parseWeekHours(text: string): WeekHoursRead {
  if (text.length > lengthMax) return { ok: false, problem: weekHoursExpected }
  const plain = text
    .trim()
    .toLowerCase()
    .replace(/\s*([-–,])\s*/g, (_, mark: string) => (mark === ',' ? ',' : '-'))
  const match = /^([a-z][a-z,-]*)?(?:(?:^|\s+)(\d[\d:]*)-(\d[\d:]*))?$/.exec(plain)
  const days = match === null ? undefined : daysIn(match[1])
  if (match === null || plain === '' || days === undefined) return { ok: false, problem: weekHoursExpected }
  const [, , from, to] = match
  if (from === undefined || to === undefined) {
    return { ok: true, value: { days, fromMinute: 0, toMinute: dayMinutes } }
  }
  const [fromMinute, toMinute] = [minuteOf(from), minuteOf(to)]
  if (fromMinute === undefined || toMinute === undefined || fromMinute === dayMinutes) {
    return { ok: false, problem: 'there is no such time of day; expected is 00:00 to 23:59, or 24:00 as an end' }
  }
  if (fromMinute === toMinute) {
    return { ok: false, problem: 'the hours end when they begin; for whole days give the days alone' }
  }
  return { ok: true, value: { days, fromMinute, toMinute } }
}

/** Seven whole names and two times, with room to spare. */
const lengthMax = 200
const dayMinutes = 24 * 60
const dayNames = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']
const everyDay = dayNames.map((_, index) => index + 1)

/** The days' numbers in the order of the week; every day for none. `sat-mon` runs over the end of the week. */
function daysIn(text: string | undefined): readonly number[] | undefined {
  if (text === undefined) return everyDay
  const days = new Set<number>()
  for (const range of text.split(',')) {
    const ends = range.split('-').map(dayNumber)
    if (ends.length > 2 || ends.includes(0)) return undefined
    const [first = 0, last = first] = ends
    for (let day = first; day <= (last < first ? last + 7 : last); day++) days.add(day > 7 ? day - 7 : day)
  }
  return [...days].sort((a, b) => a - b)
}

/** Of `mon` or `monday`; 0 for what is no day. */
function dayNumber(name: string): number {
  return dayNames.findIndex(each => each === name || each.slice(0, 3) === name) + 1
}

function minuteOf(text: string): number | undefined {
  const match = /^(\d\d?):(\d\d)$/.exec(text)
  const [hour, minute] = [Number(match?.[1]), Number(match?.[2])]
  const sum = hour * 60 + minute
  return minute < 60 && sum <= dayMinutes ? sum : undefined
}
