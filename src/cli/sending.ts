/** `mailblast send` from the campaign file to the exit code. Its steps, in their order, are the function `send`. */

import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { freezeFiles } from '../content/attachments.ts'
import { type Enqueued, enqueue, type Rehearse } from '../engine/enqueue.ts'
import { openRecipients } from '../intake/recipients.ts'
import { RejectsFile } from '../intake/rejects.ts'
import type { Journal } from '../journal/journal.ts'
import { openJournal } from '../journal/open.ts'
import { type ExitCode, exitCode, UserError } from '../model/errors.ts'
import type { Run } from '../model/run.ts'
import { count, plural, terminalSafe } from '../model/words.ts'
import { delivers, type Plan, plan } from '../preflight/plan.ts'
import { planText } from '../preflight/plan-text.ts'
import { providerKind } from '../providers/index.ts'
import { type ReadyCampaign, readVars, readyCampaign } from './campaign.ts'
import type { SendFlags } from './commands/send.ts'
import { type Consent, isAgreed, parseConsent } from './confirm.ts'
import type { Context } from './context.ts'
import { deliverRun } from './delivering.ts'
import { holding, requireHeld } from './holding.ts'
import { journalPath, runFolder, shown } from './places.ts'
import { withRoutes } from './routes.ts'
import { testSend } from './test-sending.ts'
import { watcherFor } from './watching.ts'

export type SendOptions = SendFlags & { readonly campaign: string }

export async function send(options: SendOptions, context: Context): Promise<ExitCode> {
  const consent = parseConsent(options.yesCount ?? options.yes)
  const vars = readVars(options.var)
  const ready = await readyCampaign(options.campaign, vars, context)
  if (options.testTo !== undefined) return testSend(ready, options.testTo, options.limit, context)
  const path = journalPath(options.journal, ready.campaign.file, context)
  const { campaign, content } = ready
  // Secrets that cannot be had are found out before the list is read, not after the operator has said yes.
  return withRoutes(campaign.delivery.routes, content.shared, campaign.file, context, async routes => {
    const journal = openJournal(path, { nowMs: context.clock.nowMs, randomBytes: context.randomBytes })
    try {
      return await holding(journal, campaign.key, context, async lease => {
        const run = await prepare(journal, ready, options, path, context)
        const agreed = await agreeOrDiscard(journal, run, ready, options, consent, path, context)
        if (agreed !== 'send') return agreed
        const begin = (): void => {
          // The operator may have thought for longer than the lease lasts: another run of the key must not be taken over.
          requireHeld(journal, lease, context)
          journal.openRun(run.id)
        }
        const how = { json: options.json === true, patienceMs: options.wait, journalPath: path, begin }
        return deliverRun(journal, run.id, lease, routes, how, context)
      })
    } finally {
      journal.close()
    }
  })
}

/** Reads the list into a new run of the journal. Whatever goes wrong, no trace of the run is left. */
async function prepare(
  journal: Journal,
  ready: ReadyCampaign,
  options: SendOptions,
  path: string,
  context: Context,
): Promise<Run> {
  const { campaign, frozen, content, folder } = ready
  journal.discardPreparing(campaign.key)
  const run = journal.createRun({
    key: campaign.key,
    campaignName: campaign.name,
    campaignFile: campaign.file,
    edition: frozen.edition,
    payloads: frozen.payloads,
    delivery: campaign.delivery,
    nowMs: context.clock.nowMs(),
  })
  const rejects = new RejectsFile(join(runFolder(path, run), 'rejects.csv'))
  try {
    if (options.again !== true) refuseChangedContent(journal, run)
    const list = await openRecipients(campaign.recipients, { folder, stdin: context.stdin })
    content.checkColumns(list.columns)
    const watcher = await watcherFor(options.json === true, context)
    const enqueued = await enqueue({
      run: run.id,
      journal,
      clock: context.clock,
      batches: list.batches,
      rehearse: rehearsal(journal, ready),
      routes: campaign.delivery.routes,
      limit: options.limit ?? Number.POSITIVE_INFINITY,
      reject: async problems => {
        await mkdir(runFolder(path, run), { recursive: true, mode: 0o700 })
        await rejects.write(problems)
      },
      progress: rows => watcher.reading(rows),
    }).finally(() => watcher.close())
    checkEnqueued(enqueued, ready, options)
    const rejectsFile = await rejects.close()
    if (rejectsFile !== null) journal.setRejectsFile(run.id, rejectsFile)
    return run
  } catch (error) {
    await rejects.close()
    await discard(journal, run, path)
    throw nothingSent(error)
  }
}

