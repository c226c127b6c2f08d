/**
 * The two ends of a call: `begin` before its first byte, `settle` after its last. Both are one transaction however many
 * parcels they carry, and both check what their caller claims against what is stored.
 */

import { InvariantError } from '../../model/errors.ts'
import type { MessageState, RunId } from '../../model/message.ts'
import type { RunState } from '../../model/run.ts'
import { type AttemptId, type Begun, FencedError, type Journal, type Lease, type ParcelIntent } from '../journal.ts'
import { storedJson, wholeMs } from './columns.ts'
import type { HandedOut } from './handed-out.ts'
import { leases } from './owners.ts'
import { type Attempt, settlementWriter } from './settlements.ts'
import type { Store } from './store.ts'
import { skipSuppressedSql } from './suppressing.ts'

export function attempts(store: Store, handedOut: HandedOut): Pick<Journal, 'begin' | 'settle'> {
  const mustHold = leases(store)
  const writeAttempt = attemptWriter(store)
  const writeSettlement = settlementWriter(store)
  const openAttempt = attemptOpener(store)
  const close = store.statement<[number, number]>('UPDATE attempts SET settled_at = ? WHERE id = ?')

  return {
    begin(lease, parcels) {
      handedOut.mustBeFree(parcels.flatMap(parcel => parcel.messageIds))
      const begun = store.write(() => {
        store.mustBeInPlace()
        mustHold(lease)
        return parcels.map(writeAttempt(lease))
      })
      handedOut.freed(parcels.flatMap(parcel => parcel.messageIds))
      for (const each of begun) if (each !== null) handedOut.begun(each.messageIds, each.attempt)
      return begun
    },
    settle(parcels) {
      store.write(() => {
        for (const parcel of parcels) {
          const attempt = openAttempt(parcel.attempt)
          mustBeWhole(
            attempt,
            parcel.settlements.map(({ messageId }) => messageId),
          )
          const nowMs = wholeMs(parcel.nowMs)
          for (const { messageId, settlement } of parcel.settlements)
            writeSettlement(attempt, messageId, settlement, nowMs)
          close.run(nowMs, attempt.id)
        }
      })
      for (const { attempt, settlements } of parcels)
        handedOut.settled(
          attempt,
          settlements.map(({ messageId }) => messageId),
        )
    },
  }
}

/** For one transaction: what it has looked up of a run or a route holds until its end. */
function attemptWriter(store: Store): (lease: Lease) => (parcel: ParcelIntent) => Begun | null {
  const findRun = store.statement<[RunId], { number: number; key: string; state: RunState }>(
    'SELECT runs.number, keys.key, state FROM runs JOIN keys ON keys.number = runs.key WHERE id = ?',
  )
  const find = store.statement<[number, number], { state: MessageState; suppressed: 0 | 1 }>(`
    SELECT state, EXISTS (SELECT 1 FROM suppressions WHERE suppressions.address = lower(messages.address)) AS suppressed
    FROM messages WHERE id = ? AND run = ?`)
  const skip = store.statement<[number, number]>(skipSuppressedSql)
  const findRoute = store.statement<[number, string], { number: number }>(
    'SELECT number FROM routes WHERE run = ? AND name = ?',
  )
  const addRoute = store.statement<[number, string]>('INSERT INTO routes (run, name) VALUES (?, ?)')
  const add = store.statement<[number, string, number]>(
    'INSERT INTO attempts (route, messages, begun_at) VALUES (?, ?, ?)',
  )
  const count = store.statement<[string, string, number]>(`
    INSERT INTO sending_days (account, day, messages) VALUES (?, ?, ?)
    ON CONFLICT (account, day) DO UPDATE SET messages = messages + excluded.messages`)

  return lease => {
    const runNumber = memory((id: RunId) => {
      const run = findRun.get(id)
      if (run?.key !== lease.key) throw new InvariantError(`run ${id} is not of the key ${lease.key}`)
      // Whoever ended it did so from another process; to its sender this is the same as a lost key.
      if (run.state === 'cancelled' || run.state === 'superseded') throw new FencedError(`run ${id} was ${run.state}`)
      if (run.state !== 'open') throw new InvariantError(`run ${id} cannot be sent: it is ${run.state}`)
      return run.number
    })
    const routesOf = memory((run: number) =>
      memory((name: string) => findRoute.get(run, name)?.number ?? Number(addRoute.run(run, name).lastInsertRowid)),
    )
    return ({ run: id, route, messageIds, nowMs, counted }) => {
      const run = runNumber(id)
      if (messageIds.length === 0) throw new InvariantError(`a parcel of run ${id} is empty`)
      const going = messageIds.filter(messageId => {
        const message = find.get(messageId, run)
        if (message === undefined) throw new InvariantError(`message ${messageId} is not in run ${id}`)
        if (message.state === 'queued' && message.suppressed === 1) skip.run(wholeMs(nowMs), messageId)
        return message.state === 'queued' && message.suppressed === 0
      })
      if (going.length === 0) return null
      if (counted !== undefined) count.run(counted.account, counted.day, going.length)
      const { lastInsertRowid } = add.run(routesOf(run)(route), JSON.stringify(going), wholeMs(nowMs))
      return { attempt: Number(lastInsertRowid), messageIds: going }
    }
  }
}

/** Answers each question once. */
function memory<Question, Answer>(find: (question: Question) => Answer): (question: Question) => Answer {
  const answers = new Map<Question, Answer>()
  return question => {
    let answer = answers.get(question)
    if (answer === undefined) {
      answer = find(question)
      answers.set(question, answer)
    }
    return answer
  }
}

function attemptOpener(store: Store): (id: AttemptId) => Attempt {
  const find = store.statement<[AttemptId], AttemptRow>(`
    SELECT runs.id AS run, routes.name AS route, messages, settled_at, recovered_at
    FROM attempts JOIN routes ON routes.number = attempts.route JOIN runs ON runs.number = routes.run
    WHERE attempts.id = ?`)
  return id => {
    const row = find.get(id)
    if (row === undefined) throw new InvariantError(`attempt ${id} cannot be settled: it was never begun`)
    if (row.settled_at !== null) throw new InvariantError(`attempt ${id} cannot be settled twice`)
    const messageIds = new Set(storedJson<readonly number[]>(row.messages))
    return { id, run: row.run, route: row.route, messageIds, wasGivenUp: row.recovered_at !== null }
  }
}

interface AttemptRow {
  readonly run: string
  readonly route: string
  readonly messages: string
  readonly settled_at: number | null
  readonly recovered_at: number | null
}

function mustBeWhole(attempt: Attempt, settled: readonly number[]): void {
  const distinct = new Set(settled)
  const isWhole = settled.length === attempt.messageIds.size && settled.length === distinct.size
  if (!isWhole || settled.some(id => !attempt.messageIds.has(id)))
    throw new InvariantError(`attempt ${attempt.id} must be settled for each of its messages, once`)
}
