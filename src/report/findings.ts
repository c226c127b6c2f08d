/** A run looked at closely: its summary, how it went, the runs of the same campaign before it, and what follows from all that. */

import type { Course, DoubtfulMessage, Journal } from '../journal/journal.ts'
import type { Counts } from '../model/message.ts'
import type { Run } from '../model/run.ts'
import { type Recommendation, recommendations } from './recommendations.ts'
import type { Summary } from './summary.ts'

export interface Findings {
  readonly summary: Summary
  readonly course: Course
  /** The last runs of a campaign of this name before this one, the oldest first; at most eleven. */
  readonly earlier: readonly PastRun[]
  /** The first of those in doubt, in the order of lines. */
  readonly inDoubt: readonly DoubtfulMessage[]
  readonly recommendations: readonly Recommendation[]
}

export interface PastRun {
  readonly run: Run
  readonly counts: Counts
}

const slicesMax = 48
const earlierMax = 11
const namedInDoubt = 100

export function findingsOf(journal: Journal, summary: Summary): Findings {
  const { run } = summary.overview
  const course = journal.course(run.id, { slicesMax })
  return {
    summary,
    course,
    earlier: runsBefore(journal, run),
    inDoubt: firstOf(summary.inDoubt, namedInDoubt),
    recommendations: recommendations({
      outcome: summary.outcome,
      tally: summary.tally,
      course,
      complaints: journal.complaints(run.id, run.createdAtMs),
    }),
  }
}

function firstOf<Item>(items: Iterable<Item>, most: number): readonly Item[] {
  const first: Item[] = []
  for (const item of items) {
    if (first.length === most) break
    first.push(item)
  }
  return first
}

/** The journal gives the newest first. */
function runsBefore(journal: Journal, { id, campaignName }: Run): readonly PastRun[] {
  const runs = journal.runs()
  return runs
    .slice(runs.findIndex(each => each.id === id) + 1)
    .filter(each => each.campaignName === campaignName)
    .slice(0, earlierMax)
    .map(run => ({ run, counts: journal.counts(run.id) }))
    .reverse()
}

/** Of all who were decided, the part that failed; null if nobody was. */
export function failureShare({ accepted, failed }: Pick<Counts, 'accepted' | 'failed'>): number | null {
  return accepted + failed === 0 ? null : failed / (accepted + failed)
}
