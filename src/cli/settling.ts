/**
 * `mailblast settle`: what became of people in doubt, by asking their provider or on the operator's word. Only `--resend`
 * hands a message over that may arrive a second time, and only after it was agreed to by number.
 */

import type { Journal, Lease } from '../journal/journal.ts'
import { type Address, parseAddress } from '../model/address.ts'
import { type ExitCode, exitCode, UserError } from '../model/errors.ts'
import type { DoubtSettlement } from '../model/message.ts'
import type { Run } from '../model/run.ts'
import { count, plural } from '../model/words.ts'
import { ask } from './asking.ts'
import type { SettleFlags } from './commands/settle.ts'
import { isSecondCopyAgreed, parseConsent } from './confirm.ts'
import type { Context } from './context.ts'
import { deliverRun } from './delivering.ts'
import { holding } from './holding.ts'
import { isInterrupted, liveOverview, recoverFromTheDead, withJournal } from './opening.ts'
import { commandFor, findRun } from './places.ts'
import { writeResults } from './reporting.ts'
import { withRoutesOf } from './routes.ts'

export type SettleOptions = SettleFlags & { readonly run: string | undefined }

export async function settle(options: SettleOptions, context: Context): Promise<ExitCode> {
  const only = options.only === undefined ? null : new Set(options.only.map(addressOf))
  if (only !== null && options.as === undefined && options.resend !== true) {
    throw new UserError('--only is for --as and --resend', { remedy: 'without them everybody in doubt is asked for' })
  }
  await recoverFromTheDead(options, context)
  return withJournal(options, context, 'readWrite', async (journal, journalPath) => {
    const run = doubtfulRun(journal, options.run, context)
    if (run === undefined) return nobody(context)
    const settling: Settling = { journal, journalPath, run, only, options, context }
    if (options.resend === true) return resend(settling)
    return holding(journal, run.key, options.takeOver === true, context, async lease => {
      findDoubts(settling)
      const code = options.as === undefined ? await ask(settling, lease) : sayItself(settling, lease, options.as)
      await writeResults(journal, run, journalPath, context)
      return code
    })
  })
}

function nobody(context: Context): ExitCode {
  context.stdout.write('nobody is in doubt, there is nothing to settle\n')
  return exitCode.done
}

export interface Settling {
  readonly journal: Journal
  readonly journalPath: string
  readonly run: Run
  /** Null: everybody in doubt. */
  readonly only: ReadonlySet<Address> | null
  readonly options: SettleOptions
  readonly context: Context
}

/** The run that is meant, if anybody is in doubt in it. */
function doubtfulRun(journal: Journal, argument: string | undefined, context: Context): Run | undefined {
  const fits = (run: Run): boolean =>
    journal.counts(run.id).inDoubt > 0 || isInterrupted(liveOverview(journal, run.id, context))
  if (argument === undefined) return journal.runs().find(fits)
  const run = findRun(journal, argument, { fits: () => true, what: 'run' }, context)
  return fits(run) ? run : undefined
}

function addressOf(text: string): Address {
  const parsed = parseAddress(text)
  if (parsed.ok) return parsed.address
  throw new UserError(`--only ${text}: ${parsed.problem}`, { remedy: 'give an address as it stands in the list' })
}

/**
 * Who was in a call whose owner is gone is in doubt as well, now that nobody else holds the key. Whoever names a person means
 * that person: a name that is not in doubt is a mistake, and nothing is done.
 */
function findDoubts({ journal, run, only, context }: Settling): void {
  journal.recover(run.id, context.clock.nowMs())
  if (only === null) return
  const missing = new Set(only)
  for (const { address } of journal.inDoubt(run.id)) missing.delete(address)
  if (missing.size === 0) return
  throw new UserError(`not in doubt in run ${run.id}: ${[...missing].join(', ')}; nothing was done`, {
    remedy: 'mailblast status --in-doubt names everybody who is',
  })
}

