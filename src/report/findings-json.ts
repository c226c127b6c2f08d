/** What the JSON report has beyond the summary's figures: how the run went, the runs before it, and what to do. */

import { iso } from '../model/words.ts'
import { type Findings, failureShare } from './findings.ts'

export function findingsJson({ course, earlier, recommendations }: Findings): object {
  return {
    throughput: {
      slice_ms: course.sliceMs,
      slices: course.slices.map(({ fromMs, accepted, failed, inDoubt }) => {
        return { from: iso(fromMs), accepted, failed, in_doubt: inDoubt }
      }),
    },
    accepted_at_attempt: course.acceptedAt,
    deferrals: course.deferrals,
    latency: course.latency.map(({ route, calls, p50Ms, p95Ms, p99Ms, slowestMs }) => {
      return { route, calls, p50_ms: p50Ms, p95_ms: p95Ms, p99_ms: p99Ms, slowest_ms: slowestMs }
    }),
    latency_bands: course.bands.map(({ belowMs, calls }) => ({ below_ms: belowMs, calls })),
    waiting: course.waiting.map(({ firstDueAtMs, lastDueAtMs, ...each }) => {
      return { ...each, first_due_at: iso(firstDueAtMs), last_due_at: iso(lastDueAtMs) }
    }),
    site_troubles: course.siteTroubles,
    route_troubles: course.routeTroubles,
    earlier_runs: earlier.map(({ run, counts }) => ({
      run: run.id,
      started_at: iso(run.createdAtMs),
      rows: counts.rows,
      accepted: counts.accepted,
      failed: counts.failed,
      in_doubt: counts.inDoubt,
      failure_rate: failureShare(counts),
    })),
    recommendations,
  }
}
