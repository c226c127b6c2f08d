/** The dashboard's state of a run that another process sends, as the journal shows it from one look to the next. Pure. */

import type { Course, Tally } from '../journal/journal.ts'
import type { Counts } from '../model/message.ts'
import type { Run, Standing } from '../model/run.ts'
import { noView, type ReasonView, type RouteView, secondsKept, type ViewState } from './view-state.ts'

/** One look at the journal. */
export interface Look {
  readonly atMs: number
  readonly run: Run
  readonly counts: Counts
  readonly standing: Standing | null
  /** Where it was not counted anew, that of the look before. */
  readonly tally: Tally
  readonly calls: Pick<Course, 'deferrals' | 'latency'>
}

export function observed(before: ViewState | null, look: Look): ViewState {
  const { atMs, run, counts, standing, tally, calls } = look
  const second = Math.floor(atMs / 1000)
  return {
    ...noView,
    run: run.id,
    campaign: run.campaignName,
    startedMs: run.createdAtMs,
    atMs,
    counts,
    deferrals: calls.deferrals,
    toSend: before?.toSend ?? counts.waiting,
    perSecond: before === null ? [0] : paceSince(before, counts, second),
    second,
    routes: new Map(
      tally.routes.map(each => [
        each.route,
        {
          accepted: each.accepted,
          failed: each.failed,
          inDoubt: each.inDoubt,
          deferred: 0,
          calls: each.attempts,
          tookMs: latencyOf(each.route, calls),
        },
      ]),
    ),
    sites: new Map(
      tally.sites.map(each => [each.site, { accepted: each.accepted, failed: each.failed, deferred: null }]),
    ),
    waitingBySite: new Map(tally.sites.map(each => [each.site, each.waiting])),
    reasons: new Map(tally.causes.map((each, index) => [String(index), reasonOf(each, atMs)])),
    standing,
    paused: run.paused !== null,
  }
}

function latencyOf(route: string, { latency }: Look['calls']): RouteView['tookMs'] {
  const its = latency.find(each => each.route === route)
  return its === undefined ? [] : { p50: its.p50Ms, p95: its.p95Ms }
}

/** What came to an end since the last look is spread over the seconds between. */
function paceSince(before: ViewState, counts: Counts, second: number): readonly number[] {
  const seconds = Math.min(secondsKept, Math.max(1, second - before.second))
  const ended = Math.max(0, before.counts.waiting - counts.waiting)
  return [...before.perSecond, ...Array.from({ length: seconds }, () => ended / seconds)].slice(-secondsKept)
}

function reasonOf({ state, cause, count }: Tally['causes'][number], atMs: number): ReasonView {
  const code = [cause.code, cause.status].filter(each => each !== undefined).join(' ')
  return { class: cause.class, state, code, text: cause.text, count, atMs }
}
