import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Context, processContext } from '../../src/cli/context.ts'
import { holding } from '../../src/cli/holding.ts'
import { DeliveryBench, hour, minute } from '../support/delivery-bench.ts'

let bench: DeliveryBench

beforeEach(() => {
  bench = new DeliveryBench(['ada@example.org'])
  bench.journal.release(bench.lease)
})

afterEach(() => bench.close())

test('a lease is told in the time of the system’s clock, which others compare it with, however long ago it was set', async () => {
  const { journal, run, clock } = bench
  let wallMs = clock.nowMs()
  const context: Context = { ...processContext(), clock, wallNowMs: () => wallMs, isAlive: () => true }
  const leaseUntilMs = () => journal.overview(run.id, 0).owner?.leaseUntilMs ?? 0
  await clock.run(
    holding(journal, 'key', false, context, async () => {
      expect(leaseUntilMs()).toBe(wallMs + minute)
      // Somebody sets the clock; the time of the process goes on as before.
      wallMs += hour
      await clock.sleep(20_000)
      expect(leaseUntilMs()).toBe(wallMs + minute)
    }),
  )
  expect(journal.overview(run.id, 0).owner).toBeNull()
})
