/** Who was not reached and why, who is in doubt, who waits, and until when. */

import type { Tally } from '../../journal/journal.ts'
import type { MessageState } from '../../model/message.ts'
import { count, moment } from '../../model/words.ts'
import { classWords } from '../class-words.ts'
import { goesAtMs } from '../summary.ts'
import { settledWords } from '../terminal.ts'
import { type DataCell, dataTable } from './data-table.ts'
import { type Markup, markup } from './markup.ts'
import type { Page, Section } from './section.ts'

export function failuresSection({ findings: { summary }, paths }: Page): Section | null {
  const { tally } = summary
  const twice = tally.causes.filter(each => each.state === 'accepted')
  if (tally.counts.failed === 0 && twice.length === 0) return null
  const named = tally.causes.filter(each => each.state === 'failed').reduce((sum, each) => sum + each.count, 0)
  const more = tally.counts.failed - named
  return {
    id: 'failures',
    title: 'Failures by reason',
    body: markup`${twice.length === 0 ? null : causesTable('Accepted twice under this key', tally, 'accepted')}
${tally.counts.failed === 0 ? null : causesTable("Failures by reason, in the provider's own words", tally, 'failed')}
${more > 0 ? markup`<p class="quiet">and ${count(more)} more for other reasons</p>` : null}
<p>As a list that can be sent again: <code>${paths.failedCommand}</code></p>`,
  }
}

function causesTable(caption: string, tally: Tally, state: MessageState): Markup {
  const rows = tally.causes
    .filter(each => each.state === state)
    .map(({ cause, count: number, example }): DataCell[] => {
      const codes = [cause.code, cause.status].filter(code => code !== undefined && !cause.text.includes(code))
      const { meaning, advice } = classWords[cause.class]
      return [
        markup`${cause.class}<br><span class="quiet">${meaning}</span>`,
        number,
        [...codes, cause.text].join(' '),
        example,
        advice,
      ]
    })
  return dataTable({
    caption,
    columns: ['reason', 'messages', 'what was said', 'for example', 'what to do'],
    rows,
    wide: ['what was said', 'what to do'],
  })
}

export function inDoubtSection({ findings, paths, zone }: Page): Section | null {
  const { tally } = findings.summary
  const { inDoubt } = tally.counts
  if (inDoubt === 0 && tally.settled.length === 0) return null
  const more = inDoubt - findings.inDoubt.length
  const people = markup`<p>The call may have been taken, the answer was lost. They are not mailed again by resume, retry or send.
To settle them: <code>${paths.settleCommand}</code></p>
${dataTable({
  caption: 'Who is in doubt',
  columns: ['address', 'line', 'route', 'since', 'what is known'],
  rows: findings.inDoubt.map(({ address, line, route, sinceMs, cause }) => [
    address,
    line,
    route,
    moment(sinceMs, zone),
    cause.text,
  ]),
  wide: ['what is known'],
})}
${more > 0 ? markup`<p>and ${count(more)} more: <code>${paths.inDoubtCommand}</code></p>` : null}`
  const settled = dataTable({
    caption: 'Who was in doubt and is not any more',
    columns: ['state', 'messages', 'how it was settled'],
    rows: tally.settled.map(({ by, state, count: number }) => [state, number, settledWords[by]]),
    wide: ['how it was settled'],
  })
  return {
    id: 'in-doubt',
    title: 'In doubt',
    body: markup`${inDoubt > 0 ? people : null}${tally.settled.length > 0 ? settled : null}`,
  }
}

export function waitingSection({ findings: { summary, course }, paths, zone }: Page): Section | null {
  if (summary.tally.counts.waiting === 0) return null
  const due = (dueAtMs: number): string => {
    const atMs = goesAtMs(summary, dueAtMs)
    return atMs <= paths.nowMs ? 'now' : moment(atMs, zone)
  }
  return {
    id: 'waiting',
    title: 'What waits, and until when',
    body: markup`${dataTable({
      caption: 'Who waits, by what was last said',
      columns: ['reason', 'messages', 'first due', 'last due'],
      rows: course.waiting.map(each => [
        each.class === null ? 'not tried yet' : `${each.class}: ${classWords[each.class].meaning}`,
        each.count,
        due(each.firstDueAtMs),
        due(each.lastDueAtMs),
      ]),
    })}
${summary.tally.causes.some(each => each.state === 'queued') ? causesTable("Why they wait, in the provider's own words", summary.tally, 'queued') : null}
<p>To go on: <code>${paths.resumeCommand}</code></p>`,
  }
}
