/** `mailblast retry`: trying again what failed. */

import type { Journal } from '../journal/journal.ts'
import { type ExitCode, exitCode, UserError } from '../model/errors.ts'
import type { FailureClass } from '../model/outcome.ts'
import type { Run } from '../model/run.ts'
import { plural } from '../model/words.ts'
import type { RetryFlags } from './commands/retry.ts'
import { isAgreed, parseConsent } from './confirm.ts'
import type { Context } from './context.ts'
import { deliverRun } from './delivering.ts'
import { countFailed, parseClasses } from './failed-classes.ts'
import { holding } from './holding.ts'
import { withJournal } from './opening.ts'
import { findRun } from './places.ts'
import { withRoutesOf } from './routes.ts'

export function retry(options: RetryFlags & { readonly run: string | undefined }, context: Context): Promise<ExitCode> {
  const consent = parseConsent(options.yesCount ?? options.yes)
  if (options.failed !== true) {
    throw new UserError('retry needs --failed', { remedy: 'mailblast retry RUN --failed [--class soft,block]' })
  }
  const classes = parseClasses(options.class)
  return withJournal(options, context, 'readWrite', async (journal, journalPath) => {
    const fits = (run: Run): boolean => run.state === 'finished' || run.state === 'open'
    const run = findRun(journal, options.run, { fits, what: 'run' }, context)
    return withRoutesOf(journal, run, context, routes =>
      holding(journal, run.key, options.takeOver === true, context, async lease => {
        const failed = countFailed(journal.tally(run.id), classes)
        if (failed === 0) {
          const which = classes === null ? '' : ` with class ${classes.join(', ')}`
          context.stdout.write(`run ${run.id}: nobody has failed${which}, nothing to retry\n`)
          return exitCode.done
        }
        // Whoever is still waiting in the run is sent to as well, so they belong to what is agreed to.
        const real = routes.some(route => route.provider.profile.delivers)
        if (real && !(await isAgreed(consent, failed + journal.counts(run.id).waiting, context))) {
          context.stderr.write('Nothing was sent.\n')
          return exitCode.usage
        }
        const begin = (): void => requeue(journal, run, failed, classes, context)
        const how = {
          json: options.json === true,
          quiet: options.quiet,
          log: options.log,
          patienceMs: options.wait,
          journalPath,
          begin,
        }
        return deliverRun(journal, run.id, lease, routes, how, context)
      }),
    )
  })
}

function requeue(
  journal: Journal,
  run: Run,
  failed: number,
  classes: readonly FailureClass[] | null,
  context: Context,
): void {
  const queued = journal.requeueFailed(run.id, { classes, nowMs: context.clock.nowMs() })
  if (queued === failed) return
  context.stderr.write(
    `${plural(failed - queued, 'recipient')} not tried again: suppressed, or mailed by another run\n`,
  )
}
