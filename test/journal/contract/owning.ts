/** Nobody owns one key twice at a time. */

import { afterEach, beforeEach, expect, test } from 'vitest'
import { FencedError, type Journal } from '../../../src/journal/journal.ts'
import {
  address,
  claimant,
  day,
  deliverAll,
  draft,
  figures,
  minute,
  noon,
  own,
  type Place,
  second,
  start,
} from '../samples.ts'

export function owningContract(newPlace: () => Place): void {
  let place: Place
  let journal: Journal
  beforeEach(() => {
    place = newPlace()
    journal = place.open()
  })
  afterEach(() => place.remove())

  const isAlive = () => false
  const elsewhere = { space: 'another boot' }
  const takeOver = true
  const over = { nowMs: noon + minute }
  /** The owner is process 1, started at nine, in the same space, with a lease from noon on of a minute. */
  test.each<{ second: Parameters<typeof claimant>[0]; title: string; taken: boolean }>([
    { title: 'by another process, while the owner lives', second: { pid: 2 }, taken: false },
    { title: 'by another process, when the owner is dead', second: { pid: 2, isAlive }, taken: true },
    { title: 'by another process, when the lease is over', second: { pid: 2, ...over }, taken: true },
    { title: 'by the owner itself', second: {}, taken: false },
    { title: 'by the owner itself, though nobody is said to live', second: { isAlive }, taken: false },
    { title: 'by the owner itself, when the lease is over', second: { ...over }, taken: true },
    { title: "by a later process of the owner's number", second: { started: 'at ten' }, taken: true },
    { title: "by one of the owner's number, started nobody knows when", second: { started: '' }, taken: true },
    { title: "by one of the owner's number on a host renamed since", second: { host: 'new' }, taken: true },
    { title: 'where the owner cannot be seen', second: { ...elsewhere, pid: 2, isAlive }, taken: false },
    { title: "there, by one of the owner's number", second: { ...elsewhere, started: 'at ten' }, taken: false },
    { title: 'there, by one that is the same but for its space', second: { ...elsewhere }, taken: false },
    { title: 'there, 1 ms before the lease is over', second: { ...elsewhere, nowMs: noon + minute - 1 }, taken: false },
    { title: 'there, when the lease is over', second: { ...elsewhere, ...over }, taken: true },
    { title: 'on another host that happens to say it is the same space', second: { host: 'x', pid: 2 }, taken: false },
    { title: 'by a clock that was set back a day', second: { pid: 2, nowMs: noon - day }, taken: false },
    { title: 'by a clock that is a day ahead', second: { pid: 2, nowMs: noon + day }, taken: true },
    { title: 'at the word of the operator, while the owner lives', second: { pid: 2, takeOver }, taken: false },
    { title: 'at the word of the operator, by the owner itself', second: { takeOver }, taken: false },
    { title: 'at the word of the operator, when it is dead', second: { pid: 2, isAlive, takeOver }, taken: true },
    {
      title: 'at the word of the operator, when the lease is over',
      second: { pid: 2, ...over, takeOver },
      taken: true,
    },
    { title: 'at the word of the operator, unseen', second: { ...elsewhere, pid: 2, takeOver }, taken: true },
  ])('a key that is owned is wanted $title → taken $taken', ({ second, taken }) => {
    const lease = own(journal)
    const other = place.open().acquire('november', claimant(second))
    const owner = { ...claimant().mark, fence: lease.fence, leaseUntilMs: noon + minute }
    expect(other).toEqual(
      taken ? { ok: true, lease: { key: 'november', fence: lease.fence + 1 } } : { ok: false, why: 'held', owner },
    )
  })

  const writes: Record<string, (run: string, preparing: string) => unknown> = {
    createRun: () => journal.createRun(draft()),
    enqueue: (_, preparing) => journal.enqueue(preparing, { recipients: [], skipped: [], problems: [], nowMs: noon }),
    setRejectsFile: run => journal.setRejectsFile(run, 'rejects.csv'),
    openRun: (_, preparing) => journal.openRun(preparing),
    discardRun: (_, preparing) => journal.discardRun(preparing),
    discardPreparing: () => journal.discardPreparing('november'),
    recover: run => journal.recover(run, noon),
    setStopped: run => journal.setStopped(run, { reason: 'a reason', wait: null }),
    finishRun: run => journal.finishRun(run, noon),
    cancelRun: run => journal.cancelRun(run, noon),
    requeueFailed: run => journal.requeueFailed(run, { classes: null, nowMs: noon }),
  }
  test.each(Object.keys(writes))('%s by an owner that was taken over: FencedError, and nothing is written', name => {
    own(journal)
    const run = start(journal, ['ada', 'bob'])
    const other = place.open()
    own(other, 'november', { pid: 2, isAlive })
    const preparing = other.createRun(draft()).id
    const before = JSON.stringify([other.runs(), other.overview(run, noon)])
    expect(() => writes[name]?.(run, preparing)).toThrow(FencedError)
    expect(JSON.stringify([other.runs(), other.overview(run, noon)])).toBe(before)
    expect(other.discardPreparing('november')).toBe(1)
  })

  test('what an owner that was taken over knows of a suppression is not written into the run', () => {
    own(journal)
    const run = start(journal, ['ada', 'bob'])
    own(place.open(), 'november', { pid: 2, isAlive })
    journal.suppress([{ address: address('ada'), reason: 'manual', source: 'a note', atMs: noon }])
    expect(() => journal.skipSuppressed(run, noon)).toThrow(FencedError)
    expect(figures(journal, run)).toBe('rows 2, waiting 2')
  })

  test.each([
    { owner: 'a space that nobody knows', takeOver: false, taken: false },
    { owner: 'a space that nobody knows', takeOver: true, taken: true },
  ])('an owner in $owner cannot be seen: take over $takeOver → taken $taken', ({ takeOver, taken }) => {
    own(journal, 'november', { space: '' })
    const second = claimant({ space: '', pid: 2, isAlive: () => takeOver, takeOver })
    expect(place.open().acquire('november', second).ok).toBe(taken)
  })

  test('whoever asks whether the owner lives is shown its whole mark', () => {
    own(journal)
    const asked: unknown[] = []
    const isAlive = (mark: unknown) => asked.push(mark) > 0
    journal.acquire('november', claimant({ pid: 2, isAlive }))
    expect(asked).toMatchObject([claimant().mark])
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

  test('a lease that was written by a clock a day ahead protects until then, unless the operator says otherwise', () => {
    own(journal, 'november', { nowMs: noon + day, untilMs: noon + day + minute })
    const here = { space: 'another boot', nowMs: noon + 2 * minute }
    expect(journal.acquire('november', claimant(here))).toMatchObject({ ok: false, why: 'held' })
    expect(journal.acquire('november', claimant({ ...here, takeOver: true }))).toMatchObject({ ok: true })
  })

  test('the lease is prolonged, and its owner sends, whatever the clock says', () => {
    const lease = own(journal)
    const run = start(journal, ['ada'])
    expect([noon - day, noon + day, noon].map(untilMs => journal.renew(lease, untilMs))).toEqual([true, true, true])
    deliverAll(journal, lease, run)
    expect(figures(journal, run)).toBe('rows 1, accepted 1')
  })

  test('what was given back cannot be prolonged', () => {
    const lease = own(journal)
    journal.release(lease)
    expect(journal.renew(lease, noon + 9 * minute)).toBe(false)
  })
}
