/** What was asked of the run's figures, and what they are. */

import { measuredWords, verdictMark } from '../../model/verdict.ts'
import { dataTable } from './data-table.ts'
import { markup } from './markup.ts'
import type { Page, Section } from './section.ts'

export function thresholdsSection({ findings: { summary } }: Page): Section | null {
  const { thresholds } = summary
  if (thresholds.length === 0) return null
  return {
    id: 'thresholds',
    title: 'Thresholds',
    body: dataTable({
      caption: 'What the run is judged by',
      columns: ['threshold', 'verdict', 'measured'],
      rows: thresholds.map(each => [
        each.threshold,
        markup`<span class="${each.isCrossed ? 'crossed' : 'kept'}">${verdictMark(each)}</span> ${each.isCrossed ? 'crossed' : 'kept'}`,
        measuredWords(each),
      ]),
    }),
  }
}
