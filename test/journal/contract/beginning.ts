/** From a draft to a run that may be sent, and what becomes of those before it. */

import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Journal } from '../../../src/journal/journal.ts'
import { InvariantError } from '../../../src/model/errors.ts'
import type { RunId } from '../../../src/model/message.ts'
import type { RowProblem } from '../../../src/model/recipient.ts'
import {
  address,
  beginOne,
  claimAll,
  deliverAll,
  draft,
  edition,
  failed,
  figures,
  inDoubt,
  known,
  minute,
  noon,
  own,
  type Place,
  prepare,
  recipients,
  rows,
  start,
} from '../samples.ts'

export function beginningContract(newPlace: () => Place): void {
  let place: Place
  let journal: Journal
  beforeEach(() => {
    place = newPlace()
    journal = place.open()
  })
  afterEach(() => place.remove())

  const problem: RowProblem = { line: 4, reason: 'invalid address', detail: 'the address has no @', text: 'ada,Gold' }

  describe('createRun', () => {
    test('gives a run as it was drafted, and it is there for every process', () => {
      const run = journal.createRun(draft())
      expect(run).toMatchObject({
        key: 'november',
        campaignName: 'november-newsletter',
        campaignFile: '/campaigns/november/campaign.yml',
        state: 'preparing',
        delivery: draft().delivery,
        createdAtMs: noon,
        finishedAtMs: null,
        stopped: null,
        rejectsFile: null,
      })
      expect(place.open().run(run.id)).toEqual(run)
    })

    test('names of runs are short, begin with the day, and are never given twice', () => {
      const ids = Array.from({ length: 20 }, () => journal.createRun(draft()).id)
      for (const id of ids) expect(id).toMatch(/^20261122-[a-z2-9]{6}(-\d+)?$/)
      expect(new Set(ids).size).toBe(20)
    })

    test('the edition is stored once, by its hash', () => {
      const [one, two] = [journal.createRun(draft()), journal.createRun(draft({ key: 'december' }))]
      const three = journal.createRun(draft({ edition: { ...edition, subject: 'Other' } }))
      expect(two.editionHash).toBe(one.editionHash)
      expect(three.editionHash).not.toBe(one.editionHash)
      expect(journal.edition(one.editionHash)).toEqual(edition)
      expect(journal.edition(three.editionHash)).toMatchObject({ subject: 'Other' })
    })

    test('payloads are read back to the byte', () => {
      const bytes = Buffer.from([0, 255, 10, 13, 0])
      const sha256 = createHash('sha256').update(bytes).digest('hex')
      journal.createRun(draft({ payloads: new Map([[sha256, bytes]]) }))
      expect(journal.payload(sha256).equals(bytes)).toBe(true)
    })

    test('a payload under a hash that is not its own is refused', () => {
      const wrong = new Map([['0'.repeat(64), Buffer.from('x')]])
      expect(() => journal.createRun(draft({ payloads: wrong }))).toThrow(InvariantError)
      expect(journal.discardPreparing('november')).toBe(0)
    })
  })

  describe('known', () => {
    test('says nothing of those it does not know', () => {
      expect(journal.known(prepare(journal, ['ada']), [address('bob')]).size).toBe(0)
    })

    test('the line on which an address stood before, as a message or left out', () => {
      const run = prepare(journal, ['ada', 'bob'])
      const skipped = [
        { address: address('eve'), line: 9, reason: 'suppressed' as const },
        { address: address('ada'), line: 8, reason: 'duplicate' as const },
      ]
      journal.enqueue(run, { recipients: [], skipped, problems: [], nowMs: noon })
      expect(known(journal, run, ['ada', 'bob', 'eve', 'zoe'])).toEqual({
        ada: { earlierLine: 2, suppressed: null, underKey: null },
        bob: { earlierLine: 3, suppressed: null, underKey: null },
        eve: { earlierLine: 9, suppressed: null, underKey: null },
      })
    })

    test.each([
      { title: 'accepted', settlement: undefined, underKey: 'accepted' },
      { title: 'in doubt', settlement: inDoubt, underKey: 'in doubt' },
      { title: 'failed', settlement: failed('hard'), underKey: undefined },
    ])('in another run of the key: $title → $underKey', ({ settlement, underKey }) => {
      const lease = own(journal)
      deliverAll(journal, lease, start(journal, ['ada']), settlement === undefined ? {} : { ada: settlement })
      expect(known(journal, prepare(journal, []), ['ada'])['ada']?.underKey).toBe(underKey)
    })

    test('in a call that is open in another run of the key: in doubt', () => {
      const lease = own(journal)
      const run = start(journal, ['ada', 'bob'])
      beginOne(journal, lease, run, [claimAll(journal, run)[0]?.id ?? 0])
      expect(known(journal, prepare(journal, []), ['ada', 'bob'])).toEqual({
        ada: { earlierLine: null, suppressed: null, underKey: 'in doubt' },
      })
    })

    test('other keys and this run itself do not count', () => {
      const lease = own(journal, 'december')
      const december = start(journal, ['ada'], { key: 'december' })
      deliverAll(journal, lease, december)
      expect(known(journal, prepare(journal, []), ['ada'])).toEqual({})
      expect(known(journal, december, ['ada'])['ada']?.underKey).toBe(null)
    })

    test('suppressed, with its reason', () => {
      journal.suppress([{ address: address('ada'), reason: 'complaint', source: 'a note', atMs: noon }])
      expect(known(journal, prepare(journal, []), ['ada', 'bob'])).toEqual({
        ada: { earlierLine: null, suppressed: 'complaint', underKey: null },
      })
    })

    test('of many at once', () => {
      const names = Array.from({ length: 1500 }, (_, index) => `person${index}`)
      const run = prepare(journal, names)
      expect(Object.keys(known(journal, run, names))).toHaveLength(1500)
    })
  })

  describe('enqueue', () => {
    test('a row that is there already changes nothing, of whatever kind', () => {
      const run = prepare(journal, [])
      const skipped = [{ address: address('eve'), line: 5, reason: 'suppressed' as const }]
      const batch = { recipients: recipients(['ada', 'bob']), skipped, problems: [problem], nowMs: noon }
      journal.enqueue(run, batch)
      journal.enqueue(run, { ...batch, recipients: recipients(['bob', 'ada', 'zoe'], 20), nowMs: noon + minute })
      expect(rows(journal, run)).toEqual([
        '2 ada queued',
        '3 bob queued',
        '4 row problem',
        '5 eve skipped suppressed',
        '22 zoe queued',
      ])
      expect(figures(journal, run)).toBe('rows 5, skipped 1, waiting 3, rowProblems 1')
    })

    test('two rows that begin on one line are two rows', () => {
      const run = prepare(journal, [])
      const problems = [problem, { ...problem, detail: 'the address is empty' }, { ...problem, line: 5 }]
      journal.enqueue(run, { recipients: recipients(['ada'], 4), skipped: [], problems, nowMs: noon })
      expect(figures(journal, run)).toBe('rows 4, waiting 1, rowProblems 3')
    })

    test('all of a batch, or none', () => {
      const run = prepare(journal, [])
      const broken = { ...recipients(['bob'])[0], line: Number.NaN } as ReturnType<typeof recipients>[number]
      const batch = { recipients: [...recipients(['ada']), broken], skipped: [], problems: [problem], nowMs: noon }
      expect(() => journal.enqueue(run, batch)).toThrow(InvariantError)
      expect(figures(journal, run)).toBe('rows 0')
    })

    test('what was queued comes out as it went in', () => {
      const run = prepare(journal, [])
      const fields = { 'first name': 'Ada "the first"', city: 'Zürich\n8001', __proto__x: '', emoji: '📯', nul: 'a\0b' }
      const files = [{ path: 'invoices/1.pdf', sha256: 'ab'.repeat(32) }]
      const recipient = { address: address('ada'), line: 7, fields, site: 'example.org', files, zone: 'Europe/Zurich' }
      journal.enqueue(run, { recipients: [recipient], skipped: [], problems: [], nowMs: noon })
      journal.openRun(run)
      expect(claimAll(journal, run)).toEqual([
        { ...recipient, id: expect.any(Number), attempts: 0, agesFromMs: null, dueAtMs: 0, refusedRoutes: [] },
      ])
      expect(journal.sample(run, 1)).toEqual([{ address: address('ada'), line: 7, fields, files }])
    })

    test('an open run takes no more rows', () => {
      const run = start(journal, ['ada'])
      const batch = { recipients: recipients(['bob']), skipped: [], problems: [], nowMs: noon }
      expect(() => journal.enqueue(run, batch)).toThrow(InvariantError)
    })
  })

  test('setRejectsFile is remembered', () => {
    const run = prepare(journal, [])
    journal.setRejectsFile(run, '/campaigns/rejects.csv')
    expect(journal.run(run)?.rejectsFile).toBe('/campaigns/rejects.csv')
  })

  describe('openRun', () => {
    test('the run is open, and cannot be opened or discarded any more', () => {
      const run = start(journal, ['ada'])
      expect(journal.run(run)?.state).toBe('open')
      expect(() => journal.openRun(run)).toThrow(InvariantError)
      expect(() => journal.discardRun(run)).toThrow(InvariantError)
    })

    test('whoever waits in earlier open runs of the key is skipped; the settled stay, and other keys too', () => {
      const lease = own(journal)
      const earlier = start(journal, ['ada', 'bob', 'eve', 'zoe'])
      const [ada, bob, eve] = claimAll(journal, earlier)
      for (const [message, settlement] of [
        [ada, undefined],
        [bob, failed('hard')],
        [eve, inDoubt],
      ] as const) {
        if (message === undefined) continue
        const attempt = beginOne(journal, lease, earlier, [message.id])
        const settled = {
          messageId: message.id,
          settlement: settlement ?? { to: 'accepted' as const, providerId: 'p' },
        }
        journal.settle([{ attempt, nowMs: noon, settlements: [settled] }])
      }
      const elsewhere = start(journal, ['zoe'], { key: 'december' })
      const later = start(journal, ['zoe'])
      expect(rows(journal, earlier)).toEqual([
        '2 ada accepted',
        '3 bob failed hard',
        '4 eve in doubt unknown',
        '5 zoe skipped superseded',
      ])
      expect(states(earlier, elsewhere, later)).toEqual(['superseded', 'open', 'open'])
      expect(figures(journal, elsewhere)).toBe('rows 1, waiting 1')
    })

    test('whoever is in an open call of an earlier run is in doubt, there and here', () => {
      const lease = own(journal)
      const earlier = start(journal, ['ada', 'bob'])
      const later = prepare(journal, ['ada', 'bob'])
      beginOne(journal, lease, earlier, [claimAll(journal, earlier)[0]?.id ?? 0])
      journal.openRun(later)
      expect(rows(journal, earlier)).toEqual(['2 ada in doubt unknown', '3 bob skipped superseded'])
      expect(rows(journal, later)).toEqual(['2 ada skipped in doubt from an earlier run', '3 bob queued'])
    })

    test('whoever was accepted under the key since the list was screened is skipped', () => {
      const lease = own(journal)
      const earlier = start(journal, ['ada', 'bob'])
      const later = prepare(journal, ['ada', 'eve'])
      deliverAll(journal, lease, earlier)
      journal.openRun(later)
      expect(rows(journal, later)).toEqual(['2 ada skipped already had it', '3 eve queued'])
    })
  })

  describe('discarding', () => {
    test('discardRun removes the run with all its rows', () => {
      const run = prepare(journal, ['ada'])
      const { editionHash } = journal.run(run) ?? { editionHash: '' }
      const skipped = [{ address: address('eve'), line: 5, reason: 'suppressed' as const }]
      journal.enqueue(run, { recipients: [], skipped, problems: [problem], nowMs: noon })
      journal.discardRun(run)
      expect(journal.run(run)).toBe(undefined)
      expect(() => journal.counts(run)).toThrow(InvariantError)
      expect(() => journal.edition(editionHash)).toThrow(InvariantError)
      expect(known(journal, prepare(journal, []), ['ada', 'eve'])).toEqual({})
    })

    test('what another run uses too is kept', () => {
      const bytes = Buffer.from('terms')
      const sha256 = createHash('sha256').update(bytes).digest('hex')
      const changes = { payloads: new Map([[sha256, bytes]]) }
      const kept = start(journal, ['ada'], changes)
      journal.discardRun(prepare(journal, ['ada'], changes))
      expect(journal.edition(journal.run(kept)?.editionHash ?? '')).toEqual(edition)
      expect(journal.payload(sha256).toString()).toBe('terms')
    })

    test('discardPreparing removes what was never opened under this key, and nothing else', () => {
      const [open, elsewhere] = [start(journal, ['ada']), prepare(journal, ['ada'], { key: 'december' })]
      prepare(journal, ['bob'])
      prepare(journal, ['eve'])
      expect(journal.discardPreparing('november')).toBe(2)
      expect(journal.discardPreparing('november')).toBe(0)
      expect(states(open, elsewhere)).toEqual(['open', 'preparing'])
    })
  })

  function states(...runs: RunId[]) {
    return runs.map(run => journal.run(run)?.state)
  }
}
