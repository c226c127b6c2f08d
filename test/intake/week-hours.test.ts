import { expect, test } from 'vitest'
import { parseWeekHours } from '../../src/intake/week-hours.ts'

function read(text: string): string {
  const read = parseWeekHours(text)
  if (!read.ok) return read.problem
  const { days, fromMinute, toMinute } = read.value
  return `${days.join('')} ${fromMinute}-${toMinute}`
}

test.each([
  ['mon-fri 08:00-20:00', '12345 480-1200'],
  ['sat 10:00-14:00', '6 600-840'],
  ['22:00-08:00', '1234567 1320-480'],
  ['sun', '7 0-1440'],
  ['sat,sun', '67 0-1440'],
  ['Monday, wed – FRI', '1345 0-1440'],
  ['fri-mon 9:00 - 17:30', '1567 540-1050'],
  ['mon,mon-tue,tue 00:00-24:00', '12 0-1440'],
  ['  20:00-00:00 ', '1234567 1200-0'],
  ['sun-sat', '1234567 0-1440'],
])('%s is %s', (text, expected) => {
  expect(read(text)).toBe(expected)
})

test('what are no hours of a week is told what is expected', () => {
  const texts = [
    '',
    'weekdays',
    'mon-',
    'mon-xyz 08:00-20:00',
    'mon-tue-wed',
    'mon;tue',
    '08:00',
    '8-20',
    '08:00-25:00',
    '08:60-09:00',
    '24:00-08:00',
    '08:00-24:01',
    '08:00-08:00',
    '00:00-00:00',
    'mon 08:00-20:00 tue',
    '08:00-20:00 mon',
    'm'.repeat(100_000),
    `mon${' '.repeat(100_000)}x`,
  ]
  const lines = texts.map(text => `${JSON.stringify(text.slice(0, 30))}\n  ${read(text)}`)
  expect(lines.join('\n')).toMatchInlineSnapshot(`
    """
      expected are days, hours or both, such as "mon-fri 08:00-20:00", "sat,sun", "22:00-08:00"
    "weekdays"
      expected are days, hours or both, such as "mon-fri 08:00-20:00", "sat,sun", "22:00-08:00"
    "mon-"
      expected are days, hours or both, such as "mon-fri 08:00-20:00", "sat,sun", "22:00-08:00"
    "mon-xyz 08:00-20:00"
      expected are days, hours or both, such as "mon-fri 08:00-20:00", "sat,sun", "22:00-08:00"
    "mon-tue-wed"
      expected are days, hours or both, such as "mon-fri 08:00-20:00", "sat,sun", "22:00-08:00"
    "mon;tue"
      expected are days, hours or both, such as "mon-fri 08:00-20:00", "sat,sun", "22:00-08:00"
    "08:00"
      expected are days, hours or both, such as "mon-fri 08:00-20:00", "sat,sun", "22:00-08:00"
    "8-20"
      there is no such time of day; expected is 00:00 to 23:59, or 24:00 as an end
    "08:00-25:00"
      there is no such time of day; expected is 00:00 to 23:59, or 24:00 as an end
    "08:60-09:00"
      there is no such time of day; expected is 00:00 to 23:59, or 24:00 as an end
    "24:00-08:00"
      there is no such time of day; expected is 00:00 to 23:59, or 24:00 as an end
    "08:00-24:01"
      there is no such time of day; expected is 00:00 to 23:59, or 24:00 as an end
    "08:00-08:00"
      the hours end when they begin; for whole days give the days alone
    "00:00-00:00"
      the hours end when they begin; for whole days give the days alone
    "mon 08:00-20:00 tue"
      expected are days, hours or both, such as "mon-fri 08:00-20:00", "sat,sun", "22:00-08:00"
    "08:00-20:00 mon"
      expected are days, hours or both, such as "mon-fri 08:00-20:00", "sat,sun", "22:00-08:00"
    "mmmmmmmmmmmmmmmmmmmmmmmmmmmmmm"
      expected are days, hours or both, such as "mon-fri 08:00-20:00", "sat,sun", "22:00-08:00"
    "mon                           "
      expected are days, hours or both, such as "mon-fri 08:00-20:00", "sat,sun", "22:00-08:00""
  `)
})
