/**
 * How many messages go in one call, at the edge of each limit, and who goes alone: so many fit and Mailgun accepts them; with
 * one more, or one byte more, they do not.
 */

import { describe, expect, test } from 'vitest'
import type { FilledMessage, SharedContent } from '../../src/model/edition.ts'
import { batchFields, type EncodedContent, encodeContent, variablesJson } from '../../src/providers/mailgun-body.ts'
import { mailgunOptions, optionBytes } from '../../src/providers/mailgun-options.ts'
import { mailgunFits } from '../../src/providers/mailgun-parcel.ts'
import { readFields } from '../support/mailgun-form.ts'
import { address, content, message, messages } from '../support/provider-opening.ts'

const encoded = (shared: SharedContent) => encodeContent(shared, { sandbox: false, tags: [] })
const fits = (of: EncodedContent, all: readonly FilledMessage[], most = 1000) =>
  mailgunFits(of, all, Math.min(most, all.length))
const oneSlot = encoded(content({ text: ['', '!'], html: null }))
const own = { html: [] as string[] }

describe('limits that Mailgun states', () => {
  test('1,000 recipients', async () => {
    const shared = encoded(content({}))
    const all = messages(1001)
    expect(fits(shared, all, 2000)).toBe(1001)
    expect(typeof (await readFields(batchFields(shared, all.slice(0, 1000))))).toBe('object')
    expect(await readFields(batchFields(shared, all))).toBe('Too many recipients, max is 1000')
  })

  test('16 KB of variables for one message: one more goes alone', () => {
    const ofBytes = (id: number, bytes: number) => {
      const empty = Buffer.byteLength(variablesJson(oneSlot, message(id, { ...own, text: [''] })))
      return message(id, { ...own, text: ['x'.repeat(bytes - empty)] })
    }
    expect(fits(oneSlot, [ofBytes(1, 100 + 200), ofBytes(2, 16_000), ofBytes(3, 16_001)])).toBe(2)
    expect(fits(oneSlot, [ofBytes(3, 16_001), ofBytes(1, 300)])).toBe(1)
  })

  test('16 KB of options for one message, her own headers in their places', () => {
    // Long names count as options and not as variables, whose limit would be met first.
    const names = Array.from({ length: 190 }, (_, index) => `X-${'Name'.repeat(17)}-${index + 100}`)
    const ofBytes = (id: number, bytes: number) => {
      const headers = names.map(name => ({ name, value: 'x' }))
      const rest = optionBytes(mailgunOptions(oneSlot, message(id, { headers })))
      return message(id, {
        ...own,
        headers: [{ name: names[0] ?? '', value: 'x'.repeat(1 + bytes - rest) }, ...headers.slice(1)],
      })
    }
    expect(fits(oneSlot, [ofBytes(1, 15_000), ofBytes(2, 16_000), ofBytes(3, 16_001)])).toBe(2)
    expect(fits(oneSlot, [ofBytes(3, 16_001), ofBytes(1, 15_000)])).toBe(1)
  })

  test('25 MB for the call', () => {
    const all = messages(1000, () => ({ ...own, text: ['x'.repeat(15_000)] }))
    expect(fits(oneSlot, all)).toBe(1000)
    const film = { fileName: 'film.mp4', contentType: 'video/mp4', bytes: Buffer.alloc(17_000_000) }
    const count = fits(encoded(content({ text: ['', '!'], html: null, attachments: [film] })), all)

    // The file takes 23.3 MB of it, and each of them a little over 15 KB.
    expect(count).toBeGreaterThan(100)
    expect(count).toBeLessThan(115)
  })
})

describe('who does not go with whom', () => {
  const shared = encoded(content({}))
  const { core } = shared.tokens
  const file = { fileName: 'ticket.pdf', contentType: 'application/pdf', bytes: Buffer.from('%PDF') }

  test.each<[string, Partial<FilledMessage>]>([
    ['a file of her own', { attachments: [file] }],
    ['a + in her address', { to: address('ada+news@example.org') }],
    ['an apostrophe in her address', { to: address("o'hara@example.org") }],
    ['letters beyond ASCII in her address', { to: address('åda@example.org') }],
    ['a token in her text', { text: [`%recipient.${core}0%`] }],
    ['a token’s core in her subject', { subject: core }],
    ['a name of Mailgun’s in her subject', { subject: 'Hello %recipient_fname%' }],
    ['one in her text', { text: ['%recipient.name%'] }],
    ['one in capitals in her HTML', { html: ['%Unsubscribe_URL%'] }],
    ['one in a header', { headers: [{ name: 'X-A', value: '%mailing_list_unsubscribe_url%' }] }],
    ['another run', { run: 'run-2' }],
    ['another header', { headers: [{ name: 'X-B', value: '1' }] }],
    ['the same address', { to: message(1).to }],
    ['the same address in capitals', { to: address('ADA1@example.org') }],
  ])('%s', (_, more) => {
    const all = [message(1), message(2), message(3, more), message(4)]
    expect(fits(shared, all)).toBe(2)
  })

  test('a name that a slot and its neighbours make together', () => {
    const across = encoded(content({ text: ['100 %', 'y_url%'], html: null }))
    const all = ['reply', 'unsubscribe', 'mail', 'recipient'].map((text, index) =>
      message(index, { ...own, text: [text] }),
    )
    expect([
      fits(across, all),
      fits(across, all.slice(1)),
      fits(across, all.slice(2)),
      fits(across, all.slice(3)),
    ]).toEqual([1, 1, 1, 1])
    expect(
      fits(
        across,
        [all[0], all[2]].filter(each => each !== undefined),
      ),
    ).toBe(2)
  })

  test('a name in the shared text sends each alone', () => {
    const named = encoded(content({ text: [`${'x'.repeat(100)}%unsubscribe_url%${'x'.repeat(100)}`, ''] }))
    expect(fits(named, messages(3))).toBe(1)
  })

  test('a percent sign is no name', () => {
    const all = messages(3, () => ({ subject: '50% for you', text: ['100%'], html: ['<td width="50%">%</td>'] }))
    expect(fits(shared, all)).toBe(3)
  })
})
