/**
 * What a delivery does once a second: it looks at what is asked of its run, says how it stands, takes its share of the
 * accounts that other runs use too, and has paces remembered.
 */

import type { PacingChange } from '../model/campaign.ts'
import { InvariantError } from '../model/errors.ts'
import type { Pause, Run, Standing } from '../model/run.ts'
import type { Wait } from '../model/wait.ts'
import { type Rival, shareToTake } from '../policy/sharing.ts'
import type { LiveDelivery } from './live-delivery.ts'
import type { Stand } from './stand.ts'

/** While messages are on their way; while nothing moves the pauses grow, and while it is paused somebody wants it to go on. */
const beatMs = { busy: 1000, idle: 10_000, paused: 2000 }

/** A sender that has not said anything for so long uses no account any more. */
const silentMs = 15_000

/** What has just been heard of what is asked of the run. */
export interface Heard {
  /** What there is to tell of it. */
  readonly told: readonly ('paused' | 'goes on' | 'other paces')[]
  /** Why the delivery is to stop, if it is. */
  readonly stop: { readonly why: 'paused' | 'cancelled'; readonly detail: string } | null
}

/** How the delivery stands, to be said. */
export interface Saying extends Stand {
  readonly openCalls: number
  readonly waits: readonly Wait[]
}

export class Heartbeat {
  readonly #delivery: LiveDelivery
  #lookedAtMs = Number.NEGATIVE_INFINITY
  #nextMs = 0
  #pauseMs = beatMs.busy
  #paused: Pause | null = null
  #pausedSinceMs: number | null = null
  #pacing: PacingChange

  constructor(delivery: LiveDelivery) {
    this.#delivery = delivery
    this.#pacing = delivery.run.pacing
  }

  /** When it is to look, if nothing happens before. */
  get nextMs(): number {
    return this.#nextMs
  }

  /** Something has been given to a route or settled: it is looked more often for a while. */
  moved(nowMs: number): void {
    this.#pauseMs = beatMs.busy
    this.#nextMs = Math.min(this.#nextMs, nowMs + beatMs.busy)
  }

  /** Not to go on until somebody says so. */
  get paused(): Pause | null {
    return this.#paused
  }

  /** The paces that were set while the run was under way. */
  get pacing(): PacingChange {
    return this.#pacing
  }

  /**
   * Looks at what is asked of the run; undefined if it has just looked. After a longer pause it looks at once when something
   * happens: what was asked meanwhile is heeded before the next call is made.
   */
  look(nowMs: number): Heard | undefined {
    if (nowMs >= this.#lookedAtMs && nowMs < this.#lookedAtMs + beatMs.busy) return undefined
    const { paused, cancelAsked, pacing } = this.#now()
    this.#lookedAtMs = nowMs
    this.#nextMs = nowMs + (paused === null ? this.#pauseMs : beatMs.paused)
    this.#pauseMs = Math.min(beatMs.idle, 2 * this.#pauseMs)
    const told: Heard['told'][number][] = []
    if (JSON.stringify(pacing) !== JSON.stringify(this.#pacing)) told.push('other paces')
    if ((paused === null) !== (this.#paused === null)) told.push(paused === null ? 'goes on' : 'paused')
    this.#pausedSinceMs = paused === null ? null : (this.#pausedSinceMs ?? nowMs)
    this.#paused = paused
    this.#pacing = pacing
    return { told, stop: this.#stop(cancelAsked, nowMs) }
  }

  /** Says how the delivery stands, and shares accounts and sites with those who say that they use them too. */
  say(stand: Saying, nowMs: number): void {
    const { journal, run, routes, memory } = this.#delivery
    const { priority } = run.delivery
    const { openCalls, waits, lanes } = stand
    const others = journal.standings(nowMs - silentMs).filter(each => each.run !== run.id)
    const accounts = routes.map(route => {
      const { account } = route
      const wants = stand.wants(route)
      const rivals = others.flatMap(({ standing }) => rivalFor(account, standing))
      const share = shareToTake({ priority, wants }, rivals)
      route.setPace(this.#pacing.routes[route.name] ?? null, share, nowMs)
      memory.keep('account', account, route.use, { nowMs, isExact: false })
      return { account, wants, share: wants ? share : 0 }
    })
    memory.save()
    const sites = stand.shareSites(others.map(each => each.standing))
    const standing = { priority, accounts, sites, openCalls, routes: routes.map(route => route.standing), lanes, waits }
    journal.setStanding(run.id, standing, nowMs)
    this.#delivery.notify({ type: 'standing', atMs: nowMs, standing })
  }

  /** The delivery is over: nothing of an account need be left to it any more. */
  leave(nowMs: number): void {
    const { journal, run } = this.#delivery
    const { priority } = run.delivery
    journal.setStanding(
      run.id,
      { priority, accounts: [], sites: [], openCalls: 0, routes: [], lanes: [], waits: [] },
      nowMs,
    )
  }

  /** A paused run is waited for as long as anything else is. */
  #stop(cancelAsked: boolean, nowMs: number): Heard['stop'] {
    if (cancelAsked) return { why: 'cancelled', detail: 'cancelled by the operator' }
    const isTooLong = this.#pausedSinceMs !== null && nowMs - this.#pausedSinceMs >= this.#delivery.patienceMs
    return isTooLong ? { why: 'paused', detail: `paused: ${this.#paused?.why ?? ''}` } : null
  }

  #now(): Run {
    const { journal, run } = this.#delivery
    const now = journal.run(run.id)
    if (now === undefined) throw new InvariantError(`run ${run.id} is gone`)
    return now
  }
}

/** What the sender of another run says of an account, if it uses it; its routes may be several. */
function rivalFor(account: string, { priority, accounts }: Standing): readonly Rival[] {
  const uses = accounts.filter(each => each.account === account)
  if (uses.length === 0) return []
  return [{ priority, wants: uses.some(each => each.wants), share: Math.max(...uses.map(each => each.share)) }]
}