/** A process that lost its key while it prepared finds its run gone already. */
async function discard(journal: Journal, run: Run, path: string): Promise<void> {
  if (journal.run(run.id)?.state === 'preparing') journal.discardRun(run.id)
  await rm(runFolder(path, run), { recursive: true, force: true })
}

/** What goes wrong with an open journal is said for a run that can be resumed; this one cannot, for nothing was sent. */
function nothingSent(error: unknown): unknown {
  if (!(error instanceof UserError) || error.exitCode !== exitCode.stopped) return error
  const { where } = error
  return new UserError(`${error.message}; nothing was sent`, {
    ...(where === undefined ? {} : { where }),
    remedy: 'mend that, then send again',
    cause: error,
  })
}

/** A run that is not agreed to leaves nothing behind, except that a dry run's rejects file is what it was for. */
async function agreeOrDiscard(
  journal: Journal,
  run: Run,
  ready: ReadyCampaign,
  options: SendOptions,
  consent: Consent,
  path: string,
  context: Context,
): Promise<ExitCode | 'send'> {
  let agreed: ExitCode | 'send' = exitCode.usage
  try {
    agreed = await agree(journal, run, ready, options, consent, context)
    return agreed
  } finally {
    if (agreed !== 'send') {
      if (options.dryRun === true) journal.discardRun(run.id)
      else await discard(journal, run, path)
    }
  }
}

/** A key stands for one content: going on with another must be said, so that nobody mixes two by mistake. */
function refuseChangedContent(journal: Journal, run: Run): void {
  const other = journal.runs({ key: run.key }).find(earlier => {
    if (earlier.editionHash === run.editionHash) return false
    const { accepted, inDoubt } = journal.counts(earlier.id)
    return accepted + inDoubt > 0
  })
  if (other === undefined) return
  throw new UserError(
    `the content has changed since run ${other.id} was sent under the key "${run.key}"; nothing was sent`,
    {
      remedy:
        '--again sends the changed content to those who have not had the other; to mail everybody, give the campaign a new key',
    },
  )
}

function rehearsal(journal: Journal, { content, campaign }: ReadyCampaign): Rehearse {
  const identity = { id: 0, key: campaign.key, tokenKey: journal.tokenKey(), attachments: [] }
  return async recipient => {
    const filled = content.fill(recipient, identity)
    if (!filled.ok) return filled
    return freezeFiles(content, recipient.fields)
  }
}

function checkEnqueued(enqueued: Enqueued, { campaign }: ReadyCampaign, { skipBadRows }: SendOptions): void {
  const { unrendered, unserved } = enqueued
  if (unrendered.count > 0 && skipBadRows !== true) {
    const lines = unrendered.first.map(({ line, detail }) => `line ${line}: ${terminalSafe(detail)}`)
    const more = unrendered.count - lines.length
    throw new UserError(`${plural(unrendered.count, 'row')} cannot be rendered; nothing was sent`, {
      where: campaign.recipients.path,
      remedy: [
        ...lines,
        ...(more > 0 ? [`and ${count(more)} more`] : []),
        'mend them, or leave them out with --skip-bad-rows',
      ].join('\n'),
    })
  }
  const [first] = unserved.first
  if (first !== undefined) {
    throw new UserError(
      `no route serves ${plural(unserved.count, 'recipient')}, the first on line ${first.line} (${first.address}); nothing was sent`,
      { where: campaign.file, remedy: 'give one of the routes no sites:, so that it takes what the others do not' },
    )
  }
}

