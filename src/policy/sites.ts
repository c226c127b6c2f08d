/**
 * Which receiving site stands behind a domain, and which of a campaign's settings apply to it. A site is a family of
 * `site-families.ts`, a domain by itself, or by MX whoever takes the mail of many domains (`mx-site.ts`). Its pace is the
 * same whichever of its domains is asked for, for a site has one lane.
 */

import type { SitePace } from '../model/campaign.ts'
import { siteFamilies } from './site-families.ts'

const siteByDomain: ReadonlyMap<string, string> = new Map(
  Object.entries(siteFamilies).flatMap(([site, { domains }]) => domains.map(domain => [domain, site] as const)),
)

/** The site of a domain (lower case, punycode): its family's name, or the domain itself. */
export function siteOf(domain: string): string {
  return siteByDomain.get(domain) ?? domain
}

/** Whether a name is that of a family. */
export function isFamily(name: string): boolean {
  return Object.hasOwn(siteFamilies, name)
}

/** Whether a pattern of the campaign file (`google`, `gmail.com`, `*.edu`, `*`) covers a site and domain. */
export function patternCovers(pattern: string, site: string, domain: string): boolean {
  const wanted = pattern.toLowerCase()
  if (wanted === '*' || wanted === site || wanted === domain) return true
  if (wanted.startsWith('*.')) return domain.endsWith(wanted.slice(1))
  return siteOf(wanted) === site
}

const unlimited: SitePace = { rates: [], concurrency: null }

/**
 * The pace that a campaign sets for a site: of its name or one of its domains, else of the longest pattern that covers it,
 * else `default`, else no limit. Which of its domains a message goes to makes no difference, for a site has one lane.
 */
export function paceOf(sites: Readonly<Record<string, SitePace>>, site: string): SitePace {
  return sites[ownEntry(sites, site) ?? 'default'] ?? unlimited
}

/** Which entry of `sites:` other than `default` is for the site; undefined if none is. */
export function ownEntry(sites: Readonly<Record<string, SitePace>>, site: string): string | undefined {
  const [best] = Object.keys(sites)
    .filter(key => key !== 'default' && coversWhole(key, site))
    .sort((a, b) => Number(a.includes('*')) - Number(b.includes('*')) || b.length - a.length)
  return best
}

/** An ending such as `*.fr` is for a family only if all its domains end so. */
function coversWhole(pattern: string, site: string): boolean {
  return domainsOf(site).every(domain => patternCovers(pattern, site, domain))
}

function domainsOf(site: string): readonly string[] {
  return (Object.hasOwn(siteFamilies, site) ? siteFamilies[site]?.domains : undefined) ?? [site]
}
