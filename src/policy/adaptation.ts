/**
 * The pace that receivers and providers leave us: lowered when one asks us to be slower, raised again while it does not.
 * Pure: `(adaptation, what was heard, now) → adaptation` and what there is to say of it. All of it is plain data, fit to be
 * kept as JSON. It only ever slows: the configured rates hold besides.
 *
 * Additive increase, multiplicative decrease, as TCP has it (RFC 5681), on a rate instead of a window, with these borrowings:
 * - The rate that was really taken is the base of a decrease, as in the adaptive retries of the AWS SDKs; the factor of 0.7
 *   is theirs too, and CUBIC's (RFC 9438, 4.6).
 * - Only calls that began after the last decrease can bring about another one (RFC 6582, *recover*): what was in flight
 *   together counts once, however long it takes.
 * - Being throttled again with nothing taken in between says "not yet" and not "slower still": the rate stays and the rest
 *   grows (RFC 5681, 3.1: *ssthresh* is held while the same segment is sent again).
 * - The rate at which throttling began is remembered, neared more slowly, and forgotten when it is passed unharmed (RFC 9438,
 *   4.4 and 4.5).
 * - A pace that is not used up is not raised (RFC 7661): it has proved nothing.
 */

import type { Cause } from '../model/outcome.ts'

/** What is known of how fast one site or route may be used. */
export interface Adaptation {
  /** What has been given and taken lately; null if nothing has, or not since the pace was lowered. */
  readonly meter: Meter | null
  /** Null: never told to slow down, or recovered from it. */
  readonly pace: AdaptedPace | null
}

export interface AdaptedPace {
  readonly perSecond: number
  /** What was taken when throttling began; null once that has been passed unharmed. */
  readonly ceilingPerSecond: number | null
  readonly loweredAtMs: number
  /** Whether anything was taken of what was given after that. */
  readonly tookSince: boolean
  /** Since when the present step is clean, and what was taken in it. */
  readonly stepAtMs: number
  readonly stepTaken: number
  /** For how long the pace has not been what holds us back. */
  readonly slackMs: number
  readonly toldPerSecond: number
  readonly toldAtMs: number
}

/** A sliding window in two halves, so that its size does not depend on what it counts. */
export interface Meter {
  readonly fromMs: number
  readonly midMs: number
  readonly earlier: Tally
  readonly later: Tally
}

interface Tally {
  readonly given: number
  readonly taken: number
}

/** What a call says of a site or route, in messages or calls as its rates count them. */
export interface Heard {
  readonly begunAtMs: number
  /** Given to it since it was last heard. */
  readonly given: number
  /** Taken in this call: whatever was not throttled and did not fail on the way. */
  readonly taken: number
  /** Why it wants us to be slower, if it does. */
  readonly throttled: Cause | null
}

export interface PaceChange {
  /** What was really taken, where no pace was set before. */
  readonly fromPerSecond: number
  /** Null: only the configured rates hold from here on. */
  readonly toPerSecond: number | null
  /** Null for a raise. */
  readonly cause: Cause | null
}

export interface Adapted {
  readonly adaptation: Adaptation
  /** There if it is worth a sentence; a raise is told at most once a minute. */
  readonly change: PaceChange | null
}

export const unadapted: Adaptation = { meter: null, pace: null }

/** Six a minute: a site that takes less is slowed by its breaker's rests. */
const slowestPerSecond = 0.1
/** What is left of the base: after the first throttle, after a further one, and after one where it was to be expected. */
const factors = { first: 0.7, further: 0.8, expected: 0.85 }

/** Of the ceiling, in a clean minute. */
const raisePerMinute = 0.1
const raiseNearCeiling = 0.05
/** Of the pace itself, in a clean minute, when no ceiling is known any more. */
const raiseBeyond = 0.5
const nearCeiling = 0.9
const passedCeiling = 1.1

const stepMs = 10_000
const minuteMs = 60_000
/** A pace of which less is used than this is not what holds us back. */
const usedShare = 0.8

const halfWindowMs = 3000
/** The meter is read as if it had run for so long at least: two messages in a millisecond are not 2,000 a second. */
const shortestReadingMs = 100
/** From then on what was given says more about the rate than what was allowed. */
const fairReadingMs = 1000

export function adapt(before: Adaptation, heard: Heard, nowMs: number): Adapted {
  const sane = anchored(before, nowMs)
  const isOld = isFromBefore(sane, heard.begunAtMs)
  const taken = isOld ? 0 : heard.taken
  const meter = metered(sane.meter, { ...heard, taken, begunAtMs: isOld ? nowMs : heard.begunAtMs }, nowMs)
  const pace = sane.pace === null || taken === 0 ? sane.pace : { ...sane.pace, tookSince: true }
  if (isOld) return { adaptation: { meter, pace }, change: null }
  if (heard.throttled !== null) return throttled({ meter, pace }, heard.throttled, nowMs)
  if (pace === null || taken === 0) return { adaptation: { meter, pace }, change: null }
  return clean(meter, { ...pace, stepTaken: pace.stepTaken + taken }, nowMs)
}

/** Whether a call began before the pace was last lowered: it says nothing of the pace as it is now. */
export function isFromBefore({ pace }: Adaptation, begunAtMs: number): boolean {
  return pace !== null && begunAtMs < pace.loweredAtMs
}

