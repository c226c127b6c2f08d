/**
 * One call with one parcel, from claimed messages to settled ones. The order of its steps is the promise: the intent is
 * on disk before the first byte leaves, and the outcomes are on disk before anybody is told.
 */

import type { AttemptId, ParcelIntent } from '../journal/journal.ts'
import type { RetrySettings } from '../model/campaign.ts'
import type { Chance, Clock } from '../model/clock.ts'
import type { FilledMessage } from '../model/edition.ts'
import { InvariantError } from '../model/errors.ts'
import type { QueuedMessage, RunId, Settlement } from '../model/message.ts'
import type { SettledMessage } from '../model/notice.ts'
import type { Outcome } from '../model/outcome.ts'
import { type Disposition, dispose } from '../policy/disposition.ts'
import { isPastAllAges } from '../policy/retry.ts'
import type { Claimed } from './lane.ts'
import type { PartLimits } from './part-limits.ts'
import type { Recorder } from './recorder.ts'
import type { Route } from './route.ts'

/** Fills a claimed message's slots; the outcome if it cannot be sent as it was frozen. */
export type Fill = (message: QueuedMessage) => Promise<FilledMessage | (Outcome & { kind: 'refused' })>

export interface AttemptDoors {
  readonly run: RunId
  readonly clock: Clock
  readonly chance: Chance
  readonly recorder: Recorder
  readonly fill: Fill
  readonly retry: RetrySettings
  readonly partLimits: PartLimits
  /** Aborted when open calls must end at once. */
  readonly abort: AbortSignal
  /** Whether a route other than this one may carry the message. */
  readonly hasOtherRoute: (route: Route, message: QueuedMessage) => boolean
  /** Whether the schedule does not let the message leave any more. */
  readonly isOver: (message: QueuedMessage, nowMs: number) => boolean
}

export interface AttemptResult {
  /** How long the provider took to answer; null if it was not called. */
  readonly tookMs: number | null
  /** What did not fit in the call and was not sent. */
  readonly leftOver: readonly Claimed[]
  readonly settled: readonly { readonly message: QueuedMessage; readonly disposition: Disposition }[]
}

export async function attempt(route: Route, claimed: readonly Claimed[], doors: AttemptDoors): Promise<AttemptResult> {
  const { ready, refused, count, untouched } = await fillParcel(route, claimed, doors)
  if (refused.length > 0)
    return refuse(route, claimed.length, [...ready.map(each => each.claimed), ...untouched], refused, doors)
  route.fitted(claimed.length, count)
  const ids = ready.map(each => each.claimed.message.id)
  const going = doors.partLimits.of(ids, count)
  route.giveBack(claimed.length, going, doors.clock.nowMs())
  const sent = await send(route, ready.slice(0, going), doors)
  return { ...sent, leftOver: [...ready.slice(going).map(withoutFiles), ...untouched] }
}

interface Ready {
  readonly claimed: Claimed
  readonly filled: FilledMessage
}

interface Refused {
  readonly claimed: Claimed
  readonly outcome: Outcome
}

interface FilledParcel {
  readonly ready: readonly Ready[]
  readonly refused: readonly Refused[]
  /** How many of those that are ready fit one call. */
  readonly count: number
  /** Not looked at, because the call is full without them. */
  readonly untouched: readonly Claimed[]
}

/** How many messages are filled before it is asked for the first time whether they still fit; then twice as many. */
const firstStep = 16

/** Fills messages until the call is full, and not many more: each may bring files of its own along. */
async function fillParcel(route: Route, claimed: readonly Claimed[], doors: AttemptDoors): Promise<FilledParcel> {
  const ready: Ready[] = []
  const refused: Refused[] = []
  let done = 0
  for (let step = firstStep; done < claimed.length; step *= 2) {
    for (const each of claimed.slice(done, done + step)) {
      const filled = each.filled ?? (await fillOrRefuse(each.message, doors))
      if ('kind' in filled) refused.push({ claimed: each, outcome: filled })
      else {
        each.filled = filled
        ready.push({ claimed: each, filled })
      }
    }
    done = Math.min(claimed.length, done + step)
    if (ready.length < 2) continue
    const count = route.provider.fits(ready.map(each => each.filled))
    if (count < ready.length || done === claimed.length)
      return { ready, refused, count, untouched: claimed.slice(done) }
  }
  return { ready, refused, count: ready.length, untouched: [] }
}

async function fillOrRefuse(message: QueuedMessage, doors: AttemptDoors): ReturnType<Fill> {
  const nowMs = doors.clock.nowMs()
  if (isPastAllAges(doors.retry, message.agesFromMs, nowMs))
    return tooLate('older than retry.max_age allows for another attempt')
  return doors.isOver(message, nowMs) ? tooLate(overText) : doors.fill(message)
}

/** What is said of whoever was not sent to in time. */
export const overText = 'schedule.not_after has passed, or nothing opens before it'

