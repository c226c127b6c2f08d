/**
 * How long an answer asks us to leave the account alone. Every form that a provider has for it is read here, for all of
 * them: the name of a header tells its form, so no vendor file need say which one is its own.
 *
 * | form                                                    | who says it                | when it counts |
 * | ------------------------------------------------------- | -------------------------- | -------------- |
 * | `Retry-After`: seconds, or an HTTP date                 | Resend; RFC 9110, 10.2.3   | in a refusal: in a success it speaks of something else |
 * | `X-RateLimit-Reset`: Unix time                          | SendGrid, rate limits page | in a refusal for being too fast, or if nothing remains |
 * | `ratelimit-reset`: seconds from now                     | Resend, rate limit page    | the same |
 * | `x-sib-ratelimit-reset`: seconds from now               | Brevo, rate limit headers  | the same |
 * | `limit exceeded, try again after …` in the body         | Mailgun                    | in a refusal for being too fast |
 *
 * The headers of a window (`…-limit`, `…-remaining`, `…-reset`) come with every answer, and most of them ask for nothing:
 * a reset is a wish only where the window is used up. That can be said by a success: it was taken, and the next call would
 * be refused. Of several wishes in one answer the longest is heeded.
 *
 * A moment is told by the server's clock, so it is reckoned from the moment of the answer's own `Date` (RFC 9110, 6.6.1): a
 * clock here that is wrong neither hurries the provider nor parks the run.
 */

import type { Outcome } from '../model/outcome.ts'
import type { HttpReply } from './http-reply.ts'
import {
  httpDateMs,
  longestWaitMs,
  numberIn,
  retryAfterMs,
  secondsFromNowMs,
  tryAgainAfterMs,
  untilUnixTimeMs,
} from './http-retry-after.ts'

/** The headers by which providers tell of a window: one line each. */
const windows: readonly {
  readonly prefix: string
  readonly resetMs: (value: string, nowMs: number) => number | undefined
}[] = [
  { prefix: 'x-ratelimit', resetMs: untilUnixTimeMs },
  { prefix: 'ratelimit', resetMs: secondsFromNowMs },
  { prefix: 'x-sib-ratelimit', resetMs: secondsFromNowMs },
]

/**
 * Refusals for being too fast: RFC 6585's 429, and 420, which Mailgun has been seen to say it by (mailgun-java, issue 50).
 * Only these bodies are looked into, for others may repeat what stood in the list of recipients.
 */
const tooFast: ReadonlySet<number> = new Set([420, 429])

/** In milliseconds; undefined if the answer asks for no wait. */
export function askedWaitMs(reply: HttpReply): number | undefined {
  const { status } = reply
  const atMs = httpDateMs(reply.header('date') ?? '') ?? reply.atMs
  const isTooFast = tooFast.has(status)
  const waits = windows.map(({ prefix, resetMs }) => {
    const isSpent = valuesOf(reply, `${prefix}-remaining`).some(value => numberIn(value) === 0)
    if (!isSpent && !isTooFast) return undefined
    return longestWaitMs(...valuesOf(reply, `${prefix}-reset`).map(value => resetMs(value, atMs)))
  })
  if (status >= 400) waits.push(...valuesOf(reply, 'retry-after').map(value => retryAfterMs(value, atMs)))
  if (isTooFast) waits.push(tryAgainAfterMs(reply.text().slice(0, 4000), atMs))
  return longestWaitMs(...waits)
}

/**
 * An outcome with the wait that its answer asks for: a deferral by the route is not to be tried again before, and whatever
 * else became of the message, the route rests.
 */
export function withAskedWait(outcome: Outcome, askedMs: number | undefined): Outcome {
  // A moment that has passed is no wish: the route slows as it would without one.
  if (askedMs === undefined || askedMs === 0) return outcome
  if (outcome.kind !== 'deferred' || outcome.scope !== 'route') return { ...outcome, restMs: askedMs }
  return { ...outcome, retryAfterMs: Math.max(askedMs, outcome.retryAfterMs ?? 0) }
}

/**
 * A gateway and the server behind it may both have a header of one name; then the values are joined by commas. A date has a
 * comma of its own, so the whole is a value too.
 */
function valuesOf(reply: HttpReply, name: string): readonly string[] {
  const value = reply.header(name)
  if (value === undefined) return []
  return value.includes(',') ? [value, ...value.split(',')] : [value]
}
