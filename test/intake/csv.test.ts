import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CsvLimits, type CsvRecord, csvBeginning, csvWindows, recordMaxBytes } from '../../src/intake/csv.ts'

/** Cuts bytes into pieces whose lengths take turns. */
async function* pieces(bytes: Buffer, lengths: readonly number[]): AsyncGenerator<Buffer> {
  let at = 0
  for (let turn = 0; at < bytes.length; turn++) {
    const length = lengths[turn % lengths.length] ?? 1
    yield bytes.subarray(at, at + length)
    at += length
  }
}

type Read = CsvRecord & { readonly text: string }

async function read(
  text: string | Buffer,
  lengths: readonly number[] = [64 * 1024],
  delimiter = ',',
  limits?: CsvLimits,
): Promise<Read[]> {
  const records: Read[] = []
  for await (const window of csvWindows(pieces(Buffer.from(text), lengths), delimiter, limits)) {
    for (const [index, record] of window.records.entries()) records.push({ ...record, text: window.textOf(index) })
  }
  return records
}

/** One line per record: where it begins, and its cells or what is wrong with it. */
async function shown(text: string): Promise<string> {
  const records = await read(text)
  return records
    .map(
      each =>
        `${each.line}  ${each.cells === null ? `${each.reason}: ${each.detail}  <${each.text}>` : JSON.stringify(each.cells)}`,
    )
    .join('\n')
}

const cell = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({
    unit: fc.constantFrom('"', '""', ',', ';', '\t', '|', '\n', '\r\n', '\r', ' ', 'a', 'é', '🎈', "'", '\0'),
  }),
)
const tables = fc.integer({ min: 2, max: 5 }).chain(columns =>
  fc.array(fc.array(cell, { minLength: columns, maxLength: columns }), {
    minLength: 1,
    maxLength: 20,
    size: 'medium',
  }),
)
const delimiters = fc.constantFrom(',', ';', '\t', '|')
const lineEnds = fc.constantFrom('\n', '\r\n', '\r')
/** Windows so small that these texts need many of them. */
const windows = fc.integer({ min: 1, max: 40 }).map(windowBytes => ({ recordMaxBytes, windowBytes }))
const cuts = fc.array(fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 65536 })), {
  minLength: 1,
  maxLength: 4,
})

function written(table: readonly (readonly string[])[], delimiter: string, lineEnd: string): string {
  const lines = table.map(row => row.map(each => quoted(each, delimiter)).join(delimiter))
  return lines.join(lineEnd)
}

