import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseAddress } from '../../src/model/address.ts'
import { parseReturnPath, type ReturnPath, returnPathTo } from '../../src/providers/smtp-return-path.ts'
import { address } from '../support/provider-opening.ts'

function read(text: string): ReturnPath {
  const path = parseReturnPath(text)
  if (path === undefined) throw new Error(`${text} is no return path`)
  return path
}

const path = read('bounces+{recipient}@Acme.example')

/** Whom a bounce is about, as whoever receives it can tell. */
function recipientIn(bounced: string): string {
  const [, local = '', domain] = /^bounces\+(.*)=([^=]*)@acme\.example$/s.exec(bounced) ?? []
  const bytes = local.replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return `${Buffer.from(bytes, 'latin1').toString()}@${domain}`
}

describe('the sender of a message', () => {
  test.each([
    ['ada@example.org', 'bounces+ada=example.org@acme.example'],
    ['Ada.Lovelace+news@example.org', 'bounces+Ada.Lovelace+news=example.org@acme.example'],
    ['ada=x@example.org', 'bounces+ada=3Dx=example.org@acme.example'],
    ['ada%other.example@example.org', 'bounces+ada=25other.example=example.org@acme.example'],
    ['"a..b @"@example.org', 'bounces+=22a=2E=2Eb=20=40=22=example.org@acme.example'],
    ['grüße@example.org', 'bounces+gr=C3=BC=C3=9Fe=example.org@acme.example'],
  ])('to %s is %s', (to, expected) => {
    expect(returnPathTo(path, address(to))).toBe(expected)
    expect(recipientIn(expected)).toBe(to)
  })

  test('fits into 64 bytes before the @, or is the fixed one', () => {
    const [fits, tooLong] = [44, 45].map(length => address(`${'a'.repeat(length)}@example.org`))
    expect(returnPathTo(path, fits ?? path.fixed)).toBe(`bounces+${'a'.repeat(44)}=example.org@acme.example`)
    expect(returnPathTo(path, tooLong ?? path.fixed)).toBe('bounces@acme.example')
  })

  test('is the same for all where it names no recipient', () => {
    expect(returnPathTo(read('bounces@acme.example'), address('ada@example.org'))).toBe('bounces@acme.example')
  })

  test('is an address, in ASCII, and says whom it is about, or is the fixed one', () => {
    const local = fc.oneof(
      fc.string({ unit: fc.constantFrom(..."aZ0._+-=%!ü/'") }),
      fc.string({ unit: fc.constantFrom(...'a .@\\"<>(') }).map(text => `"${text}"`),
    )
    fc.assert(
      fc.property(local, text => {
        const to = parseAddress(`${text}@example.org`)
        if (!to.ok) return
        const sender = returnPathTo(path, to.address)
        expect(parseAddress(sender)).toEqual({ ok: true, address: sender })
        expect(sender).toMatch(/^[\w.+=-]+@acme\.example$/)
        if (sender !== path.fixed) expect(recipientIn(sender)).toBe(to.address)
      }),
      { numRuns: 2000 },
    )
  })
})

test.each([
  ['bounces+{recipient}@acme.example', 'bounces@acme.example'],
  ['b-{recipient}@acme.example', 'b@acme.example'],
  ['bounces{recipient}@acme.example', 'bounces@acme.example'],
  ['{curly}@acme.example', '{curly}@acme.example'],
])('%s is %s where no recipient fits', (text, fixed) => {
  expect(read(text).fixed).toBe(fixed)
})

test.each([
  'bounces',
  '{recipient}@acme.example',
  '+{recipient}@acme.example',
  'bounces@{recipient}',
  'bounces+{recipient}x@acme.example',
  '{recipient}{recipient}@acme.example',
  'bounces+{recipient}@acme',
])('%s is no return path', text => {
  expect(parseReturnPath(text)).toBeUndefined()
})
