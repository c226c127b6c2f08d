/** Who must not be mailed. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Journal, Lease } from '../../../src/journal/journal.ts'
import type { SuppressionReason } from '../../../src/model/suppression.ts'
import { address, deliverAll, failed, minute, noon, own, type Place, prepare, start } from '../samples.ts'

export function suppressionContract(newPlace: () => Place): void {
  let place: Place
  let journal: Journal
  beforeEach(() => {
    place = newPlace()
    journal = place.open()
  })
  afterEach(() => place.remove())

  function suppression(name: string, reason: SuppressionReason = 'manual') {
    return { address: address(name), reason, source: 'a note', atMs: noon }
  }

  test('listed in the order of addresses, for every process', () => {
    expect(journal.suppress([suppression('zoe'), suppression('ada', 'complaint')])).toBe(2)
    expect([...place.open().suppressions()]).toEqual([suppression('ada', 'complaint'), suppression('zoe')])
  })

  test('an address that is there already is brought up to date and not counted', () => {
    journal.suppress([suppression('ada')])
    expect(journal.suppress([suppression('ada', 'complaint'), suppression('bob'), suppression('bob')])).toBe(1)
    expect([...journal.suppressions()]).toEqual([suppression('ada', 'complaint'), suppression('bob')])
  })

  test('unsuppress says how many were there', () => {
    journal.suppress([suppression('ada'), suppression('bob')])
    expect(journal.unsuppress([address('ada'), address('zoe')])).toBe(1)
    expect([...journal.suppressions()]).toEqual([suppression('bob')])
  })

  test('a long list is streamed, and may be changed meanwhile', () => {
    journal.suppress(Array.from({ length: 1201 }, (_, index) => suppression(`person${10_000 + index}`)))
    let listed = 0
    for (const { address: each } of journal.suppressions()) {
      listed += 1
      journal.unsuppress([each])
    }
    expect(listed).toBe(1201)
    expect([...journal.suppressions()]).toEqual([])
  })

  describe('complaints', () => {
    let lease: Lease
    beforeEach(() => {
      lease = own(journal)
    })

    /** Whoever is named has complained, so long after noon. */
    function complain(name: string, afterMs = 0): void {
      journal.suppress([{ ...suppression(name, 'complaint'), atMs: noon + afterMs }])
    }

    test('of those accepted in this run', () => {
      const run = start(journal, ['ada', 'bob', 'eve', 'zoe'])
      deliverAll(journal, lease, run, { eve: failed('soft') })
      const other = start(journal, ['ivy'], { key: 'december' })
      deliverAll(journal, own(journal, 'december'), other)
      expect(journal.complaints(run, noon)).toBe(0)
      for (const name of ['ada', 'eve', 'ivy', 'nobody']) complain(name)
      journal.suppress([suppression('bob', 'unsubscribed'), suppression('zoe', 'manual')])
      expect([journal.complaints(run, noon), journal.complaints(other, noon)]).toEqual([1, 1])
      complain('zoe')
      expect(place.open().complaints(run, noon)).toBe(2)
      journal.unsuppress([address('ada')])
      expect(journal.complaints(run, noon)).toBe(1)
    })

    test('in any case of the letters, each once', () => {
      const run = start(journal, ['Ada', 'bob', 'Bob', 'EVE', 'zoe'])
      deliverAll(journal, lease, run)
      for (const name of ['aDA', 'BOB', 'eve']) complain(name)
      expect(journal.complaints(run, noon)).toBe(3)
    })

    test('since a time: both the mail and the complaint', () => {
      const run = start(journal, ['ada', 'bob', 'Eve'])
      deliverAll(journal, lease, run)
      complain('ada', minute)
      complain('eve', 2 * minute)
      const since = [0, 1, minute, minute + 1].map(afterMs => journal.complaints(run, noon + afterMs))
      expect(since).toEqual([2, 0, 0, 0])
      expect(journal.complaints(run, noon - minute)).toBe(2)
      complain('bob', -minute)
      expect([journal.complaints(run, noon), journal.complaints(run, noon - minute)]).toEqual([2, 3])
    })

    test('nobody has been accepted in a run that is preparing', () => {
      complain('ada')
      expect(journal.complaints(prepare(journal, ['ada']), noon)).toBe(0)
    })
  })
}
