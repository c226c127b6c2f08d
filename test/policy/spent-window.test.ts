import { describe, expect, test } from 'vitest'
import { type SpentWindow, spentWindow } from '../../src/policy/spent-window.ts'

const minute = 60_000

/** What is known after answers of these times (ms), each of which says that nothing is left for so long. */
function after(...answers: readonly (readonly [atMs: number, restMs: number])[]): string {
  const window = answers.reduce<SpentWindow | null>((known, [atMs, restMs]) => spentWindow(known, restMs, atMs), null)
  return `${window?.cause} until ${window?.untilMs}`
}

describe('a window that opens again', () => {
  test.each([
    ['in a moment', 1, 'rate until 1'],
    ['in a second, as where two calls a second are allowed', 1000, 'rate until 1000'],
    ['in a minute', minute, 'rate until 60000'],
    ['after more than that', minute + 1, 'quota until 60001'],
    ['tomorrow', 24 * 60 * minute, 'quota until 86400000'],
  ])('%s', (_, restMs, expected) => {
    expect(after([0, restMs])).toBe(expected)
  })
})

describe('calls that were open together', () => {
  test.each<[string, readonly (readonly [number, number])[], string]>([
    [
      'say the same',
      [
        [0, 1000],
        [0, 1000],
      ],
      'rate until 1000',
    ],
    [
      'say it one after the other: the last end',
      [
        [0, 1000],
        [5, 1000],
      ],
      'rate until 1005',
    ],
    [
      'disagree: the longer',
      [
        [0, 1000],
        [0, 30_000],
      ],
      'rate until 30000',
    ],
    [
      'disagree, and the longer comes first',
      [
        [0, 30_000],
        [10, 1000],
      ],
      'rate until 30000',
    ],
    [
      'come back when it has opened',
      [
        [0, 1000],
        [1500, 1000],
      ],
      'rate until 2500',
    ],
    [
      'one of them tells of a quota',
      [
        [0, 1000],
        [10, 2 * minute],
      ],
      'quota until 120010',
    ],
    [
      'the quota is told of first',
      [
        [0, 2 * minute],
        [10, 1000],
      ],
      'quota until 120000',
    ],
  ])('%s', (_, answers, expected) => {
    expect(after(...answers)).toBe(expected)
  })
})
