/** What reports, `status` and the engine read. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Journal, Lease } from '../../../src/journal/journal.ts'
import { InvariantError } from '../../../src/model/errors.ts'
import type { QueuedMessage } from '../../../src/model/message.ts'
import type { FailureClass } from '../../../src/model/outcome.ts'
import type { RowProblem } from '../../../src/model/recipient.ts'
import {
  address,
  beginOne,
  cause,
  claimAll,
  claimant,
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
  recipients,
  rows,
  settlements,
  start,
} from '../samples.ts'

export function readingContract(newPlace: () => Place): void {
  let place: Place
  let journal: Journal
  let lease: Lease
  beforeEach(() => {
    place = newPlace()
    journal = place.open()
    lease = own(journal)
  })
  afterEach(() => place.remove())

  function problem(line: number, reason: RowProblem['reason'] = 'invalid address'): RowProblem {
    return { line, reason, detail: 'the address has no @', text: 'ada' }
  }

  test('runs: newest first, of all keys or of one, without those preparing', () => {
    const [one, two, three] = [start(journal, []), start(journal, [], { key: 'december' }), start(journal, [])]
    prepare(journal, [])
    expect(journal.runs().map(run => run.id)).toEqual([three, two, one])
    expect(journal.runs({ key: 'november' }).map(run => run.id)).toEqual([three, one])
    expect(journal.runs({ key: 'january' })).toEqual([])
  })

  test('a run that is not there: undefined where it is asked for, a bug elsewhere', () => {
    expect(journal.run('nobody')).toBe(undefined)
    for (const ask of [journal.counts, journal.tally, journal.waitingSites, journal.nextDueAtMs, journal.records])
      expect(() => ask('nobody')).toThrow(InvariantError)
    expect(() => journal.edition('nothing')).toThrow(InvariantError)
    expect(() => journal.payload('nothing')).toThrow(InvariantError)
  })

  test('overview: the figures, what is being sent, what is due next, and who holds it', () => {
    const run = start(journal, ['ada', 'bob', 'eve'])
    const [ada, bob] = claimAll(journal, run).map(message => message.id)
    beginOne(journal, lease, run, [ada ?? 0, bob ?? 0])
    const seen = place.open().overview(run, noon)
    expect(seen).toEqual({
      run: journal.run(run),
      counts: { rows: 3, accepted: 0, failed: 0, skipped: 0, inDoubt: 0, waiting: 3, rowProblems: 0 },
      sending: 2,
      nextDueAtMs: 0,
      owner: { ...claimant().mark, fence: lease.fence, leaseUntilMs: noon + minute },
      standing: null,
    })
    expect(journal.overview(run, noon + minute).owner).toBe(null)
    journal.release(lease)
    expect(journal.overview(run, noon).owner).toBe(null)
  })

  test('counts follow every move, and add up', () => {
    const run = prepare(journal, ['ada', 'bob', 'eve', 'pat', 'zoe'])
    const skipped = [{ address: address('ivy'), line: 8, reason: 'suppressed' as const }]
    journal.enqueue(run, { recipients: [], skipped, problems: [problem(7), problem(9)], nowMs: noon })
    const seen = [figures(journal, run)]
    journal.openRun(run)
    deliverAll(journal, lease, run, { bob: failed('hard'), eve: inDoubt, pat: deferred(noon), zoe: deferred(noon) })
    seen.push(figures(journal, run))
    journal.requeueFailed(run, { classes: null, nowMs: noon })
    seen.push(figures(journal, run))
    beginOne(
      journal,
      lease,
      run,
      claimAll(journal, run)
        .slice(0, 1)
        .map(message => message.id),
    )
    journal.recover(run, noon)
    seen.push(figures(journal, run))
    journal.cancelRun(run, noon)
    seen.push(figures(journal, run))
    expect(seen).toEqual([
      'rows 8, skipped 1, waiting 5, rowProblems 2',
      'rows 8, accepted 1, failed 1, skipped 1, inDoubt 1, waiting 2, rowProblems 2',
      'rows 8, accepted 1, skipped 1, inDoubt 1, waiting 3, rowProblems 2',
      'rows 8, accepted 1, skipped 1, inDoubt 2, waiting 2, rowProblems 2',
      'rows 8, accepted 1, skipped 3, inDoubt 2, rowProblems 2',
    ])
  })

  describe('tally', () => {
    test('groups the rows of one run', () => {
      const run = prepare(journal, ['ada', 'bob', 'eve@gmail.com', 'pat@gmail.com', 'zoe@gmail.com'])
      const skipped = [8, 9].map(line => ({ address: address('ada'), line, reason: 'duplicate' as const }))
      const problems = [problem(10), problem(11), problem(12, 'quote not closed')]
      journal.enqueue(run, { recipients: [], skipped, problems, nowMs: noon })
      journal.openRun(run)
      deliverAll(journal, lease, run, {
        bob: {
          to: 'failed',
          cause: { class: 'hard', code: '550', status: '5.1.1', text: 'no such user' },
          suppress: false,
        },
        'eve@gmail.com': inDoubt,
        'pat@gmail.com': deferred(noon),
        'zoe@gmail.com': deferred(noon),
      })
      deliverAll(
        journal,
        lease,
        run,
        { 'pat@gmail.com': deferred(noon + minute), 'zoe@gmail.com': failed('soft') },
        'beta',
      )
      expect(journal.tally(run)).toEqual({
        counts: journal.counts(run),
        skipped: [{ reason: 'duplicate', count: 2 }],
        rowProblems: [
          { reason: 'invalid address', count: 2 },
          { reason: 'quote not closed', count: 1 },
        ],
        sites: [
          { site: 'gmail.com', waiting: 1, accepted: 0, failed: 1, inDoubt: 1 },
          { site: 'example.org', waiting: 0, accepted: 1, failed: 1, inDoubt: 0 },
        ],
        siteCount: 2,
        routes: [
          { route: 'alpha', attempts: 1, waiting: 0, accepted: 1, failed: 1, inDoubt: 1 },
          { route: 'beta', attempts: 1, waiting: 1, accepted: 0, failed: 1, inDoubt: 0 },
        ],
        classes: [
          { state: 'failed', class: 'hard', count: 1 },
          { state: 'failed', class: 'soft', count: 1 },
          { state: 'in doubt', class: 'unknown', count: 1 },
          { state: 'queued', class: 'soft', count: 1 },
        ],
        causes: expect.arrayContaining([
          {
            state: 'failed',
            cause: { class: 'hard', code: '550', status: '5.1.1', text: 'no such user' },
            count: 1,
            example: address('bob'),
          },
          { state: 'queued', cause: cause('soft'), count: 1, example: address('pat@gmail.com') },
        ]),
        settled: [],
      })
    })

    test('who was skipped later is counted with who was left out', () => {
      const run = prepare(journal, ['ada', 'bob'])
      const skipped = [{ address: address('eve'), line: 8, reason: 'suppressed' as const }]
      journal.enqueue(run, { recipients: [], skipped, problems: [], nowMs: noon })
      journal.openRun(run)
      journal.cancelRun(run, noon)
      expect(journal.tally(run).skipped).toEqual([
        { reason: 'cancelled', count: 2 },
        { reason: 'suppressed', count: 1 },
      ])
    })

    test('the 20 busiest sites and 10 commonest causes, in falling order', () => {
      const people = Array.from({ length: 25 }, (_, index) => [`a@site${index}.example`, `b@site${index}.example`])
      const run = start(journal, [...people.flat(), 'c@site24.example', 'd@site24.example'])
      const outcomes = people.flatMap((pair, index) =>
        pair.map(
          name =>
            [
              name,
              { to: 'failed', cause: cause('soft', `words ${'abcdefghijkl'[index % 12]}`), suppress: false },
            ] as const,
        ),
      )
      deliverAll(journal, lease, run, Object.fromEntries(outcomes))
      const { sites, siteCount, causes } = journal.tally(run)
      expect([sites.length, siteCount, sites[0]?.site]).toEqual([20, 25, 'site24.example'])
      expect(causes.map(each => each.count)).toEqual([6, 4, 4, 4, 4, 4, 4, 4, 4, 4])
      expect(causes[0]?.cause.text).toBe('words a')
    })

    test('words that differ in whom they name, or in a number, are one cause; shown are those of the example', () => {
      const run = start(journal, ['ada', 'bob', 'eve', 'pat'])
      const said = {
        ada: '<ada@example.org>: no such user here (id 4711)',
        bob: '<bob@example.org>: no such user here (id 12)',
        eve: 'eve@example.org is over quota until 9:15',
        pat: '<pat@example.org>: closed',
      }
      const outcomes = Object.entries(said).map(
        ([name, text]) => [name, { to: 'failed', cause: cause('hard', text), suppress: false }] as const,
      )
      deliverAll(journal, lease, run, Object.fromEntries(outcomes))
      expect(journal.tally(run).causes.map(each => [each.count, each.example, each.cause.text])).toEqual([
        [2, address('ada'), said.ada],
        [1, address('pat'), said.pat],
        [1, address('eve'), said.eve],
      ])
    })

    test('who waits, at the 20 sites at which most do', () => {
      const people = Array.from({ length: 25 }, (_, index) => `a@site${String(index).padStart(2, '0')}.example`)
      const run = start(journal, [...people, 'b@site24.example', 'b@site00.example'])
      start(journal, ['c@site07.example'], { key: 'december' })
      const sites = journal.waitingSites(run)
      expect([sites.length, sites[0], sites[1], sites[2], sites[19]]).toEqual([
        20,
        { site: 'site00.example', waiting: 2 },
        { site: 'site24.example', waiting: 2 },
        { site: 'site01.example', waiting: 1 },
        { site: 'site18.example', waiting: 1 },
      ])
      deliverAll(journal, lease, run)
      expect(journal.waitingSites(run)).toEqual([])
    })

    test('a list of nobody', () => {
      const nobody = start(journal, [])
      const { counts, siteCount, sites, causes } = journal.tally(nobody)
      expect([counts.rows, siteCount, sites, causes]).toEqual([0, 0, [], []])
      expect(journal.waitingSites(nobody)).toEqual([])
    })
  })

  describe('records', () => {
    test('rows of all kinds, in the order of lines', () => {
      const run = prepare(journal, [])
      const skipped = [{ address: address('ada'), line: 5, reason: 'duplicate' as const }]
      journal.enqueue(run, { recipients: recipients(['zoe'], 9), skipped: [], problems: [problem(11)], nowMs: noon })
      journal.enqueue(run, { recipients: recipients(['ada', 'bob']), skipped, problems: [problem(4)], nowMs: noon })
      expect(rows(journal, run)).toEqual([
        '2 ada queued',
        '3 bob queued',
        '4 row problem',
        '5 ada skipped duplicate',
        '9 zoe queued',
        '11 row problem',
      ])
      expect([...journal.records(run)][2]).toEqual({
        line: 4,
        address: '',
        state: 'row problem',
        skipReason: null,
        class: null,
        code: null,
        status: null,
        text: 'invalid address: the address has no @',
        route: null,
        providerId: null,
        attempts: 0,
        dueAtMs: null,
        changedAtMs: null,
        settledBy: null,
      })
    })

    test('a long list, while the run goes on', () => {
      const names = Array.from({ length: 1201 }, (_, index) => `person${index}`)
      const run = start(journal, names)
      let listed = 0
      for (const record of journal.records(run)) {
        if (listed === 600) deliverAll(journal, lease, run)
        expect(record.line).toBe(listed + 2)
        listed += 1
      }
      expect(listed).toBe(1201)
    })
  })

  describe('failed', () => {
    const everybody = { classes: null }

    test('who failed and nobody else, in the order of lines, with her fields and what was said', () => {
      const run = prepare(journal, [])
      const fields = { email: 'Zoe@example.org', 'First Name': ' "Zoe"\n', ö: '' }
      const zoe = recipients(['Zoe'], 9).map(each => ({ ...each, fields }))
      journal.enqueue(run, { recipients: zoe, skipped: [], problems: [problem(4)], nowMs: noon })
      journal.enqueue(run, { recipients: recipients(['ada', 'bob', 'eve']), skipped: [], problems: [], nowMs: noon })
      journal.openRun(run)
      const said = { class: 'block', code: '554', status: '5.7.1', text: 'blocked' } as const
      deliverAll(journal, lease, run, { ada: deferred(noon), eve: inDoubt, Zoe: deferred(noon) })
      deliverAll(
        journal,
        lease,
        run,
        { ada: { to: 'failed', cause: said, suppress: false }, Zoe: failed('soft') },
        'beta',
      )
      const [eve] = journal.inDoubt(run)
      journal.settleDoubts(
        lease,
        run,
        [{ messageId: eve?.id ?? 0, settlement: { to: 'failed', by: 'operator' } }],
        noon,
      )
      expect([...journal.failed(run, everybody)]).toEqual([
        {
          address: address('ada'),
          line: 2,
          fields: { first_name: 'ada' },
          route: 'beta',
          attempts: 2,
          cause: said,
        },
        {
          address: address('eve'),
          line: 4,
          fields: { first_name: 'eve' },
          route: 'alpha',
          attempts: 1,
          cause: { class: 'unknown', text: 'the operator says that it was not taken' },
        },
        { address: address('Zoe'), line: 9, fields, route: 'beta', attempts: 2, cause: cause('soft') },
      ])
    })

    test('only of the classes asked for', () => {
      const run = start(journal, ['ada', 'bob', 'eve', 'zoe'])
      deliverAll(journal, lease, run, { ada: failed('soft'), bob: failed('hard'), eve: failed('expired') })
      const named = (...classes: readonly FailureClass[]) => namesOf([...journal.failed(run, { classes })])
      expect([named('soft', 'expired'), named('hard'), named('block'), named()]).toEqual([
        ['ada', 'eve'],
        ['bob'],
        [],
        [],
      ])
    })

    test('also who failed without a call, because her time was over', () => {
      const run = start(journal, ['ada'])
      journal.expireWaiting(run, { text: 'too late', nowMs: noon, limit: 10 })
      expect([...journal.failed(run, everybody)]).toMatchObject([
        { address: address('ada'), route: null, attempts: 0, cause: { class: 'expired', text: 'too late' } },
      ])
    })

    test('a long list, while the run goes on', () => {
      const names = Array.from({ length: 1201 }, (_, index) => `person${index}`)
      const run = start(journal, [...names, 'ada', 'bob'])
      const outcomes = Object.fromEntries(names.map(name => [name, failed('soft')]))
      const claimed = claimAll(journal, run)
      let listed = 0
      const settle = (messages: readonly QueuedMessage[]) => {
        const attempt = beginOne(
          journal,
          lease,
          run,
          messages.map(message => message.id),
        )
        journal.settle([{ attempt, nowMs: noon, settlements: settlements(messages, outcomes) }])
      }
      settle(claimed)
      for (const { line } of journal.failed(run, everybody)) {
        if (listed === 600) settle(claimAll(journal, run))
        expect(line).toBe(listed + 2)
        listed += 1
      }
      expect(listed).toBe(1201)
    })

    test('nobody has failed', () => {
      expect([...journal.failed(start(journal, ['ada']), everybody)]).toEqual([])
      expect(() => journal.failed('nobody', everybody)).toThrow(InvariantError)
    })
  })

  test('sample: the first of the list, whatever their state', () => {
    const run = start(journal, ['ada', 'bob', 'eve'])
    deliverAll(journal, lease, run)
    expect(journal.sample(run, 2)).toEqual([
      { address: address('ada'), line: 2, fields: { first_name: 'ada' }, files: [] },
      { address: address('bob'), line: 3, fields: { first_name: 'bob' }, files: [] },
    ])
  })

  test('tokenKey: 32 bytes, made with the journal and the same ever after', () => {
    const key = journal.tokenKey()
    expect(key).toHaveLength(32)
    expect(place.open().tokenKey().equals(key)).toBe(true)
    const other = newPlace()
    expect(other.open().tokenKey().equals(key)).toBe(false)
    other.remove()
  })
}
