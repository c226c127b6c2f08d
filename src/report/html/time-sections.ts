/** How the run went: over time, from attempt to attempt, call by call. */

import { scaleUtc } from 'd3-scale'
import type { LatencyBand, Slice } from '../../journal/journal.ts'
import { count, duration, latency, moment, nth, percent, plural } from '../../model/words.ts'
import { evenTime } from '../../model/zone.ts'
import { bar } from './bar.ts'
import { type Column, columnsChart } from './columns-chart.ts'
import { dataTable, figuresOf } from './data-table.ts'
import { markup } from './markup.ts'
import { legendOf } from './rows-sections.ts'
import type { Page, Section } from './section.ts'

export function throughputSection({ findings: { course }, zone }: Page): Section | null {
  const { slices, sliceMs } = course
  const [first, last] = [slices[0], slices.at(-1)]
  if (first === undefined || last === undefined) return null
  const span = last.fromMs + sliceMs - first.fromMs
  const columns = slices.map(
    (slice): Column => ({
      left: (slice.fromMs - first.fromMs) / span,
      width: (sliceMs / span) * 0.9,
      tip: `${moment(slice.fromMs, zone)}: ${sliceWords(slice)}`,
      parts: [
        { kind: 'accepted', value: slice.accepted },
        { kind: 'failed', value: slice.failed },
        { kind: 'in-doubt', value: slice.inDoubt },
      ],
    }),
  )
  const title = `Messages that came to an end in each ${stretch(sliceMs)}`
  return {
    id: 'throughput',
    title: 'Over time',
    isHalf: true,
    body: markup`<p class="quiet">${title}</p>
${columnsChart({
  id: 'throughput-chart',
  title: `${title}, from ${moment(first.fromMs, zone)} to ${moment(first.fromMs + span, zone)}`,
  columns,
  ticks: timeTicks(first.fromMs, span, zone),
  whole: true,
  valueText: shortCount,
})}
${legendOf(['accepted', 'failed', 'in-doubt'])}
${figuresOf({
  caption: title,
  columns: ['from', 'accepted', 'failed', 'in doubt'],
  rows: slices.map(({ fromMs, accepted, failed, inDoubt }) => [moment(fromMs, zone), accepted, failed, inDoubt]),
})}`,
  }
}

function sliceWords({ accepted, failed, inDoubt }: Slice): string {
  const parts = [`accepted ${count(accepted)}`]
  if (failed > 0) parts.push(`failed ${count(failed)}`)
  if (inDoubt > 0) parts.push(`in doubt ${count(inDoubt)}`)
  return parts.join(', ')
}

/** `minute`, `10 min` */
function stretch(ms: number): string {
  return { 1000: 'second', 60000: 'minute', 3600000: 'hour', [dayMs]: 'day' }[ms] ?? duration(ms)
}

const dayMs = 86_400_000

/** Round times of the zone's clocks; where the clocks change meanwhile, those from the start on. */
function timeTicks(fromMs: number, spanMs: number, zone: string) {
  const { offsetMs } = evenTime(zone, fromMs)
  const scale = scaleUtc().domain([fromMs + offsetMs, fromMs + spanMs + offsetMs])
  return scale
    .ticks(4)
    .map(tick => tick.getTime() - offsetMs)
    .filter(atMs => atMs % 1000 === 0)
    .map(atMs => ({ at: (atMs - fromMs) / spanMs, text: clock(atMs, spanMs, zone) }))
    .filter(({ at }) => at >= 0 && at < 0.98)
}

/** `11-22`, `14:05`, `14:05:09`: as much as is needed to tell one from the next. */
function clock(atMs: number, spanMs: number, zone: string): string {
  const [day = '', time = ''] = moment(atMs, zone).split(' ')
  if (spanMs > 3 * dayMs) return day.slice(5)
  if (spanMs > dayMs) return `${day.slice(5)} ${time.slice(0, 5)}`
  return spanMs > 300_000 ? time.slice(0, 5) : time
}

export function attemptsSection({ findings: { course } }: Page): Section | null {
  const { acceptedAt, deferrals } = course
  if (acceptedAt.length === 0) return null
  const all = acceptedAt.reduce((sum, each) => sum + each.count, 0)
  return {
    id: 'attempts',
    title: 'At which attempt they were accepted',
    body: markup`${dataTable({
      caption: 'Accepted messages by attempt',
      columns: ['attempt', 'accepted', 'share', 'part of all accepted'],
      figures: ['share'],
      rows: acceptedAt.map(({ attempt, count: number }) => [
        attempt === 0 ? 'none counted' : nth(attempt),
        number,
        percent(number / all),
        bar([{ kind: 'accepted', value: number }], all),
      ]),
    })}
<p class="quiet">${
      deferrals === 0
        ? 'Nobody had to be handed over twice.'
        : `${plural(deferrals, 'time', 'times')} somebody was put off and handed over again. Being asked to be slower counts as no attempt.`
    }</p>`,
  }
}

export function latencySection({ findings: { course } }: Page): Section | null {
  const { latency: routes, bands } = course
  if (routes.length === 0) return null
  const used = bands.slice(firstUsed(bands), bands.length - firstUsed(bands.toReversed()))
  const from = firstUsed(bands)
  const name = (index: number): string =>
    bandWords(used[index], index + from === 0 ? null : (bands[index + from - 1]?.belowMs ?? null))
  const columns = used.map(
    ({ calls }, index): Column => ({
      left: (index + 0.08) / used.length,
      width: 0.84 / used.length,
      tip: `${name(index)}: ${plural(calls, 'call')}`,
      parts: [{ kind: 'plain', value: calls }],
    }),
  )
  return {
    id: 'latency',
    title: 'How long calls took',
    isHalf: true,
    body: markup`<p class="quiet">Calls by how long they took; under each column what they took less than</p>
${columnsChart({
  id: 'latency-chart',
  title: `Calls by how long they took: ${used.map((each, index) => `${name(index)}: ${count(each.calls)}`).join(', ')}`,
  columns,
  ticks: used.flatMap(({ belowMs }, index) =>
    index % Math.ceil(used.length / labelsMax) === 0
      ? [{ at: (index + 0.5) / used.length, text: belowMs === null ? 'more' : duration(belowMs) }]
      : [],
  ),
  whole: true,
  valueText: shortCount,
})}
${dataTable({
  caption: 'Calls by route: half of them, 95% and 99% took no longer than this',
  columns: ['route', 'calls', '50%', '95%', '99%', 'slowest'],
  figures: ['50%', '95%', '99%', 'slowest'],
  rows: routes.map(({ route, calls, p50Ms, p95Ms, p99Ms, slowestMs }) => [
    route,
    calls,
    latency(p50Ms),
    latency(p95Ms),
    latency(p99Ms),
    latency(slowestMs),
  ]),
})}`,
  }
}

/** More of them would run into each other. */
const labelsMax = 7

function firstUsed(bands: readonly LatencyBand[]): number {
  return bands.findIndex(({ calls }) => calls > 0)
}

function bandWords(band: LatencyBand | undefined, fromMs: number | null): string {
  const belowMs = band?.belowMs ?? null
  if (belowMs === null) return `${duration(fromMs ?? 0)} or more`
  return fromMs === null ? `less than ${duration(belowMs)}` : `${duration(fromMs)} to ${duration(belowMs)}`
}

/** `950`, `12k`, `1.5M`: short enough to stand beside a chart. */
export function shortCount(value: number): string {
  return compact.format(value).replace('K', 'k')
}

const compact = new Intl.NumberFormat('en-US', { notation: 'compact', maximumSignificantDigits: 3 })
