/** Forms as Node's own reader of them takes them, and their boundaries. */

import { expect, test } from 'vitest'
import { formBody, formBoundary, formType, textField } from '../../src/providers/multipart-form.ts'
import { bytesOf } from '../support/mailgun-form.ts'

const boundary = formBoundary('a secret', 'a call')

async function read(fields: Parameters<typeof formBody>[1]) {
  const body = new Uint8Array(bytesOf(formBody(boundary, fields)))
  const data = await new Response(body, { headers: { 'content-type': formType(boundary) } }).formData()
  return Promise.all(
    [...data].map(async ([name, value]) =>
      typeof value === 'string'
        ? [name, value]
        : [name, value.name, value.type, Buffer.from(await value.arrayBuffer()).toString('latin1')],
    ),
  )
}

test('texts, repeated fields and files arrive as they are', async () => {
  const bytes = Buffer.from('\r\n--\0\xff', 'latin1')
  expect(
    await read([
      textField('to', 'a@b.example'),
      textField('to', 'Å\r\n– 你好 🎉'),
      { name: 'text', content: ['one ', Buffer.from('twö'), ''] },
      { name: 'file', file: { name: 'Übersicht.bin', type: 'a/b' }, content: [bytes] },
      textField('empty', ''),
    ]),
  ).toEqual([
    ['to', 'a@b.example'],
    ['to', 'Å\r\n– 你好 🎉'],
    ['text', 'one twö'],
    ['file', 'Übersicht.bin', 'a/b', '\r\n--\0\xff'],
    ['empty', ''],
  ])
})

test('half a surrogate pair is no UTF-8, and a quote in a name does not end it', async () => {
  expect(
    await read([
      textField('a"; x="\r\n', '\ud83d'),
      { name: 'b', file: { name: '"\\\r\n', type: 'a/b' }, content: [] },
    ]),
  ).toEqual([
    ['a_; x=___', '\ufffd'],
    ['b', '____', 'a/b', ''],
  ])
})

test('large pieces are handed on and not copied', () => {
  const large = Buffer.alloc(1_000_000)
  expect(formBody(boundary, [{ name: 'x', content: [large] }]).some(piece => piece === large)).toBe(true)
})

test('a boundary hangs on the secret and on the call, and says nothing of either', () => {
  const all = [boundary, formBoundary('a secret', 'another call'), formBoundary('another secret', 'a call')]
  expect(new Set(all).size).toBe(3)
  expect(formBoundary('a secret', 'a call')).toBe(boundary)
  for (const each of all) expect(each).toMatch(/^mailblast-[0-9a-f]{32}$/)
})
