/** `send --at`, and whether a campaign's schedule lets it be sent at all. */

import { readMoment } from '../intake/moment.ts'
import type { Campaign } from '../model/campaign.ts'
import { UserError } from '../model/errors.ts'
import type { Schedule } from '../model/schedule.ts'
import { moment } from '../model/words.ts'
import { zoneName } from '../model/zone.ts'
import { calendarFor } from '../policy/calendar.ts'
import type { Context } from './context.ts'

/** The campaign with another start, where one is given. Throws UserError for one that is none, or that has passed. */
export function scheduled(campaign: Campaign, at: string | undefined, context: Context): Campaign {
  if (at === undefined) return campaign
  const { delivery } = campaign
  const schedule = delivery.schedule ?? everyHour(context)
  const start = readMoment(at, '--at', schedule)
  if (start.kind === 'instant' && start.atMs < context.clock.nowMs()) {
    throw new UserError(`${moment(start.atMs)} has passed; nothing was sent`, {
      where: '--at',
      remedy: 'leave --at out to send at once',
    })
  }
  return { ...campaign, delivery: { ...delivery, schedule: { ...schedule, at: start } } }
}

/** Where a day ends last. */
const lastZone = 'Etc/GMT+12'

/** Throws UserError if nothing could leave any more, or ever. */
export function mustNotBeOver({ delivery: { schedule }, file }: Campaign, nowMs: number): void {
  if (schedule === null) return
  const gate = calendarFor(schedule).gate(schedule.zoneColumn === null ? schedule.zone : lastZone, nowMs)
  if (gate.open || gate.cause !== 'over') return
  throw new UserError('schedule.not_after has passed, or nothing opens before it; nothing was sent', {
    where: file,
    remedy: 'set another schedule.not_after, or take it out',
  })
}

/** The zone in which days are counted where the campaign names none. */
export function dayZone({ machineZone }: Pick<Context, 'machineZone'>): string {
  return zoneName(machineZone()) ?? 'UTC'
}

function everyHour({ machineZone }: Context): Schedule {
  const zone = zoneName(machineZone())
  if (zone === undefined) {
    throw new UserError('this machine has no time zone that is known', {
      where: '--at',
      remedy: 'name the zone in the campaign: schedule: { zone: Europe/Berlin }',
    })
  }
  return { at: null, notAfter: null, zone, zoneColumn: null, windows: [], quiet: [] }
}
