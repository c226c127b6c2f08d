import { describe, expect, test } from 'vitest'
import { type Address, coversAddress, domainOf, parseAddress } from '../../src/model/address.ts'

function read(text: string): string {
  const parsed = parseAddress(text)
  return parsed.ok ? parsed.address : `✗ ${parsed.problem}`
}

describe('an address as it is written, and as it is compared', () => {
  test.each([
    ['ada@example.org', 'ada@example.org'],
    ['  ada@example.org ', 'ada@example.org'],
    ['Ada@EXAMPLE.org', 'Ada@example.org'],
    ["o'neil+news@example.org", "o'neil+news@example.org"],
    ['zoë@bücher.example', 'zoë@xn--bcher-kva.example'],
    ['用户@例子.广告', '用户@xn--fsqu00a.xn--4rr70v'],
    ['"with space"@example.org', '"with space"@example.org'],
    ['root@localhost', 'root@localhost'],
  ])('%s → %s', (text, address) => {
    expect(read(text)).toBe(address)
  })
})

describe('what is no address, and why', () => {
  test.each([
    '',
    'ada',
    '@example.org',
    'ada@',
    'ada@example',
    'ada@-example.org',
    'ada@exam ple.org',
    'ada lovelace@example.org',
    'ada..b@example.org',
    'a@b@example.org',
    'ada@example.org\nBcc: eve@example.net',
    'ada@127.0.0.1',
    'Ada <ada@example.org>',
    `${'a'.repeat(65)}@example.org`,
    'ada@example.org,bob@example.org',
  ])('%j', text => {
    expect(read(text)).toMatchSnapshot()
  })
})

test('the domain is what follows the last @', () => {
  const parsed = parseAddress('"a@b"@Example.ORG')
  expect(parsed.ok && domainOf(parsed.address)).toBe('example.org')
})

describe('a pattern of those who may send', () => {
  test.each([
    ['news@acme.example', 'news@acme.example', true],
    ['news@acme.example', 'News@acme.example', false],
    ['news@acme.example', 'sales@acme.example', false],
    ['acme.example', 'sales@acme.example', true],
    ['acme.example', 'sales@mail.acme.example', false],
    ['acme.example', 'sales@notacme.example', false],
    ['*.acme.example', 'sales@mail.acme.example', true],
    ['*.acme.example', 'sales@acme.example', false],
    ['*.acme.example', 'sales@notacme.example', false],
  ])('%s covers %s: %s', (pattern, address, covers) => {
    expect(coversAddress(pattern, address as Address)).toBe(covers)
  })
})
