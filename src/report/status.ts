/** Where the runs of a journal stand, in a few lines each. */

import { paceWords } from '../model/rate.ts'
import type { RouteStanding, RunOverview } from '../model/run.ts'
import { type Wait, waitSentence } from '../model/wait.ts'
import { count, duration, iso, moment, terminalSafe } from '../model/words.ts'

export function statusText(overviews: readonly RunOverview[], nowMs: number): string {
  if (overviews.length === 0) return 'no runs yet\n'
  return overviews.map(overview => `${lines(overview, nowMs).join('\n')}\n`).join('\n')
}

const dayMs = 86_400_000

/** Waits that are named for one run. */
const namedWaits = 10

function lines(overview: RunOverview, nowMs: number): string[] {
  const { run, counts } = overview
  const figures = [
    `accepted ${count(counts.accepted)}`,
    `failed ${count(counts.failed)}`,
    `in doubt ${count(counts.inDoubt)}`,
    `waiting ${count(counts.waiting)}`,
    `skipped ${count(counts.skipped)}`,
    `row problems ${count(counts.rowProblems)}`,
  ]
  return [
    `${run.id}  ${terminalSafe(run.campaignName)}  ${condition(overview, nowMs)}`,
    `  ${count(counts.rows)} rows: ${figures.join(' · ')}`,
    `  key ${terminalSafe(run.key)} · started ${moment(run.createdAtMs)}`,
    ...standingLines(overview),
  ]
}

/** What the process that sends it says of itself; without such a process it is of the past. */
function standingLines({ owner, standing: said }: RunOverview): string[] {
  if (owner === null || said === null) return []
  const { routes, waits } = said.standing
  const named = waits.slice(0, namedWaits).map(wait => `  ${waitSentence(wait)}${untilWords(wait)}`)
  const more = waits.length - named.length
  return [...routes.flatMap(routeLine), ...named, ...(more > 0 ? [`  and ${count(more)} more that wait`] : [])]
}

/** Only what is out of the ordinary. */
function routeLine({ name, breaker, adaptedPerSecond, rateCounts, health }: RouteStanding): string[] {
  const oddities = [
    ...(breaker === 'closed' ? [] : [`breaker ${breaker}`]),
    ...(adaptedPerSecond === null ? [] : [`held to ${paceWords(adaptedPerSecond, rateCounts)} by what it has said`]),
    ...(health >= 0.9 ? [] : [`health ${Math.round(health * 100)} %`]),
  ]
  return oddities.length === 0 ? [] : [`  ${name}: ${oddities.join(' · ')}`]
}

function untilWords({ untilMs }: Wait): string {
  return untilMs === null ? '' : ` until ${moment(untilMs)}`
}

/** The state in words: who is sending, or why nobody is and what comes next. */
function condition({ run, owner, nextDueAtMs, sending }: RunOverview, nowMs: number): string {
  if (run.state !== 'open') return run.state
  const paused = run.paused === null ? '' : `paused by the ${run.paused.by}: ${terminalSafe(run.paused.why)}`
  if (owner !== null) {
    const sender = `process ${owner.pid} on ${owner.host}, ${count(sending)} in flight`
    if (run.cancelAsked) return `being cancelled by ${sender}`
    return paused === '' ? `being sent by ${sender}` : `${paused}; held by ${sender}`
  }
  if (paused !== '') return paused
  const cut = sending > 0 ? `interrupted, ${count(sending)} in flight` : 'interrupted'
  const why = run.stopped === null ? cut : `stopped: ${terminalSafe(run.stopped)}`
  if (nextDueAtMs === null || nextDueAtMs <= nowMs) return why
  const aheadMs = nextDueAtMs - nowMs
  return `${why}; next due ${aheadMs < dayMs ? `in ${duration(aheadMs)}` : moment(nextDueAtMs)}`
}

export function statusJson({ run, counts, owner, sending, nextDueAtMs, standing }: RunOverview): object {
  return {
    run: run.id,
    campaign: run.campaignName,
    key: run.key,
    state: run.state,
    stopped: run.stopped,
    started_at: iso(run.createdAtMs),
    finished_at: iso(run.finishedAtMs),
    next_due_at: iso(nextDueAtMs),
    owner: owner === null ? null : { host: owner.host, pid: owner.pid },
    sending,
    paused: run.paused === null ? null : { by: run.paused.by, why: run.paused.why, at: iso(run.paused.atMs) },
    cancel_asked: run.cancelAsked,
    standing: owner === null || standing === null ? null : standingJson(standing),
    counts: {
      rows: counts.rows,
      accepted: counts.accepted,
      failed: counts.failed,
      skipped: counts.skipped,
      in_doubt: counts.inDoubt,
      waiting: counts.waiting,
      row_problems: counts.rowProblems,
    },
  }
}

function standingJson({ atMs, standing }: NonNullable<RunOverview['standing']>): object {
  const { priority, openCalls, routes, waits } = standing
  return {
    at: iso(atMs),
    priority,
    open_calls: openCalls,
    routes: routes.map(({ name, breaker, openCalls: calls, adaptedPerSecond, rateCounts, health }) => ({
      name,
      breaker,
      open_calls: calls,
      adapted_per_second: adaptedPerSecond,
      rate_counts: rateCounts,
      health,
    })),
    waits: waits.map(({ what, name, cause, untilMs }) => ({ what, name, cause, until: iso(untilMs) })),
  }
}
