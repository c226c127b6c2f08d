/**
 * Why something that could be sent is not being sent at this moment. Every lane, route and run that waits has exactly one
 * cause, from this list alone.
 */

import { terminalSafe } from './words.ts'

/**
 * - `rate`: the rate that is set, or that the provider counts by, allows the next message then
 * - `concurrency`: as many calls are open as it may have
 * - `adapted down`: a receiver or provider asked to be slower, and its lowered pace allows the next message then
 * - `breaker`: it rests after failures, or because it was asked to be left alone
 * - `stopped`: the route is not used any more in this process
 * - `quota`: what may be sent on one day, or in a longer window of the provider's, has been sent
 * - `quiet hours`, `window`: the schedule does not let messages leave now
 * - `start`: the schedule lets nothing leave before then
 * - `retry due`: everybody who waits has been put off until then at least
 * - `canary`: the first few have been mailed, and it is waited for what becomes of them
 * - `paused`: the operator has paused the run
 * - `priority`: other runs use the same account or send to the same site, and its share of the pace by priority allows no more
 */
export type WaitCause =
  | 'rate'
  | 'concurrency'
  | 'adapted down'
  | 'breaker'
  | 'stopped'
  | 'quota'
  | 'quiet hours'
  | 'window'
  | 'start'
  | 'retry due'
  | 'canary'
  | 'paused'
  | 'priority'

/** Something that waits. */
export interface Wait {
  readonly what: 'run' | 'route' | 'site'
  /** The route's or site's name; the run's id. */
  readonly name: string
  readonly cause: WaitCause
  /** Milliseconds since 1970; null where no time ends it but an open call or the operator. */
  readonly untilMs: number | null
}

/** Each cause as what is said of whoever waits: `google is held to its rate`. */
const waitWords: Readonly<Record<WaitCause, string>> = {
  rate: 'is held to its rate',
  concurrency: 'has as many calls open as it may',
  'adapted down': 'is held to the pace that was lowered for it',
  breaker: 'rests',
  stopped: 'is not used any more',
  quota: 'has used up its quota',
  'quiet hours': 'is in quiet hours',
  window: 'is outside its sending windows',
  start: 'has not come to its start',
  'retry due': 'has nothing due before its next retry',
  canary: 'waits for what becomes of the first few',
  paused: 'is paused',
  priority: 'is held to its share, for another run uses it too',
}

/** The same where there is little room: at most 16 characters. */
const briefWords: Readonly<Record<WaitCause, string>> = {
  rate: 'is at its rate',
  concurrency: 'has enough open',
  'adapted down': 'was slowed down',
  breaker: 'rests',
  stopped: 'is stopped',
  quota: 'has no quota',
  'quiet hours': 'has quiet hours',
  window: 'is out of hours',
  start: 'has not begun',
  'retry due': 'retries later',
  canary: 'tries a few',
  paused: 'is paused',
  priority: 'shares its pace',
}

/** All of them. */
export const waitCauses: readonly WaitCause[] = Object.keys(waitWords) as WaitCause[]

/** `is held to its rate`: for where the name stands beside it already. */
export function waitWordsOf(cause: WaitCause): string {
  return waitWords[cause]
}

/** `is at its rate`: where there is no room for more. */
export function briefWaitWordsOf(cause: WaitCause): string {
  return briefWords[cause]
}

/** `google is held to its rate`, `the run is paused`; a name from outside is made safe for a terminal. */
export function waitSentence({ what, name, cause }: Pick<Wait, 'what' | 'name' | 'cause'>): string {
  return `${what === 'run' ? 'the run' : terminalSafe(name)} ${waitWords[cause]}`
}
