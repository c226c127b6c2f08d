/** The report for programs: one JSON object, versioned, with the same figures as the terminal's. */

import { jsonVersion } from '../model/json-version.ts'
import type { Verdict } from '../model/verdict.ts'
import { iso } from '../model/words.ts'
import { inDoubtJson } from './in-doubt.ts'
import { type JsonLayout, objectWithList } from './json-list.ts'
import type { Summary } from './summary.ts'

/** In pieces, for everybody in doubt is in it by name; `more` are fields that only this caller has. */
export function jsonReport(summary: Summary, layout: JsonLayout, more: object = {}): Iterable<string> {
  const inDoubt = { name: 'in_doubt', items: summary.inDoubt, asJson: inDoubtJson }
  return objectWithList({ ...figuresOf(summary), ...more }, inDoubt, layout)
}

function measuredJson(measured: Verdict['measured']): object {
  if (measured === null) return { measured: null }
  if ('share' in measured) return { measured: measured.share, count: measured.count, of: measured.of }
  return { measured: measured.latencyMs, calls: measured.calls }
}

function figuresOf(summary: Summary): Readonly<Record<string, unknown>> {
  const { overview, tally, outcome } = summary
  const { run } = overview
  return {
    type: 'summary',
    version: jsonVersion,
    outcome,
    run: run.id,
    campaign: run.campaignName,
    key: run.key,
    state: run.state,
    started_at: iso(run.createdAtMs),
    finished_at: iso(run.finishedAtMs),
    stopped: run.stopped,
    next_due_at: iso(overview.nextDueAtMs),
    counts: {
      rows: tally.counts.rows,
      accepted: tally.counts.accepted,
      failed: tally.counts.failed,
      skipped: tally.counts.skipped,
      in_doubt: tally.counts.inDoubt,
      waiting: tally.counts.waiting,
      row_problems: tally.counts.rowProblems,
    },
    thresholds: summary.thresholds.map(({ threshold, isCrossed, measured }) => ({
      threshold,
      crossed: isCrossed,
      ...measuredJson(measured),
    })),
    skipped: tally.skipped,
    row_problems: tally.rowProblems,
    classes: tally.classes,
    causes: tally.causes,
    settled: tally.settled,
    routes: tally.routes.map(({ inDoubt, ...route }) => ({ ...route, in_doubt: inDoubt })),
    sites: tally.sites.map(({ inDoubt, ...site }) => ({ ...site, in_doubt: inDoubt })),
    site_count: tally.siteCount,
    rejects_file: run.rejectsFile,
  }
}
