/**
 * Finds out what became of a run's people in doubt: asks the providers that can be asked, and repeats the calls that a
 * provider is sure to take for the same as before. It never guesses and never sends a second mail: who can be proven
 * neither accepted nor not taken stays in doubt, with the reason, for the operator.
 */

import type { DoubtfulCall, Journal, Lease } from '../journal/journal.ts'
import type { Address } from '../model/address.ts'
import type { RouteSettings } from '../model/campaign.ts'
import type { Clock } from '../model/clock.ts'
import { InvariantError } from '../model/errors.ts'
import type { QueuedMessage } from '../model/message.ts'
import type { Cause } from '../model/outcome.ts'
import type { Run } from '../model/run.ts'
import type { Provider } from '../providers/provider.ts'
import type { Fill } from './attempt.ts'
import { Asking } from './settle-ask.ts'
import { Repeating } from './settle-repeat.ts'
import { SettleTally } from './settle-tally.ts'

export interface DoubtSettling {
  readonly journal: Journal
  /** The key of the run, held for as long as this takes. */
  readonly lease: Lease
  readonly run: Run
  /** The run's routes that are open. */
  readonly routes: readonly OpenRoute[]
  /** Why a route that is not among them is not asked, by its name. */
  readonly unasked: ReadonlyMap<string, string>
  readonly fill: Fill
  /** The Message-ID of what an address gets in this run. */
  readonly messageIdOf: (address: Address) => string
  readonly clock: Clock
  /** How long it may wait, for each route and in all, where a provider does not want to be asked so often; 0: not at all. */
  readonly patienceMs: number
  /** Aborted: nothing more is asked or repeated, and open calls end at once. What has been found out by then is kept. */
  readonly signal: AbortSignal
  readonly notify: (progress: SettleProgress) => void
}

/** A route of a run with its provider made ready. */
export interface OpenRoute {
  readonly settings: RouteSettings
  readonly provider: Provider
}

export type SettleProgress =
  /** Of so many people in doubt, so many have been dealt with: settled or left. */
  | { readonly type: 'progress'; readonly done: number; readonly of: number }
  /** A provider wants to be asked less often; it is asked again then. */
  | { readonly type: 'waiting'; readonly route: string; readonly untilMs: number; readonly cause: Cause }

export interface SettleResult {
  /** The provider says that it took them. */
  readonly acceptedByAsking: number
  /** The provider took the same call for the same as before. */
  readonly acceptedByRepeating: number
  /** The provider says that it never took them, so they wait again. */
  readonly queued: number
  /** Who is in doubt still, in falling order of count. */
  readonly left: readonly LeftInDoubt[]
  /** Whether the signal ended it; those it did not come to are in none of the figures. */
  readonly stopped: boolean
}

/** People of one route who stay in doubt for one reason. */
export interface LeftInDoubt {
  readonly route: string
  readonly reason: string
  readonly count: number
  readonly example: Address
}

/** Somebody in doubt, and the call in which she came so. */
export interface Doubt {
  readonly call: DoubtfulCall
  readonly message: QueuedMessage
}

/** Somebody who stays in doubt after being asked for, and why; no reason where the provider cannot be asked. */
export interface StillInDoubt {
  readonly doubt: Doubt
  readonly reason: string | null
}

/** Calls looked at together: their messages are in memory, and what one request can ask for comes from all of them. */
const callsAtOnce = 20

/**
 * Works through everybody in doubt in the run, oldest call first. What is found out is durable call by call. Rejects with
 * FencedError if the lease is lost, and with UserError where the journal throws it (`settleDoubts`); every open call has
 * ended by then.
 */
export async function settleByAsking(settling: DoubtSettling): Promise<SettleResult> {
  const { journal, routes, unasked, signal, notify } = settling
  const run = journal.run(settling.run.id)
  if (run === undefined) throw new InvariantError(`there is no run ${settling.run.id}`)
  const tally = new SettleTally(journal.counts(run.id).inDoubt, notify)
  // What may be done hangs on the run's state, and that is only certain now that the key is held.
  const ways = new Map(routes.map(open => [open.settings.name, new Way({ ...settling, run }, open, tally)]))
  let after = 0
  while (!signal.aborted) {
    const calls = journal.doubtfulCalls(run.id, { after, limit: callsAtOnce })
    const last = calls.at(-1)
    if (last === undefined) break
    after = last.attempt
    await all(
      [...Map.groupBy(calls, call => call.route)].map(async ([name, ofRoute]) => {
        const way = ways.get(name)
        if (way !== undefined) await way.settle(ofRoute)
        else for (const { message } of doubtsOf(ofRoute)) tally.leave(name, message.address, unasked.get(name) ?? gone)
        tally.tell()
      }),
    )
  }
  return tally.result(signal.aborted)
}

const gone = 'the run has no such route, so its provider could not be asked'

/** One route, with what has been learnt of its provider so far. */
class Way {
  readonly #name: string
  readonly #tally: SettleTally
  readonly #asking: Asking | null
  readonly #repeating: Repeating | null

  constructor(settling: DoubtSettling, open: OpenRoute, tally: SettleTally) {
    const { profile, lookup } = open.provider
    this.#name = open.settings.name
    this.#tally = tally
    this.#asking = lookup === undefined ? null : new Asking(settling, open, tally)
    this.#repeating = profile.idempotency.kind === 'none' ? null : new Repeating(settling, open, tally)
  }

  async settle(calls: readonly DoubtfulCall[]): Promise<void> {
    const doubts = doubtsOf(calls)
    const asked = (await this.#asking?.ask(doubts)) ?? {
      still: doubts.map(doubt => ({ doubt, reason: null })),
      taken: new Set<number>(),
    }
    const repeating = this.#repeating
    if (repeating === null) {
      for (const { doubt, reason } of asked.still)
        this.#tally.leave(this.#name, doubt.message.address, reason ?? neither)
      return
    }
    const byCall = Map.groupBy(asked.still, each => each.doubt.call)
    await all([...byCall].map(([call, still]) => repeating.repeat(call, still, asked.taken)))
  }
}

const neither = 'the provider can neither be asked what it took nor made to ignore a repeated call'

function doubtsOf(calls: readonly DoubtfulCall[]): readonly Doubt[] {
  return calls.flatMap(call => {
    const inDoubt = new Set(call.inDoubt)
    return call.messages.filter(message => inDoubt.has(message.id)).map(message => ({ call, message }))
  })
}

/** Waits for all of them, also when one fails: no call may be open when this is over. */
async function all(works: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(works)).find(each => each.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}
