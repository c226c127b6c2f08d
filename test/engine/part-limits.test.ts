/** A call that is refused for one of its messages, nobody says for which: the parcels grow smaller until it stands alone. */

import { expect, test } from 'vitest'
import { PartLimits } from '../../src/engine/part-limits.ts'
import type { Outcome } from '../../src/model/outcome.ts'
import { apart, refused } from '../../src/providers/answer-outcomes.ts'

test('the one at fault is found in as many calls as the number of messages has binary digits, and some', () => {
  for (const bad of [1, 37, 64]) {
    const limits = new PartLimits()
    const calls: string[] = []
    const accepted: number[] = []
    let waiting = Array.from({ length: 64 }, (_, index) => index + 1)
    while (waiting.length > 0) {
      const parcel = waiting.slice(0, limits.of(waiting, waiting.length))
      const isBad = parcel.includes(bad)
      const outcome: Outcome = !isBad
        ? { kind: 'accepted', providerId: 'x' }
        : parcel.length === 1
          ? refused('recipient', 'hard', 400, 'no')
          : apart(parcel.length, 400, 'no')
      for (const id of parcel) limits.learn(id, outcome)
      calls.push(`${parcel[0]}-${parcel.at(-1)} ${outcome.kind}`)
      if (outcome.kind === 'accepted') accepted.push(...parcel)
      if (outcome.kind !== 'deferred') waiting = waiting.filter(id => !parcel.includes(id))
    }
    expect(accepted.length).toBe(63)
    expect(calls.length).toBeLessThanOrEqual(13)
    if (bad === 37)
      expect(calls).toMatchInlineSnapshot(`
      [
        "1-64 deferred",
        "1-32 accepted",
        "33-64 deferred",
        "33-48 deferred",
        "33-40 deferred",
        "33-36 accepted",
        "37-40 deferred",
        "37-38 deferred",
        "37-37 refused",
        "38-38 accepted",
        "39-40 accepted",
        "41-48 accepted",
        "49-64 accepted",
      ]
    `)
  }
})

test('one that may go alone only waits for the next call, and one put off for another reason is as bad a neighbour as before', () => {
  const limits = new PartLimits()
  expect(limits.of([1, 2, 3], 3)).toBe(3)
  limits.learn(3, apart(2, 400, 'no'))
  expect([limits.of([1, 2, 3], 3), limits.of([3, 1, 2], 3)]).toEqual([2, 1])
  limits.learn(3, { kind: 'deferred', scope: 'route', cause: { class: 'throttled', text: 'slow' } })
  expect(limits.of([3, 1, 2], 3)).toBe(1)
  limits.learn(3, { kind: 'accepted', providerId: 'x' })
  expect(limits.of([3, 1, 2], 3)).toBe(3)
})
