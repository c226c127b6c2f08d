/**
 * Who is in doubt, and what is found out or decided about her. She may have been mailed, so she is never moved by hoping:
 * only by what the provider says, or by the operator's word, and it stays on record whose word it was.
 */

import type { Address } from '../../model/address.ts'
import { InvariantError, unreachable } from '../../model/errors.ts'
import type { DoubtSettlement } from '../../model/message.ts'
import type { DoubtfulCall, DoubtfulMessage, Journal } from '../journal.ts'
import { acceptances } from './acceptance.ts'
import { type CauseColumns, causeOf } from './cause-columns.ts'
import { rowLimit, storedJson, wholeMs } from './columns.ts'
import type { HandedOut } from './handed-out.ts'
import { leases } from './owners.ts'
import { mapped, type PageQuery, pages } from './pages.ts'
import { type QueuedRow, queuedColumns, queuedMessage } from './queued-rows.ts'
import { requeueing } from './requeueing.ts'
import { type RunNumbers, runFinder } from './run-rows.ts'
import type { Store } from './store.ts'

export function doubts(
  store: Store,
  handedOut: HandedOut,
): Pick<Journal, 'settleDoubts' | 'inDoubt' | 'doubtfulCalls'> {
  const findRun = runFinder(store)
  const mustHold = leases(store)
  const requeue = requeueing(store)
  const settle = doubtSettler(store)
  const page = store.statement<[PageQuery], DoubtfulRow>(doubtfulSql)
  const nextCalls = store.statement<[CallQuery], CallRow>(callsSql)
  const messagesOf = store.statement<[string], QueuedRow>(`
    SELECT ${queuedColumns} FROM json_each(?) AS sent CROSS JOIN messages ON messages.id = sent.value ORDER BY sent.key`)
  const inDoubtOf = store.statement<[number, number], { id: number }>(`
    SELECT id FROM messages INDEXED BY messages_doubtful_by_call
    WHERE run = ? AND state = 'in doubt' AND attempt = ?`)
  const isOfKey = store.statement<[number, string], { yes: 1 }>(
    'SELECT 1 AS yes FROM keys WHERE number = ? AND key = ?',
  )

  return {
    settleDoubts(lease, id, settlements, nowMs) {
      const moved = store.write(() => {
        mustHold(lease)
        const run = findRun(id)
        if (isOfKey.get(run.key, lease.key) === undefined)
          throw new InvariantError(`run ${id} is not of the key ${lease.key}`)
        if (settlements.some(({ settlement }) => settlement.to === 'queued')) requeue.mustNotCompete(run)
        const settled = settlements.filter(({ messageId, settlement }) =>
          settle(run, messageId, settlement, wholeMs(nowMs)),
        )
        if (settled.some(({ settlement }) => settlement.to === 'queued')) requeue.open(run)
        return settled.map(({ messageId }) => messageId)
      })
      handedOut.freed(moved)
      return moved.length
    },
    inDoubt(id) {
      const { number: run } = store.read(() => findRun(id))
      return mapped(
        pages(place => store.read(() => page.all({ run, ...place }))),
        doubtfulMessage,
      )
    },
    doubtfulCalls: (id, { after, limit }) =>
      store.read(() => {
        const { number: run } = findRun(id)
        return nextCalls.all({ run, after, limit: rowLimit(limit) }).map((call): DoubtfulCall => {
          const doubtful = new Set(inDoubtOf.all(run, call.id).map(message => message.id))
          return {
            attempt: call.id,
            route: call.route,
            begunAtMs: call.begun_at,
            messages: messagesOf.all(call.messages).map(queuedMessage),
            inDoubt: storedJson<readonly number[]>(call.messages).filter(messageId => doubtful.has(messageId)),
          }
        })
      }),
  }
}

/** Settles, inside a write, one message; false, writing nothing, if she is not in doubt in the run or may not be queued. */
function doubtSettler(
  store: Store,
): (run: RunNumbers, messageId: number, settlement: DoubtSettlement, nowMs: number) => boolean {
  const accept = acceptances(store)
  const requeue = requeueing(store)
  const isInDoubt = store.statement<[number, number], { yes: 1 }>(
    "SELECT 1 AS yes FROM messages WHERE id = ? AND run = ? AND state = 'in doubt'",
  )
  const fail = store.statement<[{ readonly id: number; readonly by: string; readonly nowMs: number }]>(`
    UPDATE messages SET
      state = 'failed', settled_by = :by, class = 'unknown', code = NULL, status = NULL,
      text = 'the operator says that it was not taken', changed_at = :nowMs
    WHERE id = :id`)

  return (run, id, settlement, nowMs) => {
    if (isInDoubt.get(id, run.number) === undefined) return false
    switch (settlement.to) {
      case 'accepted': {
        const { by, providerId } = settlement
        return accept({ id, attempt: null, burns: 0, providerId, by, nowMs })
      }
      case 'failed':
        return fail.run({ id, by: settlement.by, nowMs }).changes === 1
      case 'queued':
        return requeue.doubtful(run, id, settlement.by, nowMs)
      default:
        return unreachable(settlement)
    }
  }
}

const doubtfulSql = `
  SELECT messages.id, line, address, routes.name AS route, begun_at, class, code, status, text
  FROM messages INDEXED BY messages_doubtful
  JOIN attempts ON attempts.id = messages.attempt
  JOIN routes ON routes.number = attempts.route
  WHERE messages.run = :run AND state = 'in doubt' AND (line, messages.id) > (:afterLine, :afterId)
  ORDER BY line, messages.id LIMIT :limit`

const callsSql = `
  SELECT attempts.id, routes.name AS route, begun_at, attempts.messages
  FROM (
    SELECT DISTINCT attempt FROM messages INDEXED BY messages_doubtful_by_call
    WHERE run = :run AND state = 'in doubt' AND attempt > :after ORDER BY attempt LIMIT :limit
  ) AS doubtful
  CROSS JOIN attempts ON attempts.id = doubtful.attempt
  JOIN routes ON routes.number = attempts.route
  ORDER BY attempts.id`

interface DoubtfulRow extends CauseColumns {
  readonly id: number
  readonly line: number
  readonly address: Address
  readonly route: string
  readonly begun_at: number
}

function doubtfulMessage({ id, line, address, route, begun_at: sinceMs, ...cause }: DoubtfulRow): DoubtfulMessage {
  return { id, address, line, route, sinceMs, cause: causeOf(cause) }
}

interface CallQuery {
  readonly run: number
  readonly after: number
  readonly limit: number
}

interface CallRow {
  readonly id: number
  readonly route: string
  readonly begun_at: number
  readonly messages: string
}
