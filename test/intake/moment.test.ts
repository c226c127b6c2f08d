import { describe, expect, test } from 'vitest'
import { readMoment } from '../../src/intake/moment.ts'
import { UserError } from '../../src/model/errors.ts'

const place = { zone: 'Europe/Berlin', zoneColumn: 'timezone' }

/** An instant in UTC, what every recipient's clock is to show, or why it is neither. */
function read(text: string, where = place as Parameters<typeof readMoment>[2]): string {
  try {
    const moment = readMoment(text, '--at', where)
    return moment.kind === 'instant' ? new Date(moment.atMs).toISOString() : `their ${moment.time}`
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    expect([error.where, error.exitCode]).toEqual(['--at', 2])
    return error.message
  }
}

test.each([
  ['2026-12-01 09:00', '2026-12-01T08:00:00.000Z'],
  ['  2026-12-01   9:00 ', '2026-12-01T08:00:00.000Z'],
  ['2026-12-01T09:00', '2026-12-01T08:00:00.000Z'],
  ['2026-12-01 09:00:30', '2026-12-01T08:00:30.000Z'],
  ['2026-12-01 09:00 Europe/Berlin', '2026-12-01T08:00:00.000Z'],
  ['2026-12-01 09:00 america/new_york', '2026-12-01T14:00:00.000Z'],
  ['2026-12-01 09:00 Asia/Kolkata', '2026-12-01T03:30:00.000Z'],
  ['2026-12-01 09:00 UTC', '2026-12-01T09:00:00.000Z'],
  ['2026-12-01T09:00:00Z', '2026-12-01T09:00:00.000Z'],
  ['2026-12-01t09:00:00z', '2026-12-01T09:00:00.000Z'],
  ['2026-12-01T09:00:00+01:00', '2026-12-01T08:00:00.000Z'],
  ['2026-12-01T09:00:00.999-05:00', '2026-12-01T14:00:00.000Z'],
  ['2026-12-01 09:00 -05:00', '2026-12-01T14:00:00.000Z'],
  ['2026-12-01 09:00 recipient', 'their 2026-12-01T09:00:00'],
  ['2026-12-01T9:00 Recipient', 'their 2026-12-01T09:00:00'],
  ['2028-02-29 00:00', '2028-02-28T23:00:00.000Z'],
  // Shown twice in Berlin: the first time is meant, unless the offset says otherwise.
  ['2026-10-25 02:30', '2026-10-25T00:30:00.000Z'],
  ['2026-10-25T02:30:00+01:00', '2026-10-25T01:30:00.000Z'],
  // Skipped in Berlin, but by nobody else.
  ['2026-03-29 02:30 UTC', '2026-03-29T02:30:00.000Z'],
  ['2026-03-29 02:30 recipient', 'their 2026-03-29T02:30:00'],
])('%s is %s', (text, expected) => {
  expect(read(text)).toBe(expected)
})

describe('a moment with a mistake', () => {
  test('is told what is expected', () => {
    const texts = [
      '',
      'tomorrow',
      '2026-12-01',
      '09:00',
      '1.12.2026 09:00',
      '2026-12-01 9 am',
      '2026-12-01 09:00recipient',
      '2026-02-31 09:00',
      '2026-13-01 09:00',
      '2026-02-29 09:00 UTC',
      '2026-12-01 24:00',
      '2026-12-01 09:60',
      '2026-12-01T23:59:60Z',
      '2026-12-01 09:00 Berlin',
      '2026-12-01 09:00 Europe/Berlim',
      '2026-12-01 09:00 PST',
      '2026-12-01T09:00:00+25:00',
      '2026-03-29 02:30',
      '2026-03-08 02:00 america/new_york',
      '2026-10-04 02:15 Australia/Lord_Howe',
      '2011-12-30 12:00 Pacific/Apia',
      `2026-12-01 09:00 ${'x'.repeat(100_000)}`,
      '2026-12-01 09:00 \u001b[31m',
    ]
    const lines = texts.map(text => `${JSON.stringify(text.slice(0, 50))}\n  ${read(text)}`)
    expect(lines.join('\n')).toMatchInlineSnapshot(`
      """
        expected is a day and a time, such as 2026-12-01 09:00, alone or followed by a zone such as Europe/Berlin, an offset such as +01:00, or the word recipient
      "tomorrow"
        expected is a day and a time, such as 2026-12-01 09:00, alone or followed by a zone such as Europe/Berlin, an offset such as +01:00, or the word recipient
      "2026-12-01"
        expected is a day and a time, such as 2026-12-01 09:00, alone or followed by a zone such as Europe/Berlin, an offset such as +01:00, or the word recipient
      "09:00"
        expected is a day and a time, such as 2026-12-01 09:00, alone or followed by a zone such as Europe/Berlin, an offset such as +01:00, or the word recipient
      "1.12.2026 09:00"
        expected is a day and a time, such as 2026-12-01 09:00, alone or followed by a zone such as Europe/Berlin, an offset such as +01:00, or the word recipient
      "2026-12-01 9 am"
        expected is a day and a time, such as 2026-12-01 09:00, alone or followed by a zone such as Europe/Berlin, an offset such as +01:00, or the word recipient
      "2026-12-01 09:00recipient"
        expected is a day and a time, such as 2026-12-01 09:00, alone or followed by a zone such as Europe/Berlin, an offset such as +01:00, or the word recipient
      "2026-02-31 09:00"
        the calendar has no such day
      "2026-13-01 09:00"
        the calendar has no such day
      "2026-02-29 09:00 UTC"
        the calendar has no such day
      "2026-12-01 24:00"
        there is no such time of day; expected is 00:00 to 23:59
      "2026-12-01 09:60"
        there is no such time of day; expected is 00:00 to 23:59
      "2026-12-01T23:59:60Z"
        there is no such time of day; expected is 00:00 to 23:59
      "2026-12-01 09:00 Berlin"
        no such time zone is known; did you mean \`Europe/Berlin\`?
      "2026-12-01 09:00 Europe/Berlim"
        no such time zone is known; did you mean \`Europe/Berlin\`?
      "2026-12-01 09:00 PST"
        no such time zone is known; expected is an IANA name such as Europe/Berlin
      "2026-12-01T09:00:00+25:00"
        no such time zone is known; expected is an IANA name such as Europe/Berlin
      "2026-03-29 02:30"
        there is no such time in Europe/Berlin, where clocks go from 2026-03-29 02:00 straight to 2026-03-29 03:00
      "2026-03-08 02:00 america/new_york"
        there is no such time in America/New_York, where clocks go from 2026-03-08 02:00 straight to 2026-03-08 03:00
      "2026-10-04 02:15 Australia/Lord_Howe"
        there is no such time in Australia/Lord_Howe, where clocks go from 2026-10-04 02:00 straight to 2026-10-04 02:30
      "2011-12-30 12:00 Pacific/Apia"
        there is no such time in Pacific/Apia, where clocks go from 2011-12-30 00:00 straight to 2011-12-31 00:00
      "2026-12-01 09:00 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
        no such time zone is known; expected is an IANA name such as Europe/Berlin
      "2026-12-01 09:00 \\u001b[31m"
        no such time zone is known; expected is an IANA name such as Europe/Berlin"
    `)
  })

  test('is told where a recipient’s own zone would have to come from', () => {
    expect(read('2026-12-01 09:00 recipient', { zone: 'UTC', zoneColumn: null })).toMatchInlineSnapshot(
      `"is in each recipient's own zone, but \`zone_column\` does not say which column has it"`,
    )
  })
})
