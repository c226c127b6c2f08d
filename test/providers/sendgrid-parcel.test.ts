/**
 * How many messages go in one call, at the edge of each limit: so many fit and SendGrid accepts them; with one more, or
 * one byte more, they do not, and SendGrid would have refused them all.
 */

import { describe, expect, test } from 'vitest'
import type { FilledMessage, SharedContent } from '../../src/model/edition.ts'
import { batchBody, type EncodedContent, encodeContent, substitutionsJson } from '../../src/providers/sendgrid-body.ts'
import { sendgridFits } from '../../src/providers/sendgrid-parcel.ts'
import { address, content, message, messages } from '../support/provider-opening.ts'
import { mailSchema } from '../support/sendgrid-mail.ts'

const withoutSlots = content({ text: ['Hello!'], html: null })
const plain = { text: [], html: [] }
const oneSlot = content({ text: ['', '!'], html: null })
const file = { fileName: 'ticket.pdf', contentType: 'application/pdf', bytes: Buffer.from('%PDF') }

const encoded = (shared: SharedContent) => encodeContent(shared, false)
const fits = (encodedContent: EncodedContent, all: readonly FilledMessage[], most = 1000) =>
  sendgridFits(encodedContent, all, Math.min(most, all.length))

/** What SendGrid would say of the messages in one call. */
function refusals(shared: EncodedContent, parcel: readonly FilledMessage[]): string[] {
  const body = Buffer.concat(batchBody(shared, parcel).map(piece => Buffer.from(piece)))
  return mailSchema.safeParse(JSON.parse(body.toString())).error?.issues.map(issue => issue.message) ?? []
}

/** A message whose substitutions are exactly so many bytes. */
function ofBytes(shared: EncodedContent, id: number, bytes: number): FilledMessage {
  const empty = Buffer.byteLength(substitutionsJson(shared, message(id, { text: [''], html: [] })))
  return message(id, { text: ['x'.repeat(bytes - empty)], html: [] })
}

describe('limits that SendGrid states', () => {
  test('1,000 personalizations', () => {
    const shared = encoded(withoutSlots)
    const all = messages(1001, () => plain)
    expect(fits(shared, all)).toBe(1000)
    expect(refusals(shared, all.slice(0, 1000))).toEqual([])
    expect(refusals(shared, all)).toContain('The personalization block is limited to 1000 personalizations.')
  })

  test('10,000 bytes of substitutions for one message: one more goes alone', () => {
    const shared = encoded(oneSlot)
    const [before, at, over] = [ofBytes(shared, 1, 100), ofBytes(shared, 2, 10_000), ofBytes(shared, 3, 10_001)]
    expect(fits(shared, [before, at, over])).toBe(2)
    expect(fits(shared, [over, before])).toBe(1)
    expect(refusals(shared, [before, at])).toEqual([])
    expect(refusals(shared, [before, over])).toEqual(['Substitutions are limited to 10,000 bytes per personalization.'])
  })

  test('bytes are bytes: an emoji counts four, a quote counts its backslash', () => {
    const shared = encoded(oneSlot)
    const at = ofBytes(shared, 1, 10_000).text[0] ?? ''
    const fitting = (text: string) =>
      fits(shared, [message(2, { text: [text], html: [] }), message(3, { text: [''], html: [] })])
    expect([`${at.slice(4)}😀`, `${at.slice(2)}"`, `${at.slice(3)}😀`, `${at.slice(1)}"`].map(fitting)).toEqual([
      2, 2, 1, 1,
    ])
  })

  test('150 substitutions for one message: with one more every message goes alone', () => {
    const slotted = (count: number) => encoded(content({ text: Array(count + 1).fill('.'), html: null }))
    const filled = (count: number) => messages(2, () => ({ text: Array(count).fill('x'), html: [] }))
    expect(fits(slotted(150), filled(150))).toBe(2)
    expect(fits(slotted(151), filled(151))).toBe(1)
    expect(refusals(slotted(150), filled(150))).toEqual([])
    expect(refusals(slotted(151), filled(151))).toContain(
      'Substitutions are limited to 150 items per personalization block.',
    )
  })

  test('50,000 bytes of substitutions in a call', () => {
    const shared = encoded(oneSlot)
    const at = [1, 2, 3, 4, 5].map(id => ofBytes(shared, id, 10_000))
    const over = [...at.slice(0, 4), ofBytes(shared, 5, 9_900), ofBytes(shared, 6, 101)]
    expect(fits(shared, [...at, ofBytes(shared, 6, 50)])).toBe(5)
    expect(refusals(shared, at)).toEqual([])
    expect(fits(shared, over)).toBe(5)
    expect(refusals(shared, over)).toEqual(['Substitutions are limited to 50,000 bytes per request.'])
  })

  test('20 MB in a call', () => {
    const shared = encoded(withoutSlots)
    const wide = (id: number) => ({ ...plain, headers: [{ name: 'X-Wide', value: 'x'.repeat(400_000 - id) }] })
    const all = messages(60, wide)
    const count = fits(shared, all)
    const bytes = (parcel: readonly FilledMessage[]) =>
      batchBody(shared, parcel).reduce((sum, piece) => sum + Buffer.byteLength(piece), 0)
    expect(count).toBe(49)
    expect(bytes(all.slice(0, count))).toBeLessThan(20_001_000)
    expect(bytes(all.slice(0, count + 1))).toBeGreaterThan(20_000_000)
  })

  test('a message that is over 20 MB by itself goes alone', () => {
    const bytes = Buffer.alloc(16_000_000)
    const shared = encoded({ ...withoutSlots, attachments: [{ ...file, bytes }] })
    expect(
      fits(
        shared,
        messages(3, () => plain),
      ),
    ).toBe(1)
  })

  test('each address once in a call, whatever its letters’ case', () => {
    const shared = encoded(withoutSlots)
    const to = (text: string) => ({ ...plain, to: address(text) })
    const all = [
      message(1, to('Ada@example.org')),
      message(2, to('bob@example.org')),
      message(3, to('ADA@example.org')),
    ]
    expect(fits(shared, all)).toBe(2)
    expect(refusals(shared, all)).toEqual([expect.stringContaining('more than once')])
  })
})

