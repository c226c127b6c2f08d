import { expect, test } from 'vitest'
import { type Context, processContext } from '../../src/cli/context.ts'
import { recoverFromTheDead } from '../../src/cli/opening.ts'
import type { ProcessMark } from '../../src/model/run.ts'
import { DeliveryBench, minute } from '../support/delivery-bench.ts'

/** A run whose owner, process 1 of the space `here`, has three messages in an open call and has been silent for longer than its lease. */
function silentOwner(): DeliveryBench {
  const bench = new DeliveryBench(['a@example.org', 'b@example.org', 'c@example.org', 'd@example.org'])
  const claimed = bench.journal.claim(bench.run.id, { dueByMs: bench.clock.nowMs(), limit: 3, after: null }).messages
  const messageIds = claimed.map(message => message.id)
  bench.journal.begin(bench.lease, [{ run: bench.run.id, route: 'alpha', messageIds, nowMs: bench.clock.nowMs() }])
  bench.clock.set(bench.clock.nowMs() + 2 * minute)
  return bench
}

test.each([
  ['dead, on this host', 'here', false, 'accepted 0, failed 0, in doubt 3, waiting 1, skipped 0'],
  ['suspended, on this host', 'here', true, 'accepted 0, failed 0, in doubt 0, waiting 4, skipped 0'],
  ['on another host', 'elsewhere', false, 'accepted 0, failed 0, in doubt 0, waiting 4, skipped 0'],
])('looking at a run whose silent owner is %s', async (_, space, alive, figures) => {
  const bench = silentOwner()
  try {
    const mark: ProcessMark = { host: 'here', space, pid: 2, started: '' }
    const context: Context = { ...processContext(), clock: bench.clock, mark, isAlive: () => alive }
    await recoverFromTheDead({ journal: bench.path }, context)
    expect(bench.figures()).toBe(figures)
  } finally {
    bench.close()
  }
})
