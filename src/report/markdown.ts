/**
 * The report as Markdown (GitHub's), for the summary of a job and for tickets. Whatever comes from outside stands in code
 * spans, in which nothing is markup, a link or a mention.
 */

import type { StateCounts, Tally } from '../journal/journal.ts'
import { measuredWords, type Verdict, verdictMark } from '../model/verdict.ts'
import { count, moment, plural, terminalSafe } from '../model/words.ts'
import type { Findings } from './findings.ts'
import { headline } from './headline.ts'
import { causeWords, type ReportPaths } from './terminal.ts'

export interface MarkdownReport {
  readonly findings: Findings
  readonly paths: ReportPaths
  /** In which times are said. */
  readonly zone: string
}

export function* markdownReport({ findings, paths, zone }: MarkdownReport): Generator<string> {
  const { summary, recommendations } = findings
  const { tally, overview } = summary
  const { run } = overview
  const { mark, text, notes } = headline(summary, paths.nowMs, zone)
  yield `## ${mark} ${code(run.campaignName)}: ${text}\n`
  for (const note of notes) yield `\n${code(note)}\n`
  yield `\nRun ${code(run.id)}, key ${code(run.key)}, started ${moment(run.createdAtMs, zone)}\n`
  yield* section('What to do', advice(recommendations))
  yield* section('Every row of the list', accounts(tally))
  yield* section('Thresholds', thresholds(summary.thresholds))
  yield* section('Accepted twice under this key', causes(tally, 'accepted'))
  yield* section('Failures by reason', causes(tally, 'failed'))
  yield* section('Waiting because of', causes(tally, 'queued'))
  yield* section(
    'By route',
    states(
      'route',
      tally.routes.map(each => [each.route, each]),
    ),
  )
  yield* section('By receiving site', sites(tally))
  if (tally.counts.inDoubt > 0) yield `\nIn doubt, to be settled: ${code(paths.settleCommand)}\n`
}

function* section(title: string, lines: readonly string[]): Generator<string> {
  if (lines.length > 0) yield `\n### ${title}\n\n${lines.join('\n')}\n`
}

function advice(recommendations: Findings['recommendations']): string[] {
  return recommendations.map(each => `- ${plain(each.advice)} ${plain(each.reason)}`)
}

function accounts({ counts, classes, skipped, rowProblems }: Tally): string[] {
  const failed = classes.filter(each => each.state === 'failed')
  return table(
    ['state', 'rows', 'of which'],
    [
      ['accepted', counts.accepted, ''],
      ['failed', counts.failed, failed.map(each => `${each.class} ${count(each.count)}`).join(', ')],
      ['skipped', counts.skipped, skipped.map(each => `${each.reason} ${count(each.count)}`).join(', ')],
      ['in doubt', counts.inDoubt, ''],
      ['waiting', counts.waiting, ''],
      ['row problems', counts.rowProblems, rowProblems.map(each => `${each.reason} ${count(each.count)}`).join(', ')],
      ['**rows**', counts.rows, 'the sum of the above'],
    ],
  )
}

function thresholds(verdicts: readonly Verdict[]): string[] {
  const rows = verdicts.map(each => [verdictMark(each), cell(each.threshold), measuredWords(each)])
  return rows.length === 0 ? [] : table(['', 'threshold', 'measured'], rows)
}

function causes(tally: Tally, state: 'accepted' | 'failed' | 'queued'): string[] {
  const rows = tally.causes
    .filter(each => each.state === state)
    .map(each => [cell(causeWords(each.cause)), each.count, cell(each.example)])
  return rows.length === 0 ? [] : table(['what was said', 'messages', 'for example'], rows)
}

function states(what: string, rows: readonly (readonly [string, StateCounts])[]): string[] {
  if (rows.length === 0) return []
  return table(
    [what, 'accepted', 'failed', 'in doubt', 'waiting'],
    rows.map(([name, each]) => [cell(name), each.accepted, each.failed, each.inDoubt, each.waiting]),
  )
}

function sites(tally: Tally): string[] {
  const shown = tally.sites.slice(0, 10)
  const more = tally.siteCount - shown.length
  const lines = states(
    'site',
    shown.map(each => [each.site, each]),
  )
  return more > 0 ? [...lines, '', `and ${plural(more, 'more site')}`] : lines
}

/** Columns with numbers are to the right. */
function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] {
  const line = (cells: readonly (string | number)[]): string =>
    `| ${cells.map(each => (typeof each === 'number' ? count(each) : each)).join(' | ')} |`
  const rule = head.map((_, index) => (rows.some(row => typeof row[index] === 'number') ? '---:' : '---'))
  return [line(head), line(rule), ...rows.map(line)]
}

/** A code span in a table, where a bar would end the cell unless a backslash stands before it (GFM, section 4.10). */
function cell(text: string): string {
  return code(text).replaceAll('|', '\\|')
}

/** A code span; its fence is longer than any row of backticks in it (CommonMark 0.31, section 6.1). */
function code(text: string): string {
  const line = terminalSafe(text, 200).trim()
  if (line === '') return ''
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map(([ticks]) => ticks.length))
  const fence = '`'.repeat(longest + 1)
  const room = line.startsWith('`') || line.endsWith('`') ? ' ' : ''
  return `${fence}${room}${line}${room}${fence}`
}

/** Our own sentences, in which a name from outside may stand. */
function plain(text: string): string {
  return terminalSafe(text, 500).replace(/[\\`*_[\]<>|~&#!@]/g, character => `\\${character}`)
}
