import { describe, expect, test } from 'vitest'
import { learned, learnedCall } from '../../src/engine/lesson.ts'
import { type Breaker, closed, laneBreaker } from '../../src/policy/breaker.ts'
import type { Lesson } from '../../src/policy/disposition.ts'

const throttle: Lesson = { kind: 'slow down', cause: { class: 'throttled', text: 'slow down' } }
const failure: Lesson = { kind: 'slow down', cause: { class: 'transient', text: 'no answer' } }
const wentWell: Lesson = { kind: 'went well' }
const open: Breaker = { kind: 'open', untilMs: 5000, failures: 1 }
const halfOpen: Breaker = { kind: 'half-open', failures: 1 }

function shown(breaker: Breaker): string {
  return breaker.kind === 'open' ? `open until ${breaker.untilMs / 1000} s` : breaker.kind
}

describe('the breaker of a site after a call that ends at 10 s', () => {
  test.each<readonly [string, Breaker, Lesson, boolean, string]>([
    ['a failure rests it long', closed, failure, false, 'open until 20 s'],
    ['a throttle rests it shortly: its pace is lowered', closed, throttle, false, 'open until 11 s'],
    ['throttled again with nothing taken: longer', halfOpen, throttle, false, 'open until 12 s'],
    ['a throttle says how long', closed, { ...throttle, retryAfterMs: 30_000 }, false, 'open until 40 s'],
    ['a throttle from before the pace was lowered is heeded already', closed, throttle, true, 'closed'],
    ['such a throttle decides nothing', halfOpen, throttle, true, 'open until 10 s'],
    ['but how long it says counts', closed, { ...throttle, retryAfterMs: 30_000 }, true, 'open until 40 s'],
    ['a failure from before counts as ever', closed, failure, true, 'open until 20 s'],
    ['it went well', open, wentWell, false, 'closed'],
  ])('%s', (_, breaker, lesson, isOutdated, expected) => {
    const call = learnedCall([lesson], 9000, 1000)
    expect(shown(learned(breaker, { settings: laneBreaker, call, isOutdated }, 10_000))).toBe(expected)
  })
})

test('of a mixed call the gravest lesson counts, and what went well is counted', () => {
  expect(learnedCall([wentWell, throttle, { kind: 'none' }, wentWell], 9000, 1000)).toEqual({
    begunAtMs: 9000,
    lesson: throttle,
    taken: 2,
    tookMs: 1000,
  })
})

test('of a call in which all went well the longest rest counts', () => {
  const resting = (restMs: number): Lesson => ({ kind: 'went well', restMs })
  const { lesson, taken } = learnedCall([resting(10), wentWell, resting(30), resting(20)], 9000, 1000)
  expect({ lesson, taken }).toEqual({ lesson: resting(30), taken: 4 })
})
