/** Nobody is handed out twice, and no byte leaves without a durable intent. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type ClaimCursor, FencedError, type Journal, type Lease } from '../../../src/journal/journal.ts'
import { InvariantError } from '../../../src/model/errors.ts'
import type { QueuedMessage, RunId } from '../../../src/model/message.ts'
import {
  address,
  beginOne,
  claimAll,
  deferred,
  deliverAll,
  figures,
  minute,
  namesOf,
  noon,
  own,
  type Place,
  prepare,
  rows,
  second,
  settlements,
  start,
} from '../samples.ts'

const idsOf = (messages: readonly QueuedMessage[]): number[] => messages.map(message => message.id)

export function sendingContract(newPlace: () => Place): void {
  let place: Place
  let journal: Journal
  let lease: Lease
  beforeEach(() => {
    place = newPlace()
    journal = place.open()
    lease = own(journal)
  })
  afterEach(() => place.remove())

  const people = ['ada', 'bob', 'eve', 'pat', 'zoe']

  function claimNames(run: RunId, limit: number, after: ClaimCursor | null = null, dueByMs = noon): string[] {
    return namesOf(journal.claim(run, { dueByMs, limit, after }).messages)
  }

  describe('claim', () => {
    test('in the order of due time and number, a few at a time, until the end', () => {
      const run = start(journal, people)
      const seen: string[] = []
      let after: ClaimCursor | null = null
      do {
        const { messages, cursor } = journal.claim(run, { dueByMs: noon, limit: 2, after })
        seen.push(namesOf(messages).join(' '))
        after = cursor
      } while (after !== null)
      expect(seen).toEqual(['ada bob', 'eve pat', 'zoe'])
    })

    test('never twice, from wherever the scan starts', () => {
      const run = start(journal, people)
      expect(claimNames(run, 2)).toEqual(['ada', 'bob'])
      expect(claimNames(run, 2)).toEqual(['eve', 'pat'])
      expect(claimNames(run, 10)).toEqual(['zoe'])
      expect(claimNames(run, 10)).toEqual([])
    })

    test('only what is due', () => {
      const run = start(journal, ['ada'])
      deliverAll(journal, lease, run, { ada: deferred(noon + second) })
      expect(claimNames(run, 10, null, noon + second - 1)).toEqual([])
      expect(claimNames(run, 10, null, noon + second)).toEqual(['ada'])
    })

    test('whoever was never tried is due, also when the clock has been set back', () => {
      const run = start(journal, people)
      expect(claimNames(run, 10, null, noon - 24 * 60 * minute)).toEqual(people)
    })

    test('what is due again before the cursor is found by the next scan from the beginning', () => {
      const run = start(journal, people)
      deliverAll(journal, lease, run, {
        ada: deferred(noon + 3 * second),
        bob: deferred(noon + 2 * second),
        eve: deferred(noon + second),
      })
      const first = journal.claim(run, { dueByMs: noon + minute, limit: 2, after: null })
      expect(namesOf(first.messages)).toEqual(['eve', 'bob'])
      const [eve] = first.messages
      const attempt = beginOne(journal, lease, run, [eve?.id ?? 0])
      const sooner = { messageId: eve?.id ?? 0, settlement: deferred(noon + 1) }
      journal.settle([{ attempt, nowMs: noon, settlements: [sooner] }])
      expect(claimNames(run, 10, first.cursor, noon + minute)).toEqual(['ada'])
      expect(claimNames(run, 10, null, noon + minute)).toEqual(['eve'])
    })

    test('a limit of nothing takes nothing and does not move the cursor', () => {
      const run = start(journal, people)
      const after = { dueAtMs: noon, id: 1 }
      expect(journal.claim(run, { dueByMs: noon, limit: 0, after })).toEqual({ messages: [], cursor: after })
      expect(journal.claim(run, { dueByMs: noon, limit: -1, after }).messages).toEqual([])
      expect(journal.claimSite(run, { site: 'example.org', dueByMs: noon, limit: -1 })).toEqual([])
    })

    test('sites that are left aside are passed over, and stay for later', () => {
      const run = start(journal, ['ada', 'bob@gmail.com', 'eve', 'pat@gmail.com', 'zoe'])
      const asked: string[] = []
      const leaveAside = (site: string): boolean => {
        asked.push(site)
        return site === 'gmail.com'
      }
      const query = { dueByMs: noon, limit: 2, after: null, leaveAside }
      const first = journal.claim(run, query)
      expect(namesOf(first.messages)).toEqual(['ada', 'eve'])
      expect(asked).toEqual(['example.org', 'gmail.com', 'example.org'])
      expect(namesOf(journal.claim(run, { ...query, after: first.cursor }).messages)).toEqual(['zoe'])
      expect(claimNames(run, 10)).toEqual(['bob@gmail.com', 'pat@gmail.com'])
    })

    test('a run that is not open gives nothing', () => {
      const preparing = prepare(journal, people)
      expect(claimNames(preparing, 10)).toEqual([])
      journal.openRun(preparing)
      place.open().cancelRun(preparing, noon)
      expect(claimNames(preparing, 10)).toEqual([])
    })

    test('what a former owner has begun and not settled is not handed out, even before it is recovered', () => {
      const run = start(journal, people)
      beginOne(
        journal,
        lease,
        run,
        claimAll(journal, run)
          .slice(0, 2)
          .map(message => message.id),
      )
      const successor = place.open()
      own(successor, 'november', { pid: 2, isAlive: () => false })
      expect(namesOf(claimAll(successor, run))).toEqual(['eve', 'pat', 'zoe'])
    })

    test('nor what others have begun while this process was not the owner', () => {
      const run = start(journal, people)
      journal.giveBack(claimAll(journal, run).map(message => message.id))
      const successor = place.open()
      const theirs = own(successor, 'november', { pid: 2, isAlive: () => false })
      beginOne(
        successor,
        theirs,
        run,
        claimAll(successor, run)
          .slice(0, 2)
          .map(message => message.id),
      )
      own(journal, 'november', { isAlive: () => false })
      expect(namesOf(claimAll(journal, run))).toEqual(['eve', 'pat', 'zoe'])
    })
  })

  describe('claimSite', () => {
    test('takes those of one site, in the same order and under the same promise', () => {
      const run = start(journal, ['ada', 'bob@gmail.com', 'eve', 'pat@gmail.com', 'zoe'])
      const site = (limit: number) => namesOf(journal.claimSite(run, { site: 'example.org', dueByMs: noon, limit }))
      expect(site(2)).toEqual(['ada', 'eve'])
      expect(namesOf(claimAll(journal, run))).toEqual(['bob@gmail.com', 'pat@gmail.com', 'zoe'])
      expect(site(2)).toEqual([])
      expect(journal.claimSite(run, { site: 'example.net', dueByMs: noon, limit: 2 })).toEqual([])
    })

    test('only what is due', () => {
      const run = start(journal, ['ada'])
      deliverAll(journal, lease, run, { ada: deferred(noon + second) })
      expect(journal.claimSite(run, { site: 'example.org', dueByMs: noon + second - 1, limit: 9 })).toEqual([])
    })

    test('those that were put off alone, where they are asked for: the others come before them', () => {
      const run = start(journal, ['ada', 'bob', 'eve', 'pat'])
      const [ada, bob] = claimAll(journal, run)
      journal.putOff(run, [bob?.id ?? 0], { dueAtMs: noon + 2, nowMs: noon })
      journal.putOff(run, [ada?.id ?? 0], { dueAtMs: noon + 3, nowMs: noon })
      const other = place.open()
      const site = { site: 'example.org', dueByMs: noon + 3, limit: 9 }
      expect(namesOf(other.claimSite(run, { ...site, putOff: true, dueByMs: noon + 1 }))).toEqual([])
      expect(namesOf(other.claimSite(run, { ...site, putOff: true }))).toEqual(['bob', 'ada'])
      expect(namesOf(other.claimSite(run, site))).toEqual(['eve', 'pat'])
    })
  })

  describe('giveBack', () => {
    test('they can be claimed again at once', () => {
      const run = start(journal, people)
      const [ada, bob] = claimAll(journal, run)
      journal.giveBack([ada?.id ?? 0, bob?.id ?? 0])
      expect(claimNames(run, 10)).toEqual(['ada', 'bob'])
    })

    test('what is in an open call cannot be given back, nor those given with it', () => {
      const run = start(journal, people)
      const [ada, bob] = claimAll(journal, run)
      beginOne(journal, lease, run, [bob?.id ?? 0])
      expect(() => journal.giveBack([ada?.id ?? 0, bob?.id ?? 0])).toThrow(InvariantError)
      expect(claimNames(run, 10)).toEqual([])
    })
  })

  describe('nextDueAtMs', () => {
    test('the earliest of those who wait and are not handed out', () => {
      const run = start(journal, ['ada', 'bob'])
      expect(journal.nextDueAtMs(run)).toBe(0)
      deliverAll(journal, lease, run, { ada: deferred(noon + minute), bob: deferred(noon + second) })
      expect(journal.nextDueAtMs(run)).toBe(noon + second)
      expect(claimNames(run, 10, null, noon + second)).toEqual(['bob'])
      expect(journal.nextDueAtMs(run)).toBe(noon + minute)
      expect(claimNames(run, 10, null, noon + minute)).toEqual(['ada'])
      expect(journal.nextDueAtMs(run)).toBe(null)
    })
  })

  describe('begin', () => {
    test('gives an attempt for each parcel, in their order', () => {
      const run = start(journal, people)
      const [ada, bob, eve] = claimAll(journal, run).map(message => message.id)
      const parcel = { run, route: 'alpha', nowMs: noon }
      const attempts = journal.begin(lease, [
        { ...parcel, messageIds: [ada ?? 0, bob ?? 0] },
        { ...parcel, messageIds: [eve ?? 0], route: 'beta' },
      ])
      expect(new Set(attempts.map(each => each?.attempt)).size).toBe(2)
      expect(attempts.map(each => each?.messageIds)).toEqual([[ada, bob], [eve]])
      expect(place.open().overview(run, noon)).toMatchObject({ sending: 3, counts: { waiting: 5 } })
      const [first] = attempts
      expect(() => journal.settle([{ attempt: first?.attempt ?? 0, nowMs: noon, settlements: [] }])).toThrow(
        InvariantError,
      )
    })

    test('leaves out who waits no more: suppressed since, accepted by a late answer of another owner', () => {
      const run = start(journal, people)
      const late = claimAll(journal, run).slice(0, 1)
      const former = beginOne(journal, lease, run, idsOf(late))
      const successor = place.open()
      const theirs = own(successor, 'november', { pid: 2, isAlive: () => false })
      successor.recover(run, noon)
      const again = { to: 'queued', by: 'resent' } as const
      successor.settleDoubts(
        theirs,
        run,
        late.map(({ id }) => ({ messageId: id, settlement: again })),
        noon,
      )
      const claimed = claimAll(successor, run)
      journal.settle([{ attempt: former, nowMs: noon, settlements: settlements(late) }])
      journal.suppress([{ address: address('Bob'), reason: 'unsubscribed', source: 'a note', atMs: noon }])
      const parcel = { run, route: 'alpha', nowMs: noon }
      const others = claimed.filter(({ line }) => line > 3)
      const begun = successor.begin(theirs, [
        { ...parcel, messageIds: idsOf(claimed.filter(({ line }) => line <= 3)) },
        { ...parcel, messageIds: idsOf(others) },
      ])
      expect(begun).toEqual([null, { attempt: expect.any(Number), messageIds: idsOf(others) }])
      expect(figures(successor, run)).toBe('rows 5, accepted 1, skipped 1, waiting 3')
      expect(successor.overview(run, noon).sending).toBe(3)
    })

    test.each([
      {
        title: 'taken by another process',
        lose: () => own(place.open(), 'november', { pid: 2, isAlive: () => false }),
      },
      { title: 'given back', lose: () => journal.release(lease) },
    ])('with a lease that was $title: FencedError, and nothing is written', ({ lose }) => {
      const run = start(journal, people)
      const ids = claimAll(journal, run).map(message => message.id)
      lose()
      expect(() => beginOne(journal, lease, run, ids)).toThrow(FencedError)
      expect(journal.overview(run, noon).sending).toBe(0)
      journal.giveBack(ids)
    })

    test.each([
      { title: 'cancelled', end: (run: RunId) => void place.open().cancelRun(run, noon) },
      { title: 'superseded', end: () => void start(place.open(), []) },
    ])('of a run that was $title meanwhile: FencedError', ({ end }) => {
      const run = start(journal, people)
      const ids = claimAll(journal, run).map(message => message.id)
      end(run)
      expect(() => beginOne(journal, lease, run, ids)).toThrow(FencedError)
    })

    test.each<{ title: string; ids: (claimed: number[]) => number[] }>([
      { title: 'without messages', ids: () => [] },
      { title: 'with a message that does not exist', ids: () => [999_999] },
      { title: 'with a message twice', ids: ([ada = 0]) => [ada, ada] },
      { title: 'with a message that was given back', ids: ([ada = 0, bob = 0]) => [ada, bob] },
    ])('a parcel $title is refused, and nothing is written', ({ ids }) => {
      const run = start(journal, people)
      const claimed = claimAll(journal, run).map(message => message.id)
      journal.giveBack(claimed.slice(1, 2))
      const parcels = [claimed.slice(-1), ids(claimed)].map(messageIds => ({
        run,
        route: 'alpha',
        messageIds,
        nowMs: noon,
      }))
      expect(() => journal.begin(lease, parcels)).toThrow(InvariantError)
      expect(journal.overview(run, noon).sending).toBe(0)
    })

    test('a message that is in an open call or was accepted cannot be begun again', () => {
      const run = start(journal, people)
      const messages = claimAll(journal, run)
      const ids = messages.map(message => message.id)
      const attempt = beginOne(journal, lease, run, ids)
      expect(() => beginOne(journal, lease, run, ids)).toThrow(InvariantError)
      journal.settle([{ attempt, nowMs: noon, settlements: settlements(messages) }])
      expect(() => beginOne(journal, lease, run, ids)).toThrow(InvariantError)
      expect(figures(journal, run)).toBe('rows 5, accepted 5')
    })

    test('a run of another key cannot be sent with this lease', () => {
      const run = start(journal, ['ada'], { key: 'december' })
      const ids = claimAll(journal, run).map(message => message.id)
      expect(() => beginOne(journal, lease, run, ids)).toThrow(InvariantError)
      expect(rows(journal, run)).toEqual(['2 ada queued'])
    })
  })
}
