/** A few go first: they are spread over the sites, and the others are as if they were not there. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Journal, Lease } from '../../../src/journal/journal.ts'
import { InvariantError } from '../../../src/model/errors.ts'
import type { RunId } from '../../../src/model/message.ts'
import { claimAll, deferred, deliverAll, figures, minute, namesOf, noon, own, type Place, prepare } from '../samples.ts'

export function canaryContract(newPlace: () => Place): void {
  let place: Place
  let journal: Journal
  let lease: Lease
  beforeEach(() => {
    place = newPlace()
    journal = place.open()
    lease = own(journal)
  })
  afterEach(() => place.remove())

  const at = (domain: string, count: number): string[] =>
    Array.from({ length: count }, (_, index) => `p${index}@${domain}`)

  function startWith(people: readonly string[], oneIn: number): { readonly run: RunId; readonly chosen: number } {
    const run = prepare(journal, people)
    const chosen = journal.chooseCanaries(run, oneIn)
    journal.openRun(run)
    return { run, chosen }
  }

  function domainsOf(names: readonly string[]): Record<string, number> {
    const counts: Record<string, number> = {}
    for (const name of names) counts[name.split('@')[1] ?? ''] = (counts[name.split('@')[1] ?? ''] ?? 0) + 1
    return counts
  }

  describe('chooseCanaries', () => {
    test('one in so many, each site with its share to within one', () => {
      const people = [...at('gmail.com', 200), ...at('gmx.de', 95), ...at('small.example', 5)]
      const { run, chosen } = startWith(people, 10)
      expect(chosen).toBe(30)
      // In the order of sites the tenths are 20 of the first, 10 of the second, and none of the last five.
      expect(domainsOf(namesOf(claimAll(journal, run)))).toEqual({ 'gmail.com': 20, 'gmx.de': 10 })
    })

    test.each([
      { people: 1, oneIn: 100, chosen: 1 },
      { people: 3, oneIn: 100, chosen: 1 },
      { people: 3, oneIn: 1, chosen: 3 },
      { people: 0, oneIn: 10, chosen: 0 },
      { people: 100, oneIn: 100, chosen: 1 },
      { people: 199, oneIn: 100, chosen: 2 },
    ])('of $people people one in $oneIn: $chosen', ({ people, oneIn, chosen }) => {
      expect(startWith(at('example.org', people), oneIn).chosen).toBe(chosen)
    })

    test('is too late once the run is open', () => {
      const run = prepare(journal, ['ada'])
      journal.openRun(run)
      expect(() => journal.chooseCanaries(run, 2)).toThrow(InvariantError)
      expect(() => journal.chooseCanaries(prepare(journal, ['bob']), 0)).toThrow(InvariantError)
    })
  })

  test('in both phases only canaries are handed out, by site or not, and only they are due', () => {
    const { run } = startWith(at('example.org', 10), 5)
    expect(journal.run(run)?.canary).toEqual({ kind: 'sending' })
    expect(journal.canaries(run)).toMatchObject({ chosen: 2, untried: 2, accepted: 0, failed: 0, deferrals: 0 })
    deliverAll(journal, lease, run, { p2: deferred(noon + minute) })
    expect(figures(journal, run)).toBe('rows 10, accepted 1, waiting 9')
    expect(journal.canaries(run)).toMatchObject({ chosen: 2, untried: 0, accepted: 1, failed: 0, deferrals: 1 })
    journal.setCanaryPhase(run, { kind: 'holding', untilMs: noon + 30 * minute })
    expect(place.open().run(run)?.canary).toEqual({ kind: 'holding', untilMs: noon + 30 * minute })
    expect(journal.nextDueAtMs(run)).toBe(noon + minute)
    expect(claimAll(journal, run)).toEqual([])
    expect(journal.claimSite(run, { site: 'example.org', dueByMs: noon, limit: 10 })).toEqual([])
    expect(namesOf(claimAll(journal, run, noon + minute))).toEqual(['p2'])
  })

  test('the run is due again for its canaries, and for all when the hold is over', () => {
    const { run } = startWith(at('example.org', 10), 5)
    const due = () => journal.overview(run, noon).nextDueAtMs
    expect(due()).toBe(0)
    deliverAll(journal, lease, run, { p2: deferred(noon + 40 * minute) })
    expect(due()).toBe(noon + 40 * minute)
    journal.setCanaryPhase(run, { kind: 'holding', untilMs: noon + 30 * minute })
    expect(due()).toBe(noon + 30 * minute)
    journal.setCanaryPhase(run, { kind: 'holding', untilMs: noon + 50 * minute })
    expect(due()).toBe(noon + 40 * minute)
    journal.setCanaryPhase(run, null)
    expect(due()).toBe(0)
    deliverAll(journal, lease, run, { p2: deferred(noon) })
    journal.expireWaiting(run, { text: 'over', nowMs: noon, limit: 10 })
    expect(due()).toBe(null)
  })

  test('then everybody is', () => {
    const { run } = startWith(at('example.org', 10), 5)
    deliverAll(journal, lease, run)
    journal.setCanaryPhase(run, null)
    expect(journal.run(run)?.canary).toBe(null)
    expect(journal.nextDueAtMs(run)).toBe(0)
    expect(claimAll(journal, run).length).toBe(8)
  })

  test('a run that is over has no phase any more, and who failed in it is retried as anybody', () => {
    const { run } = startWith(at('example.org', 10), 5)
    journal.cancelRun(run, noon)
    expect(journal.run(run)?.canary).toBe(null)
  })
}
