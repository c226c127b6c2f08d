import { describe, expect, test } from 'vitest'
import { moment } from '../../src/model/words.ts'
import { calendarFor, type Gate } from '../../src/policy/calendar.ts'
import { type ScheduleWords, schedule } from '../support/schedules.ts'

/** `2026-10-25 02:30 GMT+1` in the zone, and in UTC. */
function time(zone: string, atMs: number): string {
  if (!Number.isFinite(atMs)) return 'never'
  const local = moment(atMs, zone).replace(/:00 (?=\D)/, ' ')
  return `${local} = ${new Date(atMs).toISOString().slice(11, 16)}Z`
}

function said(zone: string, gate: Gate): string {
  return gate.open
    ? `open until ${time(zone, gate.untilMs)}`
    : `closed (${gate.cause}), opens ${time(zone, gate.opensAtMs)}`
}

/** What the gate says at an instant. */
function gate(words: ScheduleWords, zone: string, at: string): string {
  return said(zone, calendarFor(schedule(words)).gate(zone, Date.parse(at)))
}

/** All that the gate says between two instants, a line for each time that it opens or closes. */
function openings(words: ScheduleWords, zone: string, from: string, to: string): string[] {
  const calendar = calendarFor(schedule(words))
  const lines: string[] = []
  let atMs = Date.parse(from)
  while (atMs < Date.parse(to)) {
    const gate = calendar.gate(zone, atMs)
    lines.push(`${time(zone, atMs)}  ${gate.open ? 'open' : `closed: ${gate.cause}`}`)
    const changeMs = gate.open ? gate.untilMs : gate.opensAtMs
    if (changeMs <= atMs) throw new Error(`it changes at once: ${lines.at(-1)}`)
    atMs = changeMs
  }
  return lines
}

/** What the gate says within three days, with the zone's time of day only. */
function nights(words: ScheduleWords, zone: string, from: string): string[] {
  const to = new Date(Date.parse(from) + 3 * 86_400_000).toISOString()
  return openings(words, zone, from, to).map(line => line.replace(/^\S+ (\S+ \S+) = \S+Z +/, '$1 '))
}

