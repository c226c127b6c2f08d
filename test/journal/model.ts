/**
 * The journal as plain maps: what it should say after any sequence of steps, without SQL, processes or disks. Each step is
 * done to the journal and to the maps, and `check` compares all that can be seen of both.
 */

import { expect } from 'vitest'
import { FencedError, type Journal, type Lease } from '../../src/journal/journal.ts'
import {
  countsAddUp,
  type DoubtSettlement,
  type MessageState,
  type RunId,
  type SettledBy,
  type Settlement,
} from '../../src/model/message.ts'
import type { SkipReason } from '../../src/model/recipient.ts'
import type { RunState } from '../../src/model/run.ts'
import type { SuppressionReason } from '../../src/model/suppression.ts'
import { screen } from '../../src/policy/screening.ts'
import {
  address,
  deferred,
  draft,
  failed,
  inDoubt,
  known,
  minute,
  nameOf,
  noon,
  own,
  type Place,
  recipients,
} from './samples.ts'

export type Step =
  | { readonly step: 'prepare'; readonly people: readonly number[] }
  | { readonly step: 'open' | 'discard' | 'crash' | 'take over' | 'cancel' | 'finish' | 'wait' | 'retry' }
  | { readonly step: 'claim' | 'claim a site' | 'give back' | 'put off' | 'begin' | 'expire'; readonly count: number }
  | { readonly step: 'settle'; readonly attempt: number; readonly outcomes: readonly Outcome[] }
  | { readonly step: 'settle doubts'; readonly run: number; readonly words: readonly Word[] }
  | { readonly step: 'suppress' | 'complain' | 'unsuppress'; readonly person: number }

export const outcomes = ['accepted', 'failed', 'bounced', 'in doubt', 'deferred', 'deferred for free'] as const
export type Outcome = (typeof outcomes)[number]

/** What is said of somebody in doubt. */
export const words = {
  asked: { to: 'accepted', by: 'asked', providerId: 'provider-1' },
  repeated: { to: 'accepted', by: 'repeated', providerId: 'provider-1' },
  'as accepted': { to: 'accepted', by: 'operator', providerId: null },
  'as failed': { to: 'failed', by: 'operator' },
  'never taken': { to: 'queued', by: 'asked' },
  resent: { to: 'queued', by: 'resent' },
  nothing: null,
} as const satisfies Record<string, DoubtSettlement | null>
export type Word = keyof typeof words

export const people = ['ada', 'bob', 'Eve', 'pat@gmail.com', 'zoe@gmail.com']

interface Message {
  readonly name: string
  readonly line: number
  readonly id: number
  state: MessageState
  dueAtMs: number
  skipReason?: SkipReason
  /** The call because of which she is in doubt. */
  attempt?: Attempt
  settledBy?: SettledBy | null
}

interface ModelRun {
  readonly id: RunId
  state: RunState
  readonly messages: Message[]
  readonly leftOut: { readonly name: string; readonly line: number; readonly reason: SkipReason }[]
}

interface Attempt {
  readonly id: number
  readonly run: ModelRun
  readonly messages: readonly Message[]
  state: 'open' | 'given up' | 'settled'
}

export class Model {
  readonly #place: Place
  #journal: Journal
  #lease: Lease
  #nowMs = noon
  #pid = 1
  /** Who had the key before it was taken over; answers of its calls still come in. */
  #former: Journal | undefined
  #space = 'this boot'
  readonly #runs: ModelRun[] = []
  readonly #attempts: Attempt[] = []
  readonly #suppressed = new Set<string>()
  /** Those of them who have complained. */
  readonly #complained = new Set<string>()
  /** Of whom it was said that they were not reached, which may turn out to be wrong. */
  readonly #writtenOff = new Set<string>()
  /** In hand and in no attempt. */
  #claimed: Message[] = []

  constructor(place: Place) {
    this.#place = place
    this.#journal = place.open()
    this.#lease = this.#own()
  }

