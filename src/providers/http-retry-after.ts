/**
 * How long a server asks us to wait, by each of the forms in which it is said. Whatever it says, the wait is never negative
 * and never longer than a day: no answer may park a run for ever. What does not have a form says nothing.
 */

export const retryAfterMaxMs = 24 * 60 * 60 * 1000

/** `Retry-After` (RFC 9110, section 10.2.3): seconds, or an HTTP date. Undefined if it is absent or neither. */
export function retryAfterMs(value: string | undefined, nowMs: number): number | undefined {
  const text = value?.trim() ?? ''
  const seconds = numberIn(text)
  if (seconds !== undefined) return bounded(seconds * 1000)
  const atMs = httpDateMs(text)
  return atMs === undefined ? undefined : bounded(atMs - nowMs)
}

/**
 * A Unix time in seconds, as SendGrid's `X-RateLimit-Reset` has it. Undefined if it is absent or cannot be one: a small
 * number would be seconds from now, a huge one milliseconds, and guessing wrongly would hurry or halt the route.
 */
export function untilUnixTimeMs(value: string | undefined, nowMs: number): number | undefined {
  const seconds = numberIn(value)
  if (seconds === undefined || seconds < leastUnixTime || seconds > 1e11) return undefined
  return bounded(seconds * 1000 - nowMs)
}

/**
 * Seconds from now, as `ratelimit-reset` and `x-sib-ratelimit-reset` have them. Undefined if it is absent or cannot be that:
 * a number as large as a Unix time would be one, and not thirty years.
 */
export function secondsFromNowMs(value: string | undefined): number | undefined {
  const seconds = numberIn(value)
  return seconds === undefined || seconds >= leastUnixTime ? undefined : bounded(seconds * 1000)
}

/**
 * Mailgun's words, which no header repeats: `… limit exceeded, try again after 120 seconds` (its API description) or
 * `… after Mon, 20 Dec 2021 20:33:21 UTC` (its documentation of sending). Undefined if the text does not have them.
 */
export function tryAgainAfterMs(text: string, nowMs: number): number | undefined {
  const after = / limit exceeded, try again after (?:(\d{1,9}(?:\.\d{1,9})?) seconds?\b|([\w, :]{20,32}) UTC\b)/.exec(
    text,
  )
  if (after === null) return undefined
  return retryAfterMs(after[1] ?? `${after[2]} GMT`, nowMs)
}

/** The longest of several waits, those that are unknown left out; undefined if none is known. */
export function longestWaitMs(...waits: readonly (number | undefined)[]): number | undefined {
  const known = waits.filter(wait => wait !== undefined)
  return known.length === 0 ? undefined : Math.max(...known)
}

/** A number that is not negative, with nothing around it. */
export function numberIn(value: string | undefined): number | undefined {
  const text = value?.trim() ?? ''
  return /^\d{1,16}(\.\d{1,9})?$/.test(text) ? Number(text) : undefined
}

/** In September 2001; as seconds from now it would be thirty years. */
const leastUnixTime = 1e9

/** The three forms of RFC 9110, section 5.6.7; the last one, asctime's, means GMT without saying so. */
export function httpDateMs(text: string): number | undefined {
  if (/^[A-Z][a-z]{2,8}, \d{2}[ -][A-Z][a-z]{2}[ -]\d{2,4} \d{2}:\d{2}:\d{2} GMT$/.test(text)) return dateMs(text)
  if (/^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/.test(text)) return dateMs(`${text} GMT`)
  return undefined
}

function dateMs(text: string): number | undefined {
  const ms = Date.parse(text)
  return Number.isNaN(ms) ? undefined : ms
}

function bounded(ms: number): number {
  return Math.min(Math.max(0, Math.ceil(ms)), retryAfterMaxMs)
}
