/** Owning a key for as long as something is done with it. */

import type { Journal, Lease } from '../journal/journal.ts'
import { exitCode, UserError } from '../model/errors.ts'
import { duration } from '../model/words.ts'
import type { Context } from './context.ts'

/** How long a lease holds, and how often it is renewed. A process that is silent for longer may be taken over. */
const leaseMs = 60_000
const renewEveryMs = 15_000

/**
 * Becomes the owner of a key, does the work, and gives the key back, however the work ends. The lease is renewed
 * meanwhile; work that sends has the journal check it before each call. Throws UserError (exit 5) if another process
 * holds the key, or has taken it over before the work was done; and (exit 2) if the journal is a copy. `takeOver` is the
 * operator's word (`--take-over`) for both.
 */
export async function holding<Result>(
  journal: Journal,
  key: string,
  takeOver: boolean,
  context: Context,
  work: (lease: Lease) => Promise<Result>,
): Promise<Result> {
  const lease = acquire(journal, key, takeOver, context)
  const over = new AbortController()
  const renewing = keepRenewing(journal, lease, context, over.signal)
  try {
    return await work(lease)
  } catch (error) {
    requireHeld(journal, lease, context)
    throw error
  } finally {
    over.abort()
    await renewing
    releaseQuietly(journal, lease)
  }
}

/** Throws UserError (exit 5) if another process has taken the key over meanwhile. */
function requireHeld(journal: Journal, lease: Lease, context: Context): void {
  if (isHeld(journal, lease, context)) return
  throw new UserError(`another process has taken over what is sent under the key "${lease.key}"`, {
    remedy: 'mailblast status shows what it does; this process has stopped',
    exitCode: exitCode.held,
  })
}

function acquire(journal: Journal, key: string, takeOver: boolean, context: Context): Lease {
  const { mark, isAlive } = context
  const nowMs = context.wallNowMs()
  const acquired = journal.acquire(key, { mark, nowMs, untilMs: nowMs + leaseMs, isAlive, takeOver })
  if (acquired.ok) return acquired.lease
  if (acquired.why === 'copied') {
    throw new UserError(`this journal is a copy, and the key "${key}" has been sent from the original`, {
      remedy:
        'Whom the original has mailed since it was copied is not known here, and would be mailed a second time.\n' +
        'If the original is gone or will not be used again, say --take-over; else use the original.',
    })
  }
  const { owner } = acquired
  const seen = owner.space === mark.space
  throw new UserError(`process ${owner.pid} on ${owner.host} is sending under the key "${key}" already`, {
    remedy: seen
      ? 'wait for it to end, or stop it; mailblast status shows how far it is'
      : `wait for it to end; if it has died, wait ${duration(Math.max(1000, owner.leaseUntilMs - nowMs))}, or say --take-over`,
    exitCode: exitCode.held,
  })
}

/** A journal that cannot be written for a moment is tried again: nothing is sent on an old lease, the journal sees to it. */
async function keepRenewing(journal: Journal, lease: Lease, context: Context, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    await context.clock.sleep(renewEveryMs, over)
    if (!over.aborted) isHeld(journal, lease, context)
  }
}

/** Whether the key is still this process's, as far as can be told; renews the lease if it is. */
function isHeld(journal: Journal, lease: Lease, { wallNowMs }: Context): boolean {
  try {
    return journal.renew(lease, wallNowMs() + leaseMs)
  } catch {
    return true
  }
}

/** What the work gave must not be lost to a lease that could not be given back; it runs out by itself. */
function releaseQuietly(journal: Journal, lease: Lease): void {
  try {
    journal.release(lease)
  } catch {
    // The lease ends with this process, or after its time.
  }
}