  do(step: Step): void {
    switch (step.step) {
      case 'prepare':
        this.#prepare(step.people)
        break
      case 'open':
        this.#open()
        break
      case 'discard':
        this.#discard()
        break
      case 'crash':
        this.#crash()
        break
      case 'take over':
        this.#takeOver()
        break
      case 'cancel':
        this.#cancel()
        break
      case 'finish':
        this.#finish()
        break
      case 'retry':
        this.#retry()
        break
      case 'wait':
        this.#nowMs += minute
        break
      case 'claim':
        this.#claim(step.count)
        break
      case 'claim a site':
        this.#claim(step.count, 'gmail.com')
        break
      case 'give back':
        this.#journal.giveBack(this.#claimed.splice(0, step.count).map(message => message.id))
        break
      case 'put off':
        this.#putOff(step.count)
        break
      case 'expire':
        this.#expire(step.count)
        break
      case 'begin':
        this.#begin(step.count)
        break
      case 'settle':
        this.#settle(step.attempt, step.outcomes)
        break
      case 'settle doubts':
        this.#settleDoubts(step.run, step.words)
        break
      case 'suppress':
        this.#suppress(people[step.person] ?? '', 'manual')
        this.#complained.delete(people[step.person] ?? '')
        break
      case 'complain':
        this.#suppress(people[step.person] ?? '', 'complaint')
        this.#complained.add(people[step.person] ?? '')
        break
      case 'unsuppress':
        this.#suppressed.delete(people[step.person] ?? '')
        this.#complained.delete(people[step.person] ?? '')
        this.#journal.unsuppress([address(people[step.person] ?? '')])
    }
  }