describe('the gate', () => {
  const office = { windows: ['mon-fri 08:00-20:00', 'sat 10:00-14:00'], quiet: ['12:00-13:00', 'wed'] }
  const asleep = { quiet: ['22:00-08:00'] }
  const term = { at: '2026-12-01T09:00Z', notAfter: '2026-12-03T18:00Z' }
  test.each<[string, ScheduleWords, string, string]>([
    ['nothing set', {}, '2026-12-01T09:00Z', 'open until never'],
    ['before its start', term, '2026-12-01T08:59:59.999Z', 'closed (start), opens 2026-12-01 09:00 UTC = 09:00Z'],
    ['at its start', term, '2026-12-01T09:00Z', 'open until 2026-12-03 18:00 UTC = 18:00Z'],
    ['just before its end', term, '2026-12-03T17:59:59.999Z', 'open until 2026-12-03 18:00 UTC = 18:00Z'],
    ['at its end', term, '2026-12-03T18:00Z', 'closed (over), opens never'],
    ['in a window', office, '2026-12-01T09:00Z', 'open until 2026-12-01 12:00 UTC = 12:00Z'],
    [
      'in a quiet hour within a window',
      office,
      '2026-12-01T12:00Z',
      'closed (quiet hours), opens 2026-12-01 13:00 UTC = 13:00Z',
    ],
    ['before a quiet day', office, '2026-12-01T20:00Z', 'closed (window), opens 2026-12-03 08:00 UTC = 08:00Z'],
    ['on a quiet day', office, '2026-12-02T10:00Z', 'closed (quiet hours), opens 2026-12-03 08:00 UTC = 08:00Z'],
    [
      'after the last window of the week',
      office,
      '2026-12-05T14:00Z',
      'closed (window), opens 2026-12-07 08:00 UTC = 08:00Z',
    ],
    [
      'before midnight in quiet hours',
      asleep,
      '2026-12-06T23:00Z',
      'closed (quiet hours), opens 2026-12-07 08:00 UTC = 08:00Z',
    ],
    [
      'after midnight in quiet hours',
      asleep,
      '2026-12-07T07:59:59.999Z',
      'closed (quiet hours), opens 2026-12-07 08:00 UTC = 08:00Z',
    ],
    ['after quiet hours', asleep, '2026-12-07T08:00Z', 'open until 2026-12-07 22:00 UTC = 22:00Z'],
    [
      'over midnight on some days: those are the days on which it begins',
      { quiet: ['fri,sun 22:00-08:00'] },
      '2026-12-07T03:00Z',
      'closed (quiet hours), opens 2026-12-07 08:00 UTC = 08:00Z',
    ],
    [
      'windows that meet at midnight are one',
      { windows: ['mon 20:00-24:00', 'tue 00:00-04:00'] },
      '2026-12-07T21:00Z',
      'open until 2026-12-08 04:00 UTC = 04:00Z',
    ],
    [
      'windows that meet at the end of the week are one',
      { windows: ['sun,mon'] },
      '2026-12-06T21:00Z',
      'open until 2026-12-08 00:00 UTC = 00:00Z',
    ],
    [
      'a start within quiet hours',
      { ...asleep, at: '2026-12-01T23:00Z' },
      '2026-12-01T12:00Z',
      'closed (start), opens 2026-12-02 08:00 UTC = 08:00Z',
    ],
    [
      'an end before the window ends',
      { ...office, notAfter: '2026-12-01T11:30Z' },
      '2026-12-01T09:00Z',
      'open until 2026-12-01 11:30 UTC = 11:30Z',
    ],
    [
      'an end before the next window: it is over already',
      { ...office, notAfter: '2026-12-03T08:00Z' },
      '2026-12-01T20:00Z',
      'closed (over), opens never',
    ],
    [
      'an end just after the next window has opened',
      { ...office, notAfter: '2026-12-03T08:01Z' },
      '2026-12-01T20:00Z',
      'closed (window), opens 2026-12-03 08:00 UTC = 08:00Z',
    ],
    [
      'a start and an end between which no window is open',
      { ...office, at: '2026-12-05T15:00Z', notAfter: '2026-12-06T15:00Z' },
      '2026-12-01T20:00Z',
      'closed (over), opens never',
    ],
    ['no minute open in the week', { quiet: ['mon-sun'] }, '2026-12-01T20:00Z', 'closed (over), opens never'],
  ])('%s', (_, words, at, expected) => {
    expect(gate(words, 'UTC', at)).toBe(expected)
  })

  test('reads hours, and a start without a zone, on each recipient’s own clock', () => {
    const words = { windows: ['08:00-20:00'], at: '2026-12-01T09:00', notAfter: '2026-12-02T18:00' }
    const zones = ['Pacific/Kiritimati', 'Asia/Kolkata', 'Europe/Berlin', 'UTC', 'America/New_York', '-12:00']
    const lines = zones.flatMap(zone => [zone, ...openings(words, zone, '2026-11-30T12:00Z', '2026-12-04T00:00Z')])
    expect(lines.join('\n')).toMatchInlineSnapshot(`
      "Pacific/Kiritimati
      2026-12-01 02:00 GMT+14 = 12:00Z  closed: start
      2026-12-01 09:00 GMT+14 = 19:00Z  open
      2026-12-01 20:00 GMT+14 = 06:00Z  closed: window
      2026-12-02 08:00 GMT+14 = 18:00Z  open
      2026-12-02 18:00 GMT+14 = 04:00Z  closed: over
      Asia/Kolkata
      2026-11-30 17:30 GMT+5:30 = 12:00Z  closed: start
      2026-12-01 09:00 GMT+5:30 = 03:30Z  open
      2026-12-01 20:00 GMT+5:30 = 14:30Z  closed: window
      2026-12-02 08:00 GMT+5:30 = 02:30Z  open
      2026-12-02 18:00 GMT+5:30 = 12:30Z  closed: over
      Europe/Berlin
      2026-11-30 13:00 GMT+1 = 12:00Z  closed: start
      2026-12-01 09:00 GMT+1 = 08:00Z  open
      2026-12-01 20:00 GMT+1 = 19:00Z  closed: window
      2026-12-02 08:00 GMT+1 = 07:00Z  open
      2026-12-02 18:00 GMT+1 = 17:00Z  closed: over
      UTC
      2026-11-30 12:00 UTC = 12:00Z  closed: start
      2026-12-01 09:00 UTC = 09:00Z  open
      2026-12-01 20:00 UTC = 20:00Z  closed: window
      2026-12-02 08:00 UTC = 08:00Z  open
      2026-12-02 18:00 UTC = 18:00Z  closed: over
      America/New_York
      2026-11-30 07:00 EST = 12:00Z  closed: start
      2026-12-01 09:00 EST = 14:00Z  open
      2026-12-01 20:00 EST = 01:00Z  closed: window
      2026-12-02 08:00 EST = 13:00Z  open
      2026-12-02 18:00 EST = 23:00Z  closed: over
      -12:00
      2026-11-30 00:00 GMT-12 = 12:00Z  closed: start
      2026-12-01 09:00 GMT-12 = 21:00Z  open
      2026-12-01 20:00 GMT-12 = 08:00Z  closed: window
      2026-12-02 08:00 GMT-12 = 20:00Z  open
      2026-12-02 18:00 GMT-12 = 06:00Z  closed: over"
    `)
  })

  test('remembers what it said only as long as that holds, whichever way the clock goes', () => {
    const words = {
      windows: ['08:00-20:00'],
      quiet: ['12:00-13:00'],
      at: '2026-12-01T10:00Z',
      notAfter: '2026-12-03T12:30Z',
    }
    const calendar = calendarFor(schedule(words))
    const zones = ['Europe/Berlin', 'Asia/Kolkata', 'UTC']
    const halfHours = Array.from({ length: 180 }, (_, index) => Date.parse('2026-11-30T00:00Z') + index * 1_800_000)
    for (const atMs of [...halfHours, ...halfHours.toReversed()]) {
      for (const zone of zones) {
        expect(calendar.gate(zone, atMs)).toEqual(calendarFor(schedule(words)).gate(zone, atMs))
      }
    }
  })

  test('takes parts of a millisecond as the clock gives them', () => {
    const words = { windows: ['08:00-20:00'] }
    const [before, after] = [-0.25, 0.25].map(part => Date.parse('2026-12-01T08:00Z') + part)
    const calendar = calendarFor(schedule(words))
    const closed = 'closed (window), opens 2026-12-01 08:00 UTC = 08:00Z'
    expect([before, after, before].map(atMs => said('UTC', calendar.gate('UTC', atMs ?? 0)))).toEqual([
      closed,
      'open until 2026-12-01 20:00 UTC = 20:00Z',
      closed,
    ])
  })

  test('remembers more zones than there are without mixing them up', () => {
    const calendar = calendarFor(schedule({ windows: ['08:00-20:00'] }))
    const offsets = Array.from({ length: 1440 }, (_, minute) => minute - 720)
    const answers = [...offsets, ...offsets].map(minutes => {
      const clock = new Date(Math.abs(minutes) * 60_000).toISOString().slice(11, 16)
      const zone = `${minutes < 0 ? '-' : '+'}${clock}`
      return calendar.gate(zone, Date.parse('2026-12-01T08:00Z')).open === (minutes >= 0 && minutes < 720)
    })
    expect(answers).not.toContain(false)
  })
})

