/** How a run went, as `Journal.course` gives it: over time, from attempt to attempt, and call by call. */

import type { FailureClass } from '../model/outcome.ts'

export interface Course {
  /** What came to an end in each stretch of `sliceMs` in which anything did, in the order of time. */
  readonly sliceMs: number
  readonly slices: readonly Slice[]
  /** How many were accepted at their first, second, … attempt, as attempts are counted: being told to be slower burns none. */
  readonly acceptedAt: readonly { readonly attempt: number; readonly count: number }[]
  /** How many times somebody was handed over and had to be handed over again. */
  readonly deferrals: number
  /** How long calls took from their first byte to what was made of the answer; the busiest route first. */
  readonly latency: readonly RouteLatency[]
  /** The same calls by how long they took, from the fastest on; every band is there, also where no call was in it. */
  readonly bands: readonly LatencyBand[]
  /** How long each of the last thousand calls took, in any order. */
  readonly lastCallsMs: readonly number[]
  /** Who waits, by the class of what was last said of her (null: nothing yet), with the first and the last due time. */
  readonly waiting: readonly Waiting[]
  /** Who was not accepted, by receiving site and class, the most first; at most 20. */
  readonly siteTroubles: readonly Trouble[]
  /** The same by route. */
  readonly routeTroubles: readonly Trouble[]
}

export interface Slice {
  readonly fromMs: number
  readonly accepted: number
  readonly failed: number
  readonly inDoubt: number
}

export interface RouteLatency {
  readonly route: string
  readonly calls: number
  /** Percentiles by the nearest rank. */
  readonly p50Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
  readonly slowestMs: number
}

export interface LatencyBand {
  /** Calls of this band took less; null: it is the last one. */
  readonly belowMs: number | null
  readonly calls: number
}

export interface Waiting {
  readonly class: FailureClass | null
  readonly count: number
  /** 0: at once. */
  readonly firstDueAtMs: number
  readonly lastDueAtMs: number
}

export interface Trouble {
  /** The site's or the route's name. */
  readonly name: string
  readonly class: FailureClass
  readonly count: number
  /** Of so many messages for that site, or last handed to that route. */
  readonly of: number
}