function throttled({ meter, pace }: Adaptation, cause: Cause, nowMs: number): Adapted {
  const base = provenPerSecond(meter, pace, nowMs)
  if (base === null) {
    const held = pace === null ? null : { ...pace, stepAtMs: nowMs, stepTaken: 0, slackMs: 0 }
    return { adaptation: { meter, pace: held }, change: null }
  }
  const perSecond = Math.max(slowestPerSecond, base * factors[surprise(pace, base)])
  const fromPerSecond = pace?.perSecond ?? base
  const lowered: AdaptedPace = {
    perSecond,
    ceilingPerSecond: Math.max(slowestPerSecond, base),
    loweredAtMs: nowMs,
    tookSince: false,
    stepAtMs: nowMs,
    stepTaken: 0,
    slackMs: 0,
    toldPerSecond: perSecond,
    toldAtMs: nowMs,
  }
  const change = perSecond < fromPerSecond ? { fromPerSecond, toPerSecond: perSecond, cause } : null
  return { adaptation: { meter: null, pace: lowered }, change }
}

/** A throttle near a known ceiling confirms it, and a smaller step back will do. */
function surprise(pace: AdaptedPace | null, base: number): keyof typeof factors {
  if (pace === null) return 'first'
  return pace.ceilingPerSecond !== null && base >= 0.8 * pace.ceilingPerSecond ? 'expected' : 'further'
}

/**
 * The rate that was taken before this throttle; null if nothing was, so that a throttle says nothing of any rate. A short
 * or bursty window may show far too little: less than half of what was tried is not believed at once.
 */
function provenPerSecond(meter: Meter | null, pace: AdaptedPace | null, nowMs: number): number | null {
  if (meter === null) return null
  const elapsedMs = nowMs - meter.fromMs
  const perSecond = (count: number): number => (count * 1000) / Math.max(shortestReadingMs, elapsedMs)
  const taken = meter.earlier.taken + meter.later.taken
  if (pace === null ? taken === 0 : !pace.tookSince) return null
  const given = perSecond(Math.max(taken, meter.earlier.given + meter.later.given))
  const allowed = pace?.perSecond ?? given
  const tried = elapsedMs < fairReadingMs ? allowed : Math.min(allowed, given)
  return Math.min(tried, Math.max(tried / 2, perSecond(taken)))
}

/** Goes up by steps of some seconds, each only if the last was clean and used up. */
function clean(meter: Meter | null, pace: AdaptedPace, nowMs: number): Adapted {
  const elapsedMs = nowMs - pace.stepAtMs
  if (elapsedMs < stepMs) return { adaptation: { meter, pace }, change: null }
  const countedMs = Math.min(elapsedMs, 2 * stepMs)
  const next = { ...pace, stepAtMs: nowMs, stepTaken: 0, slackMs: 0 }
  if (pace.stepTaken < (usedShare * pace.perSecond * elapsedMs) / 1000) {
    const slackMs = pace.slackMs + countedMs
    if (pace.ceilingPerSecond !== null || slackMs < minuteMs)
      return { adaptation: { meter, pace: { ...next, slackMs } }, change: null }
    const change = { fromPerSecond: pace.perSecond, toPerSecond: null, cause: null }
    return { adaptation: { meter, pace: null }, change }
  }
  return told(meter, { ...next, ...raised(pace, countedMs / minuteMs) }, nowMs)
}

function raised(pace: AdaptedPace, minutes: number): Pick<AdaptedPace, 'perSecond' | 'ceilingPerSecond'> {
  const { perSecond, ceilingPerSecond: ceiling } = pace
  if (ceiling === null) return { perSecond: perSecond * (1 + raiseBeyond * minutes), ceilingPerSecond: null }
  const near = nearCeiling * ceiling
  const next =
    perSecond < near
      ? Math.min(near, perSecond + raisePerMinute * ceiling * minutes)
      : perSecond + raiseNearCeiling * ceiling * minutes
  return { perSecond: next, ceilingPerSecond: next > passedCeiling * ceiling ? null : ceiling }
}

function told(meter: Meter | null, pace: AdaptedPace, nowMs: number): Adapted {
  if (nowMs - pace.toldAtMs < minuteMs) return { adaptation: { meter, pace }, change: null }
  const change = { fromPerSecond: pace.toldPerSecond, toPerSecond: pace.perSecond, cause: null }
  return { adaptation: { meter, pace: { ...pace, toldPerSecond: pace.perSecond, toldAtMs: nowMs } }, change }
}

/** Begins with the first call that counts, so that a rest is no part of what is measured. */
function metered(meter: Meter | null, heard: Heard, nowMs: number): Meter | null {
  if (heard.given <= 0 && heard.taken === 0) return meter
  const { fromMs, midMs, earlier, later } = turned(meter, heard.begunAtMs, nowMs)
  const added = { given: later.given + heard.given, taken: later.taken + heard.taken }
  return { fromMs, midMs, earlier, later: added }
}

const nothing: Tally = { given: 0, taken: 0 }

/** A call that began within the window belongs to it, however long it took: slow calls are measured too. */
function turned(meter: Meter | null, begunAtMs: number, nowMs: number): Meter {
  if (meter === null || begunAtMs - meter.midMs >= 2 * halfWindowMs)
    return { fromMs: begunAtMs, midMs: begunAtMs, earlier: nothing, later: nothing }
  if (nowMs - meter.midMs < halfWindowMs) return meter
  return { fromMs: meter.midMs, midMs: nowMs, earlier: meter.later, later: nothing }
}

/** A clock that went back must not make the past last: what is noted for later than now is taken to be of now. */
function anchored({ meter, pace }: Adaptation, nowMs: number): Adaptation {
  return {
    meter: meter !== null && meter.midMs > nowMs ? null : meter,
    pace:
      pace !== null && Math.max(pace.loweredAtMs, pace.stepAtMs, pace.toldAtMs) > nowMs
        ? { ...pace, loweredAtMs: Math.min(pace.loweredAtMs, nowMs), stepAtMs: nowMs, stepTaken: 0, toldAtMs: nowMs }
        : pace,
  }
}