describe('on the night when clocks are put forward', () => {
  test.each<[string, ScheduleWords, string, string, string[]]>([
    [
      'a window that begins in the hour that is skipped opens after it',
      { windows: ['02:30-05:00'] },
      'Europe/Berlin',
      '2026-03-29T00:00Z',
      ['01:00 GMT+1 closed: window', '03:00 GMT+2 open', '05:00 GMT+2 closed: window'],
    ],
    [
      'quiet hours that end in it end after it',
      { quiet: ['22:00-02:15'] },
      'Europe/Berlin',
      '2026-03-29T00:00Z',
      ['01:00 GMT+1 closed: quiet hours', '03:00 GMT+2 open', '22:00 GMT+2 closed: quiet hours'],
    ],
    [
      'a window of which all is skipped does not open on that day',
      { windows: ['02:00-03:00'] },
      'Europe/Berlin',
      '2026-03-28T12:00Z',
      ['13:00 GMT+1 closed: window', '02:00 GMT+2 open', '03:00 GMT+2 closed: window'],
    ],
    [
      'a window around it is an hour shorter',
      { windows: ['sun 01:00-04:00'] },
      'America/New_York',
      '2026-03-08T05:00Z',
      ['00:00 EST closed: window', '01:00 EST open', '04:00 EDT closed: window'],
    ],
    [
      'a skip of half an hour skips half an hour',
      { windows: ['sun 01:45-02:45'] },
      'Australia/Lord_Howe',
      '2026-10-03T15:00Z',
      ['01:30 GMT+10:30 closed: window', '01:45 GMT+10:30 open', '02:45 GMT+11 closed: window'],
    ],
    [
      'a day that is skipped whole has no windows',
      { windows: ['thu-sat 08:00-09:00'] },
      'Pacific/Apia',
      '2011-12-29T17:00Z',
      [
        '07:00 GMT-10 closed: window',
        '08:00 GMT-10 open',
        '09:00 GMT-10 closed: window',
        '08:00 GMT+14 open',
        '09:00 GMT+14 closed: window',
      ],
    ],
    [
      'a start in the hour that is skipped is after it',
      { at: '2026-03-29T02:30' },
      'Europe/Berlin',
      '2026-03-29T00:00Z',
      ['01:00 GMT+1 closed: start', '03:00 GMT+2 open'],
    ],
  ])('%s', (_, words, zone, from, expected) => {
    expect(nights(words, zone, from).slice(0, expected.length)).toEqual(expected)
  })
})

