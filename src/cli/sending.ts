/** `mailblast send` from the campaign file to the exit code. Its steps, in their order, are the function `send`. */

import type { Journal, Lease } from '../journal/journal.ts'
import type { Threshold } from '../model/campaign.ts'
import { type ExitCode, exitCode, UserError } from '../model/errors.ts'
import type { Run } from '../model/run.ts'
import { count, plural, terminalSafe } from '../model/words.ts'
import { delivers, type Plan, plan } from '../preflight/plan.ts'
import { planJson } from '../preflight/plan-json.ts'
import { planText } from '../preflight/plan-text.ts'
import { providerKind } from '../providers/index.ts'
import { jsonReport } from '../report/json.ts'
import { summarise } from '../report/summary.ts'
import { type ReadyCampaign, readVars, readyCampaign } from './campaign.ts'
import type { SendFlags } from './commands/send.ts'
import { type Consent, isAgreed, parseConsent } from './confirm.ts'
import type { Context } from './context.ts'
import { deliverRun } from './delivering.ts'
import { parseFailOn } from './fail-on.ts'
import { holding } from './holding.ts'
import { journalPath, shown } from './places.ts'
import { discardRun, nothingSent, prepareRun, type Sending } from './preparing.ts'
import { type OpenRoute, withRoutes } from './routes.ts'
import { dayZone, mustNotBeOver } from './scheduling.ts'
import { testSend } from './test-sending.ts'

export type SendOptions = SendFlags & { readonly campaign: string }

export async function send(options: SendOptions, context: Context): Promise<ExitCode> {
  const consent = parseConsent(options.yesCount ?? options.yes)
  const failOn = parseFailOn(options.failOn)
  const ready = await readyCampaign(options.campaign, readVars(options.var), context, options.at)
  if (options.testTo !== undefined) return testSend(ready, options.testTo, options.limit, context)
  const path = journalPath(options.journal, ready.campaign.file, context)
  const { campaign, content } = ready
  mustNotBeOver(campaign, context.clock.nowMs())
  // Secrets that cannot be had are found out before the list is read, not after the operator has said yes.
  return withRoutes(campaign.delivery.routes, content.shared, campaign.file, context, async routes => {
    const journal = await context.openJournal(path, { nowMs: context.clock.nowMs, randomBytes: context.randomBytes })
    const sending: Sending = { journal, journalPath: path, ready, options, context }
    try {
      return await holding(journal, campaign.key, options.takeOver === true, context, lease =>
        sendHeld(sending, routes, lease, consent, failOn),
      )
    } finally {
      journal.close()
    }
  })
}

async function sendHeld(
  sending: Sending,
  routes: readonly OpenRoute[],
  lease: Lease,
  consent: Consent,
  failOn: readonly Threshold[],
): Promise<ExitCode> {
  const { journal, journalPath: path, options, context } = sending
  const agreed = await agreedRun(sending, consent)
  if ('exitCode' in agreed) return agreed.exitCode
  const begin = (): void => journal.openRun(agreed.run.id)
  const how = {
    json: options.json === true,
    quiet: options.quiet,
    log: options.log,
    patienceMs: options.wait,
    journalPath: path,
    failOn,
    begin,
  }
  return deliverRun(journal, agreed.run.id, lease, routes, how, context)
}

/** The prepared run, once the operator has agreed to it, or the exit code where nothing is to be sent. */
async function agreedRun(sending: Sending, consent: Consent): Promise<Agreed> {
  try {
    return await agreeOrDiscard(sending, await prepareRun(sending), consent)
  } catch (error) {
    throw nothingSent(error)
  }
}

type Agreed = { readonly run: Run } | { readonly exitCode: ExitCode }

/** A run that is not agreed to leaves nothing behind, except that a dry run's rejects file is what it was for. */
async function agreeOrDiscard(sending: Sending, run: Run, consent: Consent): Promise<Agreed> {
  let agreed: Agreed = { exitCode: exitCode.usage }
  try {
    agreed = await agree(sending, run, consent)
    return agreed
  } finally {
    if ('exitCode' in agreed) {
      if (sending.options.dryRun === true) sending.journal.discardRun(run.id)
      else await discardRun(sending, run)
    }
  }
}

/** Shows the plan and asks. Gives the exit code instead where nothing is to be sent. */
async function agree(sending: Sending, run: Run, consent: Consent): Promise<Agreed> {
  const { journal, ready, options, context } = sending
  const toSend = journal.counts(run.id).waiting
  if (toSend === 0) return { exitCode: nothingToSend(journal, run, options, context) }
  const made = makePlan(journal, run, ready, context)
  if (options.json === true) context.stdout.write(`${JSON.stringify(planJson(made))}\n`)
  // Whoever is asked has to see what about.
  else if (options.quiet !== true || (delivers(made) && consent !== true)) context.stderr.write(planText(made))
  if (options.dryRun === true) {
    const rejects = journal.run(run.id)?.rejectsFile ?? null
    if (rejects !== null) context.stderr.write(`\nRows with problems: ${shown(rejects, context)}\n`)
    context.stderr.write('\nThis was a dry run: nothing was sent.\n')
    return { exitCode: exitCode.done }
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
  if (!delivers(made)) return { run }
  if (await isAgreed(consent, toSend, context)) return { run }
  context.stderr.write('Nothing was sent.\n')
  return { exitCode: exitCode.usage }
}

function makePlan(journal: Journal, run: Run, { content, campaign }: ReadyCampaign, context: Context): Plan {
  const tokenKey = journal.tokenKey()
  const samples = journal.sample(run.id, 3).flatMap(({ address, line, fields }) => {
    const filled = content.fill(
      { address, fields },
      { id: 0, run: run.id, key: campaign.key, tokenKey, attachments: [] },
    )
    return filled.ok ? [{ line, message: filled.message }] : []
  })
  const today = { zone: run.delivery.schedule?.zone ?? dayZone(context), nowMs: context.clock.nowMs() }
  return plan({ run, journal, content: content.shared, profileOf: name => providerKind(name).profile, samples, today })
}

/** Success if everybody has had it; a mistake if the list has nobody who could be mailed at all. */
function nothingToSend(journal: Journal, run: Run, options: SendFlags, context: Context): ExitCode {
  const { counts, skipped, rowProblems } = journal.tally(run.id)
  if (counts.skipped === 0) {
    throw new UserError(`none of the ${plural(counts.rows, 'row')} can be mailed; nothing was sent`, {
      remedy: rowProblems.map(({ reason, count: number }) => `${plural(number, 'row')}: ${reason}`).join('\n'),
    })
  }
  const inDoubt = skipped.find(({ reason }) => reason === 'in doubt from an earlier run')?.count ?? 0
  if (options.json === true) {
    // The run is given up, so nobody is to look for it.
    const summary = summarise(journal, run.id, context.clock.nowMs())
    for (const piece of jsonReport(summary, 'line', { run: null, state: null, rejects_file: null, results_file: null }))
      context.stdout.write(piece)
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
