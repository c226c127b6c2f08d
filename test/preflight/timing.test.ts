/** When a send is expected to begin and to end, as a table. */

import { expect, test } from 'vitest'
import { type Timing, timing } from '../../src/preflight/timing.ts'
import { type ScheduleWords, schedule } from '../support/schedules.ts'
import { delivery } from './figures.ts'

const hour = 3_600_000
/** A Thursday. */
const nowMs = Date.UTC(2026, 10, 26, 12)

interface Case {
  readonly hours: ScheduleWords | null
  readonly takesMs?: number | null
  readonly holdMs?: number
  /** Days that a route needs for its share of 1,000. */
  readonly days?: number
}

function line({ hours, takesMs = 3 * hour, holdMs, days }: Case): string {
  const settings = {
    ...delivery([]),
    schedule: hours === null ? null : schedule(hours),
    canary: holdMs === undefined ? null : { share: 0.01, holdMs },
  }
  const warmUp =
    days === undefined
      ? null
      : {
          settings: { startPerDay: 100, growth: 1, untilPerDay: 100 },
          earlierDays: 0,
          today: 100,
          usedToday: 0,
          days,
        }
  return words(timing(settings, { ms: takesMs, slowest: 'a' }, [{ share: 1000, warmUp }], 1000, nowMs))
}

function words({ startsAtMs, endsAtMs, tooLate }: Timing): string {
  const shown = (atMs: number | null, none: string): string =>
    atMs === null ? none : new Date(atMs).toISOString().slice(5, 16).replace('T', ' ')
  return `${shown(startsAtMs, 'at once')} to ${shown(endsAtMs, 'whenever')}${tooLate === 0 ? '' : `, ${tooLate} too late`}`
}

test.each<[string, Case, string]>([
  ['three hours of sending', { hours: null }, 'at once to 11-26 15:00'],
  ['no limit', { hours: null, takesMs: null }, 'at once to whenever'],
  ['a start', { hours: { at: '2026-12-01T09:00Z' } }, '12-01 09:00 to 12-01 12:00'],
  ['a start, no limit', { hours: { at: '2026-12-01T09:00Z' }, takesMs: null }, '12-01 09:00 to whenever'],
  ['a window that closes before', { hours: { windows: ['08:00-14:00'] } }, 'at once to 11-27 09:00'],
  ['a weekend between', { hours: { windows: ['mon-thu 10:00-13:00'] } }, 'at once to 11-30 12:00'],
  ['quiet hours now', { hours: { quiet: ['10:00-18:00'] } }, '11-26 18:00 to 11-26 21:00'],
  ['an end that is late enough', { hours: { notAfter: '2026-11-26T18:00Z' } }, 'at once to 11-26 15:00'],
  ['an end that comes first', { hours: { notAfter: '2026-11-26T13:30Z' } }, 'at once to 11-26 13:30, 500 too late'],
  [
    'an end before which the window opens once',
    { hours: { windows: ['08:00-12:45'], notAfter: '2026-11-27T09:00Z' } },
    'at once to 11-27 09:00, 417 too late',
  ],
  ['a canary', { hours: null, holdMs: hour }, 'at once to 11-26 16:00'],
  ['a canary, no limit', { hours: null, holdMs: hour, takesMs: null }, 'at once to whenever'],
  ['ten days of warm-up', { hours: null, days: 10 }, 'at once to 12-05 12:00'],
  [
    'ten days of warm-up, and an end in four',
    { hours: { notAfter: '2026-11-30T12:00Z' }, days: 10 },
    'at once to 11-30 12:00, 600 too late',
  ],
  ['warm-up that never ends', { hours: null, days: Number.POSITIVE_INFINITY }, 'at once to whenever'],
])('%s', (_, given, expected) => {
  expect(line(given)).toBe(expected)
})