function tooLate(text: string): Outcome & { kind: 'refused' } {
  return { kind: 'refused', scope: 'message', cause: { class: 'expired', text } }
}

/** A rendered message is kept for the next call, but not the files it brought along. */
function withoutFiles({ claimed, filled }: Ready): Claimed {
  if (filled.attachments.length > 0) claimed.filled = null
  return claimed
}

/** Messages that can no longer be sent as they were frozen are settled on their own, with no call; the rest waits. */
async function refuse(
  route: Route,
  given: number,
  leftOver: readonly Claimed[],
  refused: readonly Refused[],
  doors: AttemptDoors,
): Promise<AttemptResult> {
  route.giveBack(given, 0, doors.clock.nowMs())
  const begun = await begin(route, refused, undefined, doors)
  if (begun === null) return { tookMs: null, leftOver, settled: [] }
  const outcomes = begun.going.map(each => each.outcome)
  return { tookMs: null, leftOver, settled: await settle(route, begun, outcomes, doors) }
}

/**
 * A process that stood still for so long between its intent and the call makes the call no more: it may have been taken for
 * dead meanwhile, and the provider been asked what came of the call. A lease lasts longer.
 */
const staleAfterMs = 30_000
const stoodStill: Outcome = {
  kind: 'deferred',
  scope: 'route',
  cause: { class: 'transient', text: 'the process stood still before the call, which was not made' },
}

async function send(
  route: Route,
  parcel: readonly Ready[],
  doors: AttemptDoors,
): Promise<Pick<AttemptResult, 'tookMs' | 'settled'>> {
  const { clock } = doors
  const intendedMs = clock.nowMs()
  const begun = await begin(route, parcel, route.counted(intendedMs), doors)
  const startedMs = clock.nowMs()
  const going = begun?.going.length ?? 0
  route.giveBack(parcel.length, going, startedMs)
  route.begun(going)
  if (begun === null) return { tookMs: null, settled: [] }
  if (startedMs - intendedMs > staleAfterMs) {
    const outcomes = begun.going.map(() => stoodStill)
    return { tookMs: null, settled: await settle(route, begun, outcomes, doors) }
  }
  const outcomes = await route.provider.send(
    begun.going.map(each => each.filled),
    doors.abort,
  )
  const tookMs = clock.nowMs() - startedMs
  return { tookMs, settled: await settle(route, begun, outcomes, doors) }
}

/** A call that is on disk, with those who go with it. */
interface BegunCall<Each> {
  readonly attempt: AttemptId
  readonly going: readonly Each[]
}

/** Null if nobody may go any more; who may not is the journal's, and was not sent to. */
async function begin<Each extends { readonly claimed: Claimed }>(
  route: Route,
  parcel: readonly Each[],
  counted: ParcelIntent['counted'],
  doors: AttemptDoors,
): Promise<BegunCall<Each> | null> {
  const messageIds = parcel.map(each => each.claimed.message.id)
  const intent = { run: doors.run, route: route.name, messageIds, nowMs: doors.clock.nowMs() }
  const begun = await doors.recorder.begin(counted === undefined ? intent : { ...intent, counted })
  if (begun === null) return null
  const going = new Set(begun.messageIds)
  return { attempt: begun.attempt, going: parcel.filter(each => going.has(each.claimed.message.id)) }
}

async function settle(
  route: Route,
  { attempt, going }: BegunCall<{ readonly claimed: Claimed }>,
  outcomes: readonly Outcome[],
  doors: AttemptDoors,
): Promise<AttemptResult['settled']> {
  if (outcomes.length !== going.length)
    throw new InvariantError(`${route.name}: ${outcomes.length} outcomes for ${going.length} messages`)
  const nowMs = doors.clock.nowMs()
  const settled = going.map(({ claimed: { message } }, index) => {
    const outcome = outcomes[index]
    if (outcome === undefined) throw new InvariantError('an outcome is missing')
    doors.partLimits.learn(message.id, outcome)
    const facts = {
      attempts: message.attempts,
      agesFromMs: message.agesFromMs,
      nowMs,
      fraction: doors.chance.fraction(),
      otherRoute: doors.hasOtherRoute(route, message),
    }
    return { message, disposition: dispose(outcome, facts, doors.retry) }
  })
  await doors.recorder.settle({
    attempt,
    settlements: settled.map(({ message, disposition }) => ({
      messageId: message.id,
      settlement: disposition.settlement,
    })),
    nowMs,
  })
  return settled
}

/** A settled message as those who watch are told of it. */
export function settledMessage(message: QueuedMessage, settlement: Settlement): SettledMessage {
  const { address, site, line } = message
  const base = { address, site, line, state: settlement.to }
  if (settlement.to === 'accepted') return base
  if (settlement.to === 'queued') return { ...base, cause: settlement.cause, dueAtMs: settlement.dueAtMs }
  return { ...base, cause: settlement.cause }
}
