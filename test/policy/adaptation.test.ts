import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Adaptation, adapt, type PaceChange, unadapted } from '../../src/policy/adaptation.ts'

const cause = { class: 'throttled', code: '451', status: '4.7.650', text: 'slow down' } as const

interface Step {
  readonly adaptation: Adaptation
  readonly atMs: number
  readonly changes: readonly string[]
}

function said(atMs: number, change: PaceChange | null): string[] {
  if (change === null) return []
  const to = change.toPerSecond === null ? 'free' : change.toPerSecond.toFixed(1)
  return [`${(atMs / 1000).toFixed(0)} s: ${change.fromPerSecond.toFixed(1)} to ${to}`]
}

const beginning: Step = { adaptation: unadapted, atMs: 0, changes: [] }

/** Calls of one message, `perSecond` of them, or as many as the pace allows; all are taken. */
function send(step: Step, perSecond: number, forMs: number): Step {
  let { adaptation, atMs } = step
  const changes = [...step.changes]
  const untilMs = atMs + forMs
  while (atMs < untilMs) {
    atMs += 1000 / Math.min(perSecond, adaptation.pace?.perSecond ?? perSecond)
    const result = adapt(adaptation, { begunAtMs: atMs - 50, given: 1, taken: 1, throttled: null }, atMs)
    adaptation = result.adaptation
    changes.push(...said(atMs, result.change))
  }
  return { adaptation, atMs, changes }
}

function throttle(step: Step, { begunAtMs = step.atMs, taken = 0 } = {}): Step {
  const { atMs } = step
  const result = adapt(step.adaptation, { begunAtMs, given: 1, taken, throttled: cause }, atMs)
  return { adaptation: result.adaptation, atMs, changes: [...step.changes, ...said(atMs, result.change)] }
}

function pause(step: Step, ms: number): Step {
  return { ...step, atMs: step.atMs + ms }
}

describe('a throttle', () => {
  test('leaves seven tenths of what was really taken before it', () => {
    const { changes } = throttle(send(beginning, 40, 20_000))
    expect(changes).toEqual(['20 s: 40.2 to 28.1'])
  })

  test('with nothing taken before it says nothing of a rate', () => {
    const { adaptation, changes } = throttle(throttle(beginning))
    expect(adaptation.pace).toBeNull()
    expect(changes).toEqual([])
  })

  test('of calls that were in flight together counts once, however late the last of them ends', () => {
    const lowered = throttle(send(beginning, 40, 20_000))
    const late = throttle(send(pause(lowered, 1000), 40, 10_000), { begunAtMs: lowered.atMs - 1 })
    expect(late.changes).toEqual(['20 s: 40.2 to 28.1'])
  })

  test('after which nothing was taken does not slow further: it is for the rest to grow', () => {
    let step = throttle(send(beginning, 40, 20_000))
    for (const restMs of [1000, 2000, 4000, 8000]) step = throttle(pause(step, restMs))
    expect(step.changes).toEqual(['20 s: 40.2 to 28.1'])
    expect(throttle(send(step, 40, 5000)).changes.length).toBe(2)
  })

  test('where it was met before takes less away', () => {
    const again = throttle(send(throttle(send(beginning, 40, 20_000)), 40, 4 * 60_000))
    expect(again.changes.at(-1)).toBe('260 s: 39.9 to 33.9')
  })

  test('far below the pace lowers it from what was really taken', () => {
    let step = send(beginning, 40, 20_000)
    step = throttle(send(throttle(step), 5, 6000))
    expect(step.changes).toEqual(['20 s: 40.2 to 28.1', '26 s: 28.1 to 4.1'])
  })

  test('again and again ends at six a minute', () => {
    let step = send(beginning, 40, 20_000)
    for (let round = 0; round < 40; round++) step = throttle(send(step, 40, 2000))
    expect(step.adaptation.pace?.perSecond).toBe(0.1)
  })
})

