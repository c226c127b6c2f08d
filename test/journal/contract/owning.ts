/** Nobody owns one key twice at a time. */

import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Journal } from '../../../src/journal/journal.ts'
import { claimant, minute, noon, own, type Place, second } from '../samples.ts'

export function owningContract(newPlace: () => Place): void {
  let place: Place
  let journal: Journal
  beforeEach(() => {
    place = newPlace()
    journal = place.open()
  })
  afterEach(() => place.remove())

  const dead = () => false
  test.each([
    { title: 'another live process of this host', second: { pid: 2 }, taken: false },
    { title: 'the same process once more', second: { pid: 1 }, taken: false },
    { title: 'another process of this host, when the owner is dead', second: { pid: 2, isAlive: dead }, taken: true },
    {
      title: 'a process elsewhere, where the owner cannot be seen',
      second: { host: 'there', isAlive: dead },
      taken: false,
    },
    {
      title: 'a process elsewhere, 1 ms before the lease is over',
      second: { host: 'there', nowMs: noon + minute - 1 },
      taken: false,
    },
    {
      title: 'a process elsewhere, when the lease is over',
      second: { host: 'there', nowMs: noon + minute },
      taken: true,
    },
    {
      title: 'another live process of this host, when the lease is over',
      second: { pid: 2, nowMs: noon + minute },
      taken: true,
    },
  ])('a key that is owned: $title → taken $taken', ({ second, taken }) => {
    const lease = own(journal)
    const other = place.open().acquire('november', claimant(second))
    expect(other).toEqual(
      taken
        ? { ok: true, lease: { key: 'november', fence: lease.fence + 1 } }
        : { ok: false, owner: { host: 'here', pid: 1, fence: lease.fence, leaseUntilMs: noon + minute } },
    )
  })

  test('keys are owned apart from each other', () => {
    own(journal, 'november')
    expect(journal.acquire('december', claimant())).toMatchObject({ ok: true })
  })

  test('a key that was given back can be taken, and the fence still grows', () => {
    const first = own(journal)
    journal.release(first)
    expect(own(journal, 'november', { pid: 2 }).fence).toBe(first.fence + 1)
  })

  test('the lease is prolonged by its owner', () => {
    const lease = own(journal)
    expect(journal.renew(lease, noon + 5 * minute)).toBe(true)
    expect(journal.acquire('november', claimant({ pid: 2, nowMs: noon + 2 * minute }))).toMatchObject({
      ok: false,
      owner: { leaseUntilMs: noon + 5 * minute },
    })
  })

  test('a former owner can neither prolong nor give back', () => {
    const former = own(journal)
    const owner = own(journal, 'november', { pid: 2, nowMs: noon + minute, untilMs: noon + 2 * minute })
    expect(journal.renew(former, noon + 9 * minute)).toBe(false)
    journal.release(former)
    const third = claimant({ pid: 3, nowMs: noon + minute + second })
    expect(journal.acquire('november', third)).toMatchObject({ ok: false, owner: { pid: 2, fence: owner.fence } })
  })

  test('what was given back cannot be prolonged', () => {
    const lease = own(journal)
    journal.release(lease)
    expect(journal.renew(lease, noon + 9 * minute)).toBe(false)
  })
}
