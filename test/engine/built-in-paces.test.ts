import { afterEach, describe, expect, test } from 'vitest'
import { accepted, type BenchSettings, DeliveryBench } from '../support/delivery-bench.ts'

let bench: DeliveryBench

afterEach(() => bench.close())

/** 150 people at Gmail and 150 elsewhere; how many of each leave in each second. */
async function perSecond(settings: BenchSettings): Promise<string> {
  const people = ['gmail.com', 'example.org'].flatMap(domain =>
    Array.from({ length: 150 }, (_, index) => `p${index}@${domain}`),
  )
  bench = new DeliveryBench(people, { takesMs: 1, ...settings })
  const startMs = bench.clock.nowMs()
  expect(await bench.deliver(() => accepted)).toEqual({ kind: 'finished' })
  const counts = new Map<string, number[]>()
  for (const { atMs, to } of bench.calls) {
    const site = to[0]?.split('@')[1] ?? ''
    const seconds = counts.get(site) ?? []
    const second = Math.floor((atMs - startMs) / 1000)
    seconds[second] = (seconds[second] ?? 0) + to.length
    counts.set(site, seconds)
  }
  return [...counts].map(([site, seconds]) => `${site}: ${seconds.join(' ')}`).join('\n')
}

describe('a large site is paced', () => {
  test('where receivers see our pace; the others go on', async () => {
    expect(await perSecond({ profile: { receiversSeePace: true } })).toMatchInlineSnapshot(`
      "gmail.com: 50 50 50
      example.org: 150"
    `)
  })

  test('not where the provider keeps to the pace of receivers by itself', async () => {
    expect(await perSecond({})).toMatchInlineSnapshot(`
      "gmail.com: 150
      example.org: 150"
    `)
  })

  test('not where the campaign lifts it', async () => {
    const sites = { google: { rates: [], concurrency: null } }
    expect(await perSecond({ profile: { receiversSeePace: true }, sites })).toMatchInlineSnapshot(`
      "gmail.com: 150
      example.org: 150"
    `)
  })
})
