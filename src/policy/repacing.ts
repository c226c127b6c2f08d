/** Other rates for a route by the press of a key. Pure. */

import type { Rate } from '../model/rate.ts'

/** A quarter more, or a fifth less, so that one undoes the other. */
const factors = { faster: 1.25, slower: 0.8 } as const

/**
 * The rates in force, faster or slower; undefined where there is nothing to change. A limit of the day or hour is an allowance
 * and no pace, and stays. A route without a pace is slowed from what it does now, `perSecond`; none can make it faster.
 */
export function repaced(
  rates: readonly Rate[],
  to: keyof typeof factors,
  perSecond: number,
): readonly Rate[] | undefined {
  const isPace = (rate: Rate): boolean => rate.perMs <= 60_000
  if (rates.some(isPace)) return rates.map(rate => (isPace(rate) ? scaled(rate, factors[to]) : rate))
  if (to === 'faster' || perSecond <= 0) return undefined
  return [...rates, scaled({ count: perSecond, perMs: 1000 }, factors[to])]
}

/** At least one a minute: to stop it there is the pause. */
function scaled(rate: Rate, factor: number): Rate {
  const count = Math.max(rate.perMs / 60_000, rate.count * factor)
  return { ...rate, count: count >= 10 ? Math.round(count) : Number(count.toPrecision(2)) }
}
