/**
 * Time zones: their names, how their clocks run, and which instant a clock's reading stands for. The only place that asks
 * the library, which gives way to Node's own Temporal where there is one. Nothing here reads the clock or the machine's zone.
 */

import { createRequire } from 'node:module'
import type { Temporal } from 'temporal-polyfill'
import { InvariantError } from './errors.ts'
import { nearest } from './nearest.ts'
import type { WallTime } from './schedule.ts'

let library: typeof Temporal | null = null

/** Loaded when a zone is first asked for: it is a tenth of the start of a command, and most runs have no schedule. */
function temporal(): typeof Temporal {
  library ??= (createRequire(import.meta.url)('temporal-polyfill') as typeof import('temporal-polyfill')).Temporal
  return library
}

/** The longest name of the IANA database has 32 letters. */
const nameMax = 48
/** There are about 600 names; what is beyond that is other spellings, and mistakes. */
const cachedMax = 2000

/**
 * A zone's name as the IANA database spells it, whatever the case of its letters and with blanks around it, or an offset as
 * `+02:00`; undefined if the text is neither. It never throws, whatever it is given.
 */
export function zoneName(text: string): string | undefined {
  const name = text.trim()
  // The library would also take a whole date with a zone in brackets.
  if (name.length > nameMax || !/^([a-z][\w+-]*(\/[a-z][\w+-]*)*|[+-]\d\d(:?\d\d)?)$/i.test(name)) return undefined
  try {
    return temporal().Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name).timeZoneId
  } catch {
    return undefined
  }
}

/** The same for a list of a million rows: it remembers the texts it was asked for, so many at most. */
export function zoneNames(): (text: string) => string | undefined {
  const known = new Map<string, string | undefined>()
  return text => {
    if (text.length > nameMax) return zoneName(text)
    if (known.has(text)) return known.get(text)
    const name = zoneName(text)
    if (known.size >= cachedMax) known.clear()
    known.set(text, name)
    return name
  }
}

/** A zone that may have been meant by a text that is none; undefined where none is near. */
export function nearestZone(text: string): string | undefined {
  const names = Intl.supportedValuesOf('timeZone')
  const city = `/${text.trim().toLowerCase().replaceAll(' ', '_')}`
  return names.find(name => name.toLowerCase().endsWith(city)) ?? nearest(text.trim(), names)
}

/** How a zone's clocks run from an instant on. */
export interface EvenTime {
  /** What they are ahead of UTC. */
  readonly offsetMs: number
  /** When they are next put forward or back; infinity if that is not known to happen. */
  readonly untilMs: number
}

/** Takes a zone by a name that `zoneName` has given. */
export function evenTime(zone: string, atMs: number): EvenTime {
  const time = zoned(zone, atMs)
  return {
    offsetMs: time.offsetNanoseconds / 1_000_000,
    untilMs: time.getTimeZoneTransition('next')?.epochMilliseconds ?? Number.POSITIVE_INFINITY,
  }
}

/** What a zone's clocks show. */
export function wallTime(zone: string, atMs: number): WallTime {
  return zoned(zone, atMs).toPlainDateTime().toString({ smallestUnit: 'second' })
}

export interface Reading {
  /** When the clocks show it for the first time; where they skip it, when they have skipped it. */
  readonly atMs: number
  /** What they go from and to at that moment, where they skip it; null where they show it. */
  readonly skip: { readonly from: WallTime; readonly to: WallTime } | null
}

/**
 * When a zone's clocks show a time. Where they show it twice, because they are put back, the first is meant, as in
 * calendars (RFC 5545, section 3.3.5). Takes a zone by a name that `zoneName` has given.
 */
export function whenShown(zone: string, time: WallTime): Reading {
  const wall = temporal().PlainDateTime.from(time)
  // For a time that is skipped this is the last one before it by as much as the clocks are put forward.
  const earlier = wall.toZonedDateTime(zone, { disambiguation: 'earlier' })
  const change = earlier.toPlainDateTime().equals(wall) ? null : earlier.getTimeZoneTransition('next')
  if (change === null) return { atMs: earlier.epochMilliseconds, skip: null }
  const atMs = change.epochMilliseconds
  const before = new Date(atMs + earlier.offsetNanoseconds / 1_000_000).toISOString().slice(0, time.length)
  return { atMs, skip: { from: before, to: wallTime(zone, atMs) } }
}

/** Whether there is such a day in the calendar. */
export function isDay(year: number, month: number, day: number): boolean {
  try {
    temporal().PlainDate.from({ year, month, day }, { overflow: 'reject' })
    return true
  } catch {
    return false
  }
}

function zoned(zone: string, atMs: number): Temporal.ZonedDateTime {
  try {
    // A clock may give parts of a millisecond, which the library does not take.
    return temporal().Instant.fromEpochMilliseconds(Math.floor(atMs)).toZonedDateTimeISO(zone)
  } catch (cause) {
    throw new InvariantError(`no zone or no time: ${zone}, ${atMs}`, { cause })
  }
}