/** Shows the plan and asks. Gives the exit code instead where nothing is to be sent. */
async function agree(
  journal: Journal,
  run: Run,
  ready: ReadyCampaign,
  options: SendOptions,
  consent: Consent,
  context: Context,
): Promise<ExitCode | 'send'> {
  const toSend = journal.counts(run.id).waiting
  if (toSend === 0) return nothingToSend(journal, run, options, context)
  const made = makePlan(journal, run, ready)
  if (options.json === true) context.stdout.write(`${JSON.stringify({ type: 'plan', ...planJson(made) })}\n`)
  else context.stderr.write(planText(made))
  if (options.dryRun === true) {
    const rejects = journal.run(run.id)?.rejectsFile ?? null
    if (rejects !== null) context.stderr.write(`\nRows with problems: ${shown(rejects, context)}\n`)
    context.stderr.write('\nThis was a dry run: nothing was sent.\n')
    return exitCode.done
  }
  const { maxRecipients } = run.delivery.guard
  if (maxRecipients !== null && toSend > maxRecipients) {
    throw new UserError(
      `${plural(toSend, 'message')} to send, but guard.max_recipients is ${count(maxRecipients)}; nothing was sent`,
      {
        where: ready.campaign.file,
        remedy: 'look at the list; if it is right, raise max_recipients, or send a part with --limit',
      },
    )
  }
  if (!delivers(made)) return 'send'
  if (await isAgreed(consent, toSend, context)) return 'send'
  context.stderr.write('Nothing was sent.\n')
  return exitCode.usage
}

function makePlan(journal: Journal, run: Run, { content, campaign }: ReadyCampaign): Plan {
  const tokenKey = journal.tokenKey()
  const samples = journal.sample(run.id, 3).flatMap(({ address, line, fields }) => {
    const filled = content.fill({ address, fields }, { id: 0, key: campaign.key, tokenKey, attachments: [] })
    return filled.ok ? [{ line, message: filled.message }] : []
  })
  return plan({ run, journal, content: content.shared, profileOf: name => providerKind(name).profile, samples })
}

function planJson({ run, tally, from, samples, routes, estimate }: Plan): object {
  return {
    campaign: run.campaignName,
    key: run.key,
    from,
    to_send: tally.counts.waiting,
    rows: tally.counts.rows,
    skipped: tally.skipped,
    row_problems: tally.rowProblems,
    routes,
    sites: tally.sites.map(({ site, waiting }) => ({ site, count: waiting })),
    estimate_ms: estimate.ms,
    samples,
  }
}

/** Success if everybody has had it; a mistake if the list has nobody who could be mailed at all. */
function nothingToSend(journal: Journal, run: Run, options: SendOptions, context: Context): ExitCode {
  const { counts, skipped, rowProblems } = journal.tally(run.id)
  if (counts.skipped === 0) {
    throw new UserError(`none of the ${plural(counts.rows, 'row')} can be mailed; nothing was sent`, {
      remedy: rowProblems.map(({ reason, count: number }) => `${plural(number, 'row')}: ${reason}`).join('\n'),
    })
  }
  const inDoubt = skipped.find(({ reason }) => reason === 'in doubt from an earlier run')?.count ?? 0
  if (options.json === true) {
    const { rows, skipped: all, rowProblems: problems } = counts
    const none = { accepted: 0, failed: 0, in_doubt: 0, waiting: 0 }
    const outcome = inDoubt > 0 ? 'with failures' : 'done'
    const line = { type: 'summary', version: 1, outcome, run: null, campaign: run.campaignName, key: run.key }
    context.stdout.write(
      `${JSON.stringify({ ...line, counts: { rows, ...none, skipped: all, row_problems: problems }, skipped })}\n`,
    )
    return inDoubt > 0 ? exitCode.incomplete : exitCode.done
  }
  const reasons = [
    ...skipped.map(({ reason, count: number }) => `${count(number)} ${reason}`),
    ...rowProblems.map(({ reason, count: number }) => `${plural(number, 'row problem')}: ${reason}`),
  ]
  const mark = inDoubt > 0 ? '!' : '✓'
  context.stdout.write(
    `${mark} ${terminalSafe(run.campaignName)}: nothing to send. ${plural(counts.rows, 'row')}: ${reasons.join(', ')}\n`,
  )
  if (inDoubt > 0)
    context.stdout.write(
      '  Who is in doubt is named in the report of the earlier run, and is not mailed again by guessing.\n',
    )
  return inDoubt > 0 ? exitCode.incomplete : exitCode.done
}
