/** Owning a key for as long as something is done with it. */

import { leaseMs } from '../engine/lease-keeper.ts'
import type { Journal, Lease } from '../journal/journal.ts'
import { exitCode, UserError } from '../model/errors.ts'
import type { Context } from './context.ts'

const renewEveryMs = 15_000

/**
 * Becomes the owner of a key, does the work, and gives the key back, however the work ends. The lease is renewed
 * meanwhile; work that sends asks the journal itself before each call. Throws UserError (exit 5) if another process
 * holds the key.
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
  } finally {
    over.abort()
    await renewing
    journal.release(lease)
  }
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

async function keepRenewing(journal: Journal, lease: Lease, { clock }: Context, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    await clock.sleep(renewEveryMs, over)
    if (!over.aborted && !journal.renew(lease, clock.nowMs() + leaseMs)) return
  }
}
