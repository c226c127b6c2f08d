/**
 * How long a server asks us to wait, from the headers that say so. Whatever it says, the wait is never negative and never
 * longer than a day: no header may park a run for ever.
 */

export const retryAfterMaxMs = 24 * 60 * 60 * 1000

/** `Retry-After` (RFC 9110, section 10.2.3): seconds, or an HTTP date. Undefined if it is absent or neither. */
export function retryAfterMs(value: string | undefined, nowMs: number): number | undefined {
  const text = value?.trim() ?? ''
  const seconds = positive(text)
  if (seconds !== undefined) return bounded(seconds * 1000)
  const atMs = httpDateMs(text)
  return atMs === undefined ? undefined : bounded(atMs - nowMs)
}

/**
 * A Unix time in seconds, as SendGrid's `X-RateLimit-Reset` has it. Undefined if it is absent or cannot be one: a small
 * number would be seconds from now, a huge one milliseconds, and guessing wrongly would hurry or halt the route.
 */
export function untilUnixTimeMs(value: string | undefined, nowMs: number): number | undefined {
  const seconds = positive(value?.trim() ?? '')
  if (seconds === undefined || seconds < 1e9 || seconds > 1e11) return undefined
  return bounded(seconds * 1000 - nowMs)
}

/** The longest of several waits, those that are unknown left out; undefined if none is known. */
export function longestWaitMs(...waits: readonly (number | undefined)[]): number | undefined {
  const known = waits.filter(wait => wait !== undefined)
  return known.length === 0 ? undefined : Math.max(...known)
}

function positive(text: string): number | undefined {
  return /^\d{1,16}(\.\d{1,9})?$/.test(text) ? Number(text) : undefined
}

/** The three forms of RFC 9110, section 5.6.7; the last one, asctime's, means GMT without saying so. */
function httpDateMs(text: string): number | undefined {
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
