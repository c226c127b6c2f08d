/**
 * What one of several runs may take of a provider account that they use at the same time. The higher priority gets nearly
 * all of it, and the lower is not starved: ten to one, and ten to one again.
 */

import type { Priority } from '../model/campaign.ts'

const weights: Readonly<Record<Priority, number>> = { critical: 100, transactional: 10, bulk: 1 }

/** A run's share, from 0 to 1, beside others that want to use the account now. */
export function shareOf(priority: Priority, others: readonly Priority[]): number {
  const own = weights[priority]
  return own / others.reduce((sum, other) => sum + weights[other], own)
}

/** Runs in the order in which they go where only one can: the higher priority first, and of equals the one given first. */
export function byPriority<Run>(runs: readonly Run[], priorityOf: (run: Run) => Priority): readonly Run[] {
  return [...runs].sort((a, b) => weights[priorityOf(b)] - weights[priorityOf(a)])
}
