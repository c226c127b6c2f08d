/** What is asked of a run from outside, and what its owner says of itself: seen by other processes, and over when the run is. */

import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Journal } from '../../../src/journal/journal.ts'
import { noPacingChange, type PacingChange } from '../../../src/model/campaign.ts'
import type { RunId } from '../../../src/model/message.ts'
import type { Pause, Standing } from '../../../src/model/run.ts'
import { claimAll, deliverAll, minute, noon, own, type Place, second, start } from '../samples.ts'

export function controllingContract(newPlace: () => Place): void {
  let place: Place
  let journal: Journal
  beforeEach(() => {
    place = newPlace()
    journal = place.open()
  })
  afterEach(() => place.remove())

  const pause: Pause = { by: 'operator', why: 'the subject has a mistake', atMs: noon }
  const pacing: PacingChange = {
    routes: { alpha: { rates: [{ count: 20, perMs: 1000 }], concurrency: null } },
    sites: { google: { rates: [], concurrency: 3 } },
  }
  const standing: Standing = {
    priority: 'bulk',
    accounts: [{ account: 'smtp:1', wants: true, share: 0.5 }],
    sites: [{ site: 'google', share: 0.5 }],
    openCalls: 2,
    routes: [
      {
        name: 'alpha',
        breaker: 'closed',
        openCalls: 2,
        limitPerSecond: 100,
        rateCounts: 'calls',
        adaptedPerSecond: 12.5,
        health: 0.9,
      },
    ],
    lanes: [{ site: 'google', held: 3, openCalls: 1, limitPerSecond: 50, adaptedPerSecond: null }],
    waits: [{ what: 'site', name: 'google', cause: 'rate', untilMs: noon + second }],
  }

  test('nothing is asked of a run that begins', () => {
    const run = start(journal, ['ada'])
    expect(journal.run(run)).toMatchObject({ paused: null, cancelAsked: false, pacing: noPacingChange, canary: null })
    expect(journal.overview(run, noon).standing).toBe(null)
  })

  test('another process asks although it does not own the key, and the owner sees it', () => {
    own(journal)
    const run = start(journal, ['ada'])
    const other = place.open()
    expect(other.setPaused(run, pause)).toBe(true)
    expect(journal.run(run)?.paused).toEqual(pause)
    expect(other.setPaused(run, null)).toBe(true)
    expect(journal.run(run)?.paused).toBe(null)
    expect(other.askToCancel(run)).toBe(true)
    expect(journal.run(run)?.cancelAsked).toBe(true)
    other.setPacing(run, pacing)
    expect(journal.run(run)?.pacing).toEqual(pacing)
  })

  test.each<{ over: string; end: (run: RunId) => unknown }>([
    { over: 'cancelled', end: run => journal.cancelRun(run, noon) },
    { over: 'superseded', end: () => start(journal, ['ada']) },
    { over: 'finished', end: run => deliverAll(journal, own(journal), run) ?? journal.finishRun(run, noon) },
  ])('of a run that was $over nothing is asked any more, and its owner has nothing to say', ({ over, end }) => {
    const run = start(journal, ['ada'])
    journal.setPaused(run, pause)
    journal.askToCancel(run)
    journal.setStanding(run, standing, noon)
    end(run)
    expect(journal.run(run)).toMatchObject({ state: over, paused: null, cancelAsked: false })
    expect(journal.overview(run, noon).standing).toBe(null)
    expect([journal.setPaused(run, pause), journal.askToCancel(run)]).toEqual([false, false])
    expect(journal.run(run)).toMatchObject({ paused: null, cancelAsked: false })
  })

  test('what senders say of themselves, the last word of each, as long as it is new', () => {
    const [one, two] = [start(journal, ['ada']), start(journal, ['bob'], { key: 'december' })]
    journal.setStanding(one, { ...standing, openCalls: 9 }, noon)
    journal.setStanding(one, standing, noon + second)
    journal.setStanding(two, { ...standing, priority: 'critical' }, noon + minute)
    expect(journal.overview(one, noon).standing).toEqual({ atMs: noon + second, standing })
    expect(place.open().standings(noon + second)).toEqual([
      { run: one, atMs: noon + second, standing },
      { run: two, atMs: noon + minute, standing: { ...standing, priority: 'critical' } },
    ])
    expect(journal.standings(noon + minute).map(each => each.run)).toEqual([two])
  })

  test('a paused run can still be looked at and claimed from: to heed it is the part of its owner', () => {
    own(journal)
    const run = start(journal, ['ada'])
    journal.setPaused(run, pause)
    expect(claimAll(journal, run).length).toBe(1)
  })
}
