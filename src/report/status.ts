/** Where the runs of a journal stand, in a few lines each. */

import type { RunOverview } from '../model/run.ts'
import { count, duration, moment, terminalSafe } from '../model/words.ts'
import { iso } from './json.ts'

export function statusText(overviews: readonly RunOverview[], nowMs: number): string {
  if (overviews.length === 0) return 'no runs yet\n'
  return overviews.map(overview => `${lines(overview, nowMs).join('\n')}\n`).join('\n')
}

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
  ]
}

/** The state in words: who is sending, or why nobody is and what comes next. */
function condition({ run, owner, nextDueAtMs, sending }: RunOverview, nowMs: number): string {
  if (run.state !== 'open') return run.state
  if (owner !== null) return `being sent by process ${owner.pid} on ${owner.host}, ${count(sending)} in flight`
  const cut = sending > 0 ? `interrupted, ${count(sending)} in flight` : 'interrupted'
  const why = run.stopped === null ? cut : `stopped: ${terminalSafe(run.stopped)}`
  if (nextDueAtMs === null || nextDueAtMs <= nowMs) return why
  return `${why}; next due in ${duration(nextDueAtMs - nowMs)}`
}

export function statusJson({ run, counts, owner, sending, nextDueAtMs }: RunOverview): object {
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
