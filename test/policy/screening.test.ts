import { expect, test } from 'vitest'
import { screen } from '../../src/policy/screening.ts'

const facts = { seenBefore: false, suppressed: false, underKey: null, roomLeft: 10 } as const

test.each([
  ['nothing known', {}, 'queue'],
  ['on an earlier line', { seenBefore: true, suppressed: true }, 'duplicate'],
  ['suppressed', { suppressed: true, underKey: 'accepted' as const }, 'suppressed'],
  ['accepted under the key', { underKey: 'accepted' as const }, 'already had it'],
  ['in doubt under the key', { underKey: 'in doubt' as const }, 'in doubt from an earlier run'],
  ['no room left', { roomLeft: 0 }, 'beyond the limit'],
])('%s: %s', (_, more, expected) => {
  const screening = screen({ ...facts, ...more })
  expect(screening.kind === 'queue' ? 'queue' : screening.reason).toBe(expected)
})
