/**
 * A moment as people write it: `2026-12-01 09:00 Europe/Berlin`, `2026-12-01T09:00:00+01:00`, without a zone, or with
 * `recipient` for each recipient's own. First its form is read, then what it means where it stands. No problem repeats it.
 */

import { UserError } from '../model/errors.ts'
import type { Moment, WallTime } from '../model/schedule.ts'
import { isDay, nearestZone, whenShown, zoneName } from '../model/zone.ts'

/** A moment that is of the right form. */
export interface MomentText {
  readonly time: WallTime
  /** A zone or an offset; `recipient`; null if it is not said. */
  readonly zone: string | null
}

/** What a moment's text leaves to the place where it stands. */
export interface MomentPlace {
  /** The zone of a moment that names none. */
  readonly zone: string
  /** The field with each recipient's own zone; null if there is none, and `recipient` cannot be meant. */
  readonly zoneColumn: string | null
}

export type MomentRead<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly problem: string }

/**
 * Reads a moment that does not stand in a campaign file, such as an option's text. Throws UserError, saying what was
 * expected; `where` names the option.
 */
export function readMoment(text: string, where: string, place: MomentPlace): Moment {
  const parsed = parseMoment(text)
  const read = parsed.ok ? momentAt(parsed.value, place) : parsed
  if (read.ok) return read.value
  throw new UserError(read.problem, { where })
}

export const momentExpected =
  'expected is a day and a time, such as 2026-12-01 09:00, alone or followed by a zone such as Europe/Berlin, an offset such as +01:00, or the word recipient'

/** Reads the form: whether there is such a day, such a time of day and such a zone. */
export function parseMoment(text: string): MomentRead<MomentText> {
  const match = /^(\d{4})-(\d\d)-(\d\d)(?:t|\s+)(\d\d?):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)?(z|[+-].*|\s.*)?$/i.exec(
    text.trim(),
  )
  if (match === null) return { ok: false, problem: momentExpected }
  const [, year = '', month = '', day = '', hour = '', minute = '', second = '00', rest = ''] = match
  if (!isDay(Number(year), Number(month), Number(day))) return { ok: false, problem: 'the calendar has no such day' }
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) {
    return { ok: false, problem: 'there is no such time of day; expected is 00:00 to 23:59' }
  }
  const zone = zoneIn(rest.trim())
  if (!zone.ok) return zone
  return {
    ok: true,
    value: { time: `${year}-${month}-${day}T${hour.padStart(2, '0')}:${minute}:${second}`, zone: zone.value },
  }
}

/** What is wrong with a text that is no zone. */
export function zoneProblem(text: string): string {
  const near = nearestZone(text)
  const hint = near === undefined ? 'expected is an IANA name such as Europe/Berlin' : `did you mean \`${near}\`?`
  return `no such time zone is known; ${hint}`
}

/** Reads the meaning: whose clock it is, and whether that clock ever shows such a time. */
export function momentAt({ time, zone }: MomentText, place: MomentPlace): MomentRead<Moment> {
  if (zone === recipients) {
    if (place.zoneColumn !== null) return { ok: true, value: { kind: 'wall clock', time } }
    return { ok: false, problem: "is in each recipient's own zone, but `zone_column` does not say which column has it" }
  }
  const clock = zone ?? place.zone
  const { atMs, skip } = whenShown(clock, time)
  if (skip === null) return { ok: true, value: { kind: 'instant', atMs } }
  const [from, to] = [skip.from, skip.to].map(each => each.slice(0, 16).replace('T', ' '))
  return { ok: false, problem: `there is no such time in ${clock}, where clocks go from ${from} straight to ${to}` }
}

/** Stands where a zone may stand; no zone has this name. */
const recipients = 'recipient'

function zoneIn(text: string): MomentRead<MomentText['zone']> {
  if (text === '') return { ok: true, value: null }
  if (text.toLowerCase() === recipients) return { ok: true, value: recipients }
  const zone = text.toLowerCase() === 'z' ? 'UTC' : zoneName(text)
  return zone === undefined ? { ok: false, problem: zoneProblem(text) } : { ok: true, value: zone }
}
