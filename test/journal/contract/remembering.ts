/** What is known of receivers and provider accounts over all runs and processes. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Journal } from '../../../src/journal/journal.ts'
import { address, claimAll, day, minute, noon, own, type Place, start } from '../samples.ts'

export function rememberingContract(newPlace: () => Place): void {
  let place: Place
  let journal: Journal
  beforeEach(() => {
    place = newPlace()
    journal = place.open()
  })
  afterEach(() => place.remove())

  describe('paces', () => {
    const google = { what: 'site', name: 'google', content: { perSecond: 12.5, until: null }, atMs: noon } as const
    const account = { what: 'account', name: 'google', content: ['x'], atMs: noon + minute } as const

    test('are found again by what they are of, as they were', () => {
      journal.rememberPaces([google, account])
      expect(place.open().pace('site', 'google')).toEqual(google)
      expect(journal.pace('account', 'google')).toEqual(account)
      expect(journal.pace('site', 'yahoo')).toBe(undefined)
    })

    test('the last word counts, and what is old is forgotten', () => {
      journal.rememberPaces([google, account])
      journal.rememberPaces([{ ...google, content: null }])
      expect(journal.pace('site', 'google')?.content).toBe(null)
      journal.forgetPaces(noon + minute)
      expect([journal.pace('site', 'google'), journal.pace('account', 'google')]).toEqual([undefined, account])
    })
  })

  describe('what was handed to an account, by the day', () => {
    function send(names: readonly string[], counted: { account: string; day: string }): void {
      const lease = own(journal)
      const run = start(journal, names)
      const messageIds = claimAll(journal, run).map(message => message.id)
      journal.begin(lease, [{ run, route: 'alpha', messageIds, nowMs: noon, counted }])
      journal.release(lease)
    }

    test('is counted with the call that begins, over all runs', () => {
      send(['ada', 'bob'], { account: 'smtp:1', day: '2026-11-22' })
      send(['eve'], { account: 'smtp:1', day: '2026-11-22' })
      send(['pat'], { account: 'smtp:2', day: '2026-11-22' })
      send(['zoe'], { account: 'smtp:1', day: '2026-11-24' })
      expect(journal.sentOn('smtp:1', '2026-11-22')).toEqual({ messages: 3, earlierDays: 0 })
      expect(journal.sentOn('smtp:1', '2026-11-23')).toEqual({ messages: 0, earlierDays: 1 })
      expect(place.open().sentOn('smtp:1', '2026-11-25')).toEqual({ messages: 0, earlierDays: 2 })
      expect(journal.sentOn('smtp:3', '2026-11-25')).toEqual({ messages: 0, earlierDays: 0 })
    })

    test('leaves out who does not go', () => {
      const lease = own(journal)
      const run = start(journal, ['ada', 'bob'])
      const messageIds = claimAll(journal, run).map(message => message.id)
      journal.suppress([{ address: address('ada'), reason: 'manual', source: 'a note', atMs: noon }])
      const counted = { account: 'smtp:1', day: '2026-11-22' }
      journal.begin(lease, [{ run, route: 'alpha', messageIds, nowMs: noon, counted }])
      expect(journal.sentOn('smtp:1', '2026-11-22').messages).toBe(1)
    })
  })

  test('sites of domains, as long as they may be believed', () => {
    journal.rememberSites([
      { domain: 'acme.example', site: 'google', untilMs: noon + minute },
      { domain: 'old.example', site: 'old.example', untilMs: noon },
    ])
    const asked = ['acme.example', 'old.example', 'new.example']
    expect([...place.open().knownSites(asked, noon)]).toEqual([['acme.example', 'google']])
    journal.rememberSites([{ domain: 'acme.example', site: 'microsoft', untilMs: noon + day }])
    expect([...journal.knownSites(asked, noon + minute)]).toEqual([['acme.example', 'microsoft']])
    expect([...journal.knownSites([], noon)]).toEqual([])
  })
}