describe('on the night when clocks are put back', () => {
  test.each<[string, ScheduleWords, string, string, string[]]>([
    [
      'a window of the hour that comes twice is two hours long',
      { windows: ['02:00-03:00'] },
      'Europe/Berlin',
      '2026-10-24T23:00Z',
      ['01:00 GMT+2 closed: window', '02:00 GMT+2 open', '03:00 GMT+1 closed: window'],
    ],
    [
      'quiet hours that end in it end twice, for the clock goes back into them',
      { quiet: ['22:00-02:30'] },
      'Europe/Berlin',
      '2026-10-24T23:00Z',
      [
        '01:00 GMT+2 closed: quiet hours',
        '02:30 GMT+2 open',
        '02:00 GMT+1 closed: quiet hours',
        '02:30 GMT+1 open',
        '22:00 GMT+1 closed: quiet hours',
      ],
    ],
    [
      'quiet hours around it are an hour longer',
      { quiet: ['22:00-08:00'] },
      'America/New_York',
      '2026-10-31T20:00Z',
      ['16:00 EDT open', '22:00 EDT closed: quiet hours', '08:00 EST open'],
    ],
    [
      'half an hour comes twice where clocks go back by half an hour',
      { windows: ['sun 01:30-02:00'] },
      'Australia/Lord_Howe',
      '2026-04-04T14:00Z',
      ['01:00 GMT+11 closed: window', '01:30 GMT+11 open', '02:00 GMT+10:30 closed: window'],
    ],
    [
      'a start that comes twice is meant for the first time',
      { at: '2026-10-25T02:30' },
      'Europe/Berlin',
      '2026-10-24T23:00Z',
      ['01:00 GMT+2 closed: start', '02:30 GMT+2 open'],
    ],
    [
      'and so is an end',
      { notAfter: '2026-10-25T02:30' },
      'Europe/Berlin',
      '2026-10-24T23:00Z',
      ['01:00 GMT+2 open', '02:30 GMT+2 closed: over'],
    ],
  ])('%s', (_, words, zone, from, expected) => {
    expect(nights(words, zone, from).slice(0, expected.length)).toEqual(expected)
  })
})

test('two weeks in Berlin around each change of its clocks, as people would see it', async () => {
  const words = {
    windows: ['mon-fri 08:00-20:00', 'sat,sun 01:30-02:30', 'sat 10:00-14:00'],
    quiet: ['12:00-13:00', 'thu'],
  }
  const spring = openings(
    { ...words, at: '2026-03-24T10:30:00+01:00' },
    'Europe/Berlin',
    '2026-03-22T23:00Z',
    '2026-04-06T00:00Z',
  )
  const autumn = openings(
    { ...words, at: '2026-10-20T10:30:00+02:00' },
    'Europe/Berlin',
    '2026-10-18T22:00Z',
    '2026-11-02T00:00Z',
  )
  const text = [...spring, '', ...autumn, ''].join('\n')
  await expect(text).toMatchFileSnapshot('../golden/calendar-berlin.txt')
})
