/**
 * How many messages go in one SES call, at the edge of each limit: so many fit and SES accepts them; with one more, or one
 * character more, they do not, and SES would have refused them all.
 */

import { describe, expect, test } from 'vitest'
import type { FilledMessage, SharedContent } from '../../src/model/edition.ts'
import { bulkBody, type EncodedContent, encodeContent, entryJson, templateData } from '../../src/providers/ses-body.ts'
import { sesFits, unsendable } from '../../src/providers/ses-parcel.ts'
import { sendBulkEmailSchema } from '../../src/sink/ses-mail.ts'
import { address, content, message, messages } from '../support/provider-opening.ts'

const plain = { text: [], html: [] }
const withoutSlots = content({ text: ['Hello!'], html: null })
const oneSlot = content({ text: ['', '!'], html: null })
const file = { fileName: 'ticket.pdf', contentType: 'application/pdf', bytes: Buffer.from('%PDF') }

const encoded = (shared: SharedContent) => encodeContent(shared, null)
const fits = (shared: EncodedContent, all: readonly FilledMessage[], most = 50) =>
  sesFits(shared, all, Math.min(most, all.length))
const bodyOf = (shared: EncodedContent, parcel: readonly FilledMessage[]) =>
  Buffer.concat(bulkBody(shared, parcel).map(piece => Buffer.from(piece)))

/** What SES would say of the messages in one call. */
function refusals(shared: EncodedContent, parcel: readonly FilledMessage[]): string[] {
  return (
    sendBulkEmailSchema
      .safeParse(JSON.parse(bodyOf(shared, parcel).toString()))
      .error?.issues.map(each => each.message) ?? []
  )
}

describe('limits that SES states', () => {
  test('50 destinations', () => {
    const shared = encoded(withoutSlots)
    const all = messages(51, () => plain)
    expect(fits(shared, all, 51)).toBe(51)
    expect(refusals(shared, all.slice(0, 50))).toEqual([])
    expect(refusals(shared, all)).toEqual(['A call can have no more than 50 destinations.'])
  })

  test('262,144 characters of data for an entry: one more goes alone', () => {
    const shared = encoded(oneSlot)
    const empty = templateData(shared, message(1, { text: [''], html: [] })).length
    const of = (id: number, length: number) => message(id, { text: ['é'.repeat(length - empty)], html: [] })
    const [before, at, over] = [of(1, 100), of(2, 262_144), of(3, 262_145)]
    expect(fits(shared, [before, at, over])).toBe(2)
    expect(fits(shared, [over, before])).toBe(1)
    expect(refusals(shared, [before, at])).toEqual([])
    expect(refusals(shared, [before, over])).not.toEqual([])
  })

  test('a million bytes in a call, to the byte', () => {
    const shared = encoded(oneSlot)
    const of = (id: number, length: number) => message(id, { text: ['x'.repeat(length)], html: [] })
    const four = [1, 2, 3, 4].map(id => of(id, 240_000))
    const rest = 1_000_000 - bodyOf(shared, [...four, of(5, 0)]).length
    expect(bodyOf(shared, [...four, of(5, rest)]).length).toBe(1_000_000)
    expect(fits(shared, [...four, of(5, rest), of(6, 1)])).toBe(5)
    expect(fits(shared, [...four, of(5, rest + 1), of(6, 1)])).toBe(4)
    // Bytes are bytes, also after they were escaped twice: a quote counts four.
    expect(Buffer.byteLength(entryJson(shared, message(1, { text: ['"'], html: [] })))).toBe(
      Buffer.byteLength(entryJson(shared, message(1, { text: ['xxxx'], html: [] }))),
    )
  })

  test('shared attachments count, and over a million bytes of them every message goes alone', () => {
    const of = (bytes: number) => encoded({ ...withoutSlots, attachments: [{ ...file, bytes: Buffer.alloc(bytes) }] })
    const all = messages(3, () => plain)
    expect(fits(of(700_000), all)).toBe(3)
    expect(fits(of(750_000), all)).toBe(1)
  })

  test('15 headers with ours, and 995 characters in a value', () => {
    const shared = encoded(withoutSlots)
    const of = (id: number, count: number, value = 'x') =>
      message(id, { ...plain, headers: Array.from({ length: count }, (_, index) => ({ name: `X-${index}`, value })) })
    const good = [of(1, 13), of(2, 1, 'x'.repeat(992)), of(3, 1, '')]
    expect(fits(shared, [...good, of(4, 0)])).toBe(4)
    expect(refusals(shared, good)).toEqual([])
    expect(good.map(unsendable)).toEqual([undefined, undefined, undefined])
    expect([of(1, 14), of(2, 1, 'x'.repeat(996)), of(3, 1, 'x'.repeat(994)), of(4, 1, 'a\tb')].map(unsendable)).toEqual(
      [
        'it has 16 headers with ours, and SES takes 15',
        'SES does not take the header X-0: it is 996 characters long as it is sent',
        'SES does not take the header X-0: it is 994 characters long as it is sent',
        'SES does not take the header X-0: its value has a character that is not to be printed',
      ],
    )
    // She is refused by herself, so nobody goes with her.
    expect(fits(shared, [of(1, 14), of(2, 0)])).toBe(1)
    expect(fits(shared, [of(1, 0), of(2, 14), of(3, 0)])).toBe(1)
  })

  test('what is long in encoded words only is too long too', () => {
    const long = message(1, { ...plain, headers: [{ name: 'X-City', value: 'ö'.repeat(400) }] })
    expect(unsendable(long)).toMatch(/^SES does not take the header X-City: it is \d{4} characters long as it is sent$/)
  })
})