function quoted(text: string, delimiter: string): string {
  return text === '' || /["\r\n]/.test(text) || text.includes(delimiter) ? `"${text.replaceAll('"', '""')}"` : text
}

describe('a table that is written as CSV', () => {
  test('is read back cell by cell, however it is cut into pieces', async () => {
    await fc.assert(
      fc.asyncProperty(
        tables,
        delimiters,
        lineEnds,
        fc.boolean(),
        cuts,
        windows,
        async (table, delimiter, lineEnd, ended, lengths, limits) => {
          const text = `${written(table, delimiter, lineEnd)}${ended ? lineEnd : ''}`
          const records = await read(text, lengths, delimiter, limits)
          // Lone surrogates, which no file can hold, become � on their way to UTF-8.
          expect(records.map(each => each.cells)).toEqual(table.map(row => row.map(each => each.toWellFormed())))
        },
      ),
      { numRuns: 300 },
    )
  })

  test('keeps its lines: a record begins where an editor shows it', async () => {
    await fc.assert(
      fc.asyncProperty(tables, lineEnds, cuts, windows, async (table, lineEnd, lengths, limits) => {
        const lines: number[] = []
        let line = 1
        for (const row of table) {
          lines.push(line)
          line += 1 + row.join('·').split(/\r\n|\r|\n/).length - 1
        }
        const records = await read(written(table, ',', lineEnd), lengths, ',', limits)
        expect(records.map(each => each.line)).toEqual(lines)
      }),
      { numRuns: 300 },
    )
  })

  test('keeps its text: records and line ends make up the file again', async () => {
    await fc.assert(
      fc.asyncProperty(tables, lineEnds, cuts, windows, async (table, lineEnd, lengths, limits) => {
        const text = written(table, ',', lineEnd).toWellFormed()
        const records = await read(text, lengths, ',', limits)
        expect(records.map(each => each.text).join(lineEnd)).toBe(text)
      }),
      { numRuns: 300 },
    )
  })
})

describe('any text at all', () => {
  const noise = fc.string({
    unit: fc.constantFrom('"', '"', '""', ',', '\n', '\n', '\r\n', '\r', ' ', 'a', 'b@c.de', '🎈'),
    maxLength: 200,
    size: 'medium',
  })

  test('gives the same records, however it is cut into pieces, and loses no line', async () => {
    await fc.assert(
      fc.asyncProperty(noise, cuts, windows, async (text, lengths, limits) => {
        const whole = await read(text)
        expect(await read(text, lengths, ',', limits)).toEqual(whole)
        const accounted = whole.flatMap(each => each.text.split(/\r\n|\r|\n/))
        const lines = text.split(/\r\n|\r|\n/)
        // What is in no record is blank.
        expect(accounted.filter(line => line.trim() !== '')).toEqual(lines.filter(line => line.trim() !== ''))
      }),
      { numRuns: 600 },
    )
  })

  test('does so with records that are too long, too', async () => {
    const small = fc.integer({ min: 1, max: 30 })
    await fc.assert(
      fc.asyncProperty(
        noise,
        cuts,
        small,
        fc.integer({ min: 1, max: 40 }),
        async (text, lengths, maxBytes, windowBytes) => {
          const whole = await read(text, [1000], ',', { recordMaxBytes: maxBytes, windowBytes: 1000 })
          const cut = await read(text, lengths, ',', { recordMaxBytes: maxBytes, windowBytes })
          expect(cut.map(each => ({ ...each, detail: '' }))).toEqual(whole.map(each => ({ ...each, detail: '' })))
          for (const { line, text: start } of whole)
            expect(text.split(/\r\n|\r|\n/)[line - 1]).toContain(start.split(/\r\n|\r|\n|\ufffd/)[0])
        },
      ),
      { numRuns: 600 },
    )
  })
})

describe('records', () => {
  test('are read by RFC 4180', async () => {
    expect(
      await shown('a,b\r\n"x, y","say ""hi"""\r\n"two\r\nlines", kept \r\n,""\r\nlast,one'),
    ).toMatchInlineSnapshot(`
      "1  ["a","b"]
      2  ["x, y","say \\"hi\\""]
      3  ["two\\r\\nlines"," kept "]
      5  ["",""]
      6  ["last","one"]"
    `)
  })

  test('have their lines with LF, CRLF and CR in one file, and blank lines between them', async () => {
    expect(await shown('a,b\n\n1,2\r\n\r\n  \r3,"4\r\n\n5"\r\r6,7\n')).toMatchInlineSnapshot(`
      "1  ["a","b"]
      3  ["1","2"]
      6  ["3","4\\r\\n\\n5"]
      10  ["6","7"]"
    `)
  })

  test('are taken to the letter where quotes are but part of the text', async () => {
    expect(await shown('a,b\n5" pipe,Ada "the first" L.\n')).toMatchInlineSnapshot(`
      "1  ["a","b"]
      2  ["5\\" pipe","Ada \\"the first\\" L."]"
    `)
  })

  test('that are damaged cost their own line and no other', async () => {
    expect(
      await shown(
        [
          'email,name',
          'a@x.org,"Ada" Lovelace',
          'b@x.org,Bob',
          'c@x.org,"Cy',
          'd@x.org,Dot',
          'e@x.org,"Eve"',
          'f@x.org,Flo "the "," best"',
          'g@x.org, "Gus"',
          'h@x.org,"Hal',
          'i@x.org,Ida',
          'j@x.org,"Jo""',
        ].join('\n'),
      ),
    ).toMatchInlineSnapshot(`
      "1  ["email","name"]
      2  quote not closed: text follows a closing quote; quotes inside a quoted cell must be doubled  <a@x.org,"Ada" Lovelace>
      3  ["b@x.org","Bob"]
      4  quote not closed: text follows a closing quote; quotes inside a quoted cell must be doubled  <c@x.org,"Cy>
      5  ["d@x.org","Dot"]
      6  ["e@x.org","Eve"]
      7  quote not closed: a quote stands in the middle of a cell; quote the whole cell, and double the quotes in it  <f@x.org,Flo "the "," best">
      8  quote not closed: a quote stands in the middle of a cell; quote the whole cell, and double the quotes in it  <g@x.org, "Gus">
      9  quote not closed: text follows a closing quote; quotes inside a quoted cell must be doubled  <h@x.org,"Hal>
      10  ["i@x.org","Ida"]
      11  quote not closed: a quote that opens in this row is not closed within 1 MiB, or not at all  <j@x.org,"Jo"">"
    `)
  })

  test('that a beginning cuts off are left out of it', () => {
    expect(csvBeginning(Buffer.from('a,b\n1,2\n3,'), ',', false).records.map(each => each.cells)).toEqual([
      ['a', 'b'],
      ['1', '2'],
    ])
  })
})

describe('what is too long', () => {
  const row = 'x@example.org,Ada\n'
  const many = row.repeat(70_000)

  test('a quote that is never closed does not swallow the rows below it', async () => {
    const records = await read(`a,b\nx@example.org,"Bob\n${many}`)
    expect(records.length).toBe(70_002)
    expect(records.filter(each => each.cells === null)).toEqual([
      {
        line: 2,
        cells: null,
        reason: 'quote not closed',
        detail: 'a quote that opens in this row is not closed within 1 MiB, or not at all',
        text: 'x@example.org,"Bob',
      },
    ])
    expect(records.at(-1)?.line).toBe(70_002)
  })

  test('neither does one that is closed far below', async () => {
    const records = await read(`a,b\nx@example.org,"Bob\n${many}y@example.org,"Eve"\n`, [50_000])
    expect(records.filter(each => each.cells === null).map(each => each.line)).toEqual([2])
    expect(records.length).toBe(70_003)
  })

  test.each([
    ['in one piece', [16 * 1024 * 1024]],
    ['in small ones', [10_000]],
  ])('a line beyond the limit is passed over, %s', async (_, lengths) => {
    const long = `b@example.org,${'x'.repeat(3 * recordMaxBytes)}`
    const records = await read(`a,b\n${long}\r\nc@example.org,C\n${long}`, lengths)
    expect(records.map(({ text, ...each }) => ({ ...each, length: text.length }))).toMatchInlineSnapshot(`
      [
        {
          "cells": [
            "a",
            "b",
          ],
          "length": 3,
          "line": 1,
        },
        {
          "cells": null,
          "detail": "the row is longer than 1048576 bytes",
          "length": 1048576,
          "line": 2,
          "reason": "row too large",
        },
        {
          "cells": [
            "c@example.org",
            "C",
          ],
          "length": 15,
          "line": 3,
        },
        {
          "cells": null,
          "detail": "the row is longer than 1048576 bytes",
          "length": 1048576,
          "line": 4,
          "reason": "row too large",
        },
      ]
    `)
  })

  test.each([
    [recordMaxBytes, 'good'],
    [recordMaxBytes + 1, 'row too large'],
  ])('the limit is exact: a line of %i bytes with its end is %s', async (length, expected) => {
    for (const lengths of [[16 * 1024 * 1024], [10_000]]) {
      const records = await read(`a,b\nc,${'x'.repeat(length - 3)}\nd,e\n`, lengths)
      expect(records.map(each => (each.cells === null ? each.reason : 'good'))).toEqual(['good', expected, 'good'])
    }
  })
})
