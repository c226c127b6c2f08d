/** A delivery with its routes alive, and with what is known of them and of sites from before. */

import { dayIn, nextDayAtMs } from '../policy/day.ts'
import { accountOf } from '../policy/routing.ts'
import { DayQuota, type Days } from './day-quota.ts'
import type { Delivery } from './delivery.ts'
import { PaceMemory } from './pace-memory.ts'
import { Route } from './route.ts'

export interface LiveDelivery extends Omit<Delivery, 'routes'> {
  readonly routes: readonly Route[]
  readonly memory: PaceMemory
}

export function liveDelivery(delivery: Delivery): LiveDelivery {
  const { journal, clock } = delivery
  const nowMs = clock.nowMs()
  const memory = new PaceMemory(journal, nowMs)
  const routes = delivery.routes.map(({ settings, provider }) => {
    const account = accountOf(settings)
    const quota = settings.warmup === null ? null : new DayQuota(settings.warmup, account, daysOf(delivery), journal)
    const known = memory.recall('account', account, nowMs)
    // Of an account all is said each second, but of a site only what has been learned.
    if (known?.isExact === false) memory.becomeUncertain(nowMs)
    return new Route(settings, provider, { known, quota, nowMs })
  })
  return { ...delivery, routes, memory }
}

function daysOf({ run, zone: machineZone }: Delivery): Days {
  const zone = run.delivery.schedule?.zone ?? machineZone()
  return { dayOf: atMs => dayIn(zone, atMs), nextDayMs: atMs => nextDayAtMs(zone, atMs) }
}
