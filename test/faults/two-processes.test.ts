/** Two processes started together on one campaign, a few times over; `npm run drill -- --pairs 50` does it for longer. */

import { expect, test } from 'vitest'
import { drillPairs } from './drill-pairs.ts'

test('of two that send the same campaign at once, one sends and the other exits 5', async () => {
  const { held, tooLate } = await drillPairs(12)
  expect(held + tooLate).toBe(12)
  expect(held).toBeGreaterThanOrEqual(10)
})
