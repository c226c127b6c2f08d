/** Opens the journal that a command on runs is about. */

import { existsSync } from 'node:fs'
import type { Journal } from '../journal/journal.ts'
import type { RunId } from '../model/message.ts'
import type { Run, RunOverview } from '../model/run.ts'
import { nextSendAtMs } from '../policy/calendar.ts'
import type { Context } from './context.ts'
import { campaignFileOf, journalPath } from './places.ts'

export interface JournalOptions {
  /** `--journal`. */
  readonly journal?: string
  /** The RUN argument: an id, its beginning, or a campaign file. */
  readonly run?: string | undefined
}

/**
 * - `readOnly`: creates and changes nothing, and sees what another process writes
 * - `readWrite`: the journal must be there
 * - `create`: it is made if it is not there
 */
export type Access = 'readOnly' | 'readWrite' | 'create'

/** Opens the journal for the length of the work. */
export async function withJournal<Result>(
  options: JournalOptions,
  context: Context,
  access: Access,
  work: (journal: Journal, path: string) => Result | Promise<Result>,
): Promise<Result> {
  const path = journalPath(options.journal, campaignFileOf(options.run, context), context)
  // Opening to write would make a journal where there is none, and then say that it has no such run.
  const readOnly = access === 'readOnly' || (access === 'readWrite' && !existsSync(path))
  const journal = await context.openJournal(path, {
    nowMs: context.clock.nowMs,
    randomBytes: context.randomBytes,
    readOnly,
  })
  try {
    return await work(journal, path)
  } finally {
    journal.close()
  }
}

/**
 * Names those in doubt whom a dead process left in open calls, before anything is said about them. Only a process that this
 * host can tell to be dead counts: one that is merely silent, such as one that was suspended, is not taken over for the sake
 * of a look. A journal that cannot be written is read as it is.
 */
export async function recoverFromTheDead(options: JournalOptions, context: Context): Promise<void> {
  const nowMs = context.clock.nowMs()
  await withJournal(options, context, 'readWrite', journal => {
    for (const run of inFlight(journal, nowMs)) {
      const { mark, isAlive } = context
      // At the beginning of time no lease has run out yet.
      const acquired = journal.acquire(run.key, {
        mark,
        nowMs: 0,
        untilMs: context.wallNowMs() + recoveryLeaseMs,
        isAlive,
      })
      if (!acquired.ok) continue
      journal.recover(run.id, nowMs)
      journal.release(acquired.lease)
    }
  }).catch(() => undefined)
}

/** Opens the journal to read it, with those in doubt named; mostly there is nobody to name, and it is opened once. */
export async function withRecovered<Result extends object | number | string>(
  options: JournalOptions,
  context: Context,
  work: (journal: Journal, path: string) => Result | Promise<Result>,
): Promise<Result> {
  const nowMs = context.clock.nowMs()
  const done = await withJournal(options, context, 'readOnly', (journal, path) =>
    inFlight(journal, nowMs).length > 0 ? null : work(journal, path),
  )
  if (done !== null) return done
  await recoverFromTheDead(options, context)
  return withJournal(options, context, 'readOnly', work)
}

/** Runs in which calls are open, as far as the journal knows. */
function inFlight(journal: Journal, nowMs: number): readonly Run[] {
  return journal.runs().filter(run => run.state === 'open' && journal.overview(run.id, nowMs).sending > 0)
}

/** Recovering takes a moment, and nothing is sent meanwhile. */
const recoveryLeaseMs = 10_000

/**
 * A run as it is now. A process of this space that is gone holds nothing, however long its lease still runs; and who is due
 * has to wait for what the schedule allows.
 */
export function liveOverview(journal: Journal, run: RunId, { mark, isAlive, wallNowMs, clock }: Context): RunOverview {
  const overview = journal.overview(run, wallNowMs())
  const { owner, nextDueAtMs } = overview
  const isGone = owner !== null && owner.space === mark.space && !isAlive(owner)
  const { schedule } = overview.run.delivery
  return {
    ...overview,
    owner: isGone ? null : owner,
    nextDueAtMs: nextDueAtMs === null ? null : nextSendAtMs(schedule, nextDueAtMs, clock.nowMs()),
  }
}

/** Whether calls of the run are open though nobody is there to hear their answers. */
export function isInterrupted({ owner, sending }: RunOverview): boolean {
  return owner === null && sending > 0
}
