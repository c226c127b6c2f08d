import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isEncoding, toUtf8 } from '../../src/intake/encoding.ts'
import { UserError } from '../../src/model/errors.ts'

async function* pieces(bytes: Buffer, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length)
}

async function read(bytes: Buffer, encoding: string | null = null, length = 64 * 1024): Promise<string> {
  const read: Buffer[] = []
  for await (const piece of toUtf8({ file: 'list.csv', bytes: pieces(bytes, length), encoding, remedy: 'Mend it.' })) {
    // Every piece holds whole characters.
    expect(piece.equals(Buffer.from(piece.toString('utf8')))).toBe(true)
    read.push(piece)
  }
  return Buffer.concat(read).toString('utf8')
}

async function refusal(bytes: Buffer, encoding: string | null = null, length?: number): Promise<string> {
  try {
    await read(bytes, encoding, length)
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    return `${error.where}: ${error.message}. ${error.remedy}`
  }
  throw new Error('the text was accepted')
}

const latin = (text: string) => Buffer.from(text, 'latin1')
const bigEndian = (text: string) => Buffer.from(text, 'utf16le').swap16()

/** Longer than what is looked at to see that it is text. */
const long = 'Zoë, 北京 🎈\r\n'.repeat(8000)

describe('text', () => {
  test.each([
    ['UTF-8', Buffer.from(long), null],
    ['UTF-8 with its mark', Buffer.from(`\ufeff${long}`), null],
    ['UTF-8 with its mark, whatever its label', Buffer.from(`\ufeff${long}`), 'windows-1252'],
    ['UTF-8 by its label', Buffer.from(long), 'UTF8'],
    ['UTF-16 LE with its mark', Buffer.from(`\ufeff${long}`, 'utf16le'), null],
    ['UTF-16 BE with its mark', bigEndian(`\ufeff${long}`), null],
    ['UTF-16 LE by its label', Buffer.from(long, 'utf16le'), 'utf-16le'],
    ['UTF-16 BE by its label', bigEndian(long), 'utf-16be'],
  ])('is read: %s', async (_, bytes, encoding) => {
    expect(await read(bytes, encoding)).toBe(long)
    expect(await read(bytes, encoding, 7919)).toBe(long)
  })

  test('in windows-1252 has its euro sign and curly quotes, also in a short text', async () => {
    const upper = Array.from({ length: 32 }, (_, index) => String.fromCharCode(0x80 + index)).join('')
    const expected = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ'
    expect(await read(latin(upper), 'windows-1252')).toBe(expected)
    expect(await read(latin(upper), 'ISO-8859-1')).toBe(expected)
    expect(await read(latin('\xff'), 'windows-1252')).toBe('ÿ')
  })

  test.each([
    ['windows-1251', [0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2], 'Привет'],
    ['shift_jis', [0x93, 0xfa, 0x96, 0x7b], '日本'],
    ['gb18030', [0xb1, 0xb1, 0xbe, 0xa9], '北京'],
    ['macintosh', [0x8e], 'é'],
  ])('in %s', async (encoding, bytes, expected) => {
    expect(await read(Buffer.from(bytes), encoding)).toBe(expected)
    expect(await read(Buffer.from(bytes), encoding, 1)).toBe(expected)
  })

  test('is empty, or nothing but a mark', async () => {
    expect(await read(Buffer.alloc(0))).toBe('')
    expect(await read(Buffer.from('\ufeff'))).toBe('')
    expect(await read(Buffer.from('\ufeff', 'utf16le'))).toBe('')
  })

  test('is the same, wherever it is cut', async () => {
    // Beyond the head, pieces go on as they come.
    const head = 'x'.repeat(64 * 1024)
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 9 }), async (text, length) => {
        const bytes = Buffer.from(text)
        async function* source(): AsyncGenerator<Uint8Array> {
          yield Buffer.from(head)
          yield* pieces(bytes, length)
        }
        const read: Buffer[] = []
        for await (const piece of toUtf8({ file: '', bytes: source(), encoding: null, remedy: '' })) read.push(piece)
        expect(Buffer.concat(read).toString('utf8', head.length)).toBe(text)
      }),
      { numRuns: 200 },
    )
  })
})

