/** When messages leave, by the schedule and by what has been estimated; by the schedule's own zone, whatever zones recipients have. */

import type { DeliverySettings } from '../model/campaign.ts'
import type { Schedule } from '../model/schedule.ts'
import { calendarFor } from '../policy/calendar.ts'
import { messagesWithin } from '../policy/warm-up.ts'
import type { Estimate } from './estimate.ts'
import type { PlannedRoute } from './planned-routes.ts'

export interface Timing {
  /** When the first can leave; null: at once. */
  readonly startsAtMs: number | null
  /** When the last will have left, or the schedule is over; null where nothing but the provider's speed decides. */
  readonly endsAtMs: number | null
  /** About how many messages the schedule leaves no time for. */
  readonly tooLate: number
}

const dayMs = 86_400_000
/** Openings that are looked at: one a day for many years. */
const openingsMax = 10_000

export function timing(
  { schedule, canary }: DeliverySettings,
  { ms }: Estimate,
  routes: readonly Pick<PlannedRoute, 'share' | 'warmUp'>[],
  waiting: number,
  nowMs: number,
): Timing {
  const holdMs = canary?.holdMs ?? 0
  const needMs = (ms ?? 0) + holdMs
  const { startsAtMs, endsAtMs, done } = passage(schedule, needMs, nowMs)
  const overAtMs = passage(schedule, Number.POSITIVE_INFINITY, nowMs).endsAtMs
  const warmAtMs = Math.max(...routes.map(({ warmUp }) => startsAtMs + Math.max(0, (warmUp?.days ?? 1) - 1) * dayMs))
  const isPaced = ms !== null || warmAtMs > startsAtMs
  return {
    startsAtMs: startsAtMs > nowMs ? startsAtMs : null,
    endsAtMs: isPaced ? finiteOrNull(Math.min(overAtMs, Math.max(endsAtMs, warmAtMs))) : null,
    tooLate: Math.max(Math.round((1 - done) * waiting), tooManyForQuotas(routes, overAtMs - startsAtMs)),
  }
}

function finiteOrNull(ms: number): number | null {
  return Number.isFinite(ms) ? ms : null
}

interface Passage {
  readonly startsAtMs: number
  /** When it is through, or the schedule is over. */
  readonly endsAtMs: number
  /** How much of it is done by then, from 0 to 1. */
  readonly done: number
}

/** Of messages that leave one after the other while the schedule is open, for so long in all. */
function passage(schedule: Schedule | null, needMs: number, nowMs: number): Passage {
  if (schedule === null) return { startsAtMs: nowMs, endsAtMs: nowMs + needMs, done: 1 }
  const calendar = calendarFor(schedule)
  let startsAtMs: number | undefined
  let atMs = nowMs
  let leftMs = needMs
  for (let openings = 0; openings < openingsMax; openings++) {
    const gate = calendar.gate(schedule.zone, atMs)
    if (!gate.open) {
      if (gate.opensAtMs === Number.POSITIVE_INFINITY) break
      atMs = gate.opensAtMs
      continue
    }
    startsAtMs ??= atMs
    if (gate.untilMs - atMs >= leftMs) return { startsAtMs, endsAtMs: atMs + leftMs, done: 1 }
    leftMs -= gate.untilMs - atMs
    atMs = gate.untilMs
  }
  return { startsAtMs: startsAtMs ?? nowMs, endsAtMs: atMs, done: startsAtMs === undefined ? 0 : 1 - leftMs / needMs }
}

function tooManyForQuotas(routes: readonly Pick<PlannedRoute, 'share' | 'warmUp'>[], withinMs: number): number {
  if (withinMs === Number.POSITIVE_INFINITY) return 0
  const days = Math.max(1, Math.ceil(withinMs / dayMs))
  return routes.reduce((sum, { share, warmUp }) => {
    if (warmUp === null) return sum
    const { settings, usedToday, earlierDays } = warmUp
    return sum + Math.max(0, share - (messagesWithin(settings, days, earlierDays) - usedToday))
  }, 0)
}
