/** The run beside the earlier ones of the same campaign. */

import { moment, percent } from '../../model/words.ts'
import { failureShare, type PastRun } from '../findings.ts'
import { columnsChart } from './columns-chart.ts'
import { type DataCell, dataTable } from './data-table.ts'
import { type Markup, markup } from './markup.ts'
import type { Page, Section } from './section.ts'

export function trendSection({ findings: { summary, earlier }, zone }: Page): Section | null {
  if (earlier.length === 0) return null
  const runs: readonly PastRun[] = [...earlier, { run: summary.overview.run, counts: summary.tally.counts }]
  return {
    id: 'trend',
    title: 'Beside the runs before it',
    body: markup`${rateChart(runs, zone)}
${dataTable({
  caption: 'Runs of a campaign of this name, the oldest first',
  columns: ['started', 'run', 'rows', 'accepted', 'failed', 'in doubt', 'failure rate'],
  figures: ['failure rate'],
  rows: runs.map((each): DataCell[] => [
    moment(each.run.createdAtMs, zone),
    each.run.id,
    each.counts.rows,
    each.counts.accepted,
    each.counts.failed,
    each.counts.inDoubt,
    shareWords(each),
  ]),
})}`,
  }
}

function shareWords({ counts }: PastRun): string {
  const share = failureShare(counts)
  return share === null ? 'nobody decided' : percent(share)
}

/** A chart of nothing but zeroes would be an empty frame, so then it is said. */
function rateChart(runs: readonly PastRun[], zone: string | undefined): Markup {
  if (runs.every(({ counts }) => (failureShare(counts) ?? 0) === 0))
    return markup`<p class="quiet">Nobody failed, in this run or in those before it.</p>`
  const day = ({ run }: PastRun): string => moment(run.createdAtMs, zone).slice(0, 10)
  const width = 1 / runs.length
  return markup`<p class="quiet">The part of those decided that failed, run by run; the last one is this run</p>
${columnsChart({
  id: 'trend-chart',
  title: `Failure rate of this run and the ${runs.length - 1} before it`,
  columns: runs.map((each, index) => ({
    left: (index + 0.15) * width,
    width: 0.7 * width,
    tip: `${day(each)}: ${shareWords(each)}`,
    parts: [{ kind: 'failed', value: failureShare(each.counts) ?? 0 }],
  })),
  ticks: runs.flatMap((each, index) =>
    index % Math.ceil(runs.length / 6) === 0 || index === runs.length - 1
      ? [{ at: (index + 0.5) * width, text: day(each).slice(5) }]
      : [],
  ),
  whole: false,
  valueText: percent,
})}`
}
