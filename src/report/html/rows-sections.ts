/** Where the rows of the list are: all of them, by receiving site, by route. */

import type { StateCounts, Tally } from '../../journal/journal.ts'
import { count, latency, percent, plural } from '../../model/words.ts'
import { bar } from './bar.ts'
import type { Kind } from './columns-chart.ts'
import { dataTable } from './data-table.ts'
import { type Markup, markup } from './markup.ts'
import type { Page, Section } from './section.ts'

export function rowsSection({ findings }: Page): Section {
  const { tally } = findings.summary
  const { counts } = tally
  const classes = tally.classes.filter(each => each.state === 'failed').map(each => [each.class, each.count] as const)
  const skipped = tally.skipped.map(each => [each.reason, each.count] as const)
  const problems = tally.rowProblems.map(each => [each.reason, each.count] as const)
  const row = (name: string, kind: Kind, number: number, parts: readonly (readonly [string, number])[]) => [
    name,
    number,
    counts.rows === 0 ? '' : percent(number / counts.rows),
    bar([{ kind, value: number }], counts.rows),
    parts.map(([reason, of]) => `${reason} ${count(of)}`).join(', '),
  ]
  return {
    id: 'rows',
    title: 'Every row of the list',
    body: dataTable({
      caption: 'Where the rows of the list are',
      columns: ['state', 'rows', 'share', 'part of all rows', 'of which'],
      figures: ['share'],
      wide: ['of which'],
      rows: [
        row('accepted', 'accepted', counts.accepted, []),
        row('failed', 'failed', counts.failed, classes),
        row('skipped', 'waiting', counts.skipped, skipped),
        row('in doubt', 'in-doubt', counts.inDoubt, []),
        row('waiting', 'waiting', counts.waiting, []),
        row('row problems', 'failed', counts.rowProblems, problems),
        ['rows', counts.rows, '', '', 'the sum of the above'],
      ],
    }),
  }
}

export function sitesSection({ findings: { summary } }: Page): Section | null {
  const { sites, siteCount } = summary.tally
  if (siteCount === 0) return null
  const most = Math.max(...sites.map(total))
  const more = siteCount - sites.length
  return {
    id: 'sites',
    title: 'By receiving site',
    body: markup`${legend}
${dataTable({
  caption: 'Outcome by receiving site',
  columns: ['site', 'accepted', 'failed', 'in doubt', 'waiting', 'messages'],
  rows: sites.map(site => [site.site, ...states(site), stateBar(site, most)]),
})}
${more > 0 ? markup`<p class="quiet">and ${plural(more, 'more site')}</p>` : null}`,
  }
}

export function routesSection({ findings: { summary, course } }: Page): Section | null {
  const { routes } = summary.tally
  if (routes.length === 0) return null
  const most = Math.max(...routes.map(total))
  const rows = routes.map(route => {
    const took = course.latency.find(each => each.route === route.route)
    const typical = took === undefined ? '' : latency(took.p50Ms)
    return [route.route, ...states(route), route.attempts, typical, stateBar(route, most)]
  })
  return {
    id: 'routes',
    title: 'By route',
    body: dataTable({
      caption: 'Outcome by route',
      columns: ['route', 'accepted', 'failed', 'in doubt', 'waiting', 'calls', 'typical call', 'messages'],
      figures: ['typical call'],
      rows,
    }),
  }
}

export const series: readonly { readonly kind: Kind; readonly name: string }[] = [
  { kind: 'accepted', name: 'accepted' },
  { kind: 'failed', name: 'failed' },
  { kind: 'in-doubt', name: 'in doubt' },
  { kind: 'waiting', name: 'waiting' },
]

export function legendOf(kinds: readonly Kind[]): Markup {
  const shown = series.filter(({ kind }) => kinds.includes(kind))
  return markup`<ul class="legend">${shown.map(
    ({ kind, name }) =>
      markup`<li><svg viewBox="0 0 10 10" aria-hidden="true"><rect class="${kind}" width="10" height="10"/></svg>${name}</li>`,
  )}</ul>`
}

const legend = legendOf(['accepted', 'failed', 'in-doubt', 'waiting'])

function states({ accepted, failed, inDoubt, waiting }: StateCounts): readonly number[] {
  return [accepted, failed, inDoubt, waiting]
}

function stateBar(counts: StateCounts, most: number): Markup {
  const parts: { readonly kind: Kind; readonly value: number }[] = [
    { kind: 'accepted', value: counts.accepted },
    { kind: 'failed', value: counts.failed },
    { kind: 'in-doubt', value: counts.inDoubt },
    { kind: 'waiting', value: counts.waiting },
  ]
  return bar(parts, most)
}

function total({ accepted, failed, inDoubt, waiting }: Tally['sites'][number] | StateCounts): number {
  return accepted + failed + inDoubt + waiting
}
