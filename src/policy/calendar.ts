/**
 * The gate of a schedule: whether a message may leave now, and when that changes. Decisions of (schedule, zone, now); the
 * calendar only remembers, by zone, what it said last and how long that holds.
 *
 * What the clock shows decides, to the minute. So when clocks are put forward over the edge of a window or of quiet hours,
 * the edge is the moment after the skip; and when they are put back, the hour that comes twice is open or closed twice:
 * 02:00–03:00 is two hours long in that night, and quiet hours that end at 02:30 begin again when it is 02:00 again.
 */

import { InvariantError } from '../model/errors.ts'
import type { Moment, Schedule } from '../model/schedule.ts'
import { type WeekPart, type WeekState, weekMs, weekParts } from '../model/week.ts'
import { evenTime, whenShown } from '../model/zone.ts'

/**
 * Why nothing may leave: the start is yet to come; it is a quiet hour; no window is open; or it is over, because the end
 * has passed or nothing opens before it.
 */
export type ClosedCause = 'start' | 'quiet hours' | 'window' | 'over'

export type Gate =
  /** It closes at `untilMs`; infinity if it never does. */
  | { readonly open: true; readonly untilMs: number }
  /** It opens at `opensAtMs`; infinity if, and only if, it is over. */
  | { readonly open: false; readonly cause: ClosedCause; readonly opensAtMs: number }

export interface Calendar {
  /** The gate at an instant for whoever is in this zone, which is named as `zoneName` gives it. */
  gate(zone: string, nowMs: number): Gate
}

/** About as many as there are zones. */
const rememberedMax = 700
/**
 * How far ahead a change is looked for. Hours of one day a week come round within seven days, or within fourteen where
 * clocks that are put forward skip them once.
 */
const horizonMs = 15 * 86_400_000

export function calendarFor(schedule: Schedule): Calendar {
  const week = weekParts(schedule)
  const remembered = new Map<string, { readonly gate: Gate; readonly fromMs: number; readonly untilMs: number }>()
  return {
    gate(zone, time) {
      // Gates change with whole milliseconds only, but a clock may give parts of one.
      const nowMs = Math.floor(time)
      const last = remembered.get(zone)
      if (last !== undefined && last.fromMs <= nowMs && nowMs < last.untilMs) return last.gate
      const term = termIn(schedule, zone)
      const gate = gateAt(week, term, zone, nowMs)
      if (remembered.size >= rememberedMax) remembered.clear()
      remembered.set(zone, { gate, fromMs: nowMs, untilMs: steadyUntilMs(week, term, zone, nowMs) })
      return gate
    },
  }
}

/**
 * When a message that is due then may leave, by a run's schedule. Recipients in zones of their own are put off one by one,
 * so their due times know of it already. What is over is to be looked at at once.
 */
export function nextSendAtMs(schedule: Schedule | null, dueAtMs: number, nowMs: number): number {
  const fromMs = Math.max(dueAtMs, nowMs)
  if (schedule === null || schedule.zoneColumn !== null) return fromMs
  const gate = calendarFor(schedule).gate(schedule.zone, fromMs)
  return gate.open || gate.cause === 'over' ? fromMs : gate.opensAtMs
}

/** From when until when anything may leave at all. */
interface Term {
  readonly startMs: number
  readonly endMs: number
}

function termIn({ at, notAfter }: Schedule, zone: string): Term {
  return {
    startMs: at === null ? Number.NEGATIVE_INFINITY : instantOf(at, zone),
    endMs: notAfter === null ? Number.POSITIVE_INFINITY : instantOf(notAfter, zone),
  }
}

function instantOf(moment: Moment, zone: string): number {
  return moment.kind === 'instant' ? moment.atMs : whenShown(zone, moment.time).atMs
}

const over: Gate = { open: false, cause: 'over', opensAtMs: Number.POSITIVE_INFINITY }

function gateAt(week: readonly WeekPart[], { startMs, endMs }: Term, zone: string, nowMs: number): Gate {
  const opensAtMs = firstMs(week, zone, Math.max(nowMs, startMs), state => state === 'open')
  if (opensAtMs >= endMs) return over
  if (nowMs < startMs) return { open: false, cause: 'start', opensAtMs }
  const state = stretchAt(week, zone, nowMs).state
  if (state !== 'open') return { open: false, cause: state, opensAtMs }
  const closesAtMs = firstMs(week, zone, nowMs, each => each !== 'open')
  return { open: true, untilMs: Math.min(endMs, closesAtMs) }
}

/** Until when the gate is surely the same. */
function steadyUntilMs(week: readonly WeekPart[], { startMs, endMs }: Term, zone: string, nowMs: number): number {
  if (nowMs >= endMs) return Number.POSITIVE_INFINITY
  return nowMs < startMs ? Math.min(startMs, endMs) : Math.min(stretchAt(week, zone, nowMs).untilMs, endMs)
}

/** The first moment from `fromMs` on that is in such a state; infinity if there is none within the horizon. */
function firstMs(
  week: readonly WeekPart[],
  zone: string,
  fromMs: number,
  isWanted: (state: WeekState) => boolean,
): number {
  let atMs = fromMs
  while (atMs <= fromMs + horizonMs) {
    const { state, untilMs } = stretchAt(week, zone, atMs)
    if (isWanted(state)) return atMs
    atMs = untilMs
  }
  return Number.POSITIVE_INFINITY
}

/** Until when the week's part that the clock is in now lasts, or at least until the clock is changed. */
function stretchAt(
  week: readonly WeekPart[],
  zone: string,
  atMs: number,
): { readonly state: WeekState; readonly untilMs: number } {
  const { offsetMs, untilMs } = evenTime(zone, atMs)
  const inWeekMs = sinceMonday(atMs + offsetMs)
  const part = week.find(each => inWeekMs < each.untilMs)
  if (part === undefined) throw new InvariantError('the week has a hole')
  return { state: part.state, untilMs: Math.min(untilMs, atMs + part.untilMs - inWeekMs) }
}

/** The time since Monday, 00:00, of a clock that shows so many milliseconds since 1970, which began with a Thursday. */
function sinceMonday(shownMs: number): number {
  const ms = (shownMs + 3 * 86_400_000) % weekMs
  return ms < 0 ? ms + weekMs : ms
}
