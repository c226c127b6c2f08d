/** `mailblast status`: the runs of a journal, or one of them. */

import { Command } from 'commander'
import { exitCode } from '../../model/errors.ts'
import type { RunOverview } from '../../model/run.ts'
import type { Context } from '../context.ts'
import type { Finish } from '../main.ts'

export function statusCommand(context: Context, finish: Finish): Command {
  return new Command('status')
    .description('Show the runs of the journal, or one run, also while another process is sending.')
    .argument('[run]', 'a run, the beginning of its id, or a campaign file (default: all runs)')
    .option('--json', 'one JSON object a run')
    .option('--journal <path>', 'the journal (default: .mailblast/journal.db here, or beside the campaign file)')
    .action(async (run: string | undefined, options: { json?: boolean; journal?: string }) => {
      const { recoverFromTheDead, withJournal } = await import('../opening.ts')
      const { findRun } = await import('../places.ts')
      const { statusJson, statusText } = await import('../../report/status.ts')
      const nowMs = context.clock.nowMs()
      await recoverFromTheDead({ ...options, run }, context)
      await withJournal({ ...options, run }, context, 'readOnly', journal => {
        const any = { fits: () => true, what: 'run' }
        const runs = run === undefined ? journal.runs() : [findRun(journal, run, any, context)]
        const overviews = runs.map(each => withLiveOwner(journal.overview(each.id, nowMs), context))
        if (options.json === true)
          for (const each of overviews) context.stdout.write(`${JSON.stringify(statusJson(each))}\n`)
        else context.stdout.write(statusText(overviews, nowMs))
      })
      await context.stdout.flush()
      finish(exitCode.done)
    })
}

/** A process of this host that is gone holds nothing, however long its lease still runs. */
function withLiveOwner(overview: RunOverview, { host, isAlive }: Context): RunOverview {
  const { owner } = overview
  return owner !== null && owner.host === host && !isAlive(owner.pid) ? { ...overview, owner: null } : overview
}
