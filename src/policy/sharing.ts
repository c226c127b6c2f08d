/**
 * What one of several runs may take of a provider account that they use at the same time. The higher priority gets nearly
 * all of it, and the lower is not starved: ten to one, and ten to one again.
 */

import type { Priority } from '../model/campaign.ts'

const weights: Readonly<Record<Priority, number>> = { critical: 100, transactional: 10, bulk: 1 }

/** What another run says of an account that both use. */
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

/** Runs in the order in which they go where only one can: the higher priority first, and of equals the one given first. */
export function byPriority<Run>(runs: readonly Run[], priorityOf: (run: Run) => Priority): readonly Run[] {
  return [...runs].sort((a, b) => weights[priorityOf(b)] - weights[priorityOf(a)])
}
