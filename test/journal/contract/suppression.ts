/** Who must not be mailed. */

import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Journal } from '../../../src/journal/journal.ts'
import type { SuppressionReason } from '../../../src/model/suppression.ts'
import { address, noon, type Place } from '../samples.ts'

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
}
