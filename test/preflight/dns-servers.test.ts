import { getServers } from 'node:dns'
import { describe, expect, test } from 'vitest'
import { parseDnsServer, shownDnsServer, systemDnsServers } from '../../src/preflight/dns-servers.ts'

describe('a DNS server is read as the system writes it', () => {
  test.each([
    ['192.0.2.53', '192.0.2.53:53'],
    ['192.0.2.53:5353', '192.0.2.53:5353'],
    ['2001:db8::53', '[2001:db8::53]:53'],
    ['[2001:db8::53]', '[2001:db8::53]:53'],
    ['[2001:db8::53]:5353', '[2001:db8::53]:5353'],
    ['fe80::1%eth0', '[fe80::1%eth0]:53'],
    ['[fe80::1%eth0]:5353', '[fe80::1%eth0]:5353'],
    ['::1', '[::1]:53'],
    ['127.0.0.1:65535', '127.0.0.1:65535'],
    ['127.0.0.1:0', undefined],
    ['127.0.0.1:65536', undefined],
    ['127.0.0.1:', undefined],
    ['127.0.0.1:53:53', undefined],
    ['[127.0.0.1]:53', undefined],
    ['[::1', undefined],
    ['::1]:53', undefined],
    ['resolver.example:53', undefined],
    ['256.0.0.1', undefined],
    ['', undefined],
    [' 127.0.0.1', undefined],
  ])('%j is %s', (text, shown) => {
    const server = parseDnsServer(text)
    expect(server && shownDnsServer(server)).toBe(shown)
  })

  test('the ones of the system are all understood', () => {
    expect(systemDnsServers().length).toBe(getServers().length)
  })
})
