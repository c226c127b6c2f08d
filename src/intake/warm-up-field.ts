/** A route's `warmup:` in the campaign file. */

import { z } from 'zod'
import { parseRate } from '../model/rate.ts'
import type { WarmUp } from '../model/schedule.ts'
import { fail } from './fields.ts'

const perDayExpected = 'a whole number of messages a day is expected, such as 200/d'

const perDay = z.string(perDayExpected).transform((text, context): number => {
  const rate = parseRate(text)
  if (rate === undefined || rate.perMs !== 86_400_000) return fail(context, perDayExpected)
  return Number.isSafeInteger(rate.count) ? rate.count : fail(context, perDayExpected)
})

export const warmUpField = z
  .strictObject({
    start: perDay.describe('Messages on the first day, such as 200/d'),
    growth: z
      .number()
      .min(1, { error: 'must be at least 1, which is the same number every day' })
      .max(10, { error: 'must be at most 10' })
      .describe('How many times as many on each further day on which the route sends, such as 1.5'),
    until: perDay.describe('Messages a day at which it stays, such as 50000/d'),
  })
  .refine(({ start, until }) => start <= until, { path: ['until'], error: 'is less than `start`' })
  .transform(({ start, growth, until }): WarmUp => ({ startPerDay: start, growth, untilPerDay: until }))
