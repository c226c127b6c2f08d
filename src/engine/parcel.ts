/** What is taken from lanes for one call, and what they learn from it. */

import type { Claimed, Lane, LaneChange } from './lane.ts'
import type { LearnedCall } from './lesson.ts'

/** Claimed messages of one call, and the lanes they came from. */
export interface Parcel {
  readonly claimed: readonly Claimed[]
  readonly lanes: ReadonlySet<Lane>
}

/** A lane that has learned something from a call that there is something to say of. */
export interface ChangedLane {
  readonly lane: Lane
  readonly call: LearnedCall
  readonly change: LaneChange
}
