/** A schedule as people read it. */

import type { Moment, Schedule, WeekHours } from '../model/schedule.ts'
import { moment } from '../model/words.ts'

/** What holds all the time: `only mon-fri 08:00-20:00, not 12:00-13:00 (Europe/Berlin)`; null if nothing does. */
export function hoursWords({ windows, quiet, zone, zoneColumn }: Schedule): string | null {
  const parts = [
    ...(windows.length === 0 ? [] : [`only ${windows.map(weekHoursWords).join(', ')}`]),
    ...(quiet.length === 0 ? [] : [`not ${quiet.map(weekHoursWords).join(', ')}`]),
  ]
  if (parts.length === 0) return null
  return `${parts.join('; ')} ${zoneColumn === null ? `(${zone})` : `in the zone of \`${zoneColumn}\`, else ${zone}`}`
}

/** `2026-12-01 09:00:00 GMT+1`, or `2026-12-01 09:00:00 where the recipient is`. */
export function momentWords(when: Moment, zone: string): string {
  return when.kind === 'instant' ? moment(when.atMs, zone) : `${when.time.replace('T', ' ')} where the recipient is`
}

const dayNames = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']

/** As the campaign file has it: `mon-fri 08:00-20:00`, `22:00-08:00`, `sun`. */
export function weekHoursWords({ days, fromMinute, toMinute }: WeekHours): string {
  const isWholeDay = fromMinute === 0 && toMinute === 24 * 60
  const hours = isWholeDay ? [] : [`${clock(fromMinute)}-${clock(toMinute)}`]
  const named = days.length === 7 && !isWholeDay ? [] : [daysWords(days)]
  return [...named, ...hours].join(' ')
}

/** Days that follow each other are said as a range where there are more than two. */
function daysWords(days: readonly number[]): string {
  const ranges: [first: number, last: number][] = []
  for (const day of days) {
    const range = ranges.at(-1)
    if (range !== undefined && range[1] === day - 1) range[1] = day
    else ranges.push([day, day])
  }
  const name = (day: number): string => dayNames[day - 1] ?? ''
  return ranges
    .map(([first, last]) => {
      if (first === last) return name(first)
      return `${name(first)}${last - first > 1 ? '-' : ','}${name(last)}`
    })
    .join(',')
}

function clock(minute: number): string {
  return [Math.floor(minute / 60), minute % 60].map(each => String(each).padStart(2, '0')).join(':')
}
