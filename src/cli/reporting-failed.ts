/** `mailblast report --failed`: those who failed, to be looked at or to be sent to again. */

import { resolve } from 'node:path'
import type { Journal } from '../journal/journal.ts'
import type { Threshold } from '../model/campaign.ts'
import type { RunId } from '../model/message.ts'
import type { FailureClass } from '../model/outcome.ts'
import { type Failed, failedJson, failedText } from '../report/failed.ts'
import { recipientList } from '../report/recipient-list.ts'
import type { Summary } from '../report/summary.ts'
import type { Context } from './context.ts'
import { countFailed } from './failed-classes.ts'
import { judgedSummary } from './judging.ts'
import { commandFor } from './places.ts'
import { print, writeAll } from './printing.ts'
import { writeOutput } from './reporting.ts'

export interface FailedOptions {
  readonly format: 'terminal' | 'json' | 'csv'
  /** Only failures of these classes; null: all. */
  readonly classes: readonly FailureClass[] | null
  readonly journalPath: string
  /** The file to write the list to; default: stdout. */
  readonly output?: string | undefined
  /** What the run is judged by besides its campaign's thresholds. */
  readonly failOn?: readonly Threshold[]
}

/** Gives the summary of the run as a whole. */
export async function printFailed(
  journal: Journal,
  id: RunId,
  { format, classes, journalPath, output, failOn }: FailedOptions,
  context: Context,
): Promise<Summary> {
  const summary = judgedSummary(journal, id, context.clock.nowMs(), failOn)
  const { run } = summary.overview
  const people = () => journal.failed(run.id, { classes })
  const send = async (pieces: Iterable<string>): Promise<void> => {
    if (output !== undefined && output !== '-') await writeOutput(resolve(context.cwd, output), pieces, context)
    else if (format === 'csv') await writeAll(pieces, context.stdout.stream)
    else await print(pieces, context)
  }
  if (format === 'csv') {
    const [sample] = journal.sample(run.id, 1)
    await send(recipientList({ sample: sample?.fields, people }))
    return summary
  }
  const failed: Failed = { run, classes, count: countFailed(summary.tally, classes), people: people() }
  const which = classes === null ? '' : ` --class ${classes.join(',')}`
  const listCommand = `${commandFor('report', run, journalPath, context)} --failed${which} --format csv`
  await send(format === 'json' ? failedJson(failed) : failedText(failed, listCommand))
  await context.stdout.flush()
  return summary
}
