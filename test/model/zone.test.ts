import { describe, expect, test } from 'vitest'
import { evenTime, nearestZone, whenShown, zoneName, zoneNames } from '../../src/model/zone.ts'

describe('the name of a zone', () => {
  test.each<[string, string | undefined]>([
    ['Europe/Berlin', 'Europe/Berlin'],
    ['  europe/BERLIN \n', 'Europe/Berlin'],
    ['america/argentina/comodrivadavia', 'America/Argentina/ComodRivadavia'],
    ['america/port-au-prince', 'America/Port-au-Prince'],
    ['asia/kolkata', 'Asia/Kolkata'],
    ['Asia/Calcutta', 'Asia/Calcutta'],
    ['US/Eastern', 'US/Eastern'],
    ['utc', 'UTC'],
    ['etc/gmt+5', 'Etc/GMT+5'],
    ['+02:00', '+02:00'],
    ['-0330', '-03:30'],
    ['+14', '+14:00'],
    ['', undefined],
    ['Berlin', undefined],
    ['Mars/Olympus', undefined],
    ['PST', undefined],
    ['Z', undefined],
    ['+25:00', undefined],
    ['Etc/Unknown', undefined],
    ['2026-01-01T00:00Z[Europe/Berlin]', undefined],
    ['../etc/passwd', undefined],
    ['Europe/Berlin\0', undefined],
    ['\u001b[31mEurope/Berlin', undefined],
    ['constructor', undefined],
    ['x'.repeat(1_000_000), undefined],
    [`Europe/Berlin${' '.repeat(1_000_000)}`, 'Europe/Berlin'],
  ])('%#: %s', (text, expected) => {
    expect(zoneName(text)).toBe(expected)
    const names = zoneNames()
    expect([names(text), names(text)]).toEqual([expected, expected])
  })

  test('is found again among more texts than are remembered', () => {
    const names = zoneNames()
    for (let index = 0; index < 5000; index++) {
      expect(names(`Nowhere/Place_${index}`)).toBeUndefined()
      expect(names('europe/berlin')).toBe('Europe/Berlin')
    }
  })

  test.each([
    ['Berlin', 'Europe/Berlin'],
    ['new york', 'America/New_York'],
    ['Europe/Berlim', 'Europe/Berlin'],
    ['CEST', undefined],
    ['x'.repeat(10_000), undefined],
  ])('%s may be meant for %s', (text, expected) => {
    expect(nearestZone(text)).toBe(expected)
  })
})

describe('a zone’s clocks', () => {
  test.each<[string, string, number, string | null]>([
    ['Europe/Berlin', '2026-03-29T00:59:59.999Z', 60, '2026-03-29T01:00:00.000Z'],
    ['Europe/Berlin', '2026-03-29T01:00:00Z', 120, '2026-10-25T01:00:00.000Z'],
    ['America/New_York', '2026-11-01T05:59:59Z', -240, '2026-11-01T06:00:00.000Z'],
    ['Australia/Lord_Howe', '2026-06-01T00:00:00Z', 630, '2026-10-03T15:30:00.000Z'],
    // Two changes within five weeks.
    ['Africa/Casablanca', '2025-02-22T12:00:00Z', 60, '2025-02-23T02:00:00.000Z'],
    ['Africa/Casablanca', '2025-02-23T02:00:00Z', 0, '2025-04-06T02:00:00.000Z'],
    ['Asia/Kolkata', '2026-06-01T00:00:00Z', 330, null],
    ['Pacific/Kiritimati', '2026-06-01T00:00:00Z', 840, null],
    ['UTC', '2026-06-01T00:00:00Z', 0, null],
    ['-03:30', '2026-06-01T00:00:00Z', -210, null],
  ])('%s at %s are %i minutes ahead until %s', (zone, at, minutes, until) => {
    const { offsetMs, untilMs } = evenTime(zone, Date.parse(at))
    expect(offsetMs).toBe(minutes * 60_000)
    expect(Number.isFinite(untilMs) ? new Date(untilMs).toISOString() : null).toBe(until)
  })

  test.each<[string, string, string, string | null]>([
    ['Europe/Berlin', '2026-12-01T09:00:00', '2026-12-01T08:00:00.000Z', null],
    ['Pacific/Kiritimati', '2026-12-01T09:00:00', '2026-11-30T19:00:00.000Z', null],
    ['Europe/Berlin', '2026-03-29T02:30:00', '2026-03-29T01:00:00.000Z', '2026-03-29T02:00:00 to 2026-03-29T03:00:00'],
    ['Europe/Berlin', '2026-03-29T03:00:00', '2026-03-29T01:00:00.000Z', null],
    [
      'America/New_York',
      '2026-03-08T02:00:00',
      '2026-03-08T07:00:00.000Z',
      '2026-03-08T02:00:00 to 2026-03-08T03:00:00',
    ],
    [
      'Australia/Lord_Howe',
      '2026-10-04T02:29:59',
      '2026-10-03T15:30:00.000Z',
      '2026-10-04T02:00:00 to 2026-10-04T02:30:00',
    ],
    ['Pacific/Apia', '2011-12-30T12:00:00', '2011-12-30T10:00:00.000Z', '2011-12-30T00:00:00 to 2011-12-31T00:00:00'],
    // Shown twice; the first time is meant.
    ['Europe/Berlin', '2026-10-25T02:30:00', '2026-10-25T00:30:00.000Z', null],
    ['America/New_York', '2026-11-01T01:30:00', '2026-11-01T05:30:00.000Z', null],
    ['Australia/Lord_Howe', '2026-04-05T01:45:00', '2026-04-04T14:45:00.000Z', null],
  ])('%s shows %s at %s, skipping %s', (zone, time, at, skipped) => {
    const { atMs, skip } = whenShown(zone, time)
    expect(new Date(atMs).toISOString()).toBe(at)
    expect(skip === null ? null : `${skip.from} to ${skip.to}`).toBe(skipped)
  })

  test('of a zone that is none are a bug of the caller’s', () => {
    expect(() => evenTime('Mars/Olympus', 0)).toThrow(/no zone/)
  })
})
