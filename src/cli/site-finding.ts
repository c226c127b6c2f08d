/**
 * How the sites of a campaign's recipients are found: by their domains alone, or with `sites: mx` by asking DNS. What that
 * needs is loaded only then.
 */

import { type SitesOf, sitesByDomain } from '../engine/enqueue.ts'
import type { SiteMemory } from '../engine/site-lookup.ts'
import type { Journal } from '../journal/journal.ts'
import type { DeliverySettings } from '../model/campaign.ts'
import { UserError } from '../model/errors.ts'
import { plural, terminalSafe } from '../model/words.ts'
import type { DnsServer } from '../preflight/dns-servers.ts'
import type { Context } from './context.ts'

export interface SiteFinding {
  readonly sitesOf: SitesOf
  /** Ends what is still being asked. Says on stderr what DNS did not answer, if anything. */
  close(): void
}

/** Throws UserError if MAILBLAST_DNS names no server. */
export async function siteFinding(
  { sites: paces, sitesBy }: DeliverySettings,
  memory: SiteMemory,
  context: Context,
): Promise<SiteFinding> {
  if (sitesBy === 'domain') return { sitesOf: sitesByDomain, close: () => undefined }
  const [{ SiteLookup }, { mxAsker }] = await Promise.all([
    import('../engine/site-lookup.ts'),
    import('../preflight/dns.ts'),
  ])
  const { clock, randomBytes, stderr } = context
  let deaf: string | null = null
  const ask = mxAsker(await dnsServers(context), { clock, randomBytes })
  const gaveUp = (detail: string): void => {
    deaf = detail
  }
  const lookup = new SiteLookup({ paces, memory, ask, clock, gaveUp })
  return {
    sitesOf: domains => lookup.sitesOf(domains),
    close: () => {
      lookup.close()
      const remark = remarkOn(deaf, lookup.untold)
      if (remark !== null) stderr.write(`${remark}\n`)
    },
  }
}

/** What is found is kept in the journal, so that the next list with the same domains asks less. */
export function journalMemory(journal: Journal): SiteMemory {
  return {
    known: (domains, nowMs) => journal.knownSites(domains, nowMs),
    remember: found => journal.rememberSites(found),
  }
}

/** For a question or two, of which nothing need be kept. */
export const noMemory: SiteMemory = { known: () => new Map(), remember: () => undefined }

/** MAILBLAST_DNS is the DNS server to ask instead of the system's: an IP address, with a port if it is not 53. */
async function dnsServers({ env }: Context): Promise<readonly DnsServer[]> {
  const { parseDnsServer, systemDnsServers } = await import('../preflight/dns-servers.ts')
  const chosen = env['MAILBLAST_DNS'] ?? ''
  if (chosen === '') return systemDnsServers()
  const server = parseDnsServer(chosen)
  if (server !== undefined) return [server]
  throw new UserError(`MAILBLAST_DNS=${terminalSafe(chosen)}: it is not the address of a DNS server`, {
    remedy: 'give an IP address, and a port if it is not 53, such as 127.0.0.1:5353 or [::1]:5353',
  })
}

function remarkOn(deaf: string | null, untold: number): string | null {
  if (deaf !== null) return `DNS does not answer (${terminalSafe(deaf)}): from then on each domain is a site of its own`
  if (untold === 0) return null
  return `DNS could not tell whose servers take the mail of ${plural(untold, 'domain')}: each is a site of its own`
}
