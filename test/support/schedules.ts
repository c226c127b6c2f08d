/** Schedules in the words of the campaign file. */

import { parseWeekHours } from '../../src/intake/week-hours.ts'
import type { Schedule, WeekHours } from '../../src/model/schedule.ts'

export interface ScheduleWords {
  /** With an offset or Z it is an instant; without, each recipient's own clock is meant. */
  readonly at?: string
  readonly notAfter?: string
  readonly windows?: readonly string[]
  readonly quiet?: readonly string[]
}

export function schedule({ at, notAfter, windows = [], quiet = [] }: ScheduleWords): Schedule {
  return {
    at: momentOf(at),
    notAfter: momentOf(notAfter),
    zone: 'UTC',
    zoneColumn: 'timezone',
    windows: windows.map(weekHours),
    quiet: quiet.map(weekHours),
  }
}

export function weekHours(text: string): WeekHours {
  const read = parseWeekHours(text)
  if (!read.ok) throw new Error(`${text}: ${read.problem}`)
  return read.value
}

function momentOf(text: string | undefined): Schedule['at'] {
  if (text === undefined) return null
  return /(Z|[+-]\d\d:\d\d)$/.test(text)
    ? { kind: 'instant', atMs: Date.parse(text) }
    : { kind: 'wall clock', time: `${text}:00` }
}
