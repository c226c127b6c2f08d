/**
 * What the dashboard shows, kept from a run's notices: a pure reducer, so that a frame can be drawn from any state and two
 * processes that hear the same show the same. It is bounded however long the run is: what is counted by name keeps the names
 * that matter, and what is measured keeps its latest.
 */

import { type Counts, countsAddUp } from '../model/message.ts'
import type { Ending, Notice, SettledMessage } from '../model/notice.ts'
import { causeKind, type FailureClass } from '../model/outcome.ts'
import type { Standing } from '../model/run.ts'
import { noticeLine } from './notice-line.ts'

export interface ViewState {
  readonly run: string
  readonly campaign: string
  readonly startedMs: number
  readonly atMs: number
  readonly counts: Counts
  /** Messages that were waiting when this process began. */
  readonly toSend: number
  /** Attempts after which the message was put back for later. */
  readonly deferrals: number
  /** Messages that came to an end in each second, the last second last; at most `secondsKept`. */
  readonly perSecond: readonly number[]
  /** The second, since 1970, that the last of `perSecond` is. */
  readonly second: number
  readonly routes: ReadonlyMap<string, RouteView>
  readonly sites: ReadonlyMap<string, SiteView>
  /** How many wait at the largest sites, as far as it was said: how long these take is how long the run takes. */
  readonly waitingBySite: ReadonlyMap<string, number>
  readonly reasons: ReadonlyMap<string, ReasonView>
  /** What was said last, the latest last. */
  readonly said: readonly { readonly atMs: number; readonly line: string }[]
  readonly standing: Standing | null
  readonly paused: boolean
  readonly ending: Ending | null
}

export interface RouteView {
  readonly accepted: number
  readonly failed: number
  readonly inDoubt: number
  readonly deferred: number
  readonly calls: number
  /** How long its latest calls took, at most `callsKept`; or half of all of them at most, and 95 of 100, where the journal says it. */
  readonly tookMs: readonly number[] | { readonly p50: number; readonly p95: number }
}

export interface SiteView {
  readonly accepted: number
  readonly failed: number
  /** Null: the journal does not say it. */
  readonly deferred: number | null
}

/** Failures and deferrals of one kind, by the words that were said. */
export interface ReasonView {
  readonly class: FailureClass
  readonly state: SettledMessage['state']
  readonly code: string
  readonly text: string
  readonly count: number
  readonly atMs: number
}

/** Ten minutes. */
export const secondsKept = 600
const callsKept = 200
const sitesKept = 500
const reasonsKept = 100
const saidKept = 50

const noCounts: Counts = { rows: 0, accepted: 0, failed: 0, skipped: 0, inDoubt: 0, waiting: 0, rowProblems: 0 }

export const noView: ViewState = {
  run: '',
  campaign: '',
  startedMs: 0,
  atMs: 0,
  counts: noCounts,
  toSend: 0,
  deferrals: 0,
  perSecond: [],
  second: 0,
  routes: new Map(),
  sites: new Map(),
  waitingBySite: new Map(),
  reasons: new Map(),
  said: [],
  standing: null,
  paused: false,
  ending: null,
}

/** Takes all notices since the last frame at once, so that a fast run costs a frame and not a thousand copies. */
export function viewed(state: ViewState, notices: readonly Notice[]): ViewState {
  if (notices.length === 0) return state
  const draft = new Draft(state)
  for (const notice of notices) draft.take(notice)
  return draft.state()
}

/** Somebody has counted who waits where. */
export function withWaiting(
  state: ViewState,
  sites: readonly { readonly site: string; readonly waiting: number }[],
): ViewState {
  return { ...state, waitingBySite: new Map(sites.map(({ site, waiting }) => [site, waiting])) }
}

/** Time goes by without a notice. */
export function atTime(state: ViewState, atMs: number): ViewState {
  return atMs <= state.atMs ? state : { ...state, atMs }
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] }

/** A state while several notices are taken into it; its collections are copied once. */
class Draft {
  readonly #state: Writable<ViewState>
  readonly #routes: Map<string, RouteView>
  readonly #sites: Map<string, SiteView>
  readonly #reasons: Map<string, ReasonView>
  readonly #waitingBySite: Map<string, number>
  readonly #perSecond: number[]
  readonly #said: ViewState['said'][number][]

  constructor(state: ViewState) {
    this.#state = { ...state }
    this.#routes = new Map(state.routes)
    this.#sites = new Map(state.sites)
    this.#reasons = new Map(state.reasons)
    this.#waitingBySite = new Map(state.waitingBySite)
    this.#perSecond = [...state.perSecond]
    this.#said = [...state.said]
  }

