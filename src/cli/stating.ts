/** `mailblast status`: where runs stand, and who is in doubt. */

import type { Journal } from '../journal/journal.ts'
import { type ExitCode, exitCode } from '../model/errors.ts'
import type { Run, RunOverview } from '../model/run.ts'
import { plural, terminalSafe } from '../model/words.ts'
import { providerKinds } from '../providers/index.ts'
import { inDoubtJson } from '../report/json.ts'
import { statusJson, statusText } from '../report/status.ts'
import { inDoubtLines } from '../report/terminal.ts'
import type { StatusFlags } from './commands/status.ts'
import type { Context } from './context.ts'
import { isInterrupted, liveOverview, recoverFromTheDead, withJournal } from './opening.ts'
import { commandFor, findRun } from './places.ts'
import { print } from './reporting.ts'

type StatusOptions = StatusFlags & { readonly run: string | undefined }

export async function status(options: StatusOptions, context: Context): Promise<ExitCode> {
  const nowMs = context.clock.nowMs()
  await recoverFromTheDead(options, context)
  return withJournal(options, context, 'readOnly', async (journal, path) => {
    const any = { fits: () => true, what: 'run' }
    const runs = options.run === undefined ? journal.runs() : [findRun(journal, options.run, any, context)]
    const overviews = runs.map(run => liveOverview(journal, run.id, context))
    await print(
      options.inDoubt === true
        ? inDoubt(journal, overviews, path, options, context)
        : states(overviews, nowMs, options),
      context,
    )
    await context.stdout.flush()
    return overviews.some(hasDoubts) ? exitCode.incomplete : exitCode.done
  })
}

/** Who was in flight when nobody was left to hear the answer is in doubt, although nobody has written it down yet. */
function hasDoubts(overview: RunOverview): boolean {
  return overview.counts.inDoubt > 0 || isInterrupted(overview)
}

function* states(overviews: readonly RunOverview[], nowMs: number, options: StatusFlags): Generator<string> {
  if (options.json !== true) yield statusText(overviews, nowMs)
  else for (const each of overviews) yield `${JSON.stringify(statusJson(each))}\n`
}

function* inDoubt(
  journal: Journal,
  overviews: readonly RunOverview[],
  path: string,
  options: StatusFlags,
  context: Context,
): Generator<string> {
  const doubtful = overviews.filter(hasDoubts)
  if (options.json === true) {
    for (const { run } of doubtful)
      for (const each of journal.inDoubt(run.id)) yield `${JSON.stringify({ run: run.id, ...inDoubtJson(each) })}\n`
    return
  }
  if (doubtful.length === 0) yield 'nobody is in doubt\n'
  for (const [index, overview] of doubtful.entries()) {
    const { run, counts } = overview
    if (index > 0) yield '\n'
    yield `${run.id}  ${terminalSafe(run.campaignName)}  ${plural(counts.inDoubt, 'recipient')} in doubt\n`
    for (const lines of inDoubtLines(journal.inDoubt(run.id), Number.POSITIVE_INFINITY)) yield `${lines.join('\n')}\n`
    if (isInterrupted(overview))
      yield `  ${plural(overview.sending, 'recipient')} in flight when it was interrupted, to be named by settle or resume\n`
    for (const line of guarantees(journal, run)) yield `  ${line}\n`
    yield `  to settle them: ${commandFor('settle', run, path, context)}\n`
  }
}

/** For each route on which somebody is in doubt: what its provider lets us find out. */
function guarantees(journal: Journal, run: Run): readonly string[] {
  const inDoubtOn = new Set(
    journal
      .tally(run.id)
      .routes.filter(route => route.inDoubt > 0)
      .map(({ route }) => route),
  )
  return run.delivery.routes
    .filter(route => inDoubtOn.has(route.name))
    .map(({ name, provider }) => {
      const known = providerKinds.find(kind => kind.profile.name === provider)
      return `${name}: ${known?.profile.guarantee ?? `this version has no provider "${provider}"`}`
    })
}
