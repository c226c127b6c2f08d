/** The report as people read it in a terminal. Same run, same report, any time later. */

import type { Course, Tally } from '../journal/journal.ts'
import type { SettledBy } from '../model/message.ts'
import type { Cause } from '../model/outcome.ts'
import { measuredWords, verdictMark } from '../model/verdict.ts'
import { count, latency, moment, plural, terminalSafe } from '../model/words.ts'
import { classWords } from './class-words.ts'
import type { Findings } from './findings.ts'
import { headline } from './headline.ts'
import { inDoubtTable } from './in-doubt.ts'
import { goesAtMs, type Summary } from './summary.ts'
import { type Cell, foldedLines, tableLines } from './table.ts'

export interface ReportPaths {
  /** One line per row of the list; null while none has been written. */
  readonly results: string | null
  /** The rows that did not become recipients; null if there are none. */
  readonly rejects: string | null
  /** What to type to go on with this run. */
  readonly resumeCommand: string
  /** What to type to see the run again. */
  readonly reportCommand: string
  /** What to type to get those who failed as a list. */
  readonly failedCommand: string
  /** What to type to settle who is in doubt, and to see all of them. */
  readonly settleCommand: string
  readonly inDoubtCommand: string
  /** How many people in doubt are named; null: everybody. */
  readonly namedInDoubt: number | null
  readonly nowMs: number
  /** How wide the terminal is in which it is read; null: it is read elsewhere. */
  readonly columns: number | null
}

type TerminalFindings = Pick<Findings, 'summary' | 'course' | 'recommendations'>

/** The sections of the report, in pieces: everybody in doubt may be many. */
export function* terminalReport(
  { summary, course, recommendations }: TerminalFindings,
  paths: ReportPaths,
): Generator<string> {
  const { tally } = summary
  yield firstLines(summary, paths).join('\n')
  yield* section(accounts(tally))
  yield* section(thresholds(summary))
  yield* section(causes('Accepted twice under this key', tally, 'accepted', paths))
  yield* section(failures(tally, paths))
  yield* section(causes('Waiting because of', tally, 'queued', paths))
  yield* section(waiting(summary, course, paths))
  if (tally.counts.inDoubt > 0) yield* inDoubt(summary, paths)
  yield* section(settled(tally))
  yield* section(routes(tally, course))
  yield* section(sites(tally))
  yield* section(whatToDo(recommendations, paths))
  yield* section(whereTo(summary, paths))
  yield '\n'
}

function* section(lines: readonly string[]): Generator<string> {
  if (lines.length > 0) yield `\n\n${lines.join('\n')}`
}

function firstLines(summary: Summary, { nowMs, columns }: ReportPaths): string[] {
  const { run } = summary.overview
  const { mark, text, notes } = headline(summary, nowMs)
  const first = `${terminalSafe(run.campaignName)} (run ${run.id}): ${text}`
  return [
    ...foldedLines(`${mark} `, first.split(' '), columns),
    ...notes.flatMap(note => foldedLines('  ', note.split(' '), columns)),
  ]
}

function accounts(tally: Tally): string[] {
  const { counts } = tally
  const by = (items: readonly { readonly count: number }[], name: (index: number) => string): string =>
    items.map((item, index) => `${name(index)} ${count(item.count)}`).join(', ')
  const failed = tally.classes.filter(each => each.state === 'failed')
  const rows: Cell[][] = [
    ['accepted', counts.accepted, ''],
    ['failed', counts.failed, by(failed, index => failed[index]?.class ?? '')],
    ['skipped', counts.skipped, by(tally.skipped, index => tally.skipped[index]?.reason ?? '')],
    ['in doubt', counts.inDoubt, ''],
    ['waiting', counts.waiting, ''],
    ['row problems', counts.rowProblems, by(tally.rowProblems, index => tally.rowProblems[index]?.reason ?? '')],
    ['rows', counts.rows, '= the sum of the above'],
  ]
  return ['Every row of the list', ...tableLines(rows)]
}

function thresholds({ thresholds: verdicts }: Summary): string[] {
  const rows = verdicts.map(each => [verdictMark(each), terminalSafe(each.threshold), measuredWords(each)])
  return rows.length === 0 ? [] : ['Thresholds', ...tableLines(rows)]
}

function failures(tally: Tally, paths: ReportPaths): string[] {
  const lines = causes('Failures', tally, 'failed', paths)
  if (lines.length === 0) return []
  const classes = tally.classes.filter(each => each.state === 'failed').map(each => each.class)
  const advice = classes.flatMap(each => foldedLines(`  ${each}: `, classWords[each].advice.split(' '), paths.columns))
  const asList = foldedLines('  ', ['As a list that can be sent again:', paths.failedCommand], paths.columns)
  return [...lines, ...advice, ...asList]
}

