/**
 * Which site a domain belongs to by its MX records: whoever receives the mail of many domains is one site, such as
 * `google` for everybody who has Google Workspace. Only the hosts of the best preference count, for the others get mail
 * only when those are out of order.
 *
 * A host belongs to a family of `site-families.ts`, or else to its organisational domain: the name below the public suffix
 * that somebody registered (tldts, with the Public Suffix List). Suffixes that companies lend to their customers count as
 * public, for such customers are not one receiver: two servers rented from Amazon have nothing in common.
 */

import { getDomain } from 'tldts'
import { parseDomain } from '../model/address.ts'
import type { SitePace } from '../model/campaign.ts'
import type { MxRecord } from '../model/mx.ts'
import { siteOf } from './sites.ts'

/**
 * Endings of hosts that receive for a family under a name that is none of its recipients' domains. They are those of
 * KumoMTA's shaping files (Google, Microsoft, Yahoo, NetEase) and of jace/mxsniff's list of MX servers (Fastmail, Rediff).
 * Microsoft's hosts for DANE end in mx.microsoft. Its clouds in China and for the American government are apart from the
 * others, and stay so.
 */
const familyByEnding: ReadonlyMap<string, string> = new Map([
  ['google.com', 'google'],
  ['mx.microsoft', 'microsoft'],
  ['yahoodns.net', 'yahoo'],
  ['netease.com', 'netease'],
  ['messagingengine.com', 'fastmail'],
  ['rediff.akadns.net', 'rediff'],
])

/** Hosts of one preference that are looked at, at most; more than a handful is nobody's mail system. */
const hostsMax = 50

/**
 * The site of a domain where it is known without its MX records, undefined where they decide. Known are the domains of the
 * families, and those that the campaign's `sites:` names one by one: what it says of such a domain is for that domain
 * alone, so it stays a site of its own.
 */
export function siteWithoutMx(domain: string, paces: Readonly<Record<string, SitePace>>): string | undefined {
  const site = siteOf(domain)
  return site !== domain || Object.hasOwn(paces, domain) || !domain.includes('.') ? site : undefined
}

/**
 * The site of a domain by its MX records. Where hosts of several owners share the best preference, the first in the
 * alphabet decides, families before others, so that domains with the same hosts are of the same site. A domain without
 * usable records (none, the null MX of RFC 7505, hosts that are no names) is a site of its own.
 */
export function siteByMx(domain: string, records: readonly MxRecord[]): string {
  const hosts = bestHosts(records)
  const [family] = hosts.flatMap(host => familyOf(host) ?? []).sort()
  const [owner] = hosts.flatMap(host => getDomain(host, { allowPrivateDomains: true }) ?? []).sort()
  return family ?? owner ?? domain
}

function bestHosts(records: readonly MxRecord[]): readonly string[] {
  const best = records.reduce((least, { priority }) => Math.min(least, priority), Number.POSITIVE_INFINITY)
  const named = records
    .filter(({ priority }) => priority === best)
    .flatMap(({ exchange }) => parseDomain(exchange.replace(/\.$/, '')) ?? [])
  return [...new Set(named)].sort().slice(0, hostsMax)
}

/** The family that the host's name or one of its endings stands for. */
function familyOf(host: string): string | undefined {
  const labels = host.split('.')
  for (let from = 0; from < labels.length - 1; from++) {
    const ending = labels.slice(from).join('.')
    const family = familyByEnding.get(ending) ?? siteOf(ending)
    if (family !== ending) return family
  }
  return undefined
}
