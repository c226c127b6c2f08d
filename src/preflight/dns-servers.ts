/** Which DNS servers there are to ask: those that this machine is set to use, or one that is named. */

import { getServers } from 'node:dns'
import { isIPv4, isIPv6 } from 'node:net'

export interface DnsServer {
  /** An IP address, with a zone if it is a link's own (`fe80::1%eth0`). */
  readonly host: string
  readonly port: number
}

const dnsPort = 53

/** The servers that the system asks, in its order; empty if it knows none. */
export function systemDnsServers(): readonly DnsServer[] {
  return getServers().flatMap(text => parseDnsServer(text) ?? [])
}

/** Reads `192.0.2.53`, `192.0.2.53:5353`, `2001:db8::53` or `[2001:db8::53]:5353`; undefined if it is none of them. */
export function parseDnsServer(text: string): DnsServer | undefined {
  if (isIPv4(text) || isIPv6(text)) return { host: text, port: dnsPort }
  const { six, four, port } = /^(?:\[(?<six>[^\]]+)\]|(?<four>[^:]+))(?::(?<port>\d{1,5}))?$/.exec(text)?.groups ?? {}
  const host = six !== undefined && isIPv6(six) ? six : four !== undefined && isIPv4(four) ? four : undefined
  const number = Number(port ?? dnsPort)
  return host === undefined || number < 1 || number > 65535 ? undefined : { host, port: number }
}

/** As it is written with its port. */
export function shownDnsServer({ host, port }: DnsServer): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`
}
