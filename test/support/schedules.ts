/** Schedules in the words of the campaign file. */

import { parseWeekHours } from '../../src/intake/week-hours.ts'
import type { Schedule, WeekHours } from '../../src/model/schedule.ts'

export interface ScheduleWords {
  /** The campaign's; UTC unless it is given. */
  readonly zone?: string
  /** Everybody is in the campaign's zone, and no column says otherwise. */
  readonly isOneZone?: boolean
  /** With an offset or Z it is an instant; without, each recipient's own clock is meant. */
  readonly at?: string
  readonly notAfter?: string
  readonly windows?: readonly string[]
  readonly quiet?: readonly string[]
}

export function schedule(words: ScheduleWords): Schedule {
  const { zone = 'UTC', isOneZone = false, at, notAfter, windows = [], quiet = [] } = words
  return {
    at: momentOf(at),
    notAfter: momentOf(notAfter),
    zone,
    zoneColumn: isOneZone ? null : 'timezone',
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
