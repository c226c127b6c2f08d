import { expect, test } from 'vitest'
import { type Crossing, crossingWords } from '../../src/model/crossing.ts'

const share = (value: number, of: number): Crossing => ({ threshold: 'T', share: value, of })
const latency = (latencyMs: number, calls: number): Crossing => ({ threshold: 'T', latencyMs, calls })

test('what was measured, in the words that fit it', () => {
  const crossings = [
    share(1, 20),
    share(0.05501, 200),
    share(0.01, 1000),
    share(0.00101, 100_000),
    share(2 / 3000, 3000),
    latency(80, 1),
    latency(1000, 200),
    latency(3400, 1000),
    latency(12_345, 1000),
    latency(59_990, 1000),
    latency(60_000, 1000),
  ]
  expect(crossings.map(crossingWords)).toMatchInlineSnapshot(`
    [
      "T was crossed: 100.0% of 20",
      "T was crossed: 5.5% of 200",
      "T was crossed: 1.0% of 1,000",
      "T was crossed: 0.101% of 100,000",
      "T was crossed: 0.0667% of 3,000",
      "T was crossed: 80 ms over 1 call",
      "T was crossed: 1 s over 200 calls",
      "T was crossed: 3.4 s over 1,000 calls",
      "T was crossed: 12.3 s over 1,000 calls",
      "T was crossed: 60 s over 1,000 calls",
      "T was crossed: 1 min over 1,000 calls",
    ]
  `)
})