describe('who goes alone', () => {
  const shared = encoded(content({ text: ['Hello ', '', ', it is ', '.'], html: null }))
  const {
    core,
    text: [token = ''],
  } = shared.tokens
  const fields = (...text: string[]) => ({ text, html: [] })

  test.each<[string, Partial<FilledMessage>, number]>([
    ['nobody', fields('Ada', 'Gold', 'late'), 3],
    ['who has a file of her own', { ...fields('Ada', 'Gold', 'late'), attachments: [file] }, 1],
    [
      'who has a letter beyond ASCII before the @',
      { ...fields('Ada', 'Gold', 'late'), to: address('ädä@example.org') },
      1,
    ],
    ['not who has one after it', { ...fields('Ada', 'Gold', 'late'), to: address('ada@bücher.example') }, 3],
    ['whose field is a token', fields(token, 'Gold', 'late'), 1],
    ['whose field holds the core of a token', fields('Ada', 'Gold', core), 1],
    ['whose field holds braces', fields('Ada', '{{x}}', 'late'), 1],
    ['whose field holds closing braces', fields('Ada', 'x}}', 'late'), 1],
    ['whose fields make braces together', fields('{', '{x', 'late'), 1],
    ['not whose field holds one brace', fields('{', 'x', 'la}te'), 3],
    ['whose subject holds braces', { ...fields('Ada', 'Gold', 'late'), subject: 'On {{x}}' }, 1],
    ['whose header holds braces', { ...fields('Ada', 'Gold', 'late'), headers: [{ name: 'X-Y', value: '{{x}}' }] }, 1],
  ])('%s', (_, more, count) => {
    const all = [message(1, more), message(2, fields('Bob', 'Blue', 'early')), message(3, fields('Cy', 'Red', 'now'))]
    expect(fits(shared, all)).toBe(count)
    // Wherever she stands in the line.
    expect(fits(shared, [...all.slice(1), ...all.slice(0, 1)])).toBe(count === 3 ? 3 : 2)
  })

  test.each([
    ['braces in pairs', ['Use {{name}} ', '.'], false],
    ['closing braces', ['Use }} ', '.'], false],
    ['a brace before a token', ['Use {', '}.'], false],
    ['a brace after a token', ['Use ', '}.'], false],
    ['a backslash before a token', ['C:\\', '.'], false],
    ['a brace elsewhere', ['{ Use ', ' } a\\b {'], true],
    ['a stylesheet', ['<style>a{color:red}b{c:d}</style>', '}'.padStart(2)], true],
  ])('everybody, if the text has %s: %j', (_, text, together) => {
    const one = encoded(content({ text, html: null }))
    expect(one.canMerge).toBe(together)
    const all = messages(3, () => ({ html: [] }))
    expect(fits(one, all)).toBe(together ? 3 : 1)
    // SES itself would find fault with it, or render it wrong.
    if (together) expect(refusals(one, all)).toEqual([])
  })
})

test('the work is linear: a message is looked at once, and none beyond the first that does not fit', () => {
  const shared = encoded(withoutSlots)
  const looked: number[] = []
  const watched = messages(10, () => plain).map(each => ({
    ...each,
    get to() {
      looked.push(each.id)
      return each.id === 5 ? address('ädä@example.org') : each.to
    },
  }))
  expect(fits(shared, watched)).toBe(4)
  expect(new Set(looked)).toEqual(new Set([1, 2, 3, 4, 5]))
})
