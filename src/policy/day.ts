/** Days as a zone's calendar has them, for what may be used up once a day. */

import { evenTime, wallTime } from '../model/zone.ts'

const dayMs = 86_400_000

/** The day of an instant, as `2026-12-01`. */
export function dayIn(zone: string, atMs: number): string {
  return wallTime(zone, atMs).slice(0, 10)
}

/**
 * When the next day begins there: the first moment at which the calendar shows a later day. That is always after `atMs`, and
 * not always at midnight, for clocks may be put forward over it, or over a whole day.
 */
export function nextDayAtMs(zone: string, atMs: number): number {
  let fromMs = atMs
  let time = evenTime(zone, atMs)
  const today = dayNumber(atMs + time.offsetMs)
  while (dayNumber(fromMs + time.offsetMs) <= today) {
    const midnightMs = (today + 1) * dayMs - time.offsetMs
    if (midnightMs < time.untilMs) return midnightMs
    fromMs = time.untilMs
    time = evenTime(zone, fromMs)
  }
  return fromMs
}

/** Of a clock that shows so many milliseconds since 1970. */
function dayNumber(shownMs: number): number {
  return Math.floor(shownMs / dayMs)
}
