/**
 * The campaign's `schedule:`. Each field is checked by itself in the schema of the file; what only several of them together
 * can be wrong about is found by `readSchedule`.
 */

import { z } from 'zod'
import type { Json } from '../model/edition.ts'
import type { Moment, Schedule, WeekHours } from '../model/schedule.ts'
import { hasOpenMinute } from '../model/week.ts'
import { zoneName } from '../model/zone.ts'
import { fail, filled } from './fields.ts'
import { type MomentText, momentAt, momentExpected, parseMoment, zoneProblem } from './moment.ts'
import type { Problem } from './problems.ts'
import { parseWeekHours, weekHoursExpected } from './week-hours.ts'

const moment = z.string(momentExpected).transform((text, context): MomentText => {
  const read = parseMoment(text)
  return read.ok ? read.value : fail(context, read.problem)
})

const zoneExpected = 'expected is an IANA name such as Europe/Berlin'
const zone = z
  .string(zoneExpected)
  .transform((text, context): string => zoneName(text) ?? fail(context, zoneProblem(text)))

const hours = z.string(weekHoursExpected).transform((text, context): WeekHours => {
  const read = parseWeekHours(text)
  return read.ok ? read.value : fail(context, read.problem)
})

const hoursList = z.array(hours).min(1, { error: 'the list is empty' }).max(50, { error: 'the list is longer than 50' })

const oneOrMoreHours = z
  .union([hours, hoursList], { error: weekHoursExpected })
  .transform((given): readonly WeekHours[] => (Array.isArray(given) ? given : [given]))

export const scheduleField = z.strictObject({
  at: moment
    .optional()
    .describe(
      "Nothing leaves before: 2026-12-01 09:00, in `zone` or followed by a zone, an offset, or `recipient` for each recipient's own zone. Default: at once",
    ),
  not_after: moment.optional().describe('Nothing leaves from then on; written as `at` is. Default: no end'),
  zone: zone
    .optional()
    .describe("IANA name of the zone in which these times are meant, such as Europe/Berlin. Default: this machine's"),
  zone_column: filled
    .optional()
    .describe("Field with each recipient's own zone; windows and quiet hours then hold in it"),
  windows: oneOrMoreHours
    .optional()
    .describe('When messages may leave: ["mon-fri 08:00-20:00", "sat 10:00-14:00"]. Default: always'),
  quiet: oneOrMoreHours
    .optional()
    .describe('When nothing leaves, whatever `windows` says: ["22:00-08:00", sun]. Hours may run over midnight'),
})

export interface ScheduleRead {
  /** Null if there is none, or if there are problems. */
  readonly schedule: Schedule | null
  readonly problems: readonly Problem[]
}

/** Reads the value of `schedule:`. `machineZone` gives the zone of a schedule that names none. */
export function readSchedule(value: Json | undefined, machineZone: () => string): ScheduleRead {
  const checked = scheduleField.optional().safeParse(value)
  // What is wrong with a field alone, the schema of the whole file has found out.
  if (!checked.success || checked.data === undefined) return { schedule: null, problems: [] }
  const given = checked.data
  if (Object.keys(given).length === 0) return { schedule: null, problems: [empty] }
  const zone = given.zone ?? zoneName(machineZone())
  if (zone === undefined) return { schedule: null, problems: [noZone] }
  const zoneColumn = given.zone_column ?? null
  const problems: Problem[] = []
  const readMoment = (field: 'at' | 'not_after'): Moment | null => {
    const text = given[field]
    if (text === undefined) return null
    const read = momentAt(text, { zone, zoneColumn })
    if (read.ok) return read.value
    problems.push({ path: ['schedule', field], message: read.problem })
    return null
  }
  const schedule: Schedule = {
    at: readMoment('at'),
    notAfter: readMoment('not_after'),
    zone,
    zoneColumn,
    windows: given.windows ?? [],
    quiet: given.quiet ?? [],
  }
  problems.push(...scheduleProblems(schedule))
  return { schedule: problems.length === 0 ? schedule : null, problems }
}

const empty: Problem = {
  path: ['schedule'],
  message: 'is empty',
  remedy: 'Give it a field, such as `at:`, or remove it.',
}

const noZone: Problem = {
  path: ['schedule', 'zone'],
  message: 'is missing, and what zone this machine is in is not known either',
  remedy: 'Give it, such as `zone: Europe/Berlin`.',
}

function scheduleProblems(schedule: Schedule): readonly Problem[] {
  const problems: Problem[] = []
  if (schedule.at !== null && schedule.notAfter !== null && !isEarlier(schedule.at, schedule.notAfter)) {
    problems.push({ path: ['schedule', 'not_after'], message: 'is not after `at`, so nothing could ever leave' })
  }
  if (!hasOpenMinute(schedule)) {
    const what = schedule.windows.length === 0 ? 'the whole week' : 'all of `windows`'
    problems.push({ path: ['schedule', 'quiet'], message: `covers ${what}, so nothing could ever leave` })
  }
  return problems
}

/** Whether one moment is before the other in some zone at least. */
function isEarlier(one: Moment, other: Moment): boolean {
  if (one.kind === 'wall clock' && other.kind === 'wall clock') return one.time < other.time
  return firstMs(one) < lastMs(other)
}

/** Clocks are at most 14 hours ahead of UTC, and 12 behind. */
function firstMs(moment: Moment): number {
  return moment.kind === 'instant' ? moment.atMs : Date.parse(`${moment.time}+14:00`)
}

function lastMs(moment: Moment): number {
  return moment.kind === 'instant' ? moment.atMs : Date.parse(`${moment.time}-12:00`)
}