describe('clean time', () => {
  test('raises it by a tenth of the ceiling a minute, half of that near it, and faster beyond; each is told once a minute', () => {
    const { changes } = send(throttle(send(beginning, 40, 20_000)), 1000, 14 * 60_000)
    expect(changes.join('\n')).toMatchInlineSnapshot(`
      "20 s: 40.2 to 28.1
      80 s: 28.1 to 32.2
      140 s: 32.2 to 36.2
      200 s: 36.2 to 38.2
      260 s: 38.2 to 40.2
      320 s: 40.2 to 42.2
      380 s: 42.2 to 44.2
      441 s: 44.2 to 71.5
      501 s: 71.5 to 115.7
      561 s: 115.7 to 187.0
      621 s: 187.0 to 302.3
      681 s: 302.3 to 488.8
      741 s: 488.8 to 790.1
      801 s: 790.1 to 1277.2"
    `)
  })

  test('in which nothing is sent raises nothing', () => {
    const lowered = throttle(send(beginning, 40, 20_000))
    const idle = send(pause(lowered, 60 * 60_000), 40, 1000)
    expect(idle.adaptation.pace?.perSecond).toBe(lowered.adaptation.pace?.perSecond)
  })

  test('in which the pace is not used up raises nothing', () => {
    const lowered = throttle(send(beginning, 40, 20_000))
    expect(send(lowered, 10, 30 * 60_000).adaptation.pace?.perSecond).toBe(lowered.adaptation.pace?.perSecond)
  })

  test('ends in our full pace once the old ceiling is passed and the pace is not what holds us back', () => {
    const { adaptation, changes } = send(throttle(send(beginning, 40, 20_000)), 60, 14 * 60_000)
    expect(adaptation.pace).toBeNull()
    expect(changes.at(-1)).toMatch(/to free$/)
  })
})

test('a clock that goes back by a day does not make a pace last a day longer', () => {
  const lowered = throttle(send(pause(beginning, 86_400_000), 40, 20_000))
  const back = send({ ...lowered, atMs: 0 }, 40, 70_000)
  expect(back.adaptation.pace?.perSecond).toBeGreaterThan(30)
  expect(throttle(back).changes.length).toBe(3)
})

test('it is plain data: kept as JSON, it goes on as before', () => {
  const step = send(throttle(send(beginning, 40, 20_000)), 40, 100_000)
  const kept: Adaptation = JSON.parse(JSON.stringify(step.adaptation))
  expect(kept).toEqual(step.adaptation)
  expect(send({ ...step, adaptation: kept }, 40, 60_000)).toEqual(send(step, 40, 60_000))
})

test('whatever happens, a throttle never raises a pace and no pace is below the least', () => {
  const heard = fc.record({
    afterMs: fc.integer({ min: -5000, max: 90_000 }),
    tookMs: fc.integer({ min: 0, max: 20_000 }),
    given: fc.integer({ min: -50, max: 1000 }),
    taken: fc.integer({ min: 0, max: 1000 }),
    isThrottled: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(heard, { maxLength: 60 }), calls => {
      let adaptation = unadapted
      let nowMs = 1_000_000
      for (const { afterMs, tookMs, given, taken, isThrottled } of calls) {
        nowMs += afterMs
        const before = adaptation.pace?.perSecond ?? Number.POSITIVE_INFINITY
        const throttled = isThrottled ? cause : null
        adaptation = adapt(adaptation, { begunAtMs: nowMs - tookMs, given, taken, throttled }, nowMs).adaptation
        const after = adaptation.pace?.perSecond ?? Number.POSITIVE_INFINITY
        expect(after).toBeGreaterThanOrEqual(0.1)
        if (isThrottled) expect(after).toBeLessThanOrEqual(before)
        // A minute's worth of rise in one step would be a jump.
        else if (after !== Number.POSITIVE_INFINITY) expect(after).toBeLessThanOrEqual(before * 1.2)
      }
      expect(JSON.parse(JSON.stringify(adaptation))).toEqual(adaptation)
    }),
  )
})
