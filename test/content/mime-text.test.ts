import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { prepareBase64 } from '../../src/content/mime-base64.ts'
import { prepareText } from '../../src/content/mime-text.ts'
import { joinText } from '../../src/model/edition.ts'

const asCrlf = (text: string) => text.replace(/\r\n?|\n/g, '\r\n')

test.each([
  ['nothing', ['', ''], 'quoted-printable'],
  ['English', ['Hello ', ', how are you?'], 'quoted-printable'],
  ['German', ['Wir haben am Samstag für Sie geöffnet, ', ''], 'quoted-printable'],
  ['German in capitals of umlauts', ['ÄÖÜ', 'äöü'], 'base64'],
  ['Chinese', ['亲爱的', '：您好！'], 'base64'],
  ['Russian', ['Здравствуйте, ', '!'], 'base64'],
  ['Chinese between tags', [`<table><tr><td align="center">${'你好'.repeat(2)}</td></tr></table>`], 'base64'],
  ['a little Chinese among many tags', [`${'<table role="presentation">'.repeat(9)}你好`], 'quoted-printable'],
  ['a sixth and no more', [`${'a'.repeat(10)}é`], 'quoted-printable'],
  ['a little more than a sixth', [`${'a'.repeat(9)}é`], 'base64'],
  ['equals signs', ['=====', ''], 'base64'],
])('%s goes as it is shorter', (_, fixed, encoding) => {
  expect(prepareText(fixed).encoding).toBe(encoding)
})

describe('base64', () => {
  const encode = (fixed: readonly string[], slots: readonly string[]) =>
    Buffer.concat(prepareBase64(fixed)(slots)).toString('latin1')

  test('fixed text of more than a line stands in lines of its own, whatever is before it', () => {
    const lines = ['', 'A', 'Ad', 'Ada'].map(slot => encode(['您好', '欢'.repeat(30)], [slot]))
    expect(lines.join('\n').replaceAll('\r\n', '\n')).toMatchInlineSnapshot(`
      "5oKo5aW9
      5qyi5qyi5qyi5qyi5qyi5qyi5qyi5qyi5qyi5qyi5qyi5qyi5qyi5qyi5qyi5qyi5qyi5qyi5qyi
      5qyi5qyi5qyi5qyi5qyi5qyi5qyi5qyi5qyi5qyi5qyi

      5oKo5aW9Qeas
      ouasouasouasouasouasouasouasouasouasouasouasouasouasouasouasouasouasouasouas
      ouasouasouasouasouasouasouasouasouasouas
      og==

      5oKo5aW9QWTm
      rKLmrKLmrKLmrKLmrKLmrKLmrKLmrKLmrKLmrKLmrKLmrKLmrKLmrKLmrKLmrKLmrKLmrKLmrKLm
      rKLmrKLmrKLmrKLmrKLmrKLmrKLmrKLmrKLmrKLm
      rKI=

      5oKo5aW9QWRh
      5qyi5qyi5qyi5qyi5qyi5qyi5qyi5qyi5qyi5qyi5qyi5qyi5qyi5qyi5qyi5qyi5qyi5qyi5qyi
      5qyi5qyi5qyi5qyi5qyi5qyi5qyi5qyi5qyi5qyi5qyi
      "
    `)
  })

  const piece = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.string({ unit: fc.constantFrom('\r', '\n', ' ', '.', '=', 'a', 'é', '👍', '\r\n'), maxLength: 20 }),
    fc.string({ unit: fc.constantFrom('a', '好', 'é', '👍', '\n'), minLength: 60, maxLength: 200 }),
  )
  const text = fc
    .array(fc.tuple(piece, piece), { maxLength: 6 })
    .chain(pairs =>
      piece.map(last => ({ fixed: [...pairs.map(([fixed]) => fixed), last], slots: pairs.map(([, slot]) => slot) })),
    )

  test('any text is decoded to the joined text, with its line breaks as CRLF', () => {
    fc.assert(
      fc.property(text, ({ fixed, slots }) => {
        const encoded = encode(fixed, slots)
        const lines = encoded.split('\r\n')
        expect(lines.filter(line => line.length > 76 || !/^[\w+/=]*$/.test(line))).toEqual([])
        // Padding stands at the end or nowhere: decoders stop at it.
        expect(encoded).toMatch(/^[\w+/\r\n]*={0,2}(\r\n)?$/)
        expect(Buffer.from(encoded, 'base64').toString()).toBe(asCrlf(joinText(fixed, slots)))
      }),
      { numRuns: 800 },
    )
  })

  test('the same prepared text serves everybody', () => {
    const fill = prepareBase64(['你好 '.repeat(30), '再见 '.repeat(30)])
    for (const slot of ['Ada', '', 'Bob and Ada', 'é', '\r', '\n']) {
      const decoded = Buffer.from(Buffer.concat(fill([slot])).toString('latin1'), 'base64').toString()
      expect(decoded).toBe(asCrlf(`${'你好 '.repeat(30)}${slot}${'再见 '.repeat(30)}`))
    }
  })

  test('a slot too many or too few is a bug', () => {
    expect(() => encode(['a', 'b'], [])).toThrow('0 slots were given for 1 gaps')
  })
})
