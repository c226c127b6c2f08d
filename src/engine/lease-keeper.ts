/** Keeps this process the owner of its key for as long as it works, and notices when it is not any more. */

import type { Journal, Lease } from '../journal/journal.ts'

/** How long a lease holds, and how often it is renewed. A process that is silent for longer may be taken over. */
export const leaseMs = 60_000
const renewEveryMs = 15_000

export class LeaseKeeper {
  readonly #journal: Journal
  readonly #lease: Lease
  /** When the lease is to be renewed next. */
  nextMs: number

  constructor(journal: Journal, lease: Lease, nowMs: number) {
    this.#journal = journal
    this.#lease = lease
    this.nextMs = nowMs + renewEveryMs
  }

  /** Renews the lease if it is time; false once it is lost. */
  keep(nowMs: number): boolean {
    if (nowMs < this.nextMs) return true
    this.nextMs = nowMs + renewEveryMs
    return this.#journal.renew(this.#lease, nowMs + leaseMs)
  }
}
