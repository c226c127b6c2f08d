/** Whoever waits may be moved without a call: to a later time, or out of the queue; nobody who is in hand is. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FencedError, type Journal, type Lease } from '../../../src/journal/journal.ts'
import { InvariantError } from '../../../src/model/errors.ts'
import type { RunId } from '../../../src/model/message.ts'
import {
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
  recipients,
  rows,
  second,
  start,
} from '../samples.ts'

export function puttingOffContract(newPlace: () => Place): void {
  let place: Place
  let journal: Journal
  let lease: Lease
  beforeEach(() => {
    place = newPlace()
    journal = place.open()
    lease = own(journal)
  })
  afterEach(() => place.remove())

  const people = ['ada', 'bob', 'eve@gmail.com', 'pat@gmail.com', 'zoe@outlook.com']
  const later = { dueAtMs: noon + minute, nowMs: noon }
  const dueBy = (run: RunId, dueByMs: number): string[] => {
    const messages = claimAll(journal, run, dueByMs)
    journal.giveBack(messages.map(message => message.id))
    return namesOf(messages)
  }

  describe('putOff', () => {
    test('they are due then and not before, as if they had never been in hand', () => {
      const run = start(journal, people)
      const [ada, bob] = claimAll(journal, run)
      journal.putOff(run, [ada?.id ?? 0, bob?.id ?? 0], later)
      expect(dueBy(run, noon + minute - 1)).toEqual([])
      expect(claimAll(journal, run, noon + minute)).toMatchObject([
        { address: 'ada@example.org', attempts: 0, agesFromMs: null, dueAtMs: noon + minute },
        { address: 'bob@example.org', attempts: 0, agesFromMs: null },
      ])
      expect(figures(journal, run)).toBe('rows 5, waiting 5')
    })

    test('nobody is moved who is in an open call, was not claimed, or waits no more', () => {
      const run = start(journal, people)
      const [ada, bob] = claimAll(journal, run)
      beginOne(journal, lease, run, [ada?.id ?? 0])
      expect(() => journal.putOff(run, [bob?.id ?? 0, ada?.id ?? 0], later)).toThrow(InvariantError)
      journal.giveBack([bob?.id ?? 0])
      expect(() => journal.putOff(run, [bob?.id ?? 0], later)).toThrow(InvariantError)
      expect(dueBy(run, noon)).toEqual(['bob'])
      const [again] = claimAll(journal, run)
      place.open().cancelRun(run, noon)
      journal.putOff(run, [again?.id ?? 0], later)
      expect(rows(journal, run)).toContain('3 bob skipped cancelled')
    })

    test('whoever was put off when the clock was ahead waits no longer than she was told', () => {
      const run = start(journal, ['ada'])
      const [ada] = claimAll(journal, run)
      journal.putOff(run, [ada?.id ?? 0], { dueAtMs: noon + 60 * minute, nowMs: noon + 59 * minute })
      journal.recover(run, noon)
      expect(journal.nextDueAtMs(run)).toBe(noon + minute)
    })
  })

  describe('zoneDueAt', () => {
    test('the zone of whoever is due at exactly that time and is not in hand', () => {
      const run = prepare(journal, ['ada'])
      const bob = recipients(['bob'], 3).map(each => ({ ...each, zone: 'Asia/Tokyo' }))
      journal.enqueue(run, { recipients: bob, skipped: [], problems: [], nowMs: noon })
      journal.openRun(run)
      const ids = claimAll(journal, run).map(each => each.id)
      journal.putOff(run, ids.slice(0, 1), { dueAtMs: noon + second, nowMs: noon })
      journal.putOff(run, ids.slice(1), later)
      const zones = () => [0, 1, second, minute].map(afterMs => journal.zoneDueAt(run, noon + afterMs))
      expect(zones()).toEqual([null, null, null, 'Asia/Tokyo'])
      claimAll(journal, run, noon + minute)
      expect(zones()).toEqual([null, null, null, null])
    })
  })

  describe('putOffSites', () => {
    test('all of a site who are due and not in hand, each site until its own time', () => {
      const run = start(journal, people)
      const [ada] = journal.claimSite(run, { site: 'example.org', dueByMs: noon, limit: 1 })
      const sites = [
        { site: 'example.org', dueAtMs: noon + minute },
        { site: 'gmail.com', dueAtMs: noon + second },
        { site: 'nowhere.example', dueAtMs: noon + second },
      ]
      expect(journal.putOffSites(run, sites, noon)).toBe(3)
      expect(dueBy(run, noon)).toEqual(['zoe@outlook.com'])
      expect(dueBy(run, noon + second)).toEqual(['zoe@outlook.com', 'eve@gmail.com', 'pat@gmail.com'])
      journal.giveBack([ada?.id ?? 0])
      expect(dueBy(run, noon)).toEqual(['ada', 'zoe@outlook.com'])
    })

    test('not those who are put off further already, and not what a former owner has begun', () => {
      const run = start(journal, ['ada', 'bob', 'eve'])
      deliverAll(journal, lease, run, { ada: deferred(noon + 5 * minute), bob: deferred(noon), eve: deferred(noon) })
      const [bob] = claimAll(journal, run)
      beginOne(journal, lease, run, [bob?.id ?? 0])
      const successor = place.open()
      own(successor, 'november', { pid: 2, isAlive: () => false })
      expect(successor.putOffSites(run, [{ site: 'example.org', dueAtMs: noon + minute }], noon)).toBe(1)
      expect(successor.nextDueAtMs(run, noon + minute)).toBe(noon + 5 * minute)
    })
  })

  describe('expire', () => {
    test('whoever is in hand and too late fails, with no attempt counted; who is in an open call does not', () => {
      const run = start(journal, ['ada', 'bob'])
      const [ada, bob] = claimAll(journal, run)
      const over = { text: 'not after noon', nowMs: noon + second }
      journal.expire(run, [bob?.id ?? 0], over)
      expect(rows(journal, run)).toEqual(['2 ada queued', '3 bob failed expired'])
      expect([...journal.records(run)][1]).toMatchObject({ text: over.text, changedAtMs: over.nowMs, attempts: 0 })
      beginOne(journal, lease, run, [ada?.id ?? 0])
      expect(() => journal.expire(run, [ada?.id ?? 0], over)).toThrow(InvariantError)
      expect(rows(journal, run)[0]).toBe('2 ada queued')
    })
  })

  describe('expireWaiting', () => {
    const over = { text: 'not after noon', nowMs: noon + second, limit: 100 }

    test('those who wait fail as expired, a few at a time; those in hand do not', () => {
      const run = start(journal, people)
      const [ada, bob] = claimAll(journal, run)
      beginOne(journal, lease, run, [ada?.id ?? 0])
      const rest = claimAll(journal, run).map(message => message.id)
      expect(journal.expireWaiting(run, over)).toBe(0)
      journal.giveBack([bob?.id ?? 0, ...rest])
      expect([1, 1, 100].map(limit => journal.expireWaiting(run, { ...over, limit }))).toEqual([1, 0, 0])
      expect(rows(journal, run).slice(0, 2)).toEqual(['2 ada queued', '3 bob failed expired'])
      expect([...journal.records(run)][1]).toMatchObject({ text: 'not after noon', changedAtMs: noon + second })
    })

    test('also those who are put off until later', () => {
      const run = start(journal, people)
      deliverAll(journal, lease, run, { ada: deferred(noon + minute) })
      expect(journal.expireWaiting(run, over)).toBe(1)
      expect(figures(journal, run)).toBe('rows 5, accepted 4, failed 1')
    })
  })

  test('none of it is done by a process that has lost its key', () => {
    const run = start(journal, people)
    const ids = claimAll(journal, run).map(message => message.id)
    own(place.open(), 'november', { pid: 2, isAlive: () => false })
    const steps = [
      () => journal.putOff(run, ids, later),
      () => journal.putOffSites(run, [{ site: 'gmail.com', dueAtMs: noon + minute }], noon),
      () => journal.expire(run, ids, { text: 'over', nowMs: noon }),
      () => journal.expireWaiting(run, { text: 'over', nowMs: noon, limit: 100 }),
    ]
    for (const step of steps) expect(step).toThrow(FencedError)
    expect(figures(journal, run)).toBe('rows 5, waiting 5')
  })
}
