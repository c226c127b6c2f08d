import { describe, expect, test } from 'vitest'
import type { Priority } from '../../src/model/campaign.ts'
import { byPriority, type Rival, shareOf, shareToTake } from '../../src/policy/sharing.ts'

const priorities: readonly Priority[] = ['critical', 'transactional', 'bulk']

describe('the share of an account that is a run’s due', () => {
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

describe('the share that a run takes', () => {
  const rival = (priority: Priority, share: number, wants = true): Rival => ({ priority, wants, share })

  test.each<[string, Parameters<typeof shareToTake>, number]>([
    ['all, where nobody else uses it', [{ priority: 'bulk', wants: true }, []], 1],
    ['all also while it wants nothing', [{ priority: 'bulk', wants: false }, []], 1],
    ['next to nothing until the other makes room', [{ priority: 'critical', wants: true }, [rival('bulk', 1)]], 0.001],
    ['its due when there is room', [{ priority: 'critical', wants: true }, [rival('bulk', 1 / 101)]], 100 / 101],
    ['no more than its due of what is free', [{ priority: 'bulk', wants: true }, [rival('bulk', 0.1)]], 0.5],
    ['all, where the other wants nothing', [{ priority: 'bulk', wants: true }, [rival('critical', 0, false)]], 1],
    [
      'while it wants nothing, no more than its due of all',
      [{ priority: 'bulk', wants: false }, [rival('bulk', 0, false)]],
      0.5,
    ],
    ['and nothing that others have', [{ priority: 'critical', wants: false }, [rival('bulk', 1)]], 0.001],
  ])('is %s', (_, [own, rivals], share) => {
    expect(shareToTake(own, rivals)).toBeCloseTo(share, 10)
  })

  test('is never more than there is, in whatever order runs look, begin and end; and soon everybody has its due', () => {
    for (let seed = 1; seed <= 200; seed++) {
      let state = seed
      const draw = (below: number): number => {
        state = (state * 48_271) % 2_147_483_647
        return state % below
      }
      const runs = Array.from({ length: 4 }, () => rival(priorities[draw(3)] ?? 'bulk', 0, false))
      const look = (index: number, wants: boolean): void => {
        const { priority } = runs[index] ?? rival('bulk', 0)
        const share = shareToTake({ priority, wants }, runs.toSpliced(index, 1))
        runs[index] = rival(priority, wants ? share : 0, wants)
        const sum = runs.reduce((all, run) => all + run.share, 0)
        expect(sum, `seed ${seed}`).toBeLessThanOrEqual(1 + 0.001 * runs.length)
      }
      for (let step = 0; step < 40; step++) look(draw(4), draw(2) === 0)
      for (let round = 0; round < 4; round++) for (const [index, { wants }] of runs.entries()) look(index, wants)
      for (const { priority, share, wants } of runs) {
        const others = runs.filter(run => run.wants).map(run => run.priority)
        if (wants)
          expect(share, `seed ${seed}`).toBeCloseTo(shareOf(priority, others.toSpliced(others.indexOf(priority), 1)), 2)
      }
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
