/**
 * Token buckets: how many may go now, and when the next may. Pure functions of a bucket and a time; nothing here waits.
 *
 * A bucket fills at its rate up to its burst, so in no second more than rate + burst go. The burst is what one second of the
 * rate gives (at least 1) unless the rate says otherwise. A bucket of which nothing is known starts with one token, for it may
 * have been used a moment ago; only where a burst was asked for it starts full, because else that would never be had.
 */

import type { Rate } from '../model/rate.ts'

export interface Bucket {
  readonly rate: Rate
  /** The most that it holds, and so the most that one call may cost. */
  readonly burst: number
  readonly tokens: number
  readonly atMs: number
}

export function newBucket(rate: Rate, nowMs: number, burst = burstOf(rate)): Bucket {
  return { rate, burst, tokens: firstTokens(rate), atMs: nowMs }
}

/** The most that a bucket of a rate holds. */
export function burstOf(rate: Rate): number {
  return rate.burst ?? Math.max(1, Math.floor((rate.count / rate.perMs) * 1000))
}

function firstTokens(rate: Rate): number {
  return rate.burst ?? 1
}

/** When a bucket holds what a new one would: from then on it may be forgotten. */
export function asNewAtMs(bucket: Bucket, nowMs: number): number {
  return readyAtMs(bucket, firstTokens(bucket.rate), nowMs)
}

/** A bucket that is known from before, for a rate that may have changed since. */
export function restored(bucket: Bucket, rate: Rate, nowMs: number): Bucket {
  return withRate({ ...bucket, atMs: Math.min(bucket.atMs, nowMs) }, rate, burstOf(rate), nowMs)
}

/** The bucket as it stands at `nowMs`. A clock that went back adds nothing and takes nothing away. */
export function refill(bucket: Bucket, nowMs: number): Bucket {
  const elapsedMs = Math.max(0, nowMs - bucket.atMs)
  const tokens = Math.min(bucket.burst, bucket.tokens + (elapsedMs * bucket.rate.count) / bucket.rate.perMs)
  return { ...bucket, tokens, atMs: nowMs }
}

/** The bucket with another rate and burst from now on; what it holds of the new burst stays. */
export function withRate(bucket: Bucket, rate: Rate, burst: number, nowMs: number): Bucket {
  return { rate, burst, tokens: Math.min(burst, refill(bucket, nowMs).tokens), atMs: nowMs }
}

/** The bucket with nothing saved up. */
export function emptied(bucket: Bucket, nowMs: number): Bucket {
  return { ...bucket, tokens: Math.min(0, bucket.tokens), atMs: nowMs }
}

/** Takes `count` tokens; the caller has asked `readyAtMs` first. */
export function take(bucket: Bucket, count: number, nowMs: number): Bucket {
  const filled = refill(bucket, nowMs)
  return { ...filled, tokens: filled.tokens - count }
}

/** When `count` tokens (at most the burst) are there: `nowMs` if they are now. */
export function readyAtMs(bucket: Bucket, count: number, nowMs: number): number {
  const wanted = Math.min(count, bucket.burst)
  const missing = wanted - refill(bucket, nowMs).tokens
  // What division leaves behind a decimal point must not cost a whole further millisecond, over and over.
  if (missing <= 1e-9) return nowMs
  return nowMs + Math.ceil((missing * bucket.rate.perMs) / bucket.rate.count)
}

/** When all buckets have `count` tokens. */
export function allReadyAtMs(buckets: readonly Bucket[], count: number, nowMs: number): number {
  return buckets.reduce((latest, bucket) => Math.max(latest, readyAtMs(bucket, count, nowMs)), nowMs)
}

/** The most that one call may take from all of them. */
export function smallestBurst(buckets: readonly Bucket[]): number {
  return buckets.reduce((least, bucket) => Math.min(least, bucket.burst), Number.POSITIVE_INFINITY)
}
