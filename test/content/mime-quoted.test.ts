import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { prepareQuoted } from '../../src/content/mime-quoted.ts'
import { joinText } from '../../src/model/edition.ts'

const encode = (fixed: readonly string[], slots: readonly string[] = []) =>
  Buffer.concat(prepareQuoted(fixed)(slots)).toString('latin1')

/** Strict: anything but an escape of two capital digits or a soft break after `=` is an error. */
function decode(encoded: string): string {
  const bytes = encoded.replaceAll('=\r\n', '').replace(/=(..)?/gs, (_, digits = '') => {
    if (!/^[0-9A-F]{2}$/.test(digits)) throw new Error(`a stray = before ${JSON.stringify(digits)}`)
    return String.fromCharCode(Number.parseInt(digits, 16))
  })
  return Buffer.from(bytes, 'latin1').toString('utf8')
}

const asCrlf = (text: string) => text.replace(/\r\n?|\n/g, '\r\n')

test.each([
  ['plain text and a slot', ['Hello ', ', welcome'], ['Ada'], 'Hello=20=\r\nAda=\r\n, welcome'],
  ['an empty slot', ['Hello', '!'], [''], 'Hello=\r\n!'],
  ['nothing but an empty slot', ['', ''], [''], ''],
  ['a slot at each end', ['', ' and ', ''], ['Ada', 'Bob'], 'Ada=\r\n and=20=\r\nBob'],
  ['a line that ends before a slot', ['Dear\n', '\n'], ['Ada'], 'Dear\r\nAda=\r\n\r\n'],
  ['a slot that ends with CR before LF', ['a', '\nb'], ['x\r'], 'a=\r\nx\r\nb'],
  ['CR and LF with an empty slot between', ['a\r', '\nb'], [''], 'a\r\nb'],
  ['CR before a slot that is LF', ['a\r', 'b'], ['\n'], 'a\r\nb'],
  ['CR before CR', ['a\r', 'b'], ['\r'], 'a\r\n\r\nb'],
  ['spaces and tabs at line ends', ['a \nb\t\n ', ''], ['c '], 'a=20\r\nb=09\r\n=20=\r\nc=20'],
  ['an equals sign', ['1=', ''], ['=2'], '1=3D=\r\n=3D2'],
  ['beyond ASCII', ['ü', ''], ['👩‍🚀'], '=C3=BC=\r\n=F0=9F=91=A9=E2=80=8D=F0=9F=9A=80'],
])('%s', (_, fixed, slots, expected) => {
  expect(encode(fixed, slots)).toBe(expected)
  expect(decode(expected)).toBe(asCrlf(joinText(fixed, slots)))
})

describe('any text', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.string({ unit: fc.constantFrom('\r', '\n', ' ', '\t', '.', '=', 'a', 'é', '👍', '\r\n'), maxLength: 20 }),
    fc.string({ unit: fc.constantFrom('a', ' ', '=', 'é', '👍'), minLength: 60, maxLength: 200 }),
  )
  const text = fc
    .array(fc.tuple(piece, piece), { maxLength: 6 })
    .chain(pairs =>
      piece.map(last => ({ fixed: [...pairs.map(([fixed]) => fixed), last], slots: pairs.map(([, slot]) => slot) })),
    )

  test('is decoded to the joined text, with its line breaks as CRLF', () => {
    fc.assert(
      fc.property(text, ({ fixed, slots }) => {
        expect(decode(encode(fixed, slots))).toBe(asCrlf(joinText(fixed, slots)))
      }),
      { numRuns: 800 },
    )
  })

  test('goes as ASCII lines of at most 76 characters, without white space at their ends', () => {
    fc.assert(
      fc.property(text, ({ fixed, slots }) => {
        const encoded = encode(fixed, slots)
        const lines = encoded.split('\r\n')
        expect(Math.max(...lines.map(line => line.length))).toBeLessThanOrEqual(76)
        expect(lines.find(line => /[^\t\x20-\x7e]|[ \t]$/.test(line))).toBeUndefined()
        expect(encoded).not.toContain('=_')
      }),
      { numRuns: 800 },
    )
  })
})

test('a slot too many or too few is a bug', () => {
  expect(() => encode(['a', 'b'], [])).toThrow('0 slots were given for 1 gaps')
  expect(() => encode(['a'], ['b'])).toThrow('1 slots were given for 0 gaps')
})
