/** Figures that are drawn from a view: pace, latency, sparkline, and how long it may take. Pure. */

import { duration } from '../model/words.ts'
import type { RouteView, ViewState } from './view-state.ts'

/** How far back the pace is looked at for what is to come. */
const lookBackSeconds = 60
/** The pace of now is that of so many whole seconds. */
const nowSeconds = 5

/** Messages a second in the last few whole seconds. */
export function pacePerSecond(view: ViewState): number {
  return average(latest(view, nowSeconds))
}

/** The smallest value of which at least this share are not larger; null without any. */
export function percentile(values: readonly number[], share: number): number | null {
  const sorted = values.toSorted((one, other) => one - other)
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? null
}

const blocks = '▁▂▃▄▅▆▇█'

/** The pace so far, `width` characters wide, each of them `secondsEach` seconds; the present is at the right. */
export function sparkline(view: ViewState, width: number, secondsEach: number): string {
  const seconds = latest(view, width * secondsEach)
  const columns: number[] = []
  for (let end = seconds.length; end > 0; end -= secondsEach)
    columns.unshift(average(seconds.slice(Math.max(0, end - secondsEach), end)))
  const most = Math.max(...columns, 0)
  return columns
    .map(value => (most === 0 ? blocks[0] : (blocks[Math.round((value / most) * (blocks.length - 1))] ?? blocks[0])))
    .join('')
}

/** How long it may take from now, at the slowest and the fastest pace of the last minute; why it cannot be said otherwise. */
export type Outlook =
  | { readonly kind: 'over' }
  | { readonly kind: 'unknown' }
  | {
      readonly kind: 'between'
      readonly leastMs: number
      readonly mostMs: number
      /** The site that takes longest, where the run takes longer by it; else null. */
      readonly by: string | null
    }

/** `about 16 s to 25 min left, most of it for yahoo` */
export function outlookWords(left: Outlook): string {
  switch (left.kind) {
    case 'over':
      return 'nobody is waiting'
    case 'unknown':
      return 'how long it takes cannot be told yet'
    case 'between': {
      const [least, most] = [durationLeft(left.leastMs), durationLeft(left.mostMs)]
      const by = left.by === null ? '' : `, most of it for ${left.by}`
      return `about ${least === most ? most : `${least} to ${most}`} left${by}`
    }
  }
}

/** Nobody waits for milliseconds. */
function durationLeft(ms: number): string {
  return duration(Math.max(1000, Math.ceil(ms / 1000) * 1000))
}

/**
 * Nobody who waits for a time, or for a limit, goes faster for our wishing: the routes' limits hold the pace down, a site's own
 * pace decides how long those who wait for it take, and the end of the run's own wait comes first. Who is put off from now on
 * makes the end later than is said here.
 */
export function outlook(view: ViewState): Outlook {
  const { waiting } = view.counts
  if (view.ending !== null || waiting === 0) return { kind: 'over' }
  const paces = tens(latest(view, lookBackSeconds)).filter(pace => pace > 0)
  if (paces.length === 0) return { kind: 'unknown' }
  const fastest = Math.min(limitPerSecond(view), Math.max(...paces))
  const startsInMs = waitMs(view, 'run')
  const sites = siteTimes(view)
  const leastMs = startsInMs + Math.max((waiting / fastest) * 1000, ...sites.map(site => site.leastMs))
  const byPaceMs = startsInMs + (waiting / Math.min(...paces)) * 1000
  const longest = sites.toSorted((one, other) => other.mostMs - one.mostMs)[0]
  const bySiteMs = startsInMs + (longest?.mostMs ?? 0)
  const mostMs = Math.max(leastMs, byPaceMs, bySiteMs)
  return { kind: 'between', leastMs, mostMs, by: longest !== undefined && bySiteMs === mostMs ? longest.site : null }
}

/** How long those take who wait at a site with a pace, or one that rests: at the pace that is set, and at the one that is kept now. */
function siteTimes(
  view: ViewState,
): readonly { readonly site: string; readonly leastMs: number; readonly mostMs: number }[] {
  return (view.standing?.lanes ?? []).flatMap(({ site, limitPerSecond: limit, adaptedPerSecond: adapted }) => {
    const waiting = view.waitingBySite.get(site)
    if (waiting === undefined || waiting === 0) return []
    const startsInMs = waitMs(view, 'site', site)
    const takesMs = (pace: number | null): number => startsInMs + (pace === null ? 0 : (waiting / pace) * 1000)
    return [{ site, leastMs: takesMs(limit), mostMs: takesMs(adapted ?? limit) }]
  })
}

/** How many messages a second all routes may carry together; infinite if one has no limit. */
function limitPerSecond({ standing, routes }: ViewState): number {
  const limits = (standing?.routes ?? []).map(({ name, limitPerSecond: limit, adaptedPerSecond, rateCounts }) => {
    const pace = adaptedPerSecond ?? limit ?? Number.POSITIVE_INFINITY
    return rateCounts === 'messages' ? pace : pace * messagesPerCall(routes.get(name))
  })
  return limits.length === 0 ? Number.POSITIVE_INFINITY : limits.reduce((sum, limit) => sum + limit)
}

/** As it was so far; where there was no call yet, there is no telling how many go in one. */
function messagesPerCall(route: RouteView | undefined): number {
  const messages = route === undefined ? 0 : route.accepted + route.failed + route.inDoubt + route.deferred
  return route === undefined || messages === 0 ? Number.POSITIVE_INFINITY : messages / route.calls
}

/** How long the run as a whole waits, by its schedule, its canary or the operator, or a site before its next message. */
function waitMs({ standing, atMs }: ViewState, what: 'run' | 'site', name?: string): number {
  const its = standing?.waits.find(wait => wait.what === what && (name === undefined || wait.name === name))
  return its?.untilMs == null ? 0 : Math.max(0, its.untilMs - atMs)
}

/** The latest whole seconds up to now, those without a message among them; the one that is under way does not count. */
function latest(view: ViewState, count: number): readonly number[] {
  const silent = Math.max(0, Math.min(count + 1, Math.floor(view.atMs / 1000) - view.second))
  const whole =
    silent > 0 ? [...view.perSecond, ...Array.from({ length: silent - 1 }, () => 0)] : view.perSecond.slice(0, -1)
  return whole.slice(-count)
}

/** The average pace of each ten seconds. */
function tens(seconds: readonly number[]): readonly number[] {
  const paces: number[] = []
  for (let end = seconds.length; end > 0; end -= 10) paces.push(average(seconds.slice(Math.max(0, end - 10), end)))
  return paces
}

function average(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length
}
