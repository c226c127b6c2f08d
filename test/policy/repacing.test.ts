/** What `+` and `-` make of a route's rates, as a table. */

import { expect, test } from 'vitest'
import { parseRate, type Rate, rateWords } from '../../src/model/rate.ts'
import { repaced } from '../../src/policy/repacing.ts'

const read = (texts: readonly string[]): readonly Rate[] =>
  texts.map(text => {
    const rate = parseRate(text)
    if (rate === undefined) throw new Error(text)
    return rate
  })

test.each<[readonly string[], 'faster' | 'slower', number, string]>([
  [['100/s'], 'faster', 90, '125/s'],
  [['100/s'], 'slower', 90, '80/s'],
  [['600/min burst 20'], 'slower', 9, '480/min burst 20'],
  [['100/s', '50000/d'], 'slower', 90, '80/s, 50,000/d'],
  [['2/s'], 'slower', 2, '1.6/s'],
  [['1/min'], 'slower', 0, '1/min'],
  [['50000/d'], 'slower', 40, '50,000/d, 32/s'],
  [['50000/d'], 'faster', 40, 'nothing'],
  [[], 'slower', 40, '32/s'],
  [[], 'slower', 0, 'nothing'],
  [[], 'faster', 40, 'nothing'],
])('%j %s at %s/s: %s', (rates, to, perSecond, becomes) => {
  expect(repaced(read(rates), to, perSecond)?.map(rateWords).join(', ') ?? 'nothing').toBe(becomes)
})

test('one undoes the other', () => {
  const faster = repaced(read(['100/s']), 'faster', 0) ?? []
  expect(repaced(faster, 'slower', 0)).toEqual(read(['100/s']))
})
