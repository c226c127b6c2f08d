/**
 * When a campaign may be sent, and how a new route is warmed up. All of it is plain JSON: it is frozen in the journal with
 * its run, and means the same on whichever machine the run is resumed.
 */

export interface Schedule {
  /** Nothing leaves before; null: there is no start to wait for. */
  readonly at: Moment | null
  /** Nothing leaves from then on; null: there is no end. */
  readonly notAfter: Moment | null
  /** IANA name of the zone in which the campaign file's times are meant, and of whoever has no zone of their own. */
  readonly zone: string
  /** The merge field that holds a recipient's own zone; null: `zone` is everybody's. */
  readonly zoneColumn: string | null
  /** Open only within these hours, as the clock of the recipient's zone shows them; empty: always. */
  readonly windows: readonly WeekHours[]
  /** Closed within these hours, also where a window is open. */
  readonly quiet: readonly WeekHours[]
}

/** One instant for everybody, or what the clock shows in each recipient's own zone. */
export type Moment =
  | { readonly kind: 'instant'; readonly atMs: number }
  | { readonly kind: 'wall clock'; readonly time: WallTime }

/** A day and a time of day without a zone, to the second, so that two can be compared as text: `2026-12-01T09:00:00`. */
export type WallTime = string

/** Hours of one or more days of the week. */
export interface WeekHours {
  /** The days on which they begin, by their numbers in ISO 8601: 1 is Monday, 7 is Sunday. */
  readonly days: readonly number[]
  /** Minute of the day, from 0 to 1439, with which they begin. */
  readonly fromMinute: number
  /** Minute of the day, up to 1440, before which they end: on the next day if it is not after `fromMinute`. */
  readonly toMinute: number
}

/** How many messages a route may be given a day: `startPerDay` on the first, each further day `growth` times as many. */
export interface WarmUp {
  readonly startPerDay: number
  readonly growth: number
  readonly untilPerDay: number
}