describe('what stands once in a call', () => {
  const shared = encoded(withoutSlots)
  const listed = { headers: [{ name: 'list-Unsubscribe', value: '<https://acme.example/u/1>' }] }

  test.each([
    ['all alike', [{}, {}, {}], 3],
    ['the third has a file of her own', [{}, {}, { attachments: [file] }], 2],
    ['the first has a file of her own', [{ attachments: [file] }, {}, {}], 1],
    ['all have an unsubscribe link', [listed, listed, listed], 3],
    ['the third has an unsubscribe link', [{}, {}, listed], 2],
    ['the second has none', [listed, {}, listed], 1],
  ])('%s: %#', (_, differences, count) => {
    expect(
      fits(
        shared,
        differences.map((more, index) => message(index + 1, { ...plain, ...more })),
      ),
    ).toBe(count)
  })
})

describe('tokens', () => {
  const shared = encoded(content({ text: ['Hello ', '', ', it is ', '.'], html: null }))
  const {
    core,
    text: [token = ''],
  } = shared.tokens
  const fields = (...text: string[]) => ({ text, html: [] })

  test.each([
    ['none', fields('Ada', 'Gold', 'late'), 3],
    ['a field is a token', fields(token, 'Gold', 'late'), 1],
    ['a field holds a token', fields('Ada', `a${token}b`, 'late'), 1],
    ['a field holds the core of a token', fields('Ada', 'Gold', core), 1],
    ['two fields make a token together', fields(token.slice(0, 6), token.slice(6), 'late'), 1],
    ['a field and the text after it make none', fields('Ada', token.slice(0, 6), 'late'), 3],
    ['the subject holds one', { ...fields('Ada', 'Gold', 'late'), subject: `On ${token}` }, 1],
    ['a header holds one', { ...fields('Ada', 'Gold', 'late'), headers: [{ name: 'X-Y', value: token }] }, 1],
  ])('%s', (_, more, count) => {
    const all = [message(1, more), message(2, fields('Bob', 'Blue', 'early')), message(3, fields('Cy', 'Red', 'now'))]
    expect(fits(shared, all)).toBe(count)
    // Wherever she stands in the line, she goes alone.
    expect(fits(shared, [...all.slice(1), ...all.slice(0, 1)])).toBe(count === 3 ? 3 : 2)
  })

  test('are not those that the text holds already', () => {
    const before = encoded(content({})).tokens.core
    const after = encoded(content({ text: ['Hello ', `! ${before}`] })).tokens.core
    expect(after).not.toBe(before)
  })

  test('a batch that would arrive wrong is a bug, not a call', () => {
    const wrong = [message(1, fields('Ada', 'Gold', 'late')), message(2, fields(token, '', ''))]
    expect(() => batchBody(shared, wrong)).toThrow('message 2 cannot go in a batch with message 1')
  })
})

test('the work is linear: a message is looked at once, and none beyond the first that does not fit', () => {
  const shared = encoded(withoutSlots)
  const looked: number[] = []
  const watched = messages(10, () => plain).map(each => ({
    ...each,
    get to() {
      looked.push(each.id)
      return each.id === 5 ? address('ada1@example.org') : each.to
    },
  }))
  expect(fits(shared, watched)).toBe(4)
  expect(new Set(looked)).toEqual(new Set([1, 2, 3, 4, 5]))
})
