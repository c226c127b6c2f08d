/** Who is in doubt, and how she gets out of it: asked, repeated, decided, sent again, or answered late. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FencedError, type Journal, type Lease } from '../../../src/journal/journal.ts'
import { InvariantError, UserError } from '../../../src/model/errors.ts'
import type { DoubtSettlement, QueuedMessage, RunId, Settlement } from '../../../src/model/message.ts'
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
  minute,
  namesOf,
  noon,
  own,
  type Place,
  prepare,
  rows,
  settlements,
  start,
} from '../samples.ts'

const asked = { to: 'accepted', by: 'asked', providerId: 'asked-1' } as const
const repeated = { to: 'accepted', by: 'repeated', providerId: 'repeated-1' } as const
const said = { to: 'accepted', by: 'operator', providerId: null } as const
const saidFailed = { to: 'failed', by: 'operator' } as const
const neverTaken = { to: 'queued', by: 'asked' } as const
const resent = { to: 'queued', by: 'resent' } as const

export function doubtingContract(newPlace: () => Place): void {
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

  /** A run whose only call came to nothing known: everybody in it is in doubt. */
  function doubted(names: readonly string[] = ['ada']): RunId {
    const run = start(journal, names)
    deliverAll(journal, lease, run, Object.fromEntries(names.map(name => [name, inDoubt])))
    return run
  }

  function settle(run: RunId, settlement: DoubtSettlement, names: readonly string[] = ['ada'], as = lease): number {
    const ids = names.map(name => [...journal.inDoubt(run)].find(each => each.address === address(name))?.id ?? 0)
    return journal.settleDoubts(
      as,
      run,
      ids.map(messageId => ({ messageId, settlement })),
      later,
    )
  }

  function record(run: RunId, line = 2) {
    return [...journal.records(run)].find(each => each.line === line)
  }

  describe('settleDoubts', () => {
    const nothing = { class: null, code: null, status: null, text: null }
    test.each<{ how: string; settlement: DoubtSettlement; becomes: object }>([
      {
        how: 'taken, as the provider says when it is asked',
        settlement: asked,
        becomes: { state: 'accepted', settledBy: 'asked', providerId: 'asked-1', route: 'alpha', ...nothing },
      },
      {
        how: 'taken, as the repeated call says',
        settlement: repeated,
        becomes: { state: 'accepted', settledBy: 'repeated', providerId: 'repeated-1', route: 'alpha', ...nothing },
      },
      {
        how: 'taken, as the operator says',
        settlement: said,
        becomes: { state: 'accepted', settledBy: 'operator', providerId: null, route: 'alpha', ...nothing },
      },
      {
        how: 'not taken, as the operator says',
        settlement: saidFailed,
        becomes: {
          ...{ state: 'failed', settledBy: 'operator', route: 'alpha', class: 'unknown' },
          text: 'the operator says that it was not taken',
        },
      },
      {
        how: 'never taken, as the provider says when it is asked: queued',
        settlement: neverTaken,
        becomes: { state: 'queued', settledBy: null, attempts: 0, dueAtMs: 0, route: null, ...nothing },
      },
      {
        how: 'sent again, though she may get it twice: queued',
        settlement: resent,
        becomes: { state: 'queued', settledBy: 'resent', attempts: 0, dueAtMs: 0, route: null, ...nothing },
      },
    ])('$how', ({ settlement, becomes }) => {
      const run = doubted()
      expect(settle(run, settlement)).toBe(1)
      expect(record(run)).toMatchObject({ ...becomes, changedAtMs: later })
      expect(journal.overview(run, noon).counts.inDoubt).toBe(0)
    })

    test.each<{ settlement: DoubtSettlement }>([{ settlement: neverTaken }, { settlement: resent }])(
      'queued by $settlement.by: the run is open again, no attempt is burned, and no route is refused',
      ({ settlement }) => {
        const run = start(journal, ['ada'])
        deliverAll(journal, lease, run, { ada: deferred(noon, { refuseRoute: true }) })
        deliverAll(journal, lease, run, { ada: inDoubt }, 'beta')
        journal.finishRun(run, noon)
        expect(settle(run, settlement)).toBe(1)
        expect(journal.run(run)).toMatchObject({ state: 'open', finishedAtMs: null })
        expect(claimAll(journal, run, 0)).toMatchObject([
          { attempts: 0, refusedRoutes: [], agesFromMs: null, dueAtMs: 0 },
        ])
      },
    )

    test.each<{ ended: string; end: (run: RunId) => void }>([
      { ended: 'finished', end: run => void journal.finishRun(run, noon) },
      { ended: 'cancelled', end: run => void journal.cancelRun(run, noon) },
      { ended: 'superseded', end: () => void start(journal, []) },
    ])('a run that was $ended is opened by who is queued, and by nobody else', ({ ended, end }) => {
      const run = doubted(['ada', 'bob', 'eve'])
      end(run)
      settle(run, asked, ['ada'])
      settle(run, saidFailed, ['bob'])
      expect(journal.run(run)?.state).toBe(ended)
      settle(run, resent, ['eve'])
      expect(journal.run(run)).toMatchObject({ state: 'open', finishedAtMs: null })
    })

    test('who is not in doubt in this run is left as she is', () => {
      const run = doubted(['ada'])
      const other = start(journal, ['bob', 'eve', 'pat', 'zoe'])
      deliverAll(journal, lease, other, { bob: failed('soft'), eve: deferred(later), zoe: inDoubt })
      const before = [...journal.records(other)]
      const settlements = [1, 2, 3, 4, 5, 6, 99].map(messageId => ({ messageId, settlement: asked }))
      expect(journal.settleDoubts(lease, run, settlements, later)).toBe(1)
      expect([...journal.records(other)]).toEqual(before)
      expect(journal.settleDoubts(lease, run, settlements, later)).toBe(0)
    })

    test('whoever is named twice is moved once', () => {
      const run = doubted()
      const [ada] = journal.inDoubt(run)
      const settlements = [saidFailed, asked].map(settlement => ({ messageId: ada?.id ?? 0, settlement }))
      expect(journal.settleDoubts(lease, run, settlements, later)).toBe(1)
      expect(rows(journal, run)).toEqual(['2 ada failed unknown'])
    })

    test.each<{ where: string; happen: () => void }>([
      { where: 'is suppressed', happen: () => suppress('ada') },
      { where: 'is suppressed in another spelling', happen: () => suppress('ADA') },
      { where: 'is on the list of another run of the key', happen: () => void prepare(journal, ['ada']) },
    ])('who $where is not queued, but stays in doubt', ({ happen }) => {
      const run = doubted()
      journal.finishRun(run, noon)
      happen()
      expect([settle(run, neverTaken), settle(run, resent)]).toEqual([0, 0])
      expect(rows(journal, run)).toEqual(['2 ada in doubt unknown'])
      expect(journal.run(run)?.state).toBe('finished')
    })

    test('nor who turns out to have been accepted in another run of the key', () => {
      const first = start(journal, ['ada'])
      const late = beginAll(first)
      journal.recover(first, noon)
      settle(first, saidFailed)
      const second = doubted()
      journal.settle([{ attempt: late.attempt, nowMs: later, settlements: settlements(late.messages) }])
      expect(settle(second, resent)).toBe(0)
      expect([rows(journal, first), rows(journal, second)]).toEqual([['2 ada accepted'], ['2 ada in doubt unknown']])
    })

    test('accepted twice under the key: it is written in both places, and every report says so', () => {
      const first = start(journal, ['ada'])
      const late = beginAll(first)
      journal.recover(first, noon)
      settle(first, saidFailed)
      const second = doubted()
      journal.settle([{ attempt: late.attempt, nowMs: later, settlements: settlements(late.messages) }])
      expect(settle(second, asked)).toBe(1)
      expect(record(second)).toMatchObject({
        state: 'accepted',
        settledBy: 'asked',
        text: `mailed twice under this key: also in run ${first}, line 2`,
      })
    })

    test('nobody is queued while another open run of the key has waiting messages: nothing at all is written', () => {
      const run = doubted(['ada', 'bob'])
      const other = start(journal, ['zoe'])
      const [ada, bob] = [...journal.inDoubt(run)].map(each => each.id)
      const both = [
        { messageId: ada ?? 0, settlement: asked },
        { messageId: bob ?? 0, settlement: resent },
      ]
      expect(() => journal.settleDoubts(lease, run, both, later)).toThrow(UserError)
      expect(() => journal.settleDoubts(lease, run, both, later)).toThrow(other)
      expect(figures(journal, run)).toBe('rows 2, inDoubt 2')
      expect(journal.settleDoubts(lease, run, both.slice(0, 1), later)).toBe(1)
    })

    test.each([
      {
        title: 'taken by another process',
        lose: () => void own(place.open(), 'november', { pid: 2, isAlive: () => false }),
      },
      { title: 'given back', lose: () => journal.release(lease) },
    ])('with a lease that was $title: FencedError, and nothing is written', ({ lose }) => {
      const run = doubted()
      lose()
      expect(() => settle(run, asked)).toThrow(FencedError)
      expect(figures(journal, run)).toBe('rows 1, inDoubt 1')
    })

    test('a run of another key cannot be settled with this lease', () => {
      const run = doubted()
      expect(() => settle(run, asked, ['ada'], own(journal, 'december'))).toThrow(InvariantError)
    })

    test('who is queued again is handed out once, by this process as by any other', () => {
      const run = doubted(['ada', 'bob'])
      settle(run, resent, ['bob'])
      expect(namesOf(claimAll(journal, run))).toEqual(['bob'])
      expect(claimAll(journal, run)).toEqual([])
      expect(namesOf(claimAll(place.open(), run))).toEqual(['bob'])
    })
  })

  describe('what stays on record of it', () => {
    test.each<{ next: string; outcome: Settlement; kept: 'resent' | null }>([
      { next: 'accepted', outcome: accepted, kept: 'resent' },
      { next: 'failed', outcome: failed('soft'), kept: 'resent' },
      { next: 'put off', outcome: deferred(later), kept: 'resent' },
      { next: 'in doubt anew', outcome: inDoubt, kept: null },
    ])('sent again and then $next → $kept', ({ outcome, kept }) => {
      const run = doubted()
      settle(run, resent)
      deliverAll(journal, lease, run, { ada: outcome })
      expect(record(run)?.settledBy).toBe(kept)
    })

    test('in doubt anew because the process ended: nobody has settled that', () => {
      const run = doubted()
      settle(run, resent)
      beginAll(run)
      journal.recover(run, noon)
      expect(record(run)).toMatchObject({ state: 'in doubt', settledBy: null })
      expect(settle(run, asked)).toBe(1)
      expect(record(run)).toMatchObject({ state: 'accepted', settledBy: 'asked' })
    })

    test('who failed by word of the operator can be retried, and then that word is history', () => {
      const run = doubted(['ada', 'bob'])
      settle(run, resent, ['bob'])
      deliverAll(journal, lease, run, { bob: failed('soft') })
      settle(run, saidFailed, ['ada'])
      expect(journal.requeueFailed(run, { classes: ['unknown', 'soft'], nowMs: later })).toBe(2)
      expect([...journal.records(run)].map(({ state, settledBy }) => [state, settledBy])).toEqual([
        ['queued', null],
        ['queued', 'resent'],
      ])
    })

    test('the tally counts who is not in doubt any more, by whose word and what she is now', () => {
      const run = doubted(['ada', 'bob', 'eve', 'pat', 'zoe', 'ivy'])
      settle(run, asked, ['ada', 'bob'])
      settle(run, saidFailed, ['eve'])
      settle(run, said, ['pat'])
      settle(run, resent, ['zoe'])
      expect(journal.tally(run).settled).toEqual([
        { by: 'asked', state: 'accepted', count: 2 },
        { by: 'operator', state: 'accepted', count: 1 },
        { by: 'operator', state: 'failed', count: 1 },
        { by: 'resent', state: 'queued', count: 1 },
      ])
      expect(journal.tally(run).counts).toMatchObject({ rows: 6, accepted: 3, failed: 1, waiting: 1, inDoubt: 1 })
    })
  })

  describe('the late answer of a call that was given up', () => {
    const answers = {
      accepted,
      'in doubt': { to: 'in doubt', cause: cause('transient') },
      failed: failed('hard', true),
    }
    const cases: { settled: string; settlement: DoubtSettlement; late: keyof typeof answers; becomes: string }[] = [
      { settled: 'taken, the provider says', settlement: asked, late: 'accepted', becomes: 'accepted asked' },
      { settled: 'taken, the provider says', settlement: asked, late: 'in doubt', becomes: 'accepted asked' },
      { settled: 'taken, the provider says', settlement: asked, late: 'failed', becomes: 'accepted asked' },
      { settled: 'not taken, the operator says', settlement: saidFailed, late: 'accepted', becomes: 'accepted' },
      { settled: 'not taken, the operator says', settlement: saidFailed, late: 'in doubt', becomes: 'failed operator' },
      { settled: 'not taken, the operator says', settlement: saidFailed, late: 'failed', becomes: 'failed operator' },
      { settled: 'never taken: queued', settlement: neverTaken, late: 'accepted', becomes: 'accepted' },
      { settled: 'never taken: queued', settlement: neverTaken, late: 'in doubt', becomes: 'queued' },
      { settled: 'never taken: queued', settlement: neverTaken, late: 'failed', becomes: 'queued' },
      { settled: 'sent again: queued', settlement: resent, late: 'accepted', becomes: 'accepted resent' },
      { settled: 'sent again: queued', settlement: resent, late: 'in doubt', becomes: 'queued resent' },
      { settled: 'sent again: queued', settlement: resent, late: 'failed', becomes: 'queued resent' },
    ]
    test.each(cases)('$settled; then $late → $becomes', ({ settlement, late, becomes }) => {
      const run = start(journal, ['ada'])
      const { attempt, messages } = beginAll(run)
      journal.recover(run, noon)
      settle(run, settlement)
      journal.settle([
        { attempt, nowMs: later, settlements: settlements(messages, { ada: answers[late] as Settlement }) },
      ])
      const seen = record(run)
      expect([seen?.state, seen?.settledBy].filter(Boolean).join(' ')).toBe(becomes)
      expect(seen?.text ?? '').not.toContain('twice')
    })

    test('taken, the operator says: the late answer adds what the provider calls it', () => {
      const run = start(journal, ['ada'])
      const { attempt, messages } = beginAll(run)
      journal.recover(run, noon)
      settle(run, said)
      journal.settle([{ attempt, nowMs: later, settlements: settlements(messages) }])
      expect(record(run)).toMatchObject({
        state: 'accepted',
        settledBy: 'operator',
        providerId: 'provider-1',
        text: null,
      })
    })

    test('in doubt because of a later call: the late answer of the first one says nothing of that', () => {
      const run = start(journal, ['ada'])
      const first = beginAll(run)
      journal.recover(run, noon)
      settle(run, resent)
      deliverAll(journal, lease, run, { ada: inDoubt }, 'beta')
      const late = { ada: { to: 'in doubt', cause: cause('transient') } } as const
      journal.settle([{ attempt: first.attempt, nowMs: later, settlements: settlements(first.messages, late) }])
      expect(record(run)).toMatchObject({ state: 'in doubt', route: 'beta', class: 'unknown', changedAtMs: noon })
    })

    test('sent again and accepted, then accepted by the first call too: she was mailed twice, and the record says so', () => {
      const run = start(journal, ['ada'])
      const first = beginAll(run)
      journal.recover(run, noon)
      settle(run, resent)
      deliverAll(journal, lease, run, {}, 'beta')
      journal.settle([{ attempt: first.attempt, nowMs: later, settlements: settlements(first.messages) }])
      expect(record(run)).toMatchObject({
        ...{ state: 'accepted', route: 'beta', settledBy: 'resent' },
        text: 'mailed twice: accepted again by alpha as provider-1',
      })
    })

    test('while she is in the call that sends her again: she stays in hand', () => {
      const run = start(journal, ['ada'])
      const first = beginAll(run)
      journal.recover(run, noon)
      settle(run, resent)
      const again = beginAll(run)
      const late = { ada: deferred(noon) }
      journal.settle([{ attempt: first.attempt, nowMs: later, settlements: settlements(first.messages, late) }])
      expect(claimAll(journal, run)).toEqual([])
      journal.settle([{ attempt: again.attempt, nowMs: later, settlements: settlements(again.messages) }])
      expect(rows(journal, run)).toEqual(['2 ada accepted'])
    })
  })

  describe('inDoubt', () => {
    test('everybody in doubt in the run, in the order of lines, with the call and its cause', () => {
      const run = start(journal, ['ada', 'bob', 'eve', 'zoe'])
      const why = { class: 'transient', code: 'ECONNRESET', text: 'the connection was lost' } as const
      deliverAll(journal, lease, run, {
        ada: deferred(noon),
        eve: { to: 'in doubt', cause: { ...why, status: '4.4.2' } },
        zoe: inDoubt,
      })
      deliverAll(journal, lease, run, { ada: { to: 'in doubt', cause: why } }, 'beta')
      doubted(['pat'])
      const [ada, eve, zoe] = [...journal.inDoubt(run)]
      expect([ada?.address, eve?.address, zoe?.address]).toEqual(['ada', 'eve', 'zoe'].map(address))
      expect(ada).toMatchObject({ line: 2, route: 'beta', sinceMs: noon, cause: why })
      expect(eve).toMatchObject({ line: 4, route: 'alpha', sinceMs: noon, cause: { ...why, status: '4.4.2' } })
      expect([...journal.inDoubt(run)]).toHaveLength(3)
    })

    test('a long list, while it is settled', () => {
      const run = doubted(Array.from({ length: 1000 }, (_, index) => `person${index}`))
      let listed = 0
      for (const { id, line } of journal.inDoubt(run)) {
        expect(line).toBe(listed + 2)
        if (listed % 100 === 0) journal.settleDoubts(lease, run, [{ messageId: id, settlement: asked }], later)
        listed += 1
      }
      expect([listed, figures(journal, run)]).toEqual([1000, 'rows 1000, accepted 10, inDoubt 990'])
    })

    test('nobody, and a run that is not there', () => {
      expect([...journal.inDoubt(start(journal, ['ada']))]).toEqual([])
      expect(() => journal.inDoubt('nobody')).toThrow(InvariantError)
      expect(() => journal.doubtfulCalls('nobody', { after: 0, limit: 1 })).toThrow(InvariantError)
    })
  })

  describe('doubtfulCalls', () => {
    test('each call after which somebody is in doubt, with all its messages in its order', () => {
      const run = start(journal, ['ada', 'bob', 'eve', 'zoe', 'pat'])
      const [ada, bob, eve, zoe, pat] = claimAll(journal, run)
      const call = (messages: readonly (QueuedMessage | undefined)[], outcomes: Record<string, Settlement>) => {
        const sent = messages.filter(message => message !== undefined)
        const attempt = beginOne(
          journal,
          lease,
          run,
          sent.map(message => message.id),
        )
        journal.settle([{ attempt, nowMs: noon, settlements: settlements(sent, outcomes) }])
        return attempt
      }
      const first = call([eve, ada, bob], { eve: inDoubt, bob: inDoubt })
      call([zoe], {})
      const second = call([pat], { pat: inDoubt })
      const calls = journal.doubtfulCalls(run, { after: 0, limit: 10 })
      expect(calls.map(each => [each.attempt, each.route, each.begunAtMs])).toEqual([
        [first, 'alpha', noon],
        [second, 'alpha', noon],
      ])
      expect(calls[0]?.messages).toEqual([eve, ada, bob].map(message => ({ ...message, attempts: 1, dueAtMs: 0 })))
      expect(calls.map(each => each.inDoubt)).toEqual([[eve?.id, bob?.id], [pat?.id]])
    })

    test('in pages, and only while somebody is still in doubt because of it', () => {
      const run = start(journal, ['ada', 'bob', 'eve', 'zoe'])
      for (const { id } of claimAll(journal, run)) beginOne(journal, lease, run, [id])
      journal.recover(run, noon)
      const page = (after: number, limit: number) =>
        journal.doubtfulCalls(run, { after, limit }).map(each => each.attempt)
      const [one = 0, two = 0, three = 0, four = 0] = page(0, 9)
      expect([page(0, 2), page(two, 2), page(four, 2), page(0, 0)]).toEqual([[one, two], [three, four], [], []])
      settle(run, resent, ['bob'])
      settle(run, asked, ['eve'])
      expect(page(0, 9)).toEqual([one, four])
      deliverAll(journal, lease, run, { bob: inDoubt }, 'beta')
      expect(journal.doubtfulCalls(run, { after: four, limit: 9 })).toMatchObject([{ route: 'beta' }])
    })

    test('of a message put off since: when it is due again', () => {
      const run = doubted(['ada', 'bob'])
      settle(run, resent)
      deliverAll(journal, lease, run, { ada: deferred(noon + day) })
      const [call] = journal.doubtfulCalls(run, { after: 0, limit: 9 })
      expect(call?.messages.map(message => message.dueAtMs)).toEqual([noon + day, 0])
    })
  })

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

  function suppress(name: string): void {
    journal.suppress([{ address: address(name), reason: 'manual', source: 'a note', atMs: noon }])
  }
}
