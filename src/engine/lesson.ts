/**
 * What a route or lane learns from all the messages of one call. The two memories are kept apart, as Postfix's scheduler
 * keeps feedback and dead destinations apart: the pace follows throttles, and the breaker failures. A throttle too is given
 * a rest, but a short one.
 */

import type { Heard } from '../policy/adaptation.ts'
import { type Breaker, type BreakerSettings, failed, succeeded, undecided } from '../policy/breaker.ts'
import type { Lesson } from '../policy/disposition.ts'

/** A call that has ended, as one lane or route sees it. */
export interface LearnedCall {
  readonly begunAtMs: number
  /** The gravest of its lessons. */
  readonly lesson: Lesson
  /** What went well in it, in messages or calls as the rates count them. */
  readonly taken: number
  /** How long the provider took to answer; null if it was not called. */
  readonly tookMs: number | null
}

/**
 * The first rest after a throttle. It is short because the lowered pace does the work; it doubles while nothing is taken, as
 * after any failure.
 */
export const throttleRestMs = 1000

export function learnedCall(lessons: readonly Lesson[], begunAtMs: number, tookMs: number | null): LearnedCall {
  const taken = lessons.filter(lesson => lesson.kind === 'went well').length
  return { begunAtMs, lesson: worst(lessons), taken, tookMs }
}

/** The breaker after a call. */
export function learned(
  breaker: Breaker,
  given: { readonly settings: BreakerSettings; readonly call: LearnedCall; readonly isOutdated: boolean },
  nowMs: number,
): Breaker {
  const { settings, isOutdated } = given
  const { lesson } = given.call
  if (lesson.kind === 'went well') return succeeded(breaker, nowMs)
  if (lesson.kind === 'none') return undecided(breaker, nowMs)
  if (lesson.kind === 'stop') return failed(breaker, settings, { nowMs })
  const { retryAfterMs } = lesson
  if (lesson.cause.class !== 'throttled') return failed(breaker, settings, { nowMs, retryAfterMs })
  // It was on its way when the pace was lowered: the throttle that lowered it has been heeded for both. Should it be the one
  // that was to decide (the clock may have been set), another may try.
  if (isOutdated && retryAfterMs === undefined) return undecided(breaker, nowMs)
  return failed(breaker, { ...settings, opensAfter: 1, firstRestMs: throttleRestMs }, { nowMs, retryAfterMs })
}

export function heardOf({ begunAtMs, lesson, taken }: LearnedCall): Omit<Heard, 'given'> {
  const isThrottled = lesson.kind === 'slow down' && lesson.cause.class === 'throttled'
  return { begunAtMs, taken, throttled: isThrottled ? lesson.cause : null }
}

const gravity: Readonly<Record<Lesson['kind'], number>> = { none: 0, 'went well': 1, 'slow down': 2, stop: 3 }

/** The gravest lesson counts; of several that are alike, the one with the longest wait. */
export function worst(lessons: readonly Lesson[]): Lesson {
  return lessons.reduce<Lesson>((grave, lesson) => (isGraver(lesson, grave) ? lesson : grave), { kind: 'none' })
}

function isGraver(lesson: Lesson, than: Lesson): boolean {
  if (lesson.kind === than.kind) return waitMsOf(lesson) > waitMsOf(than)
  return gravity[lesson.kind] > gravity[than.kind]
}

function waitMsOf(lesson: Lesson): number {
  switch (lesson.kind) {
    case 'slow down':
      return lesson.retryAfterMs ?? 0
    case 'went well':
      return lesson.restMs ?? 0
    case 'none':
    case 'stop':
      return 0
  }
}