/** `--as`: the operator knows what became of them. */
function sayItself(settling: Settling, lease: Lease, state: 'accepted' | 'failed'): ExitCode {
  const { journal, journalPath, run, options, context } = settling
  const settlement: DoubtSettlement =
    state === 'accepted' ? { to: 'accepted', by: 'operator', providerId: null } : { to: 'failed', by: 'operator' }
  const moved = moveAll(settling, lease, settlement)
  const left = journal.counts(run.id).inDoubt
  if (options.json === true) {
    context.stdout.write(`${JSON.stringify({ type: 'doubts-settled', run: run.id, [state]: moved, in_doubt: left })}\n`)
  } else {
    context.stdout.write(`run ${run.id}: ${plural(moved, 'recipient')} settled as ${state} on your word\n`)
    if (state === 'failed' && moved > 0) {
      const retry = `${commandFor('retry', run, journalPath, context)} --failed --class unknown`
      context.stdout.write(`  to mail them again: ${retry}\n`)
    }
    if (left > 0) context.stdout.write(`  still in doubt: ${left}\n`)
  }
  return left > 0 ? exitCode.incomplete : exitCode.done
}

/** `--resend`: they wait again, and are sent to at once unless that would be to send to others as well. */
function resend(settling: Settling): Promise<ExitCode> {
  const { journal, journalPath, run, options, context } = settling
  const consent = parseConsent(options.yesCount ?? options.yes)
  return withRoutesOf(journal, run, context, routes =>
    holding(journal, run.key, options.takeOver === true, context, async lease => {
      findDoubts(settling)
      const people = [...chosen(settling)].length
      if (people === 0) return nobody(context)
      if (!(await isSecondCopyAgreed(consent, people, context))) {
        context.stderr.write('Nothing was sent.\n')
        return exitCode.usage
      }
      const others = journal.counts(run.id).waiting
      const queued = moveAll(settling, lease, { to: 'queued', by: 'resent' })
      if (queued < people) {
        const left = plural(people - queued, 'recipient')
        context.stderr.write(`${left} not sent again: suppressed, or in another run of the key\n`)
      }
      if (queued === 0) return exitCode.incomplete
      if (others > 0) return leaveToResume(settling, queued, others)
      const how = { json: options.json === true, patienceMs: options.wait, journalPath }
      return deliverRun(journal, run.id, lease, routes, how, context)
    }),
  )
}

/** What was agreed to is a second copy for some, not a first one for all who still wait in the run. */
function leaveToResume(
  { journal, journalPath, run, options, context }: Settling,
  queued: number,
  others: number,
): ExitCode {
  const { inDoubt } = journal.counts(run.id)
  if (options.json === true) {
    const line = { type: 'doubts-settled', run: run.id, queued, waiting: queued + others, in_doubt: inDoubt }
    context.stdout.write(`${JSON.stringify(line)}\n`)
  } else {
    const resume = commandFor('resume', run, journalPath, context)
    context.stdout.write(
      `run ${run.id}: ${plural(queued, 'recipient')} will be sent to again, with ${count(others)} who are waiting in the run: ${resume}\n`,
    )
  }
  return exitCode.stopped
}

/** How many are moved in one transaction. */
const most = 1000

/** Gives how many were moved. */
function moveAll(settling: Settling, lease: Lease, settlement: DoubtSettlement): number {
  const { journal, run, context } = settling
  let moved = 0
  let block: { messageId: number; settlement: DoubtSettlement }[] = []
  const write = (): void => {
    moved += journal.settleDoubts(lease, run.id, block, context.clock.nowMs())
    block = []
  }
  for (const messageId of chosen(settling)) {
    block.push({ messageId, settlement })
    if (block.length === most) write()
  }
  if (block.length > 0) write()
  return moved
}

/** The numbers of those in doubt who are meant. */
function* chosen({ journal, run, only }: Settling): Generator<number> {
  for (const { id, address } of journal.inDoubt(run.id)) if (only === null || only.has(address)) yield id
}
