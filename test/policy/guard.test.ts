import { expect, test } from 'vitest'
import type { Threshold } from '../../src/model/campaign.ts'
import { firstCrossing } from '../../src/policy/guard.ts'

const threshold: Threshold = {
  text: 'hard_bounce_rate > 5% of 200',
  metric: 'hard_bounce_rate',
  share: 0.05,
  atLeast: 200,
}
const figures = { accepted: 0, failed: 0, failedHard: 0, deferrals: 0 }

test.each([
  ['too few to judge', { accepted: 100, failed: 99, failedHard: 99 }, false],
  ['exactly at the threshold', { accepted: 190, failed: 10, failedHard: 10 }, false],
  ['just above it', { accepted: 189, failed: 11, failedHard: 11 }, true],
  ['failures of other classes do not count', { accepted: 100, failed: 100, failedHard: 10 }, false],
])('%s', (_, more, crossed) => {
  expect(firstCrossing([threshold], { ...figures, ...more }) !== undefined).toBe(crossed)
})

test('deferrals are measured against attempts', () => {
  const deferrals: Threshold = { text: 'deferral_rate > 50%', metric: 'deferral_rate', share: 0.5, atLeast: 10 }
  expect(firstCrossing([deferrals], { ...figures, accepted: 10, deferrals: 10 })).toBeUndefined()
  expect(firstCrossing([deferrals], { ...figures, accepted: 10, deferrals: 11 })).toMatchObject({ of: 21 })
})
