/** Random steps, crashes and late answers among them: the journal says what plain maps say, after every step. */

import fc from 'fast-check'
import { test } from 'vitest'
import { Model, outcomes, people, type Step, type Word, words } from '../model.ts'
import type { Place } from '../samples.ts'

export function simulationContract(newPlace: () => Place): void {
  test('nobody is lost, nobody is handed out or accepted twice', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 30, maxLength: 60, size: 'max' }), steps => {
        const place = newPlace()
        try {
          const model = new Model(place)
          for (const each of steps) {
            model.do(each)
            model.check()
          }
        } finally {
          place.remove()
        }
      }),
      { numRuns: 30 },
    )
  })
}

const count = fc.integer({ min: 1, max: 4 })
const person = fc.nat(people.length - 1)

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      step: fc.constant('prepare' as const),
      people: fc.array(person, { minLength: 1, maxLength: 7 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ step: fc.constant('open' as const) }) },
  {
    weight: 5,
    arbitrary: fc.record({ step: fc.constantFrom('claim' as const, 'claim' as const, 'claim a site' as const), count }),
  },
  { weight: 6, arbitrary: fc.record({ step: fc.constant('begin' as const), count }) },
  {
    weight: 4,
    arbitrary: fc.record({
      step: fc.constant('settle' as const),
      attempt: fc.nat(5),
      outcomes: fc.array(fc.constantFrom(...outcomes), { minLength: 1, maxLength: 4 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      step: fc.constant('settle doubts' as const),
      run: fc.nat(3),
      words: fc.array(fc.constantFrom(...(Object.keys(words) as Word[])), { minLength: 1, maxLength: 4 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      step: fc.constantFrom('give back' as const, 'put off' as const, 'expire' as const),
      count,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      step: fc.constantFrom('wait' as const, 'retry' as const, 'crash' as const, 'take over' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ step: fc.constantFrom('finish' as const, 'cancel' as const, 'discard' as const) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      step: fc.constantFrom('suppress' as const, 'complain' as const, 'unsuppress' as const),
      person,
    }),
  },
)
