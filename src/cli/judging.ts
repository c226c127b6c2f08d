/** Thresholds of a run that is over: those of its campaign, and those of the command line. */

import type { Journal, Tally } from '../journal/journal.ts'
import type { Threshold } from '../model/campaign.ts'
import type { RunId } from '../model/message.ts'
import type { Run } from '../model/run.ts'
import type { Verdict } from '../model/verdict.ts'
import type { Figures } from '../policy/guard.ts'
import { judge } from '../policy/verdict.ts'
import { type Summary, summarise } from '../report/summary.ts'

/** The summary of a run, judged by its campaign's thresholds and these. */
export function judgedSummary(journal: Journal, id: RunId, nowMs: number, failOn: readonly Threshold[] = []): Summary {
  return summarise(journal, id, nowMs, (run, tally) => verdicts(journal, run, tally, failOn))
}

/** The same threshold twice is one. */
function verdicts(journal: Journal, run: Run, tally: Tally, failOn: readonly Threshold[]): readonly Verdict[] {
  const thresholds = [...new Map([...run.delivery.thresholds, ...failOn].map(each => [each.text, each])).values()]
  return thresholds.length === 0 ? [] : judge(thresholds, figuresOf(journal, run, tally))
}

function figuresOf(journal: Journal, { id, createdAtMs }: Run, { counts, classes }: Tally): Figures {
  const { deferrals, latency, lastCallsMs } = journal.calls(id)
  return {
    accepted: counts.accepted,
    failed: counts.failed,
    failedHard: classes.find(each => each.state === 'failed' && each.class === 'hard')?.count ?? 0,
    deferrals,
    complaints: journal.complaints(id, createdAtMs),
    calls: latency.reduce((sum, { calls }) => sum + calls, 0),
    lastCallsMs,
  }
}