function causes(
  title: string,
  tally: Tally,
  state: 'accepted' | 'failed' | 'queued',
  { columns }: ReportPaths,
): string[] {
  const shown = tally.causes.filter(each => each.state === state)
  const width = Math.max(0, ...shown.map(each => count(each.count).length))
  const lines = shown.flatMap(each => {
    const words = [...causeWords(each.cause).split(' '), ` e.g. ${terminalSafe(each.example)}`]
    return foldedLines(`  ${count(each.count).padStart(width)}  `, words, columns)
  })
  return lines.length === 0 ? [] : [title, ...lines]
}

/** The class, the provider's codes and its own words. */
export function causeWords(cause: Cause): string {
  // An SMTP reply often repeats its codes in its text; they are said once.
  const text = terminalSafe(cause.text, 160)
  const codes = [cause.code, cause.status].filter(code => code !== undefined && !text.includes(code))
  return `${cause.class}: ${[...codes, text].join(' ')}`
}

function* inDoubt({ tally, inDoubt: people }: Summary, paths: ReportPaths): Generator<string> {
  const most = paths.namedInDoubt ?? Number.POSITIVE_INFINITY
  yield '\n\nIn doubt: the call may have been taken, the answer was lost'
  let named = 0
  for (const lines of inDoubtTable(people, most)) {
    named += lines.length
    yield `\n${lines.join('\n')}`
  }
  const more = tally.counts.inDoubt - named
  if (more > 0) yield `\n  and ${count(more)} more: ${paths.inDoubtCommand}`
  const remedy = ['They are not mailed again by resume, retry or send.', 'To settle them:', paths.settleCommand]
  yield `\n${foldedLines('  ', remedy, paths.columns).join('\n')}`
}

export const settledWords: Readonly<Record<SettledBy, string>> = {
  asked: 'the provider was asked',
  repeated: 'the call was repeated under its idempotency key',
  operator: 'the operator said so',
  resent: 'the operator had it sent again; it may have arrived twice',
}

function settled(tally: Tally): string[] {
  const rows = tally.settled.map(each => [each.count, each.state, settledWords[each.by]])
  return rows.length === 0 ? [] : ['Once in doubt', ...tableLines(rows)]
}

/** Half of the calls took no longer than `p50`, 95 of 100 no longer than `p95`. */
function routes(tally: Tally, course: Pick<Course, 'latency'>): string[] {
  if (tally.routes.length === 0) return []
  const rows = tally.routes.map(({ route, accepted, failed, inDoubt: doubtful, waiting: queued, attempts }) => {
    const took = course.latency.find(each => each.route === route)
    const percentiles = took === undefined ? ['', ''] : [latency(took.p50Ms), latency(took.p95Ms)]
    return [route, accepted, failed, doubtful, queued, attempts, ...percentiles]
  })
  return [
    'By route',
    ...tableLines([['', 'accepted', 'failed', 'in doubt', 'waiting', 'calls', 'p50', 'p95'], ...rows]),
  ]
}

/** Who waits, by the class of what was said last, and until when. */
function waiting(summary: Summary, course: Pick<Course, 'waiting'>, { nowMs }: ReportPaths): string[] {
  const { paused } = summary.overview.run
  const rows = course.waiting.map(({ class: failureClass, count: number, firstDueAtMs, lastDueAtMs }) => {
    const [first, last] = [firstDueAtMs, lastDueAtMs].map(dueAtMs => {
      const atMs = goesAtMs(summary, dueAtMs)
      return atMs <= nowMs ? 'now' : moment(atMs)
    })
    const due = first === last ? `due ${first}` : `due ${first} to ${last}`
    return [number, failureClass ?? 'not tried yet', paused === null ? due : 'until the run is resumed']
  })
  return rows.length === 0 ? [] : ['What waits', ...tableLines(rows)]
}

function whatToDo(recommendations: Findings['recommendations'], { columns }: ReportPaths): string[] {
  const lines = recommendations.flatMap(({ advice, reason }) =>
    foldedLines('  - ', `${advice} ${reason}`.split(' '), columns),
  )
  return lines.length === 0 ? [] : ['What to do', ...lines]
}

function sites(tally: Tally): string[] {
  if (tally.siteCount === 0) return []
  const shown = tally.sites.slice(0, 10)
  const rows = shown.map(each => [terminalSafe(each.site), each.accepted, each.failed, each.inDoubt, each.waiting])
  const more = tally.siteCount - shown.length
  return [
    'By receiving site',
    ...tableLines([['', 'accepted', 'failed', 'in doubt', 'waiting'], ...rows]),
    ...(more > 0 ? [`  and ${plural(more, 'more site')}`] : []),
  ]
}

function whereTo({ outcome }: Summary, paths: ReportPaths): string[] {
  const rows: Cell[][] = []
  if (paths.results !== null) rows.push(['results', paths.results])
  if (paths.rejects !== null) rows.push(['rejects', paths.rejects])
  rows.push(['report', paths.reportCommand])
  if (outcome === 'unfinished') rows.push(['go on', paths.resumeCommand])
  return tableLines(rows, '')
}
