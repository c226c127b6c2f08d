/**
 * Why something that could be sent is not being sent at this moment. Every lane, route and run that waits has exactly one
 * cause, from this list alone.
 */

/**
 * - `rate`: the rate that is set allows the next message then
 * - `concurrency`: as many calls are open as it may have
 * - `adapted down`: a receiver or provider asked to be slower, and its lowered pace allows the next message then
 * - `breaker`: it rests after failures, or because it was asked to be left alone
 * - `stopped`: the route is not used any more in this process
 * - `quota`: what may be sent on one day has been sent
 * - `quiet hours`, `window`: the schedule does not let messages leave now
 * - `start`: the schedule lets nothing leave before then
 * - `retry due`: everybody who waits has been put off until then at least
 * - `canary`: the first few have been mailed, and it is waited for what becomes of them
 * - `paused`: the operator has paused the run
 * - `priority`: a run of higher priority uses the same account
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

/** Each cause as the end of a sentence that begins with who waits. */
export const waitWords: Readonly<Record<WaitCause, string>> = {
  rate: 'its rate allows the next message then',
  concurrency: 'as many calls are open as it may have',
  'adapted down': 'its pace was lowered, and allows the next message then',
  breaker: 'it rests until then',
  stopped: 'it is not used any more',
  quota: 'its quota for the day is used up',
  'quiet hours': 'quiet hours last until then',
  window: 'its sending window opens then',
  start: 'it begins then',
  'retry due': 'the next retry is due then',
  canary: 'the first few have been mailed, and the others wait until then for what becomes of them',
  paused: 'it is paused',
  priority: 'a run of higher priority goes first',
}
