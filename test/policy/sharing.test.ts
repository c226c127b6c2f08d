import { describe, expect, test } from 'vitest'
import type { Priority } from '../../src/model/campaign.ts'
import { byPriority, shareOf } from '../../src/policy/sharing.ts'

const priorities: readonly Priority[] = ['critical', 'transactional', 'bulk']

describe('the share of an account that a run may use', () => {
  test.each<[Priority, readonly Priority[], string]>([
    ['bulk', [], '100.0 %'],
    ['critical', [], '100.0 %'],
    ['bulk', ['bulk'], '50.0 %'],
    ['bulk', ['bulk', 'bulk', 'bulk'], '25.0 %'],
    ['transactional', ['bulk'], '90.9 %'],
    ['bulk', ['transactional'], '9.1 %'],
    ['critical', ['bulk'], '99.0 %'],
    ['bulk', ['critical'], '1.0 %'],
    ['critical', ['transactional'], '90.9 %'],
    ['critical', ['transactional', 'bulk'], '90.1 %'],
    ['transactional', ['critical', 'bulk'], '9.0 %'],
    ['bulk', ['critical', 'transactional'], '0.9 %'],
  ])('%s beside %j: %s', (priority, others, share) => {
    expect(`${(100 * shareOf(priority, others)).toFixed(1)} %`).toBe(share)
  })

  test('all shares together are the whole, and nobody is left with nothing', () => {
    for (let seed = 0; seed < 3 ** 5; seed++) {
      const runs = Array.from({ length: 5 }, (_, place) => priorities[Math.floor(seed / 3 ** place) % 3] ?? 'bulk')
      const shares = runs.map((priority, index) => shareOf(priority, runs.toSpliced(index, 1)))
      expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12)
      expect(Math.min(...shares)).toBeGreaterThan(0.002)
    }
  })
})

test('runs go by priority, and those of one priority as they were given', () => {
  const runs = ['bulk a', 'critical b', 'bulk c', 'transactional d', 'critical e']
  expect(byPriority(runs, run => run.split(' ')[0] as Priority)).toEqual([
    'critical b',
    'critical e',
    'transactional d',
    'bulk a',
    'bulk c',
  ])
})
