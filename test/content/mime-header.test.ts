import fc from 'fast-check'
import { simpleParser } from 'mailparser'
import { expect, test } from 'vitest'
import { headerLine, mailboxHeader, parameterHeader, textHeader } from '../../src/content/mime-header.ts'
import type { Address } from '../../src/model/address.ts'

const address = 'ada@example.org' as Address

test.each([
  ['plain', textHeader('Subject', 'Hello'), 'Subject: Hello'],
  ['empty', textHeader('Subject', ''), 'Subject:'],
  ['beyond ASCII', textHeader('Subject', 'Grüße von Ada'), 'Subject: =?UTF-8?Q?Gr=C3=BC=C3=9Fe_von_Ada?='],
  ['mostly beyond ASCII', textHeader('Subject', 'Привет'), 'Subject: =?UTF-8?B?0J/RgNC40LLQtdGC?='],
  ['like an encoded word', textHeader('Subject', '=?utf-8?Q?x?='), 'Subject: =?UTF-8?Q?=3D=3Futf-8=3FQ=3Fx=3F=3D?='],
  ['with a space at its end', textHeader('Subject', 'Hello '), 'Subject: =?UTF-8?Q?Hello=20?='],
  ['an address alone', mailboxHeader('To', { address }), 'To: ada@example.org'],
  ['with a name', mailboxHeader('From', { name: 'Ada', address }), 'From: Ada <ada@example.org>'],
  ['with a comma', mailboxHeader('From', { name: 'Ada, "A"', address }), 'From: "Ada, \\"A\\"" <ada@example.org>'],
  [
    'with an umlaut',
    mailboxHeader('From', { name: 'Müller', address }),
    'From: =?UTF-8?Q?M=C3=BCller?= <ada@example.org>',
  ],
  ['with a parameter', parameterHeader('Content-Type', 'a/b', { name: 'x y' }), 'Content-Type: a/b; name="x y"'],
  [
    'with a parameter beyond ASCII',
    parameterHeader('Content-Disposition', 'attachment', { filename: 'Größe.pdf' }),
    "Content-Disposition: attachment; filename*0*=utf-8''Gr%C3%B6%C3%9Fe.pdf",
  ],
])('%s', (_, line, expected) => {
  expect(line).toBe(`${expected}\r\n`)
})

test('long headers are folded at white space', () => {
  const url = `<https://acme.example/u/${'x'.repeat(80)}>`
  expect(textHeader('List-Unsubscribe', `${url}, <mailto:u@acme.example>`)).toMatchInlineSnapshot(`
    "List-Unsubscribe:
     <https://acme.example/u/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx>,
     <mailto:u@acme.example>
    "
  `)
})

test.each([
  ['a line break in a value', () => textHeader('Subject', 'a\r\nBcc: b@example.org')],
  ['a bare LF', () => textHeader('Subject', 'a\nb')],
  ['a bare CR', () => headerLine('Message-ID', '<a\rb@example.org>')],
  ['a line break in a value that is encoded', () => textHeader('Subject', 'ü\r\nBcc: b@example.org')],
  ['a NUL', () => textHeader('Subject', 'a\0')],
  ['a line break in a display name', () => mailboxHeader('From', { name: 'A\r\nB: c', address })],
  ['a line break in an encoded display name', () => mailboxHeader('From', { name: 'Ü\r\nB: c', address })],
  ['a line break in an address', () => mailboxHeader('To', { address: 'a@b\r\nBcc: c' as Address })],
  ['a line break in a file name', () => parameterHeader('Content-Type', 'a/b', { name: 'a\r\nb' })],
  ['a name with a space', () => textHeader('X Y', 'a')],
  ['a name with a colon', () => textHeader('X:', 'a')],
  ['an empty name', () => textHeader('', 'a')],
])('%s is a bug', (_, make) => {
  expect(make).toThrow('holds a line break or control character')
})

/** Other control characters than the tab are bugs, as shown above. */
const fitsHeader = (text: string) => !/[\0-\x08\x0a-\x1f\x7f]/.test(text)

const value = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 120 }),
  fc.string({ unit: fc.constantFrom('a', ' ', 'é', '=', '?', '"', '👍', '\t', '_', '<', ','), maxLength: 300 }),
  fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 950, maxLength: 2100 }),
)

test('any subject arrives as it was, in ASCII lines of at most 998 characters', async () => {
  await fc.assert(
    fc.asyncProperty(value.filter(fitsHeader), async subject => {
      const line = textHeader('Subject', subject)
      const lines = line.split('\r\n')
      expect(lines.pop()).toBe('')
      expect(Math.max(...lines.map(each => each.length))).toBeLessThanOrEqual(998)
      expect(line).toMatch(/^[\x20-\x7e\r\n]*$/)
      expect(lines.slice(1).every(each => /^ +\S/.test(each))).toBe(true)
      expect((await simpleParser(`${line}\r\n`)).subject ?? '').toBe(subject)
    }),
    { numRuns: 300 },
  )
})

test('any display name arrives as it was', async () => {
  await fc.assert(
    fc.asyncProperty(
      value.filter(name => fitsHeader(name) && name.length < 300),
      async name => {
        const parsed = await simpleParser(`${mailboxHeader('From', { name, address })}\r\n`)
        expect(parsed.from?.value).toEqual([{ name, address }])
      },
    ),
    { numRuns: 300 },
  )
})
