/**
 * Asks one route's provider what became of people in doubt, and writes what it says. That it took a message is always
 * believed; that it did not, only where it is asked conclusively and the run may still send.
 */

import { InvariantError } from '../model/errors.ts'
import type { DoubtSettlement } from '../model/message.ts'
import type { Cause } from '../model/outcome.ts'
import type { Finding, Sought } from '../providers/provider.ts'
import type { Doubt, DoubtSettling, OpenRoute, StillInDoubt } from './settle.ts'
import type { SettleTally } from './settle-tally.ts'

/** What asking came to: who is in doubt still, and the ids of those whom the provider has. */
export interface Asked {
  readonly still: readonly StillInDoubt[]
  readonly taken: ReadonlySet<number>
}

/** After so long a provider that wanted to be asked less often is asked again: its allowance is by the minute, or less. */
const restMs = 60_000

export class Asking {
  readonly #settling: DoubtSettling
  readonly #open: OpenRoute
  readonly #tally: SettleTally
  #patienceMs: number
  /** Why this provider is not asked any more. */
  #ended: Cause | null = null

  constructor(settling: DoubtSettling, open: OpenRoute, tally: SettleTally) {
    this.#settling = settling
    this.#open = open
    this.#tally = tally
    this.#patienceMs = settling.patienceMs
  }

  async ask(doubts: readonly Doubt[]): Promise<Asked> {
    const still: StillInDoubt[] = []
    const taken = new Set<number>()
    let waiting = doubts
    while (waiting.length > 0) {
      const found = await this.#lookUp(waiting)
      const of = (kind: Finding['kind']) => found.filter(each => each.finding.kind === kind).map(each => each.doubt)
      this.#accept(found, taken)
      still.push(...this.#queueAgain(of('not taken')), ...because(of('no trace'), noTrace))
      const unknown = found.flatMap(({ doubt, finding }) => (finding.kind === 'unknown' ? [{ ...finding, doubt }] : []))
      const trouble = unknown.find(each => each.scope === 'route')
      const goesOn = trouble?.cause.class === 'throttled' && (await this.#rest(trouble.cause))
      this.#tally.tell()
      const given = goesOn ? unknown.filter(each => each.scope !== 'route') : unknown
      still.push(...given.map(({ doubt, cause }) => ({ doubt, reason: this.#reason(cause) })))
      waiting = goesOn ? unknown.filter(each => each.scope === 'route').map(each => each.doubt) : []
      // Only trouble of its own ends a provider's asking: who cannot be asked for must not stand in everybody's way.
      if (!goesOn && trouble !== undefined) this.#ended = trouble.cause
    }
    return { still, taken }
  }

  async #lookUp(doubts: readonly Doubt[]): Promise<readonly { readonly doubt: Doubt; readonly finding: Finding }[]> {
    const { run, messageIdOf, signal } = this.#settling
    const ended = this.#ended
    if (ended !== null)
      return doubts.map(doubt => ({ doubt, finding: { kind: 'unknown', scope: 'route', cause: ended } }))
    const sought = doubts.map(({ message: { address } }): Sought => {
      return { to: address, messageId: messageIdOf(address), run: run.id }
    })
    const findings = (await this.#open.provider.lookup?.(sought, signal)) ?? []
    return doubts.map((doubt, index) => {
      const finding = findings[index]
      if (finding === undefined || findings.length !== doubts.length)
        throw new InvariantError(
          `${this.#open.settings.name}: ${findings.length} findings for ${doubts.length} messages`,
        )
      return { doubt, finding }
    })
  }

  #accept(found: readonly { readonly doubt: Doubt; readonly finding: Finding }[], taken: Set<number>): void {
    const settlements = found.flatMap(({ doubt, finding }) => {
      if (finding.kind !== 'taken') return []
      taken.add(doubt.message.id)
      const settlement: DoubtSettlement = { to: 'accepted', by: 'asked', providerId: finding.providerId }
      return [{ messageId: doubt.message.id, settlement }]
    })
    this.#tally.acceptedByAsking += this.#write(settlements)
  }

  /** Who was not taken waits again, where that is allowed; gives who stays in doubt. */
  #queueAgain(doubts: readonly Doubt[]): readonly StillInDoubt[] {
    if (doubts.length === 0) return []
    const { run } = this.#settling
    if (this.#open.provider.profile.lookup !== 'conclusive') return because(doubts, noTrace)
    // To queue somebody would open the run again, and send what the operator has given up or replaced.
    if (run.state === 'cancelled' || run.state === 'superseded')
      return because(doubts, `the provider did not take it, and the run is ${run.state}, so it is not sent again`)
    const settlement: DoubtSettlement = { to: 'queued', by: 'asked' }
    const moved = this.#write(doubts.map(({ message }) => ({ messageId: message.id, settlement })))
    this.#tally.queued += moved
    return moved === doubts.length ? [] : because(this.#unmoved(doubts), notQueued)
  }

  /** Those of them who are in doubt still. */
  #unmoved(doubts: readonly Doubt[]): readonly Doubt[] {
    const { journal, run } = this.#settling
    const attempts = doubts.map(each => each.call.attempt)
    const first = Math.min(...attempts)
    const calls = journal.doubtfulCalls(run.id, { after: first - 1, limit: Math.max(...attempts) - first + 1 })
    const inDoubt = new Set(calls.flatMap(call => call.inDoubt))
    return doubts.filter(each => inDoubt.has(each.message.id))
  }

  #write(settlements: Parameters<DoubtSettling['journal']['settleDoubts']>[2]): number {
    if (settlements.length === 0) return 0
    const { journal, lease, run, clock } = this.#settling
    return journal.settleDoubts(lease, run.id, settlements, clock.nowMs())
  }

  /** Waits until the provider may be asked again; false if that is longer than anybody wants to wait. */
  async #rest(cause: Cause): Promise<boolean> {
    const { clock, signal } = this.#settling
    if (this.#patienceMs < restMs || signal.aborted) return false
    this.#patienceMs -= restMs
    this.#tally.notify({
      type: 'waiting',
      route: this.#open.settings.name,
      untilMs: clock.nowMs() + restMs,
      cause,
    })
    await clock.sleep(restMs, signal)
    return !signal.aborted
  }

  #reason(cause: Cause): string {
    return this.#settling.signal.aborted ? 'stopped before the provider had answered' : cause.text
  }
}

const noTrace = 'the provider has no trace of it, which proves nothing'
const notQueued =
  'the provider did not take it, but it cannot be sent again: suppressed, or queued, accepted or in doubt in another run'

function because(doubts: readonly Doubt[], reason: string): readonly StillInDoubt[] {
  return doubts.map(doubt => ({ doubt, reason }))
}
