/** `mailblast status`: where runs stand, and who is in doubt. */

import type { Journal } from '../journal/journal.ts'
import type { RouteSettings } from '../model/campaign.ts'
import { type ExitCode, exitCode } from '../model/errors.ts'
import type { Run, RunOverview } from '../model/run.ts'
import { plural, terminalSafe } from '../model/words.ts'
import { inDoubtJson, inDoubtTable } from '../report/in-doubt.ts'
import { statusJson, statusText } from '../report/status.ts'
import type { StatusFlags } from './commands/status.ts'
import type { Context } from './context.ts'
import { isInterrupted, liveOverview, withRecovered } from './opening.ts'
import { commandFor, findRun } from './places.ts'
import { print } from './printing.ts'

type StatusOptions = StatusFlags & { readonly run: string | undefined }

export async function status(options: StatusOptions, context: Context): Promise<ExitCode> {
  return withRecovered(options, context, async (journal, path) => {
    const any = { fits: () => true, what: 'run' }
    const runs = options.run === undefined ? journal.runs() : [findRun(journal, options.run, any, context)]
    const overviews = runs.map(run => liveOverview(journal, run.id, context))
    if (options.inDoubt !== true) await print(states(overviews, context.clock.nowMs(), options), context)
    else {
      const doubtful = overviews.filter(hasDoubts)
      const settleCommand = (run: Run): string => commandFor('settle', run, path, context)
      const named =
        options.json === true
          ? inDoubtLines(journal, doubtful)
          : inDoubtText(journal, doubtful, await guaranteesOf(), settleCommand)
      await print(named, context)
    }
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

function* inDoubtLines(journal: Journal, doubtful: readonly RunOverview[]): Generator<string> {
  for (const { run } of doubtful)
    for (const each of journal.inDoubt(run.id)) yield `${JSON.stringify({ run: run.id, ...inDoubtJson(each) })}\n`
}

function* inDoubtText(
  journal: Journal,
  doubtful: readonly RunOverview[],
  guaranteeOf: (provider: string) => string,
  settleCommand: (run: Run) => string,
): Generator<string> {
  if (doubtful.length === 0) yield 'nobody is in doubt\n'
  for (const [index, overview] of doubtful.entries()) {
    const { run, counts, sending } = overview
    if (index > 0) yield '\n'
    yield `${run.id}  ${terminalSafe(run.campaignName)}  ${plural(counts.inDoubt, 'recipient')} in doubt\n`
    for (const lines of inDoubtTable(journal.inDoubt(run.id), Number.POSITIVE_INFINITY)) yield `${lines.join('\n')}\n`
    if (isInterrupted(overview))
      yield `  ${plural(sending, 'recipient')} in flight when it was interrupted, to be named by settle or resume\n`
    for (const { name, provider } of routesInDoubt(journal, run)) yield `  ${name}: ${guaranteeOf(provider)}\n`
    yield `  to settle them: ${settleCommand(run)}\n`
  }
}

/** For each provider what it lets us find out. They take longer to load than all the rest of this command. */
async function guaranteesOf(): Promise<(provider: string) => string> {
  const { providerKinds } = await import('../providers/index.ts')
  return provider =>
    providerKinds.find(({ profile }) => profile.name === provider)?.profile.guarantee ??
    `this version has no provider "${provider}"`
}

function routesInDoubt(journal: Journal, run: Run): readonly RouteSettings[] {
  const inDoubtOn = new Set(
    journal
      .tally(run.id)
      .routes.filter(route => route.inDoubt > 0)
      .map(({ route }) => route),
  )
  return run.delivery.routes.filter(route => inDoubtOn.has(route.name))
}
