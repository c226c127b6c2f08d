/** What a delivery tells the build server that runs it, if one does: folded lines, errors beside the job, a job summary. */

import { appendFile } from 'node:fs/promises'
import { type CiLog, ciLog } from '../dashboard/ci-log.ts'
import type { Journal } from '../journal/journal.ts'
import { measuredWords } from '../model/verdict.ts'
import { count, plural, terminalSafe } from '../model/words.ts'
import type { Summary } from '../report/summary.ts'
import { causeWords } from '../report/terminal.ts'
import type { Context } from './context.ts'
import { reportPieces } from './reporting.ts'

/** GitHub shows no more of one step. */
const errorsMax = 10

export function buildLog({ env, randomBytes }: Context): CiLog | null {
  return ciLog(env, randomBytes(16).toString('hex'))
}

/** Does something whose words on stdout are for people, so that none of them is taken for a command to the build server. */
export async function unheard<Result>(
  context: Context,
  isForPeople: boolean,
  work: () => Promise<Result>,
): Promise<Result> {
  const log = isForPeople ? buildLog(context) : null
  if (log === null || log.hush === '') return work()
  context.stdout.write(log.hush)
  try {
    return await work()
  } finally {
    context.stdout.write(log.speak)
    await context.stdout.flush()
  }
}

export async function tellBuildServer(
  journal: Journal,
  summary: Summary,
  journalPath: string,
  context: Context,
): Promise<void> {
  const log = buildLog(context)
  if (log?.error != null) context.stderr.write(errors(summary, log.error))
  const file = context.env['GITHUB_STEP_SUMMARY'] ?? ''
  if (file === '') return
  try {
    const pieces = await reportPieces(
      journal,
      summary,
      null,
      { format: 'markdown', writeResults: false, journalPath },
      context,
    )
    await appendFile(file, `${[...pieces].join('')}\n`)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === undefined) throw error
    // What was sent is in the journal, and is not called off by a file that cannot be written.
    context.stderr.write(`the job summary could not be written (${code})\n`)
  }
}

/** One for each threshold that is crossed and for each reason, the commonest first. */
function errors({ overview, tally, thresholds }: Summary, error: (title: string, text: string) => string): string {
  const title = `mailblast: ${terminalSafe(overview.run.campaignName, 100)}`
  const crossed = thresholds
    .filter(each => each.isCrossed)
    .slice(0, errorsMax)
    .map(each => error(title, `threshold crossed: ${terminalSafe(each.threshold)}: ${measuredWords(each)}`))
  const failures = tally.causes.filter(each => each.state === 'failed').slice(0, errorsMax - crossed.length)
  const lines = failures.map(({ count: number, cause, example }) =>
    error(title, `${plural(number, 'message')} failed, ${causeWords(cause)}, e.g. ${terminalSafe(example)}`),
  )
  const more = tally.counts.failed - failures.reduce((sum, each) => sum + each.count, 0)
  if (more > 0) lines.push(`and ${count(more)} more failed for other reasons\n`)
  return [...crossed, ...lines].join('')
}
