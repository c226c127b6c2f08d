/** Where things are on disk: the journal, a run's own files, and what to type to get back to them. */

import { statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import type { Journal } from '../journal/journal.ts'
import { UserError } from '../model/errors.ts'
import type { Run } from '../model/run.ts'
import type { Context } from './context.ts'

const besideCampaign = join('.mailblast', 'journal.db')

/**
 * The journal's path: `--journal`, else MAILBLAST_JOURNAL, else `.mailblast/journal.db` beside the campaign file, or in
 * the current folder for a command that names no campaign file.
 */
export function journalPath(given: string | undefined, campaignFile: string | null, context: Context): string {
  const chosen = given ?? context.env['MAILBLAST_JOURNAL']
  if (chosen !== undefined && chosen !== '') return resolve(context.cwd, chosen)
  return resolve(context.cwd, campaignFile === null ? '.' : dirname(campaignFile), besideCampaign)
}

/** Whether the operator says where the journal is. */
export function isJournalNamed(given: string | undefined, context: Context): boolean {
  return (given ?? context.env['MAILBLAST_JOURNAL'] ?? '') !== ''
}

/** A RUN argument may be a run's id or its beginning, or the path of a campaign file. */
export function campaignFileOf(argument: string | undefined, context: Context): string | null {
  if (argument === undefined) return null
  const path = resolve(context.cwd, argument)
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true ? path : null
}

export type Which = (run: Run) => boolean

/**
 * The run that a command means: the one with this id, the newest of this campaign file, or the newest of all; only runs
 * that `which` allows count where no id is given. Throws UserError if there is none.
 */
export function findRun(
  journal: Journal,
  argument: string | undefined,
  which: { readonly fits: Which; readonly what: string },
  context: Context,
): Run {
  const runs = journal.runs()
  const file = campaignFileOf(argument, context)
  if (argument === undefined || file !== null) {
    const found = runs.find(run => (file === null || run.campaignFile === file) && which.fits(run))
    if (found !== undefined) return found
    throw new UserError(`there is no ${which.what}${file === null ? '' : ` of ${argument}`} in this journal`, {
      remedy: 'mailblast status lists the runs; --journal PATH names another journal',
    })
  }
  const found = runs.filter(run => run.id.startsWith(argument))
  const [only] = found
  if (only !== undefined && found.length === 1) return only
  const what =
    found.length === 0 ? `there is no run ${argument}` : `${argument} is the beginning of ${found.length} runs`
  throw new UserError(what, { remedy: 'mailblast status lists the runs; --journal PATH names another journal' })
}

/** The folder for a run's own files, beside the journal. */
export function runFolder(journal: string, run: Run): string {
  return join(dirname(journal), run.id)
}

/** A path as short as it can be said from here. */
export function shown(path: string, context: Context): string {
  const short = relative(context.cwd, path)
  return short.startsWith('..') ? path : short || '.'
}

/** A command line that leads to this run from the current folder. */
export function commandFor(command: string, run: Run, journal: string, context: Context): string {
  const isDefault = journal === journalPath(undefined, null, context)
  return `${programName(context)} ${command} ${run.id}${isDefault ? '' : ` --journal ${quotedForShell(shown(journal, context))}`}`
}

/** What to type for this program: started by npx, it is not on the path of whoever reads this. */
export function programName(context: Context): string {
  return context.env['npm_command'] === 'exec' ? 'npx mailblast' : 'mailblast'
}

export function quotedForShell(text: string): string {
  return /^[\w./@+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
