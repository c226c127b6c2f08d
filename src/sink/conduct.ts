/**
 * What the two halves of a sink, SMTP and HTTP, have in common: one chooser, one count of calls, one ledger, one watcher,
 * one clock. Nothing is said to be taken before the ledger has it.
 */

import { parseAddress } from '../model/address.ts'
import type { Clock } from '../model/clock.ts'
import type { SinkEvent, SinkPhase } from './event.ts'
import type { LedgerEntry } from './ledger.ts'
import type { Chooser, Occasion } from './misbehaviour.ts'
import type { Rule } from './rule.ts'

export interface ConductOptions {
  readonly chooser: Chooser
  readonly onAccepted: (entries: readonly LedgerEntry[]) => void
  readonly watch: (event: SinkEvent) => void
  readonly clock: Clock
  /** Aborted when the sink closes: nobody is waited for any more. */
  readonly closing: AbortSignal
}

/** One call on its way through a sink. */
export interface Call {
  readonly provider: string
  readonly connection: number
  /** Null before there is one. */
  readonly number: number | null
  /** As mailblast compares them, which is also how the ledger has them. */
  to: readonly string[]
  misbehaviour: Rule['do'] | null
  inLedger: boolean
}

export class Conduct {
  readonly #options: ConductOptions
  #calls = 0

  constructor(options: ConductOptions) {
    this.#options = options
  }

  nextCall(): number {
    this.#calls += 1
    return this.#calls
  }

  /** Decides what to do at a step and tells the watcher, who may end the sender there. */
  meet(call: Call, phase: SinkPhase, occasion: Pick<Occasion, 'transport' | 'phase'>): Rule | null {
    const { provider } = call
    const rule = this.#options.chooser.decide({ provider, ...occasion, domains: call.to.map(domainOf) })
    if (rule !== null) call.misbehaviour = rule.do
    this.#tell(call, phase, rule?.do ?? null)
    return rule
  }

  /** Writes a call's entries into the ledger; false if that cannot be done, and then nobody may be told of it. */
  take(call: Call, entries: readonly Omit<LedgerEntry, 'at' | 'provider' | 'call'>[]): boolean {
    const { provider, number } = call
    const at = new Date(this.nowMs()).toISOString()
    try {
      this.#options.onAccepted(
        entries.map(({ address, message_id, run, subject, body_sha256 }) => ({
          at,
          provider,
          address: sameAddress(address),
          message_id,
          run,
          subject,
          body_sha256,
          call: number ?? 0,
        })),
      )
      call.inLedger = true
    } catch {
      // Whoever keeps the ledger knows why; here it only counts that there is nothing to be said.
    }
    return call.inLedger
  }

  answered(call: Call): void {
    this.#tell(call, 'answered', call.misbehaviour)
  }

  nowMs(): number {
    return this.#options.clock.nowMs()
  }

  /** What follows a wait; at once if there is none. */
  after<Act>(delayMs: number, act: Act): Act | Promise<Act> {
    if (delayMs === 0) return act
    return this.#options.clock.sleep(delayMs, this.#options.closing).then(() => act)
  }

  #tell({ provider, connection, number, to, inLedger }: Call, phase: SinkPhase, misbehaviour: Rule['do'] | null): void {
    this.#options.watch({ provider, phase, connection, call: number, to, misbehaviour, inLedger })
  }
}

/** An address as mailblast compares it; as it came, if it is none. */
export function sameAddress(text: string): string {
  const parsed = parseAddress(text)
  return parsed.ok ? parsed.address : text
}

/** The domain of an address, as sites are compared. */
export function domainOf(text: string): string {
  const address = sameAddress(text)
  return address.slice(address.lastIndexOf('@') + 1).toLowerCase()
}
