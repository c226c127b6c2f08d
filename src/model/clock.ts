/**
 * The doors to time and chance. Nothing else in the project reads the clock, sets a timer or draws a random number, so
 * that a test can run three days of retries in a millisecond and replay what chance did.
 */

export interface Clock {
  /** Milliseconds since 1970, as `Date.now()`. */
  nowMs(): number
  /** Resolves after `ms`, or as soon as `signal` is aborted (it never rejects). */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export interface Chance {
  /** A number from 0 up to but not including 1. */
  fraction(): number
}
