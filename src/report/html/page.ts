/**
 * The report as one page that needs nothing else: no network, no script, no file beside it. Made from a run at any time, to
 * be read on a screen, kept, sent on or printed. Nothing from outside may become markup in it.
 */

import { count, duration, latency as latencyWords, moment, percent, terminalSafe } from '../../model/words.ts'
import type { Findings } from '../findings.ts'
import { headline } from '../headline.ts'
import { Markup, markup } from './markup.ts'
import { routesSection, rowsSection, sitesSection } from './rows-sections.ts'
import { type Page, type Section, sectionMarkup } from './section.ts'
import { style } from './style.ts'
import { thresholdsSection } from './thresholds-section.ts'
import { attemptsSection, latencySection, throughputSection } from './time-sections.ts'
import { trendSection } from './trend-section.ts'
import { failuresSection, inDoubtSection, waitingSection } from './trouble-sections.ts'

export function htmlReport(page: Page): Iterable<string> {
  const { run } = page.findings.summary.overview
  const sections = [
    adviceSection(page.findings),
    rowsSection(page),
    thresholdsSection(page),
    failuresSection(page),
    inDoubtSection(page),
    waitingSection(page),
    throughputSection(page),
    latencySection(page),
    sitesSection(page),
    routesSection(page),
    attemptsSection(page),
    trendSection(page),
  ].filter(each => each !== null)
  const document = markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="color-scheme" content="light dark">
<title>${run.campaignName}: report of run ${run.id}</title>
<style>${new Markup(style)}</style>
</head>
<body>
${top(page)}
${contents(sections)}
<main>
${sections.map(sectionMarkup)}</main>
${bottom(page)}
</body>
</html>
`
  return [document.text]
}

function top({ findings, paths, zone }: Page): Markup {
  const { summary } = findings
  const { run } = summary.overview
  const { mark, text, notes } = headline(summary, paths.nowMs, zone)
  const tone = { '✓': 'good', '!': 'bad', '…': 'open' }[mark]
  return markup`<header>
<h1>${run.campaignName}</h1>
<p class="outcome"><span class="${tone}">${mark}</span> ${capital(text)}</p>
${notes.map(
  note => markup`<p>${capital(note)}</p>
`,
)}<p class="quiet">Run ${run.id}, key ${run.key}, started ${moment(run.createdAtMs, zone)}${
    run.finishedAtMs === null ? '' : `, finished ${moment(run.finishedAtMs, zone)}`
  }</p>
<dl class="facts">
${facts(findings).map(
  ([name, value]) => markup`<div><dt>${name}</dt><dd>${value}</dd></div>
`,
)}</dl>
</header>`
}

/** The few figures that are asked for first. */
function facts({ summary, course }: Findings): readonly (readonly [string, string])[] {
  const { counts } = summary.tally
  const decided = counts.accepted + counts.failed
  const { slices, sliceMs, latency } = course
  const fastest = Math.max(0, ...slices.map(each => each.accepted + each.failed + each.inDoubt))
  const [busiest] = latency
  const [first, last] = [slices[0], slices.at(-1)]
  return [
    ['accepted', count(counts.accepted)],
    ['failed', count(counts.failed)],
    ['in doubt', count(counts.inDoubt)],
    ['waiting', count(counts.waiting)],
    ...(decided === 0 ? [] : [['acceptance', percent(counts.accepted / decided)] as const]),
    ...(first === undefined || last === undefined
      ? []
      : [
          ['from first to last', duration(last.fromMs + sliceMs - first.fromMs)] as const,
          ['fastest', pace((fastest / sliceMs) * 1000)] as const,
        ]),
    ...(busiest === undefined
      ? []
      : [[`95% of calls, ${terminalSafe(busiest.route)}`, latencyWords(busiest.p95Ms)] as const]),
  ]
}

/** `120/s`, `2.5/s`, `12/min` */
function pace(perSecond: number): string {
  if (perSecond < 1) return `${count(Math.round(perSecond * 60))}/min`
  return `${perSecond < 10 ? Number(perSecond.toFixed(1)) : count(Math.round(perSecond))}/s`
}

function adviceSection({ recommendations }: Findings): Section {
  const list = markup`<ol class="advice">
${recommendations.map(
  ({ advice, reason }) => markup`<li>${advice} <span>${reason}</span></li>
`,
)}</ol>`
  return {
    id: 'advice',
    title: 'What to do',
    body: recommendations.length === 0 ? markup`<p>Nothing: these figures are as they should be.</p>` : list,
  }
}

function contents(sections: readonly Section[]): Markup {
  return markup`<nav aria-label="Contents"><ul>
${sections.map(
  ({ id, title }) => markup`<li><a href="#${id}">${title}</a></li>
`,
)}</ul></nav>`
}

function bottom({ findings: { summary }, paths, zone }: Page): Markup {
  const { run } = summary.overview
  return markup`<footer>
<p>Made ${moment(paths.nowMs, zone)} from the journal; made again, it shows what has become of the run since: <code>${paths.reportCommand} --format html</code></p>
${paths.results === null ? null : markup`<p>One line for each row: <code>${paths.results}</code></p>`}
${paths.rejects === null ? null : markup`<p>Rows with problems: <code>${paths.rejects}</code></p>`}
<p>Campaign file: <code>${run.campaignFile}</code></p>
</footer>`
}

function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`
}
