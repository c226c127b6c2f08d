/**
 * The journal as plain maps: what it should say after any sequence of steps, without SQL, processes or disks. Each step is
 * done to the journal and to the maps, and `check` compares all that can be seen of both.
 */

import { expect } from 'vitest'
import type { Journal, Lease } from '../../src/journal/journal.ts'
import { countsAddUp, type MessageState, type RunId, type Settlement } from '../../src/model/message.ts'
import type { SkipReason } from '../../src/model/recipient.ts'
import type { RunState } from '../../src/model/run.ts'
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
  | { readonly step: 'open' | 'discard' | 'crash' | 'cancel' | 'finish' | 'wait' | 'retry' }
  | { readonly step: 'claim' | 'claim a site' | 'give back' | 'begin'; readonly count: number }
  | { readonly step: 'settle'; readonly attempt: number; readonly outcomes: readonly Outcome[] }
  | { readonly step: 'suppress' | 'unsuppress'; readonly person: number }

export const outcomes = ['accepted', 'failed', 'bounced', 'in doubt', 'deferred', 'deferred for free'] as const
export type Outcome = (typeof outcomes)[number]

export const people = ['ada', 'bob', 'eve', 'pat@gmail.com', 'zoe@gmail.com']

interface Message {
  readonly name: string
  readonly line: number
  readonly id: number
  state: MessageState
  dueAtMs: number
  skipReason?: SkipReason
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
  readonly #runs: ModelRun[] = []
  readonly #attempts: Attempt[] = []
  readonly #suppressed = new Set<string>()
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
      case 'begin':
        this.#begin(step.count)
        break
      case 'settle':
        this.#settle(step.attempt, step.outcomes)
        break
      case 'suppress':
        this.#suppress(people[step.person] ?? '')
        break
      case 'unsuppress':
        this.#suppressed.delete(people[step.person] ?? '')
        this.#journal.unsuppress([address(people[step.person] ?? '')])
    }
  }

  /** Every row of every run is where it should be, the counts add up, and nobody was accepted twice. */
  check(): void {
    for (const run of this.#runs) {
      expect(this.#journal.run(run.id)?.state).toBe(run.state)
      const seen = Array.from(this.#journal.records(run.id), ({ line, address: text, state, skipReason }) =>
        [line, nameOf(text), state, skipReason].filter(Boolean).join(' '),
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
      const sending = this.#attempts.filter(each => each.run === run && each.state === 'open')
      expect(this.#journal.overview(run.id, this.#nowMs).sending).toBe(sending.flatMap(each => each.messages).length)
    }
    const acceptedNames = this.#all('accepted').map(message => message.name)
    expect(new Set(acceptedNames).size).toBe(acceptedNames.length)
    expect(this.#runs.filter(run => run.state === 'open' && run.messages.some(isWaiting)).length).toBeLessThan(2)
  }

  #own(): Lease {
    return own(this.#journal, 'november', { pid: this.#pid++, nowMs: this.#nowMs, isAlive: () => false })
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
      run.messages.push({ name, line, id: this.#runs.length * 100 + line, state: 'queued', dueAtMs: this.#nowMs })
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
    this.#claimed = []
    for (const run of this.#runs.filter(each => each.state === 'open')) {
      const expected = this.#attempts.filter(attempt => attempt.run === run && attempt.state === 'open')
      expect(this.#journal.recover(run.id, this.#nowMs)).toBe(expected.flatMap(attempt => attempt.messages).length)
      this.#giveUp(run)
    }
  }

  #giveUp(run: ModelRun): void {
    for (const attempt of this.#attempts) {
      if (attempt.run !== run || attempt.state !== 'open') continue
      attempt.state = 'given up'
      for (const message of attempt.messages) message.state = 'in doubt'
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
    for (const message of again) Object.assign(message, { state: 'queued', dueAtMs: this.#nowMs })
    if (again.length > 0) run.state = 'open'
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

  #begin(count: number): void {
    const run = this.#current
    const messages = this.#claimed.splice(0, count)
    if (run === undefined || messages.length === 0) return
    const messageIds = messages.map(message => message.id)
    const [id = 0] = this.#journal.begin(this.#lease, [{ run: run.id, route: 'alpha', messageIds, nowMs: this.#nowMs }])
    this.#attempts.push({ id, run, messages, state: 'open' })
  }

  #settle(which: number, given: readonly Outcome[]): void {
    const open = this.#attempts.filter(attempt => attempt.state !== 'settled')
    const attempt = open[which % Math.max(1, open.length)]
    if (attempt === undefined) return
    const settlements = attempt.messages.map((message, index) => {
      const outcome = given[index % given.length] ?? 'accepted'
      this.#settleOne(message, outcome)
      return { messageId: message.id, settlement: settlementOf(outcome, this.#nowMs) }
    })
    this.#journal.settle([{ attempt: attempt.id, settlements, nowMs: this.#nowMs }])
    attempt.state = 'settled'
  }

  #settleOne(message: Message, outcome: Outcome): void {
    if (outcome === 'bounced') this.#suppressed.add(message.name)
    if (outcome === 'accepted') message.state = 'accepted'
    else if (outcome === 'in doubt') message.state = message.state === 'accepted' ? 'accepted' : 'in doubt'
    else if (message.state !== 'queued') return
    else if (outcome === 'failed' || outcome === 'bounced') message.state = 'failed'
    else message.dueAtMs = this.#nowMs + minute
  }

  #suppress(name: string): void {
    const suppression = { address: address(name), reason: 'manual' as const, source: 'a note', atMs: this.#nowMs }
    expect(this.#journal.suppress([suppression])).toBe(this.#suppressed.has(name) ? 0 : 1)
    this.#suppressed.add(name)
  }

  /** The engine gives back what it holds of a run that has ended. */
  #forgetClaimed(): void {
    this.#journal.giveBack(this.#claimed.splice(0).map(message => message.id))
  }
}

function isWaiting(message: Message): boolean {
  return message.state === 'queued'
}

function skip(run: { readonly messages: readonly Message[] }, skipReason: SkipReason): void {
  for (const message of run.messages.filter(isWaiting)) Object.assign(message, { state: 'skipped', skipReason })
}

function modelRows(run: ModelRun): string[] {
  const messages = run.messages.map(({ line, name, state, skipReason }) => ({
    line,
    text: [line, name, state, state === 'skipped' ? skipReason : undefined].filter(Boolean).join(' '),
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
      return deferred(nowMs + minute, { burnsAttempt: false })
  }
}
