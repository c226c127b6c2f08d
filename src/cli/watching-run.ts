/** `mailblast watch`: looks at the journal once a second and shows what it sees; it changes nothing. */

import { type Look, observed } from '../dashboard/observed.ts'
import type { ViewState } from '../dashboard/view-state.ts'
import type { Journal } from '../journal/journal.ts'
import { type ExitCode, exitCode } from '../model/errors.ts'
import type { Run, RunOverview } from '../model/run.ts'
import { count } from '../model/words.ts'
import { statusText } from '../report/status.ts'
import type { WatchFlags } from './commands/watch.ts'
import type { Context } from './context.ts'
import { watchInterrupts } from './interrupts.ts'
import { liveOverview, withJournal } from './opening.ts'
import { findRun } from './places.ts'
import { runDashboard } from './watching.ts'

type WatchOptions = WatchFlags & { readonly run: string | undefined }

const lookEveryMs = 1000
/** To count by site and reason takes longer with every recipient, so of a long list it is done less often. */
const tallyEveryMs = { short: 1000, long: 10_000 }
const longList = 50_000
const lineEveryMs = 10_000

export function watch(options: WatchOptions, context: Context): Promise<ExitCode> {
  return withJournal(options, context, 'readOnly', async journal => {
    const run = findRun(journal, options.run, { fits: each => each.state === 'open', what: 'unfinished run' }, context)
    const interrupts = watchInterrupts(context)
    const show = await shower(context, () => interrupts.interrupt())
    try {
      await follow(journal, run, show.show, interrupts.stopping, context)
    } finally {
      show.close()
      interrupts.release()
    }
    context.stdout.write(statusText([liveOverview(journal, run.id, context)], context.clock.nowMs()))
    return exitCode.done
  })
}

/** Looks until nobody sends the run any more, or whoever watches has seen enough. */
async function follow(
  journal: Journal,
  run: Run,
  show: (view: ViewState) => void,
  enough: AbortSignal,
  context: Context,
): Promise<void> {
  let view: ViewState | null = null
  let counted: (Pick<Look, 'tally' | 'calls'> & { readonly atMs: number }) | null = null
  while (!enough.aborted) {
    const nowMs = context.clock.nowMs()
    const overview: RunOverview = liveOverview(journal, run.id, context)
    const everyMs = overview.counts.rows < longList ? tallyEveryMs.short : tallyEveryMs.long
    if (counted === null || nowMs - counted.atMs >= everyMs)
      counted = { tally: journal.tally(run.id), calls: journal.calls(run.id), atMs: nowMs }
    view = observed(view, lookOf(overview, counted, nowMs))
    show(view)
    if (overview.owner === null || overview.run.state !== 'open') return
    await context.clock.sleep(lookEveryMs, enough)
  }
}

function lookOf(
  { run, counts, standing }: RunOverview,
  { tally, calls }: Pick<Look, 'tally' | 'calls'>,
  atMs: number,
): Look {
  return { atMs, run, counts, standing: standing?.standing ?? null, tally, calls }
}

interface Shower {
  readonly show: (view: ViewState) => void
  readonly close: () => void
}

/** The dashboard, or a line now and then. */
async function shower(context: Context, leave: () => void): Promise<Shower> {
  const live = await runDashboard(context, leave)
  if (live !== null) return { show: view => live.show(view), close: () => live.close() }
  let saidAtMs = Number.NEGATIVE_INFINITY
  return {
    show({ atMs, run, counts }) {
      if (atMs - saidAtMs < lineEveryMs) return
      saidAtMs = atMs
      const { accepted, failed, inDoubt, waiting } = counts
      const figures = [
        `accepted ${count(accepted)}`,
        `failed ${count(failed)}`,
        `in doubt ${count(inDoubt)}`,
        `waiting ${count(waiting)}`,
      ]
      context.stderr.write(`run ${run}: ${figures.join(' · ')}\n`)
    },
    close() {},
  }
}
