/** Runs that an earlier version has stored are read with what has been added since. */

import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { DeliverySettings } from '../../../src/model/campaign.ts'
import { route } from '../../support/delivery-bench.ts'
import { draft, start } from '../samples.ts'
import { newSqlitePlace, type SqlitePlace } from './place.ts'

let place: SqlitePlace
beforeEach(() => {
  place = newSqlitePlace()
})
afterEach(() => place.remove())

const warmup = { startPerDay: 200, growth: 1.5, untilPerDay: 50_000 }
const delivery: DeliverySettings = {
  ...draft().delivery,
  routes: [route('alpha'), route('beta', { warmup })],
  schedule: {
    at: { kind: 'wall clock', time: '2026-12-01T09:00:00' },
    notAfter: { kind: 'instant', atMs: Date.UTC(2026, 11, 3) },
    zone: 'Europe/Berlin',
    zoneColumn: 'timezone',
    windows: [{ days: [1, 2], fromMinute: 480, toMinute: 1200 }],
    quiet: [],
  },
}

test('a schedule and warm-ups come back as they were frozen', () => {
  const journal = place.open()
  start(journal, ['ada'], { delivery })
  expect(journal.runs({ key: 'november' }).map(run => run.delivery)).toEqual([delivery])
})

test('a run from before there were any has none', () => {
  start(place.open(), ['ada'], { delivery })
  const database = new Database(place.path)
  const stored = {
    ...delivery,
    schedule: undefined,
    routes: delivery.routes.map(each => ({ ...each, warmup: undefined })),
  }
  expect(database.prepare('UPDATE runs SET delivery = ?').run(JSON.stringify(stored)).changes).toBe(1)
  database.close()
  const runs = place.open().runs({ key: 'november' })
  const expected = { ...delivery, schedule: null, routes: [route('alpha'), route('beta')] }
  expect(runs.map(run => run.delivery)).toEqual([expected])
})
