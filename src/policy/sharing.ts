/**
 * What one of several runs may take of a provider account, or of a receiving site's pace, that they use at the same time. The
 * higher priority gets nearly all of it, and the lower is not starved: ten to one, and ten to one again.
 */

import type { Priority, SitePace } from '../model/campaign.ts'
import type { Rate } from '../model/rate.ts'

const weights: Readonly<Record<Priority, number>> = { critical: 100, transactional: 10, bulk: 1 }

/** What another run says of an account or site that both use. */
export interface Rival {
  readonly priority: Priority
  /** Whether it has messages for it that could go now. */
  readonly wants: boolean
  /** What part of it that run takes, until it says otherwise. */
  readonly share: number
}

/** Nothing at all would be waited for without end. */
const leastShare = 0.001

/**
 * What part of an account a run takes from now on, from 0 to 1: what is its due, as far as the others have left it by then.
 * So those that begin wait until the others make room, which they do at their next look, and at no time is more taken than
 * there is. While it wants nothing it keeps to what would be its due if all of them did.
 */
export function shareToTake(own: Pick<Rival, 'priority' | 'wants'>, rivals: readonly Rival[]): number {
  const competing = own.wants ? rivals.filter(rival => rival.wants) : rivals
  const due = shareOf(
    own.priority,
    competing.map(rival => rival.priority),
  )
  const free = rivals.reduce((left, rival) => left - rival.share, 1)
  return Math.max(leastShare, Math.min(due, free))
}

/** A run's due, from 0 to 1, beside others that want to use the account now. */
export function shareOf(priority: Priority, others: readonly Priority[]): number {
  const own = weights[priority]
  return own / others.reduce((sum, other) => sum + weights[other], own)
}

/** A rate as far as it is one run's. */
export function sharedRate(rate: Rate, share: number): Rate {
  const { count, burst } = rate
  if (share === 1) return rate
  return {
    ...rate,
    count: count * share,
    ...(burst === undefined ? {} : { burst: Math.max(1, Math.floor(burst * share)) }),
  }
}

/** A site's pace as far as it is one run's. */
export function sharedPace(pace: SitePace, share: number): SitePace {
  const { rates, concurrency } = pace
  if (share === 1) return pace
  return {
    rates: rates.map(rate => sharedRate(rate, share)),
    concurrency: concurrency === null ? null : Math.max(1, Math.floor(concurrency * share)),
  }
}

/** Runs in the order in which they go where only one can: the higher priority first, and of equals the one given first. */
export function byPriority<Run>(runs: readonly Run[], priorityOf: (run: Run) => Priority): readonly Run[] {
  return [...runs].sort((a, b) => weights[priorityOf(b)] - weights[priorityOf(a)])
}
