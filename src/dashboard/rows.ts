/** The rows of the dashboard's tables, as text: what stands in each cell, and how it is meant. Pure. */

import { loweredPaceWords, paceWords } from '../model/rate.ts'
import type { LaneStanding, RouteStanding } from '../model/run.ts'
import { briefWaitWordsOf, type Wait, waitWordsOf } from '../model/wait.ts'
import { count, duration, latency } from '../model/words.ts'
import { percentile } from './figures.ts'
import type { ReasonView, RouteView, SiteView, ViewState } from './view-state.ts'

/** How a cell is meant, so that a theme can colour it; what it says does not hang on the colour. */
export type Tone = 'plain' | 'quiet' | 'good' | 'warning' | 'bad'

export interface RouteRow {
  readonly name: string
  readonly state: string
  readonly tone: Tone
  readonly pace: string
  readonly openCalls: string
  readonly accepted: string
  readonly failed: string
  readonly median: string
  readonly slowest: string
  readonly waits: string
  readonly waitsBriefly: string
}

export function routeRows(view: ViewState): readonly RouteRow[] {
  const standings = view.standing?.routes ?? []
  const names = [...new Set([...standings.map(route => route.name), ...view.routes.keys()])]
  return names.map(name => {
    const standing = standings.find(route => route.name === name)
    const wait = waitOf(view, 'route', name)
    const figures = view.routes.get(name)
    return {
      name,
      ...routeState(standing, wait),
      pace: paceOf(standing),
      openCalls: count(standing?.openCalls ?? 0),
      accepted: count(figures?.accepted ?? 0),
      failed: count(figures?.failed ?? 0),
      median: tookWords(figures, 'p50'),
      slowest: tookWords(figures, 'p95'),
      waits: wait === undefined ? '' : waitText(wait, view.atMs),
      waitsBriefly: wait === undefined ? '' : briefWaitText(wait, view.atMs),
    }
  })
}

function routeState(standing: RouteStanding | undefined, wait: Wait | undefined): { state: string; tone: Tone } {
  if (wait?.cause === 'stopped') return { state: 'stopped', tone: 'bad' }
  if (standing === undefined) return { state: '', tone: 'quiet' }
  if (standing.breaker === 'open') return { state: 'resting', tone: 'bad' }
  if (standing.breaker === 'half-open') return { state: 'trying', tone: 'warning' }
  return standing.adaptedPerSecond === null ? { state: 'up', tone: 'good' } : { state: 'slowed', tone: 'warning' }
}

export interface SiteRow {
  readonly site: string
  readonly ready: string
  readonly openCalls: string
  readonly accepted: string
  readonly deferred: string
  readonly failed: string
  readonly pace: string
  readonly waits: string
  readonly waitsBriefly: string
  readonly tone: Tone
}

/** The sites: those that rest or are held to a lowered pace first, then the others; of each the busiest first. */
export function siteNames(view: ViewState): readonly string[] {
  const lanes = lanesOf(view)
  const names = [...new Set([...view.sites.keys(), ...lanes.keys()])].map(name => {
    const { accepted = 0, failed = 0, deferred = 0 } = view.sites.get(name) ?? {}
    const lane = lanes.get(name)
    const isTroubled = lane?.adaptedPerSecond != null || waitOf(view, 'site', name)?.cause === 'breaker'
    return { name, isTroubled, busy: accepted + failed + (deferred ?? 0) + (lane?.held ?? 0) }
  })
  return names
    .sort((one, other) => Number(other.isTroubled) - Number(one.isTroubled) || other.busy - one.busy)
    .map(({ name }) => name)
}

/** Of some of these sites alone: there may be hundreds of them, and twenty are shown. */
export function siteRows(view: ViewState, names: readonly string[]): readonly SiteRow[] {
  const lanes = lanesOf(view)
  return names.map(name => siteRow(view, name, view.sites.get(name), lanes.get(name)))
}

function lanesOf(view: ViewState): ReadonlyMap<string, LaneStanding> {
  return new Map((view.standing?.lanes ?? []).map(lane => [lane.site, lane]))
}

function siteRow(
  view: ViewState,
  site: string,
  figures: SiteView | undefined,
  lane: LaneStanding | undefined,
): SiteRow {
  const wait = waitOf(view, 'site', site)
  // Of a site that is not among those that are counted nothing is said.
  const said = (figure: number | null | undefined): string => (figure == null ? '' : count(figure))
  const isSlowed = lane?.adaptedPerSecond != null
  return {
    site,
    ready: count(lane?.held ?? 0),
    openCalls: count(lane?.openCalls ?? 0),
    accepted: said(figures?.accepted),
    deferred: said(figures?.deferred),
    failed: said(figures?.failed),
    pace: lane?.limitPerSecond == null && lane?.adaptedPerSecond == null ? '' : paceOf(lane),
    waits: wait === undefined ? '' : waitText(wait, view.atMs),
    waitsBriefly: wait === undefined ? '' : briefWaitText(wait, view.atMs),
    tone: wait?.cause === 'breaker' ? 'bad' : isSlowed ? 'warning' : 'plain',
  }
}

export interface ReasonRow {
  readonly count: string
  readonly what: string
  readonly text: string
  readonly tone: Tone
}

/** What was refused or put off, the most frequent first. */
export function reasonRows(view: ViewState): readonly ReasonRow[] {
  return [...view.reasons.values()]
    .sort((one, other) => other.count - one.count || other.atMs - one.atMs)
    .map(reason => ({
      count: count(reason.count),
      what: [reasonState(reason), reason.class, reason.code].filter(part => part !== '').join(' '),
      text: reason.text,
      tone: reason.state === 'queued' ? 'warning' : 'bad',
    }))
}

function reasonState({ state }: ReasonView): string {
  return state === 'queued' ? 'put off' : state
}

function waitOf(view: ViewState, what: Wait['what'], name: string): Wait | undefined {
  return view.standing?.waits.find(wait => wait.what === what && wait.name === name)
}

/** `rests, 8 s more` */
export function waitText(wait: Wait, nowMs: number): string {
  const left = leftOf(wait, nowMs)
  return left === null ? waitWordsOf(wait.cause) : `${waitWordsOf(wait.cause)}, ${left} more`
}

/** `rests, 8 s` */
function briefWaitText(wait: Wait, nowMs: number): string {
  const left = leftOf(wait, nowMs)
  return left === null ? briefWaitWordsOf(wait.cause) : `${briefWaitWordsOf(wait.cause)}, ${left}`
}

/** How much longer it waits; null where it cannot be said, or is over in a moment. */
function leftOf({ untilMs }: Wait, nowMs: number): string | null {
  return untilMs === null || untilMs - nowMs < 1000 ? null : duration(untilMs - nowMs)
}

/** As it is kept to, of what it might be; or nothing where no pace is set. */
function paceOf(standing: RouteStanding | (LaneStanding & { readonly rateCounts?: undefined }) | undefined): string {
  if (standing === undefined) return ''
  const { limitPerSecond: limit, adaptedPerSecond: adapted, rateCounts } = standing
  if (adapted === null) return limit === null ? 'no limit' : paceWords(limit, rateCounts)
  return limit === null ? paceWords(adapted, rateCounts) : loweredPaceWords(adapted, limit, rateCounts)
}

function tookWords(figures: RouteView | undefined, which: 'p50' | 'p95'): string {
  if (figures === undefined) return ''
  const { tookMs } = figures
  const took = 'p50' in tookMs ? tookMs[which] : percentile(tookMs, which === 'p50' ? 0.5 : 0.95)
  return took === null ? '' : latency(took)
}
