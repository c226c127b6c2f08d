/** What those who watch are told when a route or lane has learned something: one notice for each thing that changed. */

import type { Notice } from '../model/notice.ts'
import type { Cause } from '../model/outcome.ts'
import type { RateCounts } from '../model/rate.ts'
import type { PaceChange } from '../policy/adaptation.ts'
import type { Lane, LaneChange } from './lane.ts'
import { type LearnedCall, throttleRestMs } from './lesson.ts'
import type { Route, RouteChange } from './route.ts'

export function routeNotices(route: Route, call: LearnedCall, change: RouteChange, nowMs: number): Notice[] {
  const { name } = route
  const notices: Notice[] = []
  if (change.stopped !== null) notices.push({ type: 'route-stopped', atMs: nowMs, route: name, cause: change.stopped })
  if (change.isBack) notices.push({ type: 'route-back', atMs: nowMs, route: name })
  if (change.pace !== null)
    notices.push(
      paceChanged({ what: 'route', name, rateCounts: route.provider.profile.rateCounts }, change.pace, nowMs),
    )
  const rest = restToTell(call, change, nowMs)
  if (rest !== undefined) notices.push({ type: 'route-resting', atMs: nowMs, route: name, ...rest })
  if (change.spentUntilMs !== undefined)
    notices.push({ type: 'route-resting', atMs: nowMs, route: name, untilMs: change.spentUntilMs, cause: nothingLeft })
  return notices
}

/** Nobody refused anything, so there are no words of the provider's. */
const nothingLeft: Cause = { class: 'quota', text: 'its provider says that its quota is used up' }

export function siteNotices(lane: Lane, call: LearnedCall, change: LaneChange, nowMs: number): Notice[] {
  const { site } = lane
  const notices: Notice[] = []
  if (change.pace !== null)
    notices.push(paceChanged({ what: 'site', name: site, rateCounts: 'messages' }, change.pace, nowMs))
  const rest = restToTell(call, change, nowMs)
  if (rest !== undefined) notices.push({ type: 'site-resting', atMs: nowMs, site, ...rest })
  return notices
}

function paceChanged(
  what: { readonly what: 'site' | 'route'; readonly name: string; readonly rateCounts: RateCounts },
  pace: PaceChange,
  nowMs: number,
): Notice {
  const { cause, fromPerSecond, toPerSecond } = pace
  return {
    type: 'pace-changed',
    atMs: nowMs,
    ...what,
    fromPerSecond: rounded(fromPerSecond),
    toPerSecond: toPerSecond === null ? null : rounded(toPerSecond),
    cause,
  }
}

function rounded(perSecond: number): number {
  return Math.round(perSecond * 100) / 100
}

/** A pause that only goes with a lowered pace is told by that. */
function restToTell(
  { lesson }: LearnedCall,
  { restsUntilMs, pace }: LaneChange,
  nowMs: number,
): Pick<Notice & { type: 'site-resting' }, 'untilMs' | 'cause'> | undefined {
  if (restsUntilMs === undefined || lesson.kind !== 'slow down') return undefined
  if (pace !== null && restsUntilMs - nowMs <= throttleRestMs) return undefined
  return { untilMs: restsUntilMs, cause: lesson.cause }
}
