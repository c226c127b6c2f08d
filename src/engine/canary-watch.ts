/**
 * Takes a run through its canary: a few are mailed, it is waited for what becomes of them, and the others follow only if no
 * threshold is crossed. Where the run stands is in the journal, so that another process can go on with it.
 */

import type { Crossing } from '../model/crossing.ts'
import type { CanaryPhase } from '../model/run.ts'
import { canaryCrossing, type Figures } from '../policy/guard.ts'
import type { LiveDelivery } from './live-delivery.ts'

/** What has just happened. */
export type CanaryStep =
  | { readonly kind: 'holding'; readonly count: number; readonly untilMs: number }
  | { readonly kind: 'over'; readonly count: number }
  | { readonly kind: 'failed'; readonly crossing: Crossing }

export class CanaryWatch {
  readonly #delivery: LiveDelivery
  /** What this process has seen. */
  readonly #seen: () => Figures
  #phase: CanaryPhase | null
  /** Whoever goes on with a run that was stopped when its canary was judged has looked at it, and lets the others follow. */
  readonly #isLookedAt: boolean

  constructor(delivery: LiveDelivery, seen: () => Figures) {
    const { canary, paused } = delivery.run
    this.#delivery = delivery
    this.#seen = seen
    this.#phase = canary
    this.#isLookedAt = canary?.kind === 'holding' && paused?.by === 'guard' && paused.atMs >= canary.untilMs
  }

  /** Until when everybody else waits; null while that is not known, or nobody does. */
  get holdUntilMs(): number | null {
    return this.#phase?.kind === 'holding' ? this.#phase.untilMs : null
  }

  /** Looks whether the run has come a step further; to be asked while no call is open. */
  step(nowMs: number): CanaryStep | undefined {
    if (this.#phase === null) return undefined
    const { journal, run } = this.#delivery
    if (this.#phase.kind === 'sending') {
      const { untried, chosen } = journal.canaries(run.id)
      if (untried > 0) return undefined
      if (journal.counts(run.id).waiting === 0) {
        // Everybody was a canary, and there is nobody for whom it would have to be waited.
        this.#setPhase(null)
        return undefined
      }
      const untilMs = nowMs + (run.delivery.canary?.holdMs ?? 0)
      this.#setPhase({ kind: 'holding', untilMs })
      return { kind: 'holding', count: chosen, untilMs }
    }
    if (nowMs < this.#phase.untilMs) return undefined
    return this.#judge()
  }

  #judge(): CanaryStep {
    const { journal, run } = this.#delivery
    const canaries = journal.canaries(run.id)
    const complaints = journal.complaints(run.id, run.createdAtMs)
    const thresholds = this.#isLookedAt ? [] : run.delivery.guard.stopWhen
    const crossing = canaryCrossing(thresholds, { ...this.#seen(), ...canaries, complaints })
    if (crossing !== undefined) return { kind: 'failed', crossing }
    this.#setPhase(null)
    return { kind: 'over', count: canaries.chosen }
  }

  #setPhase(phase: CanaryPhase | null): void {
    const { journal, run } = this.#delivery
    journal.setCanaryPhase(run.id, phase)
    this.#phase = phase
  }
}