  /** Every row of every run is where it should be, the counts add up, and nobody was accepted twice without a word. */
  check(): void {
    for (const run of this.#runs) {
      expect(this.#journal.run(run.id)?.state).toBe(run.state)
      const seen = Array.from(this.#journal.records(run.id), ({ line, address: text, state, skipReason, settledBy }) =>
        [line, nameOf(text), state, skipReason, settledBy].filter(Boolean).join(' '),
      )
      expect(seen).toEqual(modelRows(run))
      const counts = this.#journal.counts(run.id)
      expect(countsAddUp(counts)).toBe(true)
      const count = (state: MessageState) => run.messages.filter(message => message.state === state).length
      expect(counts).toEqual({
        rows: run.messages.length + run.leftOut.length,
        accepted: count('accepted'),
        failed: count('failed'),
        skipped: count('skipped') + run.leftOut.length,
        inDoubt: count('in doubt'),
        waiting: count('queued'),
        rowProblems: 0,
      })
      const failures = run.messages.filter(message => message.state === 'failed').toSorted((a, b) => a.line - b.line)
      const listed = Array.from(this.#journal.failed(run.id, { classes: null }), ({ line, address: to }) => [
        line,
        nameOf(to),
      ])
      expect(listed).toEqual(failures.map(({ line, name }) => [line, name]))
      const complained = run.messages.filter(({ state, name }) => state === 'accepted' && this.#complained.has(name))
      expect(this.#journal.complaints(run.id, noon)).toBe(complained.length)
      const sending = this.#attempts.filter(each => each.run === run && each.state === 'open')
      expect(this.#journal.overview(run.id, this.#nowMs).sending).toBe(sending.flatMap(each => each.messages).length)
    }
    const accepted = this.#all('accepted').map(message => message.name)
    const twice = accepted.filter((name, index) => accepted.indexOf(name) < index)
    expect(twice.filter(name => !this.#writtenOff.has(name))).toEqual([])
    expect(this.#runs.filter(run => run.state === 'open' && run.messages.some(isWaiting)).length).toBeLessThan(2)
  }

  #own(): Lease {
    const mark = { space: this.#space, pid: this.#pid++ }
    return own(this.#journal, 'november', { ...mark, nowMs: this.#nowMs, isAlive: () => false })
  }

  get #current(): ModelRun | undefined {
    return this.#runs.find(run => run.state === 'open' && run.messages.some(isWaiting))
  }

  #all(state: MessageState, except?: ModelRun): Message[] {
    return this.#runs
      .filter(run => run !== except)
      .flatMap(run => run.messages.filter(message => message.state === state))
  }

  #isSending(message: Message): boolean {
    return this.#attempts.some(attempt => attempt.state === 'open' && attempt.messages.includes(message))
  }

  #prepare(who: readonly number[]): void {
    this.#discard()
    const { id } = this.#journal.createRun(draft({ nowMs: this.#nowMs }))
    const run: ModelRun = { id, state: 'preparing', messages: [], leftOut: [] }
    for (const [index, person] of who.entries()) this.#enqueue(run, people[person] ?? '', index + 2)
    this.#runs.push(run)
  }

  #enqueue(run: ModelRun, name: string, line: number): void {
    const facts = known(this.#journal, run.id, [name])[name]
    const earlier = [...run.messages, ...run.leftOut].filter(row => row.name === name).map(row => row.line)
    const isAmong = (messages: readonly Message[]) => messages.some(message => message.name === name)
    const doubtful = [
      ...this.#all('in doubt', run),
      ...this.#all('queued', run).filter(message => this.#isSending(message)),
    ]
    const underKey = isAmong(this.#all('accepted', run)) ? 'accepted' : isAmong(doubtful) ? 'in doubt' : null
    expect(facts?.earlierLine ?? null).toBe(earlier.length > 0 ? Math.min(...earlier) : null)
    expect((facts?.suppressed ?? null) !== null).toBe(this.#suppressed.has(name))
    expect(facts?.underKey ?? null).toBe(underKey)
    const seenBefore = earlier.length > 0
    const screening = screen({ seenBefore, suppressed: this.#suppressed.has(name), underKey, roomLeft: 100 })
    const row = recipients([name], line)
    if (screening.kind === 'skip') {
      const skipped = [{ address: address(name), line, reason: screening.reason }]
      this.#journal.enqueue(run.id, { recipients: [], skipped, problems: [], nowMs: this.#nowMs })
      run.leftOut.push({ name, line, reason: screening.reason })
    } else {
      this.#journal.enqueue(run.id, { recipients: row, skipped: [], problems: [], nowMs: this.#nowMs })
      run.messages.push({ name, line, id: this.#runs.length * 100 + line, state: 'queued', dueAtMs: 0 })
    }
  }

  #open(): void {
    const run = this.#runs.find(each => each.state === 'preparing')
    if (run === undefined) return
    this.#journal.openRun(run.id)
    run.state = 'open'
    for (const earlier of this.#runs) {
      if (earlier === run || earlier.state !== 'open') continue
      this.#giveUp(earlier)
      skip(earlier, 'superseded')
      earlier.state = 'superseded'
    }
    for (const message of run.messages) {
      const isSame = (other: Message) => other.name === message.name
      if (this.#all('accepted', run).some(isSame)) skip({ messages: [message] }, 'already had it')
      else if (this.#all('in doubt', run).some(isSame)) skip({ messages: [message] }, 'in doubt from an earlier run')
    }
    this.#forgetClaimed()
  }

  #discard(): void {
    const preparing = this.#runs.findIndex(run => run.state === 'preparing')
    expect(this.#journal.discardPreparing('november')).toBe(preparing === -1 ? 0 : 1)
    if (preparing !== -1) this.#runs.splice(preparing, 1)
  }

  /** The process ends where it stands; another takes over and recovers every run that it can go on with. */
  #crash(): void {
    this.#journal.close()
    this.#journal = this.#place.open()
    this.#lease = this.#own()
    this.#recover()
  }

  /** Another process takes over while the owner still runs, which sees it at its next call. */
  #takeOver(): void {
    const former = { journal: this.#journal, lease: this.#lease, run: this.#current?.id, claimed: this.#claimed }
    this.#journal = this.#place.open()
    this.#space = `boot ${this.#pid}`
    const mark = { space: this.#space, pid: this.#pid++ }
    this.#lease = own(this.#journal, 'november', { ...mark, nowMs: this.#nowMs, takeOver: true })
    const { run = '', claimed } = former
    const parcel = { run, route: 'alpha', messageIds: claimed.map(message => message.id), nowMs: this.#nowMs }
    expect(() => former.journal.begin(former.lease, [parcel])).toThrow(FencedError)
    this.#former = former.journal
    this.#recover()
  }

  #recover(): void {
    this.#claimed = []
    for (const run of this.#runs.filter(each => each.state === 'open')) {
      const expected = this.#attempts.filter(attempt => attempt.run === run && attempt.state === 'open')
      const doubtful = expected.flatMap(attempt => attempt.messages).filter(isWaiting)
      expect(this.#journal.recover(run.id, this.#nowMs)).toBe(doubtful.length)
      this.#giveUp(run)
    }
  }

  #giveUp(run: ModelRun): void {
    for (const attempt of this.#attempts) {
      if (attempt.run !== run || attempt.state !== 'open') continue
      attempt.state = 'given up'
      for (const message of attempt.messages.filter(isWaiting)) comesInDoubt(message, attempt)
    }
  }

  #cancel(): void {
    const run = this.#current
    if (run === undefined) return
    this.#giveUp(run)
    expect(this.#journal.cancelRun(run.id, this.#nowMs)).toBe(run.messages.filter(isWaiting).length)
    skip(run, 'cancelled')
    run.state = 'cancelled'
    this.#forgetClaimed()
  }

  #finish(): void {
    for (const run of this.#runs) {
      const finished = run.state === 'finished' || (run.state === 'open' && !run.messages.some(isWaiting))
      expect(this.#journal.finishRun(run.id, this.#nowMs)).toBe(finished)
      if (finished) run.state = 'finished'
    }
  }

  #retry(): void {
    const run = this.#runs.find(
      each => each.state !== 'preparing' && each.messages.some(({ state }) => state === 'failed'),
    )
    if (run === undefined) return
    const retry = () => this.#journal.requeueFailed(run.id, { classes: null, nowMs: this.#nowMs })
    if (this.#current !== undefined && this.#current !== run) return void expect(retry).toThrow('still waiting')
    const taken = [...this.#all('accepted'), ...this.#all('in doubt'), ...this.#all('queued', run)]
    const again = run.messages.filter(
      ({ state, name }) =>
        state === 'failed' && !this.#suppressed.has(name) && taken.every(other => other.name !== name),
    )
    expect(retry()).toBe(again.length)
    for (const message of again) {
      const settledBy = message.settledBy === 'resent' ? 'resent' : null
      Object.assign(message, { state: 'queued', dueAtMs: 0, settledBy })
    }
    if (again.length > 0) run.state = 'open'
  }

  #settleDoubts(which: number, said: readonly Word[]): void {
    const runs = this.#runs.filter(run => run.messages.some(message => message.state === 'in doubt'))
    const run = runs[which % Math.max(1, runs.length)]
    if (run === undefined) return
    const listed = [...this.#journal.inDoubt(run.id)]
    const doubtful = run.messages.filter(message => message.state === 'in doubt').toSorted((a, b) => a.line - b.line)
    expect(listed.map(({ line, address: to }) => [line, nameOf(to)])).toEqual(
      doubtful.map(({ line, name }) => [line, name]),
    )
    const calls = this.#journal.doubtfulCalls(run.id, { after: 0, limit: 1000 })
    const because = (id: number) => doubtful.filter(each => each.attempt?.id === id).map(message => message.name)
    expect(calls.map(call => call.inDoubt.length)).toEqual(calls.map(call => because(call.attempt).length))
    expect(calls.flatMap(call => call.inDoubt)).toHaveLength(doubtful.length)

    const settlements = listed.flatMap(({ id }, index) => {
      const settlement = words[said[index % said.length] ?? 'nothing']
      return settlement === null ? [] : [{ messageId: id, settlement, message: doubtful[index] }]
    })
    const settle = () => this.#journal.settleDoubts(this.#lease, run.id, settlements, this.#nowMs)
    const isCompeting = this.#runs.some(each => each !== run && each.state === 'open' && each.messages.some(isWaiting))
    if (isCompeting && settlements.some(({ settlement }) => settlement.to === 'queued'))
      return void expect(settle).toThrow('still waiting')
    const moved = settlements.filter(
      ({ message, settlement }) => message && this.#settleDoubt(run, message, settlement),
    )
    expect(settle()).toBe(moved.length)
  }

  #settleDoubt(run: ModelRun, message: Message, { to, by }: DoubtSettlement): boolean {
    if (to === 'queued') {
      const others = [...this.#all('accepted'), ...this.#all('in doubt'), ...this.#all('queued', run)]
      const isTaken = others.some(other => other !== message && other.name === message.name)
      if (isTaken || this.#suppressed.has(message.name)) return false
      run.state = 'open'
      message.dueAtMs = 0
    }
    message.state = to
    message.settledBy = to === 'queued' && by === 'asked' ? null : by
    if (to !== 'accepted') this.#writtenOff.add(message.name)
    return true
  }

  #claim(limit: number, site?: string): void {
    const run = this.#current
    if (run === undefined) return
    const due = run.messages
      .filter(message => message.state === 'queued' && message.dueAtMs <= this.#nowMs)
      .filter(message => site === undefined || message.name.endsWith(site))
      .filter(message => !this.#isSending(message) && !this.#claimed.some(each => each.name === message.name))
      .toSorted((a, b) => a.dueAtMs - b.dueAtMs || a.line - b.line)
    const query = { dueByMs: this.#nowMs, limit, after: null }
    const got =
      site === undefined
        ? this.#journal.claim(run.id, query).messages
        : this.#journal.claimSite(run.id, { ...query, site })
    expect(got.map(message => message.address)).toEqual(due.slice(0, limit).map(message => address(message.name)))
    for (const [index, { id }] of got.entries()) {
      const message = due[index]
      if (message !== undefined) this.#claimed.push(Object.assign(message, { id }))
    }
  }

  #putOff(count: number): void {
    const run = this.#current
    const messages = run === undefined ? [] : this.#claimed.splice(0, count)
    if (run === undefined || messages.length === 0) return
    const dueAtMs = this.#nowMs + minute
    const ids = messages.map(message => message.id)
    this.#journal.putOff(run.id, ids, { dueAtMs, nowMs: this.#nowMs })
    for (const message of messages.filter(isWaiting)) message.dueAtMs = dueAtMs
  }

  #expire(limit: number): void {
    const run = this.#current
    if (run === undefined) return
    const late = run.messages
      .filter(isWaiting)
      .filter(message => !this.#isSending(message) && !this.#claimed.some(each => each.name === message.name))
      .toSorted((a, b) => a.dueAtMs - b.dueAtMs || a.line - b.line)
      .slice(0, limit)
    expect(this.#journal.expireWaiting(run.id, { text: 'too late', nowMs: this.#nowMs, limit })).toBe(late.length)
    for (const message of late) message.state = 'failed'
  }

  #begin(count: number): void {
    const run = this.#current
    const messages = this.#claimed.splice(0, count)
    if (run === undefined || messages.length === 0) return
    const messageIds = messages.map(message => message.id)
    const [begun] = this.#journal.begin(this.#lease, [{ run: run.id, route: 'alpha', messageIds, nowMs: this.#nowMs }])
    const going = messages.filter(message => message.state === 'queued' && !this.#suppressed.has(message.name))
    expect(begun?.messageIds ?? []).toEqual(going.map(message => message.id))
    for (const message of messages.filter(each => each.state === 'queued' && !going.includes(each)))
      Object.assign(message, { state: 'skipped', skipReason: 'suppressed' })
    if (begun) this.#attempts.push({ id: begun.attempt, run, messages: going, state: 'open' })
  }

  #settle(which: number, given: readonly Outcome[]): void {
    const open = this.#attempts.filter(attempt => attempt.state !== 'settled')
    const attempt = open[which % Math.max(1, open.length)]
    if (attempt === undefined) return
    const settlements = attempt.messages.map((message, index) => {
      const outcome = given[index % given.length] ?? 'accepted'
      this.#settleOne(attempt, message, outcome)
      return { messageId: message.id, settlement: settlementOf(outcome, this.#nowMs) }
    })
    const from = attempt.state === 'given up' ? (this.#former ?? this.#journal) : this.#journal
    from.settle([{ attempt: attempt.id, settlements, nowMs: this.#nowMs }])
    attempt.state = 'settled'
    this.#giveBackAccepted()
  }

  /** Of a call that was given up, only what was accepted counts, and that an address bounced. */
  #settleOne(attempt: Attempt, message: Message, outcome: Outcome): void {
    if (outcome === 'bounced') this.#suppressed.add(message.name)
    if (outcome === 'accepted') {
      if (message.state !== 'accepted' && message.settledBy === 'operator') message.settledBy = null
      message.state = 'accepted'
    } else if (attempt.state === 'given up' || message.state !== 'queued') return
    else if (outcome === 'in doubt') comesInDoubt(message, attempt)
    else if (outcome === 'failed' || outcome === 'bounced') message.state = 'failed'
    else message.dueAtMs = this.#nowMs + minute
  }

  #suppress(name: string, reason: SuppressionReason): void {
    const suppression = { address: address(name.toUpperCase()), reason, source: 'a note', atMs: this.#nowMs }
    expect(this.#journal.suppress([suppression])).toBe(this.#suppressed.has(name) ? 0 : 1)
    this.#suppressed.add(name)
  }

  /** Who is in hand to be sent again when the first call says that she was accepted. */
  #giveBackAccepted(): void {
    const isOver = (message: Message) => message.state !== 'queued'
    this.#journal.giveBack(this.#claimed.filter(isOver).map(message => message.id))
    this.#claimed = this.#claimed.filter(message => !isOver(message))
  }

  /** The engine gives back what it holds of a run that has ended. */
  #forgetClaimed(): void {
    this.#journal.giveBack(this.#claimed.splice(0).map(message => message.id))
  }
}

function isWaiting(message: Message): boolean {
  return message.state === 'queued'
}

function comesInDoubt(message: Message, attempt: Attempt): void {
  Object.assign(message, { state: 'in doubt', attempt, settledBy: null })
}

function skip(run: { readonly messages: readonly Message[] }, skipReason: SkipReason): void {
  for (const message of run.messages.filter(isWaiting)) Object.assign(message, { state: 'skipped', skipReason })
}

function modelRows(run: ModelRun): string[] {
  const messages = run.messages.map(({ line, name, state, skipReason, settledBy }) => ({
    line,
    text: [line, name, state, state === 'skipped' ? skipReason : undefined, settledBy].filter(Boolean).join(' '),
  }))
  const leftOut = run.leftOut.map(({ line, name, reason }) => ({ line, text: `${line} ${name} skipped ${reason}` }))
  return [...messages, ...leftOut].toSorted((a, b) => a.line - b.line).map(row => row.text)
}

function settlementOf(outcome: Outcome, nowMs: number): Settlement {
  switch (outcome) {
    case 'accepted':
      return { to: 'accepted', providerId: 'provider-1' }
    case 'failed':
      return failed('soft')
    case 'bounced':
      return failed('hard', true)
    case 'in doubt':
      return inDoubt
    case 'deferred':
      return deferred(nowMs + minute)
    case 'deferred for free':
      return deferred(nowMs + minute, { costs: 'nothing' })
  }
}
