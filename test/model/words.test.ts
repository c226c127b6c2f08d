import { expect, test } from 'vitest'
import { moment } from '../../src/model/words.ts'

test.each([
  ['Europe/Berlin', '2026-10-25 02:00:00 GMT+1'],
  ['Asia/Kolkata', '2026-10-25 06:30:00 GMT+5:30'],
  ['America/New_York', '2026-10-24 21:00:00 EDT'],
  ['Pacific/Kiritimati', '2026-10-25 15:00:00 GMT+14'],
  ['-03:30', '2026-10-24 21:30:00 GMT-3:30'],
])('a moment in %s: %s', (zone, expected) => {
  expect(moment(Date.parse('2026-10-25T01:00:00Z'), zone)).toBe(expected)
})
