import { describe, expect, test } from 'vitest'
import { type Health, type HealthFact, healthy, observed, scoreOf } from '../../src/policy/health.ts'

const well = (tookMs = 100): HealthFact => ({ wentWell: true, tookMs })
const failed = (tookMs = 100): HealthFact => ({ wentWell: false, tookMs })

function having(facts: readonly HealthFact[], from = healthy): Health {
  return facts.reduce(observed, from)
}

function shown(health: Health): string {
  const { lately, usually } = health.callMs ?? { lately: 0, usually: 0 }
  const figures = [health.success.toFixed(2), lately.toFixed(0), usually.toFixed(0), scoreOf(health).toFixed(2)]
  return figures.map(each => each.padStart(7)).join('  ')
}

/** One line for each call: how it ended, then success, latency of late and usually, and the score. */
function story(facts: readonly HealthFact[]): string {
  let health = healthy
  const lines = facts.map(fact => {
    health = observed(health, fact)
    return `${fact.wentWell ? 'well  ' : 'failed'} ${String(fact.tookMs).padStart(4)} ms ${shown(health)}`
  })
  return `                success   lately  usually    score\n${lines.join('\n')}`
}

test('failures count double, and are made up for by calls that go well', () => {
  expect(story([well(), failed(), failed(), failed(), ...Array<HealthFact>(8).fill(well())])).toMatchInlineSnapshot(`
    "                success   lately  usually    score
    well    100 ms    1.00      100      100     1.00
    failed  100 ms    0.80      100      100     0.64
    failed  100 ms    0.64      100      100     0.41
    failed  100 ms    0.51      100      100     0.26
    well    100 ms    0.61      100      100     0.37
    well    100 ms    0.69      100      100     0.47
    well    100 ms    0.75      100      100     0.56
    well    100 ms    0.80      100      100     0.64
    well    100 ms    0.84      100      100     0.71
    well    100 ms    0.87      100      100     0.76
    well    100 ms    0.90      100      100     0.81
    well    100 ms    0.92      100      100     0.84"
  `)
})

test('a route that becomes slow is compared with how it was, and with itself alone', () => {
  expect(
    story([well(100), well(100), well(400), well(400), well(400), well(100), well(100), well(50)]),
  ).toMatchInlineSnapshot(`
    "                success   lately  usually    score
    well    100 ms    1.00      100      100     1.00
    well    100 ms    1.00      100      100     1.00
    well    400 ms    1.00      190      106     0.56
    well    400 ms    1.00      253      112     0.44
    well    400 ms    1.00      297      118     0.40
    well    100 ms    1.00      238      117     0.49
    well    100 ms    1.00      197      117     0.59
    well     50 ms    1.00      153      116     0.76"
  `)
  const [quick, slow] = [having(Array(20).fill(well(20))), having(Array(20).fill(well(20_000)))]
  expect([scoreOf(quick), scoreOf(slow)]).toEqual([1, 1])
})

describe('the score', () => {
  test.each<[string, Health, number]>([
    ['of a route that was never called', healthy, 1],
    ['after one call that failed', having([failed()]), 0.64],
    ['of one that fails every second time', { success: 0.5, callMs: null }, 0.25],
    ['of one that takes twice as long as usual', { success: 1, callMs: { lately: 200, usually: 100 } }, 0.5],
    ['of one that is quicker than usual', { success: 1, callMs: { lately: 50, usually: 100 } }, 1],
    ['of one that answers within the same millisecond', { success: 1, callMs: { lately: 0, usually: 0 } }, 1],
    ['of one that fails always is not 0: the breaker is what gives it up', having(Array(1000).fill(failed())), 0.01],
    ['of one that has all but stopped', { success: 1, callMs: { lately: 1_000_000, usually: 1 } }, 0.01],
  ])('%s', (_, health, score) => {
    expect(scoreOf(health)).toBeCloseTo(score, 10)
  })

  test('forgets: after thirty good calls a hundred failures are as if they had not been', () => {
    const recovered = having(Array(30).fill(well()), having(Array(100).fill(failed())))
    expect(scoreOf(recovered)).toBeGreaterThan(0.99)
  })
})
