/**
 * The law: what must be so after every write, whatever went wrong before it. It reads the journal's file by a connection of
 * its own, so that it sees what is stored and not what a process believes, and judges it by the truth.
 */

import Database from 'better-sqlite3'
import type { AttemptId, Journal } from '../../../src/journal/journal.ts'
import { countsAddUp, type MessageState } from '../../../src/model/message.ts'
import type { RunState } from '../../../src/model/run.ts'
import { type Handover, isFree, isOpen, personOf, type Truth } from './truth.ts'

/** A law that was broken. */
export interface Violation {
  readonly law: string
  readonly detail: string
}

type MessageRow = [id: number, run: number, address: string, state: MessageState]
type RunRow = [number: number, id: string, key: string, state: RunState]

export class Law {
  readonly #truth: Truth
  readonly #database: Database.Database
  readonly #broken: (violation: Violation) => void
  readonly #messages: Database.Statement<[], MessageRow>
  readonly #runs: Database.Statement<[], RunRow>
  readonly #leftOut: Database.Statement<[], [run: number, count: number, skipped: number]>
  readonly #attempt: Database.Statement<[AttemptId], [messages: string, settledAtMs: number | null]>
  readonly #dueAt: Database.Statement<[], [number | null]>
  readonly #asked: Database.Statement<[string], [paused: string | null, cancel: number]>
  readonly #canaries: Database.Statement<[], [number]>
  /** Rows that each run has had since it was opened. */
  readonly #rows = new Map<number, number>()

  constructor(path: string, truth: Truth, broken: (violation: Violation) => void) {
    this.#truth = truth
    this.#broken = broken
    this.#database = new Database(path, { fileMustExist: true })
    this.#database.pragma('query_only = ON')
    this.#messages = this.#rowsOf('SELECT id, run, address, state FROM messages')
    this.#runs = this.#rowsOf(
      'SELECT runs.number, runs.id, keys.key, runs.state FROM runs JOIN keys ON keys.number = runs.key',
    )
    this.#leftOut = this.#rowsOf("SELECT run, count(*), sum(kind = 'skipped') FROM left_out GROUP BY run")
    this.#attempt = this.#rowsOf('SELECT messages, settled_at FROM attempts WHERE id = ?')
    this.#asked = this.#rowsOf('SELECT paused, cancel_asked FROM runs WHERE id = ?')
    this.#canaries = this.#rowsOf('SELECT id FROM messages WHERE canary = 1')
    this.#dueAt = this.#rowsOf("SELECT max(due_at) FROM messages WHERE state = 'queued'")
  }

  /** Looks at everything that is stored. */
  check(): void {
    const runs = new Map(this.#runs.all().map(row => [row[0], row]))
    const accepted = new Map<string, number>()
    const rows = new Map<number, number>()
    const waiting = new Map<string, number>()
    for (const [id, run, address, state] of this.#messages.all()) {
      const [, runId = '', key = '', runState = 'open'] = runs.get(run) ?? []
      rows.set(run, (rows.get(run) ?? 0) + 1)
      this.#checkState(id, state)
      if (state === 'accepted') {
        const person = personOf(key, address)
        accepted.set(person, (accepted.get(person) ?? 0) + 1)
        this.#checkAcceptedOnce(key, address, accepted.get(person) ?? 0)
      }
      if (state !== 'queued' || runState === 'preparing') continue
      this.#must(runState === 'open', 'nobody waits in a run that is over', `${address} in run ${runId}, ${runState}`)
      if (waiting.has(key)) {
        const same = waiting.get(key) === run
        this.#must(same, 'one run of a key has waiting messages', `${runId} and run number ${waiting.get(key)}`)
      }
      waiting.set(key, run)
    }
    this.#checkRows(rows, runs)
  }

  /** The figures that the journal gives of its runs are those of its rows. */
  checkCounts(journal: Journal): void {
    const leftOut = new Map(this.#leftOut.all().map(([run, ...counts]) => [run, counts]))
    const states = Map.groupBy(this.#messages.all(), ([, run]) => run)
    for (const [number, id, , state] of this.#runs.all()) {
      if (state === 'preparing') continue
      const count = (of: MessageState) => (states.get(number) ?? []).filter(row => row[3] === of).length
      const [all = 0, skipped = 0] = leftOut.get(number) ?? []
      const plain = {
        rows: (states.get(number)?.length ?? 0) + all,
        accepted: count('accepted'),
        failed: count('failed'),
        skipped: count('skipped') + skipped,
        inDoubt: count('in doubt'),
        waiting: count('queued'),
        rowProblems: all - skipped,
      }
      const said = journal.counts(id)
      const same = Object.entries(plain).every(([name, value]) => said[name as keyof typeof said] === value)
      this.#must(
        same && countsAddUp(said),
        'the counts are those of the rows and add up',
        `${JSON.stringify(said)} for ${JSON.stringify(plain)}`,
      )
    }
  }

  /** A call that was begun is stored as open, with these messages. */
  checkBegun(attempt: AttemptId, messageIds: readonly number[]): void {
    const [messages, settledAtMs] = this.#attempt.get(attempt) ?? ['', null]
    const stored = messages === JSON.stringify(messageIds) && settledAtMs === null
    this.#must(stored, 'no byte leaves before the intent is stored', `attempt ${attempt}: ${messages || 'nothing'}`)
  }

  checkSettled(attempt: AttemptId): void {
    const [, settledAtMs] = this.#attempt.get(attempt) ?? ['', null]
    this.#must(settledAtMs !== null, 'what was settled is stored', `attempt ${attempt} is still open`)
  }

  /** A provider has taken somebody: it is known of, and it is the first time unless the operator said otherwise. */
  checkTaken(handover: Handover): void {
    const { call, address, messageId } = handover
    const before = this.#truth
      .handoversTo(call.key, address)
      .filter(each => each !== handover && each.takes > 0 && !this.#wordBetween(each, handover))
    this.#must(
      handover.takes === 1 && before.length === 0,
      'nobody is taken twice without the operator’s word',
      `${address} in attempt ${call.attempt}${before.map(each => ` and ${each.call.attempt}`).join('')}`,
    )
    const row = this.#messages.all().find(([id]) => id === messageId)
    if (row === undefined) this.#must(false, 'nobody vanishes', `${address}, message ${messageId}`)
    else this.#checkState(messageId, row[3])
  }

  /** The state of every message, by id. */
  states(): ReadonlyMap<number, MessageState> {
    return new Map(this.#messages.all().map(([id, , , state]) => [id, state]))
  }

  runs(): readonly { readonly id: string; readonly key: string; readonly state: RunState }[] {
    return this.#runs.all().map(([, id, key, state]) => ({ id, key, state }))
  }

  isOpen(run: string): boolean {
    return this.runs().some(({ id, state }) => id === run && state === 'open')
  }

  addresses(messageIds: readonly number[]): [number, string][] {
    const wanted = new Set(messageIds)
    return this.#messages.all().flatMap(([id, , address]) => (wanted.has(id) ? [[id, address]] : []))
  }

  /** Of these, who is no canary. */
  others(messageIds: readonly number[]): readonly number[] {
    const canaries = new Set(this.#canaries.all().flat())
    return messageIds.filter(id => !canaries.has(id))
  }

  /** What is asked of a run, as it is stored. */
  asked(run: string): { readonly paused: boolean; readonly cancel: boolean } {
    const [paused, cancel] = this.#asked.get(run) ?? [null, 0]
    return { paused: paused !== null, cancel: cancel === 1 }
  }

  /** When the last of those waiting is due; null if nobody waits. */
  lastDueAtMs(): number | null {
    return this.#dueAt.get()?.[0] ?? null
  }

  close(): void {
    this.#database.close()
  }

  #checkState(id: number, state: MessageState): void {
    const broken = brokenBy(id, state, this.#truth.handoversOf(id), this.#truth)
    if (broken === undefined) return
    const last = this.#truth.handoversOf(id).at(-1)
    const who = last === undefined ? '' : `${last.address}, attempt ${last.call.attempt}, written ${last.written}, `
    this.#must(false, broken, `${who}message ${id}, is ${state}`)
  }

  #checkAcceptedOnce(key: string, address: string, times: number): void {
    if (times < 2) return
    const ordered = this.#truth
      .wordsOf(key, address)
      .filter(({ says }) => says === 'resend' || says === 'failed').length
    this.#must(times <= 1 + ordered, 'an address is accepted once per key', `${address}, ${times} times`)
  }

  #checkRows(rows: ReadonlyMap<number, number>, runs: ReadonlyMap<number, RunRow>): void {
    for (const [number, , , state] of runs.values()) {
      if (state === 'preparing') continue
      const count = rows.get(number) ?? 0
      const before = this.#rows.get(number) ?? count
      this.#must(count === before, 'nobody vanishes', `run number ${number} had ${before} messages and has ${count}`)
      this.#rows.set(number, count)
    }
    for (const number of this.#rows.keys()) this.#must(runs.has(number), 'no run vanishes', `run number ${number}`)
  }

  #wordBetween(a: Handover, b: Handover): boolean {
    const [first, second] = a.call.order < b.call.order ? [a, b] : [b, a]
    return this.#truth
      .wordsOf(first.call.key, first.address)
      .some(({ order, says }) => says !== 'not taken' && order > first.call.order && order < second.call.order)
  }

  #must(holds: boolean, law: string, detail: string): void {
    if (!holds) this.#broken({ law, detail })
  }

  #rowsOf<Params extends unknown[], Row>(sql: string): Database.Statement<Params, Row> {
    return this.#database.prepare<Params, Row>(sql).raw()
  }
}

