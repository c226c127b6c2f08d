import { describe, expect, test } from 'vitest'
import { relaxedBody, relaxedHeader } from '../../src/providers/dkim-canonical.ts'

const body = (text: string) => Buffer.concat(relaxedBody(Buffer.from(text, 'latin1'))).toString('latin1')

test.each([
  ['A: X', 'a:X'],
  ['B : Y\t\r\n\tZ  ', 'b:Y Z'],
  ['Subject:', 'subject:'],
  ['Subject:  a  \t b:c ', 'subject:a b:c'],
  ['X-Long:\r\n word', 'x-long:word'],
])('the header %j', (field, expected) => {
  expect(relaxedHeader(field)).toBe(expected)
})

test.each([
  ['the example of RFC 6376, section 3.4.5', ' C \r\nD \t E\r\n\r\n\r\n', ' C\r\nD E\r\n'],
  ['nothing', '', ''],
  ['an empty line', '\r\n', ''],
  ['nothing but white space', ' \r\n\t\r\n', ''],
  ['empty lines in the middle', 'a\r\n\r\n\r\nb\r\n', 'a\r\n\r\n\r\nb\r\n'],
  ['lines of white space at the end', 'a\r\n \r\n \t \r\n\r\n', 'a\r\n'],
  ['no line break at the end', 'a', 'a\r\n'],
  ['no line break after white space', 'a\r\n b', 'a\r\n b\r\n'],
  ['what is so already', 'a b\r\n c\r\n', 'a b\r\n c\r\n'],
])('the body: %s', (_, text, expected) => {
  expect(body(text)).toBe(expected)
})

describe('a large body', () => {
  test('is the same in slices', () => {
    for (const length of [65_530, 65_536, 65_600, 200_000]) {
      const lines = `${'x'.repeat(length)}\r\ny  y \r\n`.repeat(2)
      expect(body(`${lines}\r\n \r\n`)).toBe(lines.replaceAll('y  y ', 'y y'))
    }
  })

  test('is not copied where nothing has to change', () => {
    const given = Buffer.from('0123456789 abcdef\r\n'.repeat(20_000))
    const pieces = relaxedBody(given)
    expect(pieces.length).toBeGreaterThan(1)
    expect(pieces.every(piece => piece.buffer === given.buffer)).toBe(true)
  })
})
