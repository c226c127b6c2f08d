/** The week of a schedule: which of its minutes are open, and why the others are not. It knows no zone and no date. */

import type { Schedule, WeekHours } from './schedule.ts'

/** `window`: outside every window. */
export type WeekState = 'open' | 'quiet hours' | 'window'

/** A part of the week in which nothing changes. */
export interface WeekPart {
  readonly state: WeekState
  /** Since Monday, 00:00. */
  readonly fromMs: number
  readonly untilMs: number
}

const dayMinutes = 24 * 60
const weekMinutes = 7 * dayMinutes
const minuteMs = 60_000
export const weekMs = weekMinutes * minuteMs

/** The whole week from Monday on, in as few parts as it has. Quiet hours go before windows, also as the reason. */
export function weekParts(schedule: Pick<Schedule, 'windows' | 'quiet'>): readonly WeekPart[] {
  const parts: WeekPart[] = []
  for (let minute = 0; minute < weekMinutes; minute++) {
    const state = stateAt(schedule, minute)
    const untilMs = (minute + 1) * minuteMs
    const last = parts.at(-1)
    if (last?.state === state) parts[parts.length - 1] = { ...last, untilMs }
    else parts.push({ state, fromMs: minute * minuteMs, untilMs })
  }
  return parts
}

/** Whether any minute of the week is open; where none is, nothing would ever leave. */
export function hasOpenMinute(schedule: Pick<Schedule, 'windows' | 'quiet'>): boolean {
  return weekParts(schedule).some(part => part.state === 'open')
}

function stateAt({ windows, quiet }: Pick<Schedule, 'windows' | 'quiet'>, minute: number): WeekState {
  if (quiet.some(hours => covers(hours, minute))) return 'quiet hours'
  return windows.length === 0 || windows.some(hours => covers(hours, minute)) ? 'open' : 'window'
}

/** Whether the hours cover a minute of the week; those of a Sunday may run into Monday. */
function covers({ days, fromMinute, toMinute }: WeekHours, minute: number): boolean {
  const length = toMinute > fromMinute ? toMinute - fromMinute : toMinute + dayMinutes - fromMinute
  return days.some(day => {
    const since = minute - ((day - 1) * dayMinutes + fromMinute)
    return (since + weekMinutes) % weekMinutes < length
  })
}