/** The law that a message breaks by its state, if it does: what was written of it leads to it, and nobody is free by hoping. */
function brokenBy(id: number, state: MessageState, handovers: readonly Handover[], truth: Truth): string | undefined {
  const last = handovers.at(-1)
  const isExpired = state === 'failed' && truth.expired.has(id)
  if (last === undefined) {
    const mayBe = state === 'queued' || state === 'skipped' || isExpired
    return mayBe ? undefined : 'who was never handed over waits, is skipped or has expired'
  }
  const words = truth.wordsOf(last.call.key, last.address).filter(word => word.order > last.call.order)
  if (state === 'accepted') {
    const isSaid = handovers.some(each => each.written === 'accepted') || words.some(word => word.says === 'accepted')
    return isSaid ? undefined : 'who is accepted was said to be'
  }
  if (state === 'in doubt') {
    const wasInFlight = handovers.some(each => each.call.givenUp || each.written === 'in doubt')
    return wasInFlight ? undefined : 'who is in doubt was in flight'
  }
  if (words.length > 0) return undefined
  const isInCall = state === 'queued' && last.written === null && !last.call.givenUp
  const unsure = handovers.find(each => !truth.isSpokenFor(each) && !isFree(each))
  if (unsure !== undefined && !(unsure === last && isInCall))
    return 'who may have been taken is accepted, in doubt or in an open call'
  return state === 'failed' && last.written !== 'failed' && !isExpired ? 'who has failed was said to have' : undefined
}

/** Open calls of one process, and how many people are in them. */
export function openPeople(truth: Truth, by: number): number {
  let count = 0
  for (const call of truth.calls.values()) if (call.by === by && isOpen(call)) count += call.handovers.length
  return count
}
