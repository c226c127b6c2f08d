/**
 * Warming up a route: receivers trust a sender that they do not know with few messages at first, so each day on which it
 * sends it may be given some more than on the day before. A day without sending earns no trust, and raises nothing.
 */

import type { WarmUp } from '../model/schedule.ts'

/** Ten years: what takes longer is not worth counting. */
const daysMax = 3660
/** What floating point takes away from 115 = 100 × 1.15 must not cost a message. */
const roundingShare = 1e-12

/** How many messages the route may be given on a day before which there were so many days on which it sent anything. */
export function quotaOn({ startPerDay, growth, untilPerDay }: WarmUp, sendingDays: number): number {
  const grown = Math.floor(startPerDay * growth ** sendingDays * (1 + roundingShare))
  return Math.max(1, Math.min(grown, untilPerDay))
}

/** How many messages so many days allow a route that has sent on `sendingDays` days before, if it sends on each of them. */
export function messagesWithin(warmUp: WarmUp, days: number, sendingDays = 0): number {
  const counted = Math.min(days, daysMax)
  let messages = (days - counted) * warmUp.untilPerDay
  for (let day = 0; day < counted; day++) messages += quotaOn(warmUp, sendingDays + day)
  return messages
}

/**
 * On how many days, at the least, so many messages are sent by a route that has sent on `sendingDays` days before; infinity
 * if it takes more than ten years.
 */
export function daysToSend(warmUp: WarmUp, messages: number, sendingDays = 0): number {
  let left = messages
  let days = 0
  for (; left > 0 && days < daysMax; days++) left -= quotaOn(warmUp, sendingDays + days)
  return left > 0 ? Number.POSITIVE_INFINITY : days
}