describe('what is not of its encoding', () => {
  test.each([
    ['the first byte', latin('\xe9'), 'list.csv:1: the text is not UTF-8: the byte at offset 0 is 0xE9. Mend it.'],
    [
      'é of windows-1252',
      latin('a,b\r\nZo\xe9,x'),
      'list.csv:2: the text is not UTF-8: the byte at offset 7 is 0xE9. Mend it.',
    ],
    [
      'after a mark',
      latin('\xef\xbb\xbfa\rb\r\xff'),
      'list.csv:3: the text is not UTF-8: the byte at offset 7 is 0xFF. Mend it.',
    ],
    [
      'a character cut off',
      latin('a\n\xf0\x9f\x8e'),
      'list.csv:2: the text is not UTF-8: the byte at offset 2 is 0xF0. Mend it.',
    ],
    [
      'a surrogate',
      latin('ab\xed\xa0\x80'),
      'list.csv:1: the text is not UTF-8: the byte at offset 2 is 0xED. Mend it.',
    ],
    [
      'an overlong slash',
      latin('ab\xc0\xaf'),
      'list.csv:1: the text is not UTF-8: the byte at offset 2 is 0xC0. Mend it.',
    ],
    [
      'a lone continuation',
      latin('ab\n\x80\x80\x80\x80'),
      'list.csv:2: the text is not UTF-8: the byte at offset 3 is 0x80. Mend it.',
    ],
  ])('is shown with its place: %s', async (_, bytes, expected) => {
    expect(await refusal(bytes)).toBe(expected)
    expect(await refusal(bytes, null, 1)).toBe(expected)
  })

  test('is shown with its place far into a file, by offset and line', async () => {
    const lines = Buffer.from('0123é\r\n'.repeat(20_000))
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 30_000 }), fc.integer({ min: 50, max: 5000 }), async (at, length) => {
        const bytes = Buffer.from(lines)
        const place = 70_000 + at
        bytes[place] = 0xff
        // Where it takes the place of é's second byte, the first one is what is wrong; where it takes that of an LF, the
        // CR before it ends the line.
        const offset = place % 8 === 5 ? place - 1 : place
        const line = Math.floor(place / 8) + (place % 8 === 7 ? 2 : 1)
        expect(await refusal(bytes, null, length)).toContain(
          `list.csv:${line}: the text is not UTF-8: the byte at offset ${offset} is`,
        )
      }),
      { numRuns: 50 },
    )
  })

  test.each([
    ['utf-16le', Buffer.from([0x61, 0x00, 0x00, 0xd8, 0x61, 0x00])],
    ['utf-16le', Buffer.from([0x61, 0x00, 0x62])],
    ['shift_jis', latin('\x81')],
    ['gbk', latin('a\x81')],
  ])('is refused in %s too', async (encoding, bytes) => {
    expect(await refusal(bytes, encoding)).toMatch(`the text is not ${encoding}: there are bytes it does not have`)
  })
})

describe('what is no text', () => {
  const zeros = '\0\0\0\0'
  test('is named', async () => {
    const files: readonly (readonly [string, Buffer])[] = [
      ['xlsx', latin(`PK\x03\x04\x14${zeros}`)],
      ['xls', latin(`\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1${zeros}`)],
      ['pdf', latin('%PDF-1.7\n%\xe2\xe3\xcf\xd3\n')],
      ['gzip', latin(`\x1f\x8b\x08${zeros}`)],
      ['zstd', latin('\x28\xb5\x2f\xfd')],
      ['sqlite', latin('SQLite format 3\0')],
      ['anything', latin(`MZ\x90${zeros}`)],
      ['UTF-16 LE without mark', Buffer.from('email,name\nada@example.org', 'utf16le')],
      ['UTF-16 BE without mark', bigEndian('email,name\nada@example.org')],
    ]
    const said = []
    for (const [name, bytes] of files) said.push(`${name}  ${await refusal(bytes)}`)
    expect(said.join('\n')).toMatchInlineSnapshot(`
      "xlsx  list.csv: this is not a text file; it seems to be a spreadsheet (xlsx, ods) or a zip archive. Export it as CSV, or unpack it.
      xls  list.csv: this is not a text file; it seems to be an old spreadsheet (xls). Export it as CSV.
      pdf  list.csv: this is not a text file; it seems to be a PDF. Export the table as CSV.
      gzip  list.csv: this is not a text file; it seems to be compressed with gzip. Unpack it: gunzip.
      zstd  list.csv: this is not a text file; it seems to be compressed with Zstandard. Unpack it: unzstd.
      sqlite  list.csv: this is not a text file; it seems to be a SQLite database. Export the table as CSV.
      anything  list.csv: this is not a text file: the byte at offset 3 is zero. Give a text file.
      UTF-16 LE without mark  list.csv: this seems to be utf-16le without a byte order mark. Save it as UTF-8, or name its encoding.
      UTF-16 BE without mark  list.csv: this seems to be utf-16be without a byte order mark. Save it as UTF-8, or name its encoding."
    `)
  })

  test('is not what only begins like it', async () => {
    expect(await read(latin('%PDF-Name,email\n'))).toBe('%PDF-Name,email\n')
    expect(await read(latin('BZh,email\n'))).toBe('BZh,email\n')
  })
})

test.each([
  ['utf-8', true],
  ['Windows-1252', true],
  ['latin1', true],
  ['utf-7', false],
  ['windows-1252x', false],
  ['', false],
])('the label %j names an encoding: %s', (label, expected) => {
  expect(isEncoding(label)).toBe(expected)
})
