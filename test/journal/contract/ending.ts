/** How runs end, and how those who failed get another chance without anybody being mailed twice. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Journal, Lease } from '../../../src/journal/journal.ts'
import { noPacingChange } from '../../../src/model/campaign.ts'
import { InvariantError, UserError } from '../../../src/model/errors.ts'
import {
  address,
  beginOne,
  claimAll,
  deferred,
  deliverAll,
  failed,
  figures,
  inDoubt,
  minute,
  namesOf,
  noon,
  own,
  type Place,
  prepare,
  rows,
  start,
} from '../samples.ts'

export function endingContract(newPlace: () => Place): void {
  let place: Place
  let journal: Journal
  let lease: Lease
  beforeEach(() => {
    place = newPlace()
    journal = place.open()
    lease = own(journal)
  })
  afterEach(() => place.remove())

  const later = noon + minute

  test('setStopped keeps the reason until it goes on', () => {
    const run = start(journal, ['ada'])
    journal.setStopped(run, { reason: 'the disk was full', wait: null })
    expect(journal.run(run)?.stopped).toBe('the disk was full')
    journal.setStopped(run, null)
    expect(journal.run(run)?.stopped).toBe(null)
  })

  describe('setStopped with a time before which nothing can be done', () => {
    const untilMs = noon + 24 * 60 * minute
    const stop = { reason: 'the quota of today is used up', wait: { nowMs: noon, untilMs } }

    test('keeps the next due time at that, if nobody is due later', () => {
      const run = start(journal, ['ada'])
      journal.setStopped(run, stop)
      expect(journal.overview(run, later).nextDueAtMs).toBe(untilMs)
      const [message] = claimAll(journal, run)
      journal.putOff(run, [message?.id ?? 0], { dueAtMs: untilMs + minute, nowMs: later })
      expect(journal.overview(run, later).nextDueAtMs).toBe(untilMs + minute)
    })

    test('until it goes on, or has other paces', () => {
      const run = start(journal, ['ada'])
      journal.setStopped(run, stop)
      journal.setPacing(run, noPacingChange)
      expect(journal.overview(run, later).nextDueAtMs).toBe(0)
      expect(journal.run(run)?.stopped).toBe(stop.reason)
      journal.setStopped(run, stop)
      journal.setStopped(run, null)
      expect(journal.overview(run, later).nextDueAtMs).toBe(0)
    })

    test('but not where the clock was ahead then', () => {
      const run = start(journal, ['ada'])
      journal.setStopped(run, { ...stop, wait: { nowMs: later + 1, untilMs } })
      expect(journal.overview(run, later).nextDueAtMs).toBe(0)
    })

    test('and not where it was queued again since', () => {
      const run = start(journal, ['ada', 'bob'])
      deliverAll(journal, lease, run, { bob: failed('soft') })
      journal.setStopped(run, stop)
      journal.requeueFailed(run, { classes: null, nowMs: later })
      expect(journal.overview(run, later).nextDueAtMs).toBe(0)
    })
  })

  describe('finishRun', () => {
    test('not while somebody waits, or is in an open call', () => {
      const run = start(journal, ['ada'])
      expect(journal.finishRun(run, later)).toBe(false)
      beginOne(
        journal,
        lease,
        run,
        claimAll(journal, run).map(message => message.id),
      )
      expect(journal.finishRun(run, later)).toBe(false)
      expect(journal.run(run)).toMatchObject({ state: 'open', finishedAtMs: null })
    })

    test('when everybody is settled, once and for all', () => {
      const run = start(journal, ['ada', 'bob', 'eve'])
      deliverAll(journal, lease, run, { bob: failed('soft'), eve: inDoubt })
      journal.setStopped(run, { reason: 'interrupted', wait: null })
      expect(journal.finishRun(run, later)).toBe(true)
      expect(journal.finishRun(run, later + minute)).toBe(true)
      expect(journal.run(run)).toMatchObject({ state: 'finished', finishedAtMs: later, stopped: null })
    })

    test('a list of nobody is finished at once', () => {
      expect(journal.finishRun(start(journal, []), later)).toBe(true)
    })

    test('false for a run that was never opened, or was cancelled', () => {
      const cancelled = start(journal, [])
      journal.cancelRun(cancelled, noon)
      expect(journal.finishRun(cancelled, later)).toBe(false)
      expect(journal.finishRun(prepare(journal, []), later)).toBe(false)
    })
  })

  describe('cancelRun', () => {
    test('who was waiting is skipped; the others stay', () => {
      const run = start(journal, ['ada', 'bob', 'eve', 'zoe'])
      deliverAll(journal, lease, run, { bob: failed('hard'), eve: deferred(later), zoe: deferred(later) })
      expect(journal.cancelRun(run, later)).toBe(2)
      expect(rows(journal, run)).toEqual([
        '2 ada accepted',
        '3 bob failed hard',
        '4 eve skipped cancelled soft',
        '5 zoe skipped cancelled soft',
      ])
      expect(journal.run(run)).toMatchObject({ state: 'cancelled', finishedAtMs: later })
      expect(journal.cancelRun(run, later)).toBe(0)
    })

    test('who is in an open call may have been taken: in doubt, not skipped', () => {
      const run = start(journal, ['ada', 'bob'])
      beginOne(journal, lease, run, [claimAll(journal, run)[0]?.id ?? 0])
      expect(journal.cancelRun(run, later)).toBe(1)
      expect(rows(journal, run)).toEqual(['2 ada in doubt unknown', '3 bob skipped cancelled'])
    })

    test('a run that is over stays as it is; one that was never opened is discarded instead', () => {
      const run = start(journal, [])
      journal.finishRun(run, noon)
      expect(journal.cancelRun(run, later)).toBe(0)
      expect(journal.run(run)?.state).toBe('finished')
      expect(() => journal.cancelRun(prepare(journal, []), noon)).toThrow(InvariantError)
    })
  })

  describe('requeueFailed', () => {
    const everybody = { classes: null, nowMs: later }

    test('those who failed are queued afresh, and the run is open', () => {
      const run = start(journal, ['ada', 'bob', 'eve'])
      deliverAll(journal, lease, run, { ada: deferred(noon, { refuseRoute: true }), eve: inDoubt })
      deliverAll(journal, lease, run, { ada: failed('block') })
      journal.finishRun(run, noon)
      expect(journal.requeueFailed(run, everybody)).toBe(1)
      expect(rows(journal, run)).toEqual(['2 ada queued', '3 bob accepted', '4 eve in doubt unknown'])
      expect(journal.run(run)).toMatchObject({ state: 'open', finishedAtMs: null })
      expect(claimAll(journal, run, later)).toMatchObject([
        { attempts: 0, refusedRoutes: [], agesFromMs: null, dueAtMs: 0 },
      ])
    })

    test('only of the classes asked for', () => {
      const run = start(journal, ['ada', 'bob', 'eve'])
      deliverAll(journal, lease, run, { ada: failed('soft'), bob: failed('hard'), eve: failed('expired') })
      expect(journal.requeueFailed(run, { classes: ['soft', 'expired'], nowMs: later })).toBe(2)
      expect(namesOf(claimAll(journal, run, later))).toEqual(['ada', 'eve'])
    })

    test('not those who are suppressed by now', () => {
      const run = start(journal, ['ada', 'bob'])
      deliverAll(journal, lease, run, { ada: failed('hard', true), bob: failed('soft') })
      journal.suppress([{ address: address('bob'), reason: 'manual', source: 'a note', atMs: noon }])
      journal.finishRun(run, noon)
      expect(journal.requeueFailed(run, everybody)).toBe(0)
      expect(journal.run(run)?.state).toBe('finished')
    })

    test('whoever asked not to be mailed did not mean one spelling of her address', () => {
      const run = start(journal, ['Ada'])
      deliverAll(journal, lease, run, { Ada: failed('soft') })
      journal.suppress([{ address: address('ada'), reason: 'manual', source: 'a note', atMs: noon }])
      expect(journal.requeueFailed(run, everybody)).toBe(0)
    })

    test('not those who were accepted or are in doubt in another run of the key, earlier or later', () => {
      const people = ['ada', 'bob', 'eve', 'zoe']
      const nobody = Object.fromEntries(people.map(name => [name, failed('soft')]))
      const [first, second] = [start(journal, people), prepare(journal, people)]
      deliverAll(journal, lease, first, nobody)
      journal.openRun(second)
      deliverAll(journal, lease, second, { ...nobody, ada: { to: 'accepted', providerId: 'p' }, bob: inDoubt })
      journal.finishRun(second, noon)
      expect(journal.requeueFailed(first, everybody)).toBe(2)
      expect(namesOf(claimAll(journal, first, later))).toEqual(['eve', 'zoe'])
    })

    test('a success of the earlier run counts for the later one too', () => {
      const [first, second] = [start(journal, ['ada']), prepare(journal, ['ada'])]
      deliverAll(journal, lease, first, { ada: failed('soft') })
      journal.openRun(second)
      deliverAll(journal, lease, second, { ada: failed('soft') })
      journal.finishRun(second, noon)
      expect(journal.requeueFailed(first, { classes: null, nowMs: noon })).toBe(1)
      deliverAll(journal, lease, first)
      expect(journal.requeueFailed(second, everybody)).toBe(0)
    })

    test('not while another run of the key has waiting messages: the operator is told which', () => {
      const [first, second] = [start(journal, ['ada']), prepare(journal, ['bob'])]
      deliverAll(journal, lease, first, { ada: failed('soft') })
      journal.openRun(second)
      expect(() => journal.requeueFailed(first, everybody)).toThrow(UserError)
      expect(() => journal.requeueFailed(first, everybody)).toThrow(second)
      expect(figures(journal, first)).toBe('rows 1, failed 1')
    })

    test('another key does not matter', () => {
      const december = start(journal, ['ada'], { key: 'december' })
      const run = start(journal, ['ada'])
      deliverAll(journal, lease, run, { ada: failed('soft') })
      expect(journal.requeueFailed(run, everybody)).toBe(1)
      expect(figures(journal, december)).toBe('rows 1, waiting 1')
    })
  })
}
