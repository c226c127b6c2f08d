import { describe, expect, test } from 'vitest'
import { GuardWatch } from '../../src/engine/guard-watch.ts'
import type { Threshold } from '../../src/model/campaign.ts'
import type { Settlement } from '../../src/model/message.ts'
import { accepted, deferred, failed, inDoubt, noon } from '../journal/samples.ts'

const failures: Threshold = { text: 'failure_rate > 50% of 4', metric: 'failure_rate', share: 0.5, atLeast: 4 }
const slow: Threshold = { text: 'p95_latency > 2s of 3', metric: 'p95_latency', limitMs: 2000, atLeast: 3 }

const noComplaints = (): number => {
  throw new Error('nobody needs to know')
}

test('totals grow with what is settled', () => {
  const watch = new GuardWatch([], noComplaints)
  const parcels: readonly (readonly Settlement[])[] = [
    [accepted, failed('hard'), failed('soft')],
    [inDoubt, deferred(noon), deferred(noon, { costs: 'nothing' })],
    [],
    [accepted],
  ]
  for (const parcel of parcels) expect(watch.observe(parcel, 5)).toBe(undefined)
  const { accepted: ok, failed: bad, failedHard, deferrals, calls } = watch.figures
  expect([ok, bad, failedHard, deferrals, calls]).toEqual([2, 2, 1, 1, 4])
})

test('says which threshold is crossed, as soon as it is and as long as it stays so', () => {
  const watch = new GuardWatch([failures], noComplaints)
  const crossing = { threshold: failures.text, share: 0.75, of: 4 }
  expect(watch.observe([failed('soft'), failed('soft'), failed('soft')], 5)).toBe(undefined)
  expect(watch.observe([accepted], 5)).toEqual(crossing)
  expect(watch.observe([], 5)).toEqual(crossing)
  expect(watch.observe([accepted, accepted], 5)).toBe(undefined)
})

describe('how long calls took', () => {
  test('only calls that were made count', () => {
    const watch = new GuardWatch([slow], noComplaints)
    for (const tookMs of [3000, null, null, 3000, null]) expect(watch.observe([accepted], tookMs)).toBe(undefined)
    expect(watch.observe([accepted], 2500)).toEqual({ threshold: slow.text, latencyMs: 3000, calls: 3 })
  })

  test('the last thousand are known, and the oldest goes first', () => {
    const watch = new GuardWatch([slow], noComplaints)
    for (let call = 0; call < 1000; call++) watch.observe([], 10)
    const seen = Array.from({ length: 52 }, () => watch.observe([], 5000))
    // 50 slow ones of 1,000 leave the 950th at 10 ms; the 51st makes it slow.
    expect(seen.findIndex(Boolean)).toBe(50)
    expect(seen[50]).toEqual({ threshold: slow.text, latencyMs: 5000, calls: 1000 })
    expect(watch.figures.calls).toBe(1052)
    expect(watch.figures.lastCallsMs).toHaveLength(1000)
    for (let call = 0; call < 949; call++) watch.observe([], 10)
    expect(watch.observe([], 10)).toBe(undefined)
  })
})

describe('complaints', () => {
  const many: Threshold = { text: 'complaint_rate > 10% of 2', metric: 'complaint_rate', share: 0.1, atLeast: 2 }

  test('are asked for at each look, and remembered until the next', () => {
    let complaints = 1
    const watch = new GuardWatch([failures, many], () => complaints)
    watch.observe([accepted], 5)
    expect(watch.look()).toBe(undefined)
    expect(watch.observe([accepted], 5)).toEqual({ threshold: many.text, share: 0.5, of: 2 })
    for (let call = 0; call < 8; call++) watch.observe([accepted], 5)
    expect(watch.look()).toBe(undefined)
    complaints = 2
    expect(watch.observe([], 5)).toBe(undefined)
    expect(watch.look()).toEqual({ threshold: many.text, share: 0.2, of: 10 })
  })

  test('are not asked for where no threshold is about them', () => {
    expect(new GuardWatch([failures, slow], noComplaints).look()).toBe(undefined)
  })
})
