/** What sites that take their time, or take nothing, cost the others: schedules in virtual time. */

import { afterEach, expect, test } from 'vitest'
import { accepted, type Call, DeliveryBench, route } from '../support/delivery-bench.ts'

let bench: DeliveryBench

afterEach(() => bench.close())

interface Mix {
  readonly title: string
  readonly sites: number
  readonly perSite: number
  /** Messages at a site that takes two seconds for each, and at one that takes nothing. */
  readonly slow: number
  readonly dead: number
  readonly concurrency: number
}

const mixes: readonly Mix[] = [
  { title: 'many sites', sites: 300, perSite: 5, slow: 0, dead: 0, concurrency: 16 },
  { title: 'many sites, a slow one', sites: 300, perSite: 5, slow: 500, dead: 0, concurrency: 16 },
  { title: 'many sites, a dead one', sites: 300, perSite: 5, slow: 0, dead: 500, concurrency: 16 },
  { title: 'ten sites', sites: 10, perSite: 150, slow: 0, dead: 0, concurrency: 16 },
  { title: 'ten sites, a slow one', sites: 10, perSite: 150, slow: 500, dead: 0, concurrency: 16 },
  { title: 'ten sites, a dead one', sites: 10, perSite: 150, slow: 0, dead: 500, concurrency: 16 },
]

/** Everybody mixed with everybody. */
function addresses({ sites, perSite, slow, dead }: Mix): string[] {
  const names = [
    ...Array.from({ length: sites * perSite }, (_, index) => `d${index % sites}`),
    ...Array.from({ length: slow }, () => 'slow'),
    ...Array.from({ length: dead }, () => 'dead'),
  ]
  const order = names.map((name, index) => ({ name, place: (index * 7919) % names.length }))
  return order.sort((a, b) => a.place - b.place).map(({ name }, index) => `p${index}@${name}.example`)
}

/** How many of the other sites' messages a second are taken until the last of them is, and the most calls of the slow one. */
async function measure(mix: Mix): Promise<{ perSecond: number; slowCalls: number }> {
  bench = new DeliveryBench(addresses(mix), {
    routes: [route('alpha', { concurrency: mix.concurrency })],
    profile: { defaultConcurrency: mix.concurrency },
    takesMs: 0,
  })
  const startMs = bench.clock.nowMs()
  let [others, open, most] = [mix.sites * mix.perSite, 0, 0]
  let perSecond = 0
  await bench.deliver(async (call: Call) => {
    const [to = ''] = call.to
    if (to.endsWith('@dead.example'))
      return { kind: 'deferred', scope: 'lane', cause: { class: 'transient', text: 'connection refused' } }
    if (to.endsWith('@slow.example')) {
      open += 1
      most = Math.max(most, open)
      await bench.clock.sleep(2000)
      open -= 1
      return accepted
    }
    await bench.clock.sleep(10)
    others -= 1
    if (others > 0) return accepted
    perSecond = (mix.sites * mix.perSite) / ((bench.clock.nowMs() - startMs) / 1000)
    bench.stopping.abort()
    return accepted
  })
  return { perSecond, slowCalls: most }
}

test('a slow site has no more calls than its share of them, and a dead one next to none', async () => {
  const lines = ['                          others/s   most calls of the slow site']
  for (const mix of mixes) {
    const { perSecond, slowCalls } = await measure(mix)
    lines.push(`${mix.title.padEnd(25)} ${perSecond.toFixed(0).padStart(8)} ${String(slowCalls).padStart(8)}`)
    bench.close()
  }
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('../golden/fairness.txt')
})
