import { expect, test } from 'vitest'
import { count, moment, nth, percent } from '../../src/model/words.ts'

test.each([
  ['Europe/Berlin', '2026-10-25 02:00:00 GMT+1'],
  ['Asia/Kolkata', '2026-10-25 06:30:00 GMT+5:30'],
  ['America/New_York', '2026-10-24 21:00:00 EDT'],
  ['Pacific/Kiritimati', '2026-10-25 15:00:00 GMT+14'],
  ['-03:30', '2026-10-24 21:30:00 GMT-3:30'],
])('a moment in %s: %s', (zone, expected) => {
  expect(moment(Date.parse('2026-10-25T01:00:00Z'), zone)).toBe(expected)
})

test.each([
  ['UTC', '2026-10-25 01:00:00 UTC'],
  ['Europe/Berlin', '2026-10-25 02:00:00 GMT+1'],
  ['Asia/Kolkata', '2026-10-25 06:30:00 GMT+5:30'],
  ['America/New_York', '2026-10-24 21:00:00 GMT-4'],
  ['America/St_Johns', '2026-10-24 22:30:00 GMT-2:30'],
])('a moment where the reader is in %s: %s', (zone, expected) => {
  const before = process.env['TZ']
  process.env['TZ'] = zone
  try {
    expect(moment(Date.parse('2026-10-25T01:00:00Z'))).toBe(expected)
  } finally {
    process.env['TZ'] = before
  }
})

test('counts', () => {
  expect([0, 999, 1000, 1234567, -1234567, 1234.5].map(count).join(' ')).toBe(
    '0 999 1,000 1,234,567 -1,234,567 1,234.5',
  )
})

test('the place of something in its row', () => {
  expect([1, 2, 3, 4, 11, 12, 13, 21, 1022].map(nth).join(' ')).toBe('1st 2nd 3rd 4th 11th 12th 13th 21st 1,022nd')
})

test('shares', () => {
  expect([0, 0.000162, 0.00972, 0.0206, 0.5, 1].map(percent).join(' ')).toBe('0% 0.0162% 0.972% 2.1% 50.0% 100.0%')
})
