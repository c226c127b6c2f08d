/** A run: one resumable execution of a campaign, its content and list frozen at the start. */

import type { DeliverySettings, PacingChange, Priority } from './campaign.ts'
import type { Counts, RunId } from './message.ts'
import type { RateCounts } from './rate.ts'
import type { Wait } from './wait.ts'

/**
 * - `preparing`: the list is being read; nothing may leave yet, and a crash leaves nothing to resume
 * - `open`: may be sent from; being sent by its owner, or interrupted
 * - `finished`: nobody is waiting any more
 * - `cancelled`: the operator gave up on those who were waiting
 * - `superseded`: a later run of the same key took over those who were waiting
 */
export type RunState = 'preparing' | 'open' | 'finished' | 'cancelled' | 'superseded'

export interface Run {
  readonly id: RunId
  readonly key: string
  readonly campaignName: string
  /** The campaign file, absolute, from which it was started. */
  readonly campaignFile: string
  readonly state: RunState
  /** SHA-256 of the frozen edition. */
  readonly editionHash: string
  readonly delivery: DeliverySettings
  readonly createdAtMs: number
  readonly finishedAtMs: number | null
  /** Why it last stopped before its end, in words; null if it did not. */
  readonly stopped: string | null
  /** The file with the rows that did not become recipients; null if there are none. */
  readonly rejectsFile: string | null
  /** Null unless it is not to go on until somebody says so. */
  readonly paused: Pause | null
  /** Whether its owner is to give up on those who wait as soon as its open calls have ended. */
  readonly cancelAsked: boolean
  readonly pacing: PacingChange
  /** Null: everybody may be mailed. */
  readonly canary: CanaryPhase | null
}

/** That a run is not to go on until it is resumed by name, and why. */
export interface Pause {
  readonly by: 'operator' | 'guard'
  /** Why, in words. */
  readonly why: string
  readonly atMs: number
}

/**
 * Where a run stands that mails a few before all others:
 * - `sending`: only they may be mailed
 * - `holding`: all of them have been tried, and it is waited for what becomes of them
 */
export type CanaryPhase = { readonly kind: 'sending' } | { readonly kind: 'holding'; readonly untilMs: number }

/**
 * What the process that sends a run last said of itself, so that others can see it: what waits and for which cause, and
 * which provider accounts and sites it uses, so that runs can share them.
 */
export interface Standing {
  readonly priority: Priority
  readonly accounts: readonly {
    readonly account: string
    /** Whether it has messages for it that could go now. */
    readonly wants: boolean
    /** What part of it, from 0 to 1, it takes until it says otherwise. */
    readonly share: number
  }[]
  /** The busiest of the receiving sites that it keeps to a pace, at most 100, with what part of that pace it takes. */
  readonly sites: readonly { readonly site: string; readonly share: number }[]
  readonly openCalls: number
  readonly routes: readonly RouteStanding[]
  /** The sites that most was sent to of those that there are messages for, at most 40. */
  readonly lanes: readonly LaneStanding[]
  /** What waits, the longest waits first; at most 20. */
  readonly waits: readonly Wait[]
}

export interface RouteStanding {
  readonly name: string
  readonly breaker: 'closed' | 'open' | 'half-open'
  readonly openCalls: number
  /** What its strictest rate comes to, messages or calls a second as its rates count them; null: it has none. */
  readonly limitPerSecond: number | null
  /** What its rates and paces are of. */
  readonly rateCounts: RateCounts
  /** The lowered pace that is kept, in the same measure; null: none was asked for. */
  readonly adaptedPerSecond: number | null
  /** From 0, failing, to 1, as well as ever. */
  readonly health: number
}

export interface LaneStanding {
  readonly site: string
  /** Messages that are held ready for it; the journal may have more. */
  readonly held: number
  readonly openCalls: number
  readonly limitPerSecond: number | null
  readonly adaptedPerSecond: number | null
}

/** A run with its figures, as `status` lists it. */
export interface RunOverview {
  readonly run: Run
  readonly counts: Counts
  /** Messages in calls that are open now, a part of those waiting. */
  readonly sending: number
  /** When the next waiting message may be sent, as far as that is known; null if none waits. */
  readonly nextDueAtMs: number | null
  /** The process that holds it now; null if none does. */
  readonly owner: Owner | null
  /** What its owner last said of itself, and when; null if none has. */
  readonly standing: { readonly atMs: number; readonly standing: Standing } | null
}

/** A process as others can tell it from every other one, now and later. */
export interface ProcessMark {
  /** The host's name, for people. */
  readonly host: string
  /**
   * Names the set of processes among which `pid` is unique and can be seen: this boot of this host, this container. Two
   * processes can tell of each other whether they live only if it is the same. Opaque.
   */
  readonly space: string
  readonly pid: number
  /** When it started, as the system says it, so that a number given out again is another process. Opaque; may be empty. */
  readonly started: string
}

/** The process that holds a key. `fence` grows with each new owner, so that a former one can be told. */
export interface Owner extends ProcessMark {
  readonly fence: number
  readonly leaseUntilMs: number
}
