/** Prints a run's report in the form asked for, and keeps the results file beside the journal up to date. */

import { once } from 'node:events'
import { createWriteStream, statSync } from 'node:fs'
import { mkdir, rename } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { messageIdFor } from '../content/identity.ts'
import type { Journal } from '../journal/journal.ts'
import type { Threshold } from '../model/campaign.ts'
import { UserError } from '../model/errors.ts'
import type { RunId } from '../model/message.ts'
import type { Run } from '../model/run.ts'
import { csvReport } from '../report/csv.ts'
import { findingsOf } from '../report/findings.ts'
import { findingsJson } from '../report/findings-json.ts'
import { jsonReport } from '../report/json.ts'
import type { Summary } from '../report/summary.ts'
import { type ReportPaths, terminalReport } from '../report/terminal.ts'
import type { Context } from './context.ts'
import { judgedSummary } from './judging.ts'
import { commandFor, runFolder, shown } from './places.ts'
import { print, writeAll } from './printing.ts'

export type ReportFormat = 'terminal' | 'json' | 'ndjson' | 'csv' | 'html' | 'markdown'

export interface ReportOptions {
  readonly format: ReportFormat
  /** Whether to write the results file: a command that sends does, one that only reads does not. */
  readonly writeResults: boolean
  readonly journalPath: string
  /** The file to write the report to; default: stdout. */
  readonly output?: string | undefined
  /** What the run is judged by besides its campaign's thresholds. */
  readonly failOn?: readonly Threshold[]
}

/** Gives the summary that the report was made from. */
export async function printReport(
  journal: Journal,
  id: RunId,
  options: ReportOptions,
  context: Context,
): Promise<Summary> {
  const summary = judgedSummary(journal, id, context.clock.nowMs(), options.failOn)
  const { run } = summary.overview
  const file = options.writeResults
    ? await writeResults(journal, run, options.journalPath, context)
    : writtenResults(run, options.journalPath)
  const pieces = await reportPieces(journal, summary, file, options, context)
  const output = outputOf(run, options, context)
  if (output !== null) {
    await writeOutput(output, pieces, context)
    return summary
  }
  if (options.format === 'csv') await writeAll(pieces, context.stdout.stream)
  else await print(pieces, context)
  await context.stdout.flush()
  return summary
}

/** The report in one of its forms. */
export async function reportPieces(
  journal: Journal,
  summary: Summary,
  resultsFile: string | null,
  options: ReportOptions,
  context: Context,
): Promise<Iterable<string>> {
  const paths = (): ReportPaths => pathsOf(summary.overview.run, resultsFile, options, context)
  switch (options.format) {
    case 'csv':
      return results(journal, summary.overview.run)
    case 'json':
      return jsonReport(summary, 'indented', findingsJson(findingsOf(journal, summary)))
    case 'ndjson':
      return jsonReport(summary, 'line', { results_file: resultsFile })
    case 'html': {
      const { htmlReport } = await import('../report/html/page.ts')
      return htmlReport({
        findings: findingsOf(journal, summary),
        paths: paths(),
        zone: await zoneOf(summary, context),
      })
    }
    case 'markdown': {
      const { markdownReport } = await import('../report/markdown.ts')
      const findings = findingsOf(journal, summary)
      return markdownReport({ findings, paths: paths(), zone: await zoneOf(summary, context) })
    }
    case 'terminal':
      return terminalReport(findingsOf(journal, summary), paths())
  }
}

/** The schedule's, else the machine's; zones take a moment to load. */
async function zoneOf({ overview }: Summary, context: Context): Promise<string> {
  const { schedule } = overview.run.delivery
  return schedule?.zone ?? (await import('./scheduling.ts')).dayZone(context)
}

function pathsOf(run: Run, resultsFile: string | null, options: ReportOptions, context: Context): ReportPaths {
  const command = (name: string): string => commandFor(name, run, options.journalPath, context)
  return {
    results: resultsFile === null ? null : shown(resultsFile, context),
    rejects: run.rejectsFile === null ? null : shown(run.rejectsFile, context),
    resumeCommand: command('resume'),
    reportCommand: command('report'),
    failedCommand: `${command('report')} --failed --format csv`,
    settleCommand: command('settle'),
    inDoubtCommand: `${command('status')} --in-doubt`,
    // After a sending its figures must stay in sight.
    namedInDoubt: options.writeResults ? 20 : null,
    nowMs: context.clock.nowMs(),
    columns: options.output === undefined && context.stdout.isTerminal ? context.stdout.stream.columns || null : null,
  }
}

/** Null: stdout. A page is of no use in a terminal, so without a word about it it goes into the run's own folder. */
function outputOf(run: Run, { output, format, journalPath }: ReportOptions, context: Context): string | null {
  if (output === '-') return null
  if (output !== undefined) return resolve(context.cwd, output)
  return format === 'html' && context.stdout.isTerminal ? join(runFolder(journalPath, run), 'report.html') : null
}

/** Writes a file that was asked for, and says so. Throws UserError if it cannot be written. */
export async function writeOutput(path: string, pieces: Iterable<string>, context: Context): Promise<void> {
  try {
    await writeWhole(path, pieces)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === undefined) throw error
    throw new UserError(`the report could not be written (${code})`, {
      where: path,
      remedy: 'mend the folder or make room, or name another file with --output',
      cause: error,
    })
  }
  context.stderr.write(`the report is in ${shown(path, context)}\n`)
}

/**
 * Brings the results file of a run up to date and gives its path. What was sent is in the journal, and is not called off
 * by a file that cannot be written: then it is said so, and null is given.
 */
export async function writeResults(
  journal: Journal,
  run: Run,
  journalPath: string,
  context: Context,
): Promise<string | null> {
  const path = resultsPath(run, journalPath)
  try {
    await writeWhole(path, results(journal, run))
    return path
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error)
    context.stderr.write(`${shown(path, context)} could not be written (${code}); the journal has all results\n`)
    const again = commandFor('report', run, journalPath, context)
    context.stderr.write(`  mend the folder or make room, then: ${again} --format csv\n`)
    return null
  }
}

/** The results file that a sending has written, if it is of what the run came to in the end. */
function writtenResults(run: Run, journalPath: string): string | null {
  const path = resultsPath(run, journalPath)
  const written = statSync(path, { throwIfNoEntry: false })
  return written !== undefined && run.finishedAtMs !== null && written.mtimeMs >= run.finishedAtMs ? path : null
}

function resultsPath(run: Run, journalPath: string): string {
  return join(runFolder(journalPath, run), 'results.csv')
}

/** One line per row of the list. */
function results(journal: Journal, run: Run): Iterable<string> {
  const from = journal.edition(run.editionHash).from.address
  return csvReport(journal.records(run.id), address => messageIdFor(run.key, address, from))
}

/**
 * Written whole and then put in its place, so that a half-written one is never taken for the result. What is there and is no
 * file, such as a pipe or /dev/stdout, is written to and stays what it is.
 */
async function writeWhole(path: string, pieces: Iterable<string>): Promise<void> {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() === false) {
    const special = createWriteStream(path)
    await writeAll(pieces, special)
    special.end()
    await once(special, 'close')
    return
  }
  const unfinished = `${path}.unfinished`
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const file = createWriteStream(unfinished, { mode: 0o600 })
  await writeAll(pieces, file)
  file.end()
  await once(file, 'close')
  await rename(unfinished, path)
}