  take(notice: Notice): void {
    this.#state.atMs = Math.max(this.#state.atMs, notice.atMs)
    switch (notice.type) {
      case 'started':
        this.#begin(notice)
        break
      case 'settled':
        this.#settle(notice)
        break
      case 'standing':
        this.#state.standing = notice.standing
        break
      case 'asked':
        if (notice.what !== 'other paces') this.#state.paused = notice.what === 'paused'
        break
      case 'ended':
        this.#state.counts = notice.counts
        this.#state.ending = notice.ending
        break
      default:
        break
    }
    const line = noticeLine(notice)
    if (line !== undefined && notice.type !== 'started') this.#said.push({ atMs: notice.atMs, line })
  }

  state(): ViewState {
    return {
      ...this.#state,
      routes: this.#routes,
      sites: keptOf(this.#sites, sitesKept, ({ accepted, failed, deferred }) => accepted + failed + (deferred ?? 0)),
      reasons: keptOf(this.#reasons, reasonsKept, reason => reason.atMs),
      perSecond: this.#perSecond.slice(-secondsKept),
      waitingBySite: this.#waitingBySite,
      said: this.#said.slice(-saidKept),
    }
  }

  #begin({ atMs, run, campaign, counts }: Notice & { type: 'started' }): void {
    const second = Math.floor(atMs / 1000)
    Object.assign(this.#state, { run, campaign, counts, startedMs: atMs, toSend: counts.waiting, second })
    this.#perSecond.push(0)
  }

  #settle({ atMs, route, tookMs, messages }: Notice & { type: 'settled' }): void {
    const { counts } = this.#state
    const [accepted, failed, inDoubt, deferred] = (['accepted', 'failed', 'in doubt', 'queued'] as const).map(
      state => messages.filter(message => message.state === state).length,
    ) as [number, number, number, number]
    const ended = accepted + failed + inDoubt
    const next: Counts = {
      ...counts,
      accepted: counts.accepted + accepted,
      failed: counts.failed + failed,
      inDoubt: counts.inDoubt + inDoubt,
      waiting: Math.max(0, counts.waiting - ended),
    }
    // A run that another process adds to while it is looked at is counted anew at its end.
    this.#state.counts = countsAddUp(next) ? next : { ...next, rows: sumOf(next) }
    this.#state.deferrals += deferred
    this.#count(atMs, ended)
    const view = this.#routes.get(route) ?? { accepted: 0, failed: 0, inDoubt: 0, deferred: 0, calls: 0, tookMs: [] }
    this.#routes.set(route, {
      accepted: view.accepted + accepted,
      failed: view.failed + failed,
      inDoubt: view.inDoubt + inDoubt,
      deferred: view.deferred + deferred,
      calls: view.calls + 1,
      tookMs: tookMs > 0 && Array.isArray(view.tookMs) ? [...view.tookMs.slice(1 - callsKept), tookMs] : view.tookMs,
    })
    for (const message of messages) this.#settleOne(message, atMs)
  }

  #settleOne({ site, state, cause }: SettledMessage, atMs: number): void {
    const view = this.#sites.get(site) ?? { accepted: 0, failed: 0, deferred: 0 }
    this.#sites.set(site, {
      accepted: view.accepted + (state === 'accepted' ? 1 : 0),
      failed: view.failed + (state === 'failed' ? 1 : 0),
      deferred: (view.deferred ?? 0) + (state === 'queued' ? 1 : 0),
    })
    const waiting = this.#waitingBySite.get(site)
    if (waiting !== undefined && state !== 'queued') this.#waitingBySite.set(site, Math.max(0, waiting - 1))
    if (cause === undefined) return
    const code = [cause.code, cause.status].filter(each => each !== undefined).join(' ')
    const key = `${state} ${code} ${causeKind(cause.text)}`
    const count = (this.#reasons.get(key)?.count ?? 0) + 1
    this.#reasons.set(key, { class: cause.class, state, code, text: cause.text, count, atMs })
  }

  #count(atMs: number, ended: number): void {
    const second = Math.floor(atMs / 1000)
    // A clock that stood still for hours leaves no more behind than is kept.
    for (let gap = Math.min(secondsKept, second - this.#state.second); gap > 0; gap--) this.#perSecond.push(0)
    this.#state.second = Math.max(this.#state.second, second)
    this.#perSecond[this.#perSecond.length - 1] = (this.#perSecond.at(-1) ?? 0) + ended
  }
}

function sumOf({ accepted, failed, skipped, inDoubt, waiting, rowProblems }: Counts): number {
  return accepted + failed + skipped + inDoubt + waiting + rowProblems
}

/** The entries that weigh most, once there are more than twice as many as are kept. */
function keptOf<Value>(
  all: ReadonlyMap<string, Value>,
  most: number,
  weight: (value: Value) => number,
): ReadonlyMap<string, Value> {
  if (all.size <= 2 * most) return all
  return new Map([...all].sort(([, one], [, other]) => weight(other) - weight(one)).slice(0, most))
}
