/** Owning a key for as long as something is done with it. */

import type { Journal, Lease } from '../journal/journal.ts'
import { exitCode, UserError } from '../model/errors.ts'
import type { Context } from './context.ts'

/** How long a lease holds, and how often it is renewed. A process that is silent for longer may be taken over. */
const leaseMs = 60_000
const renewEveryMs = 15_000

/**
 * Becomes the owner of a key, does the work, and gives the key back, however the work ends. The lease is renewed
 * meanwhile; work that sends has the journal check it before each call. Throws UserError (exit 5) if another process
 * holds the key, or has taken it over before the work was done.
 */
export async function holding<Result>(
  journal: Journal,
  key: string,
  context: Context,
  work: (lease: Lease) => Promise<Result>,
): Promise<Result> {
  const lease = acquire(journal, key, context)
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
export function requireHeld(journal: Journal, lease: Lease, context: Context): void {
  if (isHeld(journal, lease, context)) return
  throw new UserError(`another process has taken over what is sent under the key "${lease.key}"`, {
    remedy: 'mailblast status shows what it does; this process has stopped',
    exitCode: exitCode.held,
  })
}

function acquire(journal: Journal, key: string, context: Context): Lease {
  const nowMs = context.clock.nowMs()
  const { host, pid, isAlive } = context
  const acquired = journal.acquire(key, { host, pid, nowMs, untilMs: nowMs + leaseMs, isAlive })
  if (acquired.ok) return acquired.lease
  const { owner } = acquired
  throw new UserError(`process ${owner.pid} on ${owner.host} is sending under the key "${key}" already`, {
    remedy: 'wait for it to end, or stop it; mailblast status shows how far it is',
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
function isHeld(journal: Journal, lease: Lease, { clock }: Context): boolean {
  try {
    return journal.renew(lease, clock.nowMs() + leaseMs)
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
