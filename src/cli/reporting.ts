/** Prints a run's report in the form asked for, and keeps the results file beside the journal up to date. */

import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdir, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Journal } from '../journal/journal.ts'
import type { RunId } from '../model/message.ts'
import type { Run } from '../model/run.ts'
import { csvReport } from '../report/csv.ts'
import { jsonReport } from '../report/json.ts'
import { type Summary, summarise } from '../report/summary.ts'
import { terminalReport } from '../report/terminal.ts'
import type { Context } from './context.ts'
import { commandFor, runFolder, shown } from './places.ts'

export type ReportFormat = 'terminal' | 'json' | 'ndjson' | 'csv'

export interface ReportOptions {
  readonly format: ReportFormat
  /** Whether to write the results file: a command that sends does, one that only reads does not. */
  readonly writeResults: boolean
  readonly journalPath: string
}

/** Gives the summary that the report was made from. */
export async function printReport(
  journal: Journal,
  id: RunId,
  options: ReportOptions,
  context: Context,
): Promise<Summary> {
  const { stdout, clock } = context
  const summary = summarise(journal, id, clock.nowMs())
  const { run } = summary.overview
  if (options.format === 'csv') {
    await writeAll(csvReport(journal.records(id)), stdout.stream)
    return summary
  }
  const results = options.writeResults ? await writeResults(journal, run, options.journalPath, context) : null
  switch (options.format) {
    case 'json':
      stdout.write(`${JSON.stringify(jsonReport(summary), null, 2)}\n`)
      break
    case 'ndjson':
      stdout.write(`${JSON.stringify({ ...jsonReport(summary), results_file: results })}\n`)
      break
    case 'terminal':
      stdout.write(
        terminalReport(summary, {
          results: results === null ? null : shown(results, context),
          rejects: run.rejectsFile === null ? null : shown(run.rejectsFile, context),
          resumeCommand: commandFor('resume', run, options.journalPath, context),
          reportCommand: commandFor('report', run, options.journalPath, context),
          nowMs: clock.nowMs(),
        }),
      )
  }
  await stdout.flush()
  return summary
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
  const path = join(runFolder(journalPath, run), 'results.csv')
  try {
    await writeWhole(path, csvReport(journal.records(run.id)))
    return path
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error)
    context.stderr.write(`${shown(path, context)} could not be written (${code}); the journal has all results\n`)
    const again = commandFor('report', run, journalPath, context)
    context.stderr.write(`  mend the folder or make room, then: ${again} --format csv\n`)
    return null
  }
}

/** Written whole and then put in its place, so that a half-written one is never taken for the result. */
async function writeWhole(path: string, pieces: Iterable<string>): Promise<void> {
  const unfinished = `${path}.unfinished`
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const file = createWriteStream(unfinished, { mode: 0o600 })
  await writeAll(pieces, file)
  file.end()
  await once(file, 'close')
  await rename(unfinished, path)
}

/** Writes pieces as fast as the other side takes them, in blocks. */
export async function writeAll(pieces: Iterable<string>, out: NodeJS.WritableStream): Promise<void> {
  const failed = once(out, 'error').then(([error]) => Promise.reject(error))
  failed.catch(() => undefined)
  let block = ''
  for (const piece of pieces) {
    block += piece
    if (block.length < 65_536) continue
    if (!out.write(block)) await Promise.race([once(out, 'drain'), failed])
    block = ''
  }
  await Promise.race([new Promise<void>(resolve => out.write(block, () => resolve())), failed])
}
