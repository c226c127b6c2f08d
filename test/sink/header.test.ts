import * as mimeFuncs from 'nodemailer/lib/mime-funcs'
import { expect, test } from 'vitest'
import { decodedText, readHeader } from '../../src/sink/header.ts'

test.each<[string, string | null, string]>([
  ['Subject: News\r\nTo: a\r\n\r\nBody\r\n', 'News', 'Body\r\n'],
  ['subject:   folded\r\n\tvalue \r\n\r\n', 'folded\tvalue', ''],
  ['Subject: 1\r\nSubject: 2\r\n\r\nSubject: 3', '1', 'Subject: 3'],
  ['Resent-Subject: 1\r\n\r\nBody', null, 'Body'],
  ['\r\nSubject: in the body', null, 'Subject: in the body'],
  ['Subject: no end', 'no end', ''],
  ['', null, ''],
])('%j', (text, subject, body) => {
  const bytes = Buffer.from(text)
  const header = readHeader(bytes)
  expect([header.field('Subject'), bytes.subarray(header.bodyStart).toString()]).toEqual([subject, body])
})

test.each([
  'News',
  'Grüße',
  'a = b_c ?',
  '日本語の長い件名です、とても長いので折り返されます、そして続きます',
  '🎉'.repeat(40),
])('as it was before it was encoded: %s', text => {
  for (const encoding of ['Q', 'B'] as const)
    expect(decodedText(mimeFuncs.encodeWords(text, encoding, 52, true).replaceAll(' ', '\r\n '))).toBe(
      /[^\0-\x7f]/.test(text) ? text : text.replaceAll(' ', '\r\n '),
    )
})

test.each(['=?x-none?Q?a?=', '=?utf-8?X?a?=', '=?utf-8?Q?a'])('what is no encoded word stays: %s', text => {
  expect(decodedText(text)).toBe(text)
})
