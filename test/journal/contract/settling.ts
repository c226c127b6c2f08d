/** The outcomes of calls, those that come late, and those that never come. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Journal, Lease } from '../../../src/journal/journal.ts'
import { InvariantError } from '../../../src/model/errors.ts'
import type { QueuedMessage, RunId, Settlement } from '../../../src/model/message.ts'
import {
  accepted,
  address,
  beginOne,
  cause,
  claimAll,
  day,
  deferred,
  deliverAll,
  failed,
  figures,
  inDoubt,
  known,
  minute,
  noon,
  own,
  type Place,
  prepare,
  rows,
  second,
  settlements,
  start,
} from '../samples.ts'

export function settlingContract(newPlace: () => Place): void {
  let place: Place
  let journal: Journal
  let lease: Lease
  beforeEach(() => {
    place = newPlace()
    journal = place.open()
    lease = own(journal)
  })
  afterEach(() => place.remove())

  /** Begins one call with everybody. */
  function beginAll(run: RunId): { attempt: number; messages: readonly QueuedMessage[] } {
    const messages = claimAll(journal, run)
    return {
      messages,
      attempt: beginOne(
        journal,
        lease,
        run,
        messages.map(message => message.id),
      ),
    }
  }

  function record(run: RunId, line = 2) {
    return [...journal.records(run)].find(each => each.line === line)
  }

  describe('settle', () => {
    test('accepted, with the id that the provider gave', () => {
      const run = start(journal, ['ada'])
      deliverAll(journal, lease, run)
      expect(record(run)).toEqual({
        line: 2,
        address: 'ada@example.org',
        state: 'accepted',
        skipReason: null,
        class: null,
        code: null,
        status: null,
        text: null,
        route: 'alpha',
        providerId: 'provider-1',
        attempts: 1,
        dueAtMs: null,
        changedAtMs: noon,
        settledBy: null,
      })
    })

    test('failed and in doubt, with their whole cause', () => {
      const run = start(journal, ['ada', 'bob'])
      const why = { class: 'hard', code: '550', status: '5.1.1', text: 'no such user' } as const
      deliverAll(journal, lease, run, { ada: { to: 'failed', cause: why, suppress: false }, bob: inDoubt })
      const facts = { ...why, route: 'alpha', attempts: 1, dueAtMs: null, providerId: null }
      expect(record(run, 2)).toMatchObject({ ...facts, state: 'failed' })
      expect(record(run, 3)).toMatchObject({ state: 'in doubt', class: 'unknown', text: 'it was unknown', attempts: 1 })
    })

    test.each([
      { title: 'costs an attempt, and ages', more: {}, attempts: 1, agesFromMs: noon, refusedRoutes: [] },
      { title: 'costs time only', more: { costs: 'time' }, attempts: 0, agesFromMs: noon, refusedRoutes: [] },
      { title: 'costs nothing', more: { costs: 'nothing' }, attempts: 0, agesFromMs: null, refusedRoutes: [] },
      {
        title: 'refuses the route',
        more: { refuseRoute: true },
        attempts: 1,
        agesFromMs: noon,
        refusedRoutes: ['alpha'],
      },
    ] as const)('queued again: $title', ({ more, attempts, agesFromMs, refusedRoutes }) => {
      const run = start(journal, ['ada'])
      deliverAll(journal, lease, run, { ada: deferred(noon + second, more) })
      expect(record(run)).toMatchObject({ state: 'queued', class: 'soft', route: 'alpha', dueAtMs: noon + second })
      expect(claimAll(journal, run, noon)).toEqual([])
      expect(claimAll(journal, run, noon + second)).toMatchObject([{ attempts, refusedRoutes, agesFromMs }])
    })

    test('its age counts from the first time that it was put off, whatever comes after', () => {
      const run = start(journal, ['ada'])
      for (const [index, costs] of (['nothing', 'time', 'attempt', 'time', 'nothing'] as const).entries()) {
        const messages = claimAll(journal, run, noon + minute)
        const attempt = beginOne(
          journal,
          lease,
          run,
          messages.map(message => message.id),
        )
        const nowMs = noon + index
        journal.settle([{ attempt, nowMs, settlements: settlements(messages, { ada: deferred(nowMs, { costs }) }) }])
      }
      expect(claimAll(journal, run, noon + minute)).toMatchObject([{ attempts: 1, agesFromMs: noon + 1 }])
    })

    test('a due time between two milliseconds is the later one', () => {
      const run = start(journal, ['ada'])
      deliverAll(journal, lease, run, { ada: deferred(noon + 0.25) })
      expect(journal.nextDueAtMs(run)).toBe(noon + 1)
    })

    test('each route that refused is remembered once', () => {
      const run = start(journal, ['ada'])
      for (const route of ['alpha', 'beta', 'alpha'])
        deliverAll(journal, lease, run, { ada: deferred(noon, { refuseRoute: true }) }, route)
      expect(claimAll(journal, run)).toMatchObject([{ attempts: 3, refusedRoutes: ['alpha', 'beta'] }])
    })

    test('a cause is forgotten when the message is accepted', () => {
      const run = start(journal, ['ada'])
      deliverAll(journal, lease, run, { ada: deferred(noon) })
      deliverAll(journal, lease, run)
      expect(record(run)).toMatchObject({ state: 'accepted', class: null, text: null, attempts: 2 })
    })

    test('suppresses hard failures that are marked so, in the same transaction', () => {
      const run = start(journal, ['ada', 'bob'])
      const why = { class: 'hard', code: '550', status: '5.1.1', text: 'no such user' } as const
      deliverAll(journal, lease, run, { ada: { to: 'failed', cause: why, suppress: true }, bob: failed('hard') })
      expect([...journal.suppressions()]).toEqual([
        {
          address: address('ada'),
          reason: 'hard bounce',
          source: `run ${run}: 550 5.1.1 no such user`,
          atMs: noon,
        },
      ])
    })

    test('does not overrule what a recipient has said', () => {
      const run = start(journal, ['ada'])
      const messages = claimAll(journal, run)
      const attempt = beginOne(journal, lease, run, [messages[0]?.id ?? 0])
      journal.suppress([{ address: address('ada'), reason: 'unsubscribed', source: 'her click', atMs: noon }])
      journal.settle([{ attempt, nowMs: noon, settlements: settlements(messages, { ada: failed('hard', true) }) }])
      expect([...journal.suppressions()]).toMatchObject([{ reason: 'unsubscribed', source: 'her click' }])
    })

    test.each<{ title: string; settle: (messages: readonly QueuedMessage[]) => ReturnType<typeof settlements> }>([
      { title: 'without one of its messages', settle: messages => settlements(messages.slice(1)) },
      { title: 'with a message twice', settle: ([ada]) => settlements(ada === undefined ? [] : [ada, ada]) },
      {
        title: 'with a message that is not its own',
        settle: ([ada]) => [...settlements(ada === undefined ? [] : [ada]), { messageId: 999, settlement: accepted }],
      },
    ])('a parcel $title is refused, and nothing is written', ({ settle }) => {
      const run = start(journal, ['ada', 'bob', 'eve'])
      const [ada, bob, eve] = claimAll(journal, run)
      const other = beginOne(journal, lease, run, [eve?.id ?? 0])
      const attempt = beginOne(journal, lease, run, [ada?.id ?? 0, bob?.id ?? 0])
      const parcels = [
        { attempt: other, nowMs: noon, settlements: settlements(eve === undefined ? [] : [eve]) },
        { attempt, nowMs: noon, settlements: settle([ada, bob].filter(message => message !== undefined)) },
      ]
      expect(() => journal.settle(parcels)).toThrow(InvariantError)
      expect(figures(journal, run)).toBe('rows 3, waiting 3')
      expect(journal.overview(run, noon).sending).toBe(3)
    })

    test('an attempt is settled once', () => {
      const { attempt, messages } = beginAll(start(journal, ['ada']))
      const parcel = { attempt, nowMs: noon, settlements: settlements(messages) }
      journal.settle([parcel])
      expect(() => journal.settle([parcel])).toThrow(InvariantError)
      expect(() => journal.settle([{ ...parcel, attempt: 999 }])).toThrow(InvariantError)
    })

    test('words from outside are kept to a length', () => {
      const run = start(journal, ['ada', 'bob'])
      deliverAll(journal, lease, run, {
        ada: { to: 'failed', cause: cause('hard', 'x'.repeat(10_000)), suppress: false },
        bob: { to: 'accepted', providerId: 'y'.repeat(10_000) },
      })
      expect(record(run, 2)?.text).toHaveLength(500)
      expect(record(run, 3)?.providerId).toHaveLength(500)
    })
  })

  describe('recover', () => {
    test('messages of open calls become in doubt, with their route; all others stay as they are', () => {
      const run = start(journal, ['ada', 'bob', 'eve'])
      const [ada, bob] = claimAll(journal, run).map(message => message.id)
      beginOne(journal, lease, run, [ada ?? 0], 'alpha')
      beginOne(journal, lease, run, [bob ?? 0], 'beta')
      const successor = place.open()
      own(successor, 'november', { pid: 2, isAlive: () => false })
      expect(successor.recover(run, noon + minute)).toBe(2)
      expect(rows(successor, run)).toEqual(['2 ada in doubt unknown', '3 bob in doubt unknown', '4 eve queued'])
      expect(record(run, 3)).toMatchObject({
        route: 'beta',
        attempts: 1,
        text: 'the process ended while the call was open',
        changedAtMs: noon + minute,
      })
      expect(successor.overview(run, noon).sending).toBe(0)
      expect(successor.recover(run, noon + minute)).toBe(0)
    })

    const put = { at: noon + day, waits: minute }
    test.each([
      { title: 'the clock was a day ahead and was set right', now: noon, due: noon + minute },
      { title: 'the clock was a second ahead', now: noon + day - second, due: noon + day - second + minute },
      { title: 'the clock is right', now: noon + day, due: noon + day + minute },
      { title: 'she is due since long', now: noon + 2 * day, due: noon + day + minute },
    ])('who was put off waits no longer than she was told: $title', ({ now, due }) => {
      const run = start(journal, ['ada', 'bob'], { nowMs: put.at })
      const { attempt, messages } = beginAll(run)
      const answers = { ada: deferred(put.at + put.waits) }
      journal.settle([{ attempt, nowMs: put.at, settlements: settlements(messages, answers) }])
      expect(journal.recover(run, now)).toBe(0)
      expect([journal.nextDueAtMs(run), record(run)?.dueAtMs]).toEqual([due, due])
      expect(journal.recover(run, now)).toBe(0)
      expect(journal.nextDueAtMs(run)).toBe(due)
      expect(claimAll(journal, run, due)).toMatchObject([{ agesFromMs: Math.min(put.at, now), attempts: 1 }])
    })

    test('a wait that a receiver has asked for is kept, however long', () => {
      const run = start(journal, ['ada'])
      deliverAll(journal, lease, run, { ada: deferred(noon + 3 * day) })
      journal.recover(run, noon + day)
      expect(journal.nextDueAtMs(run)).toBe(noon + 3 * day)
    })

    test('nobody is hurried or held up by a clock that goes back and forth', () => {
      const run = start(journal, ['ada', 'bob'])
      deliverAll(journal, lease, run, { ada: deferred(noon + minute), bob: deferred(noon + minute) })
      const seen = [noon - day, noon + day, noon].map(now => {
        journal.recover(run, now)
        return [now, (journal.nextDueAtMs(run) ?? 0) - now]
      })
      expect(seen).toEqual([
        [noon - day, minute],
        [noon + day, minute - 2 * day],
        [noon, minute - day],
      ])
      expect(claimAll(journal, run)).toHaveLength(2)
    })

    test('another run is left alone', () => {
      const run = start(journal, ['ada'], { key: 'december' })
      const decembers = own(journal, 'december')
      beginOne(
        journal,
        decembers,
        run,
        claimAll(journal, run).map(message => message.id),
      )
      expect(journal.recover(start(journal, ['ada']), noon)).toBe(0)
      expect(figures(journal, run)).toBe('rows 1, waiting 1')
    })
  })

  describe('an answer that comes after another process has taken over', () => {
    const answers: { title: string; answer: Settlement; becomes: string }[] = [
      { title: 'accepted', answer: accepted, becomes: '2 ada accepted' },
      { title: 'in doubt', answer: { to: 'in doubt', cause: cause('transient') }, becomes: '2 ada in doubt transient' },
      { title: 'failed', answer: failed('hard', true), becomes: '2 ada in doubt unknown' },
      { title: 'deferred', answer: deferred(noon), becomes: '2 ada in doubt unknown' },
    ]
    const takeovers: { title: string; takeOver: (other: Journal, run: RunId) => void }[] = [
      { title: 'recovered', takeOver: (other, run) => void other.recover(run, noon) },
      { title: 'cancelled', takeOver: (other, run) => void other.cancelRun(run, noon) },
      { title: 'superseded', takeOver: other => void start(other, []) },
    ]
    const cases = takeovers.flatMap(takeover =>
      answers.map(answer => ({ ...answer, takeover: takeover.title, ...takeover, title: answer.title })),
    )

    test.each(cases)('$takeover, then $title → $becomes', ({ answer, takeOver, becomes }) => {
      const run = start(journal, ['ada'])
      const { attempt, messages } = beginAll(run)
      const successor = place.open()
      own(successor, 'november', { pid: 2, isAlive: () => false })
      takeOver(successor, run)
      journal.settle([{ attempt, nowMs: noon, settlements: settlements(messages, { ada: answer }) }])
      expect(rows(successor, run)).toEqual([becomes])
      expect(record(run)?.attempts).toBe(1)
      expect(() => journal.settle([{ attempt, nowMs: noon, settlements: settlements(messages) }])).toThrow(
        InvariantError,
      )
    })

    test('a hard bounce is known of the address, whatever became of the message', () => {
      const run = start(journal, ['ada'])
      const { attempt, messages } = beginAll(run)
      journal.recover(run, noon)
      journal.settle([{ attempt, nowMs: noon, settlements: settlements(messages, { ada: failed('hard', true) }) }])
      expect(known(journal, prepare(journal, []), ['ada'])).toMatchObject({ ada: { suppressed: 'hard bounce' } })
    })

    test('accepted is kept even if the lease was lost', () => {
      const run = start(journal, ['ada'])
      const { attempt, messages } = beginAll(run)
      own(place.open(), 'november', { pid: 2, isAlive: () => false })
      journal.settle([{ attempt, nowMs: noon, settlements: settlements(messages) }])
      expect(figures(journal, run)).toBe('rows 1, accepted 1')
    })
  })
}
