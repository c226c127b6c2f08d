import { describe, expect, test } from 'vitest'
import {
  type Breaker,
  type BreakerSettings,
  closed,
  failed,
  gate,
  succeeded,
  trying,
  undecided,
} from '../../src/policy/breaker.ts'

const settings: BreakerSettings = { opensAfter: 1, firstRestMs: 1000, longestRestMs: 60_000 }
const patient: BreakerSettings = { ...settings, opensAfter: 3 }

function shown(breaker: Breaker): string {
  if (breaker.kind === 'open') return `open until ${breaker.untilMs / 1000} s (${breaker.failures})`
  return breaker.kind === 'closed' && breaker.failures > 0 ? `closed (${breaker.failures})` : breaker.kind
}

test('a route that stays dead is tried once after each rest, and each rest is twice the last', () => {
  let breaker = failed(closed, settings, { nowMs: 0 })
  const story = [shown(breaker)]
  for (let round = 0; round < 8 && breaker.kind === 'open'; round++) {
    const nowMs = breaker.untilMs
    expect(gate(breaker, nowMs - 1)).toEqual({ kind: 'wait', untilMs: nowMs })
    expect(gate(breaker, nowMs)).toEqual({ kind: 'try' })
    const half = trying(breaker)
    expect(gate(half, nowMs).kind).toBe('wait')
    breaker = failed(half, settings, { nowMs })
    story.push(shown(breaker))
  }
  expect(story.join('\n')).toMatchInlineSnapshot(`
    "open until 1 s (1)
    open until 3 s (2)
    open until 7 s (3)
    open until 15 s (4)
    open until 31 s (5)
    open until 63 s (6)
    open until 123 s (7)
    open until 183 s (8)
    open until 243 s (9)"
  `)
})

test('calls that were open together count as one failure', () => {
  let breaker: Breaker = closed
  for (let call = 0; call < 20; call++) breaker = failed(breaker, settings, { nowMs: call })
  expect(shown(breaker)).toBe('open until 1 s (1)')
})

describe('one that opens after three failures in a row', () => {
  const afterCalls = (...calls: readonly ('fails' | 'goes well' | 'asks for 7 s')[]): string =>
    shown(
      calls.reduce<Breaker>((breaker, call, index) => {
        if (call === 'goes well') return succeeded(breaker, index)
        const retryAfterMs = call === 'fails' ? undefined : 7000
        return failed(breaker, patient, { nowMs: index, retryAfterMs })
      }, closed),
    )

  test('bears failures now and then', () => {
    expect(afterCalls('fails', 'fails')).toBe('closed (2)')
    expect(afterCalls('fails', 'fails', 'goes well', 'fails', 'fails')).toBe('closed (2)')
    expect(afterCalls('fails', 'fails', 'fails')).toBe('open until 1.002 s (1)')
  })

  test('rests at once where it is asked to', () => {
    expect(afterCalls('asks for 7 s')).toBe('open until 7 s (1)')
  })

  test('rests again after a single failure of what was to decide', () => {
    const opened = failed({ kind: 'closed', failures: 2 }, patient, { nowMs: 0 })
    expect(shown(failed(trying(opened), patient, { nowMs: 1000 }))).toBe('open until 3 s (2)')
  })
})

test('a longer rest that is asked for is kept', () => {
  const breaker = failed(closed, settings, { nowMs: 0 })
  expect(shown(failed(breaker, settings, { nowMs: 10, retryAfterMs: 29_990 }))).toBe('open until 30 s (1)')
  expect(shown(failed(closed, settings, { nowMs: 0, retryAfterMs: 7000 }))).toBe('open until 7 s (1)')
})

test('a try that says nothing of the route lets the next one try at once', () => {
  const half = trying(failed(closed, settings, { nowMs: 0 }))
  expect(gate(undecided(half, 1000), 1000)).toEqual({ kind: 'try' })
})
