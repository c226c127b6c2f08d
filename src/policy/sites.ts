/**
 * Which receiving site stands behind a domain, and which settings apply to it. The families below are receivers that
 * serve several domains from one system and count our mail together; every other domain is a site of its own.
 */

import type { SitePace } from '../model/campaign.ts'

/** Receivers' own domains, as they list them for their mailbox users. */
const families: Readonly<Record<string, readonly string[]>> = {
  google: ['gmail.com', 'googlemail.com'],
  microsoft: [
    'outlook.com',
    'hotmail.com',
    'live.com',
    'msn.com',
    'hotmail.co.uk',
    'hotmail.fr',
    'live.co.uk',
    'live.nl',
  ],
  yahoo: ['yahoo.com', 'ymail.com', 'rocketmail.com', 'aol.com', 'yahoo.co.uk', 'yahoo.fr', 'yahoo.de', 'yahoo.co.in'],
  apple: ['icloud.com', 'me.com', 'mac.com'],
  gmx: ['gmx.de', 'gmx.net', 'gmx.com', 'gmx.at', 'gmx.ch', 'web.de'],
  proton: ['proton.me', 'protonmail.com', 'pm.me'],
  comcast: ['comcast.net', 'xfinity.com'],
  orange: ['orange.fr', 'wanadoo.fr'],
  mailru: ['mail.ru', 'inbox.ru', 'list.ru', 'bk.ru'],
  yandex: ['yandex.ru', 'yandex.com', 'ya.ru'],
  tencent: ['qq.com', 'foxmail.com'],
  netease: ['163.com', '126.com', 'yeah.net'],
}

const siteByDomain: ReadonlyMap<string, string> = new Map(
  Object.entries(families).flatMap(([site, domains]) => domains.map(domain => [domain, site] as const)),
)

/** The site of a domain (lower case, punycode): its family's name, or the domain itself. */
export function siteOf(domain: string): string {
  return siteByDomain.get(domain) ?? domain
}

/** Whether a pattern of the campaign file (`google`, `gmail.com`, `*.edu`, `*`) covers a site and domain. */
export function patternCovers(pattern: string, site: string, domain: string): boolean {
  const wanted = pattern.toLowerCase()
  if (wanted === '*' || wanted === site || wanted === domain) return true
  if (wanted.startsWith('*.')) return domain.endsWith(wanted.slice(1))
  return siteOf(wanted) === site
}

const unlimited: SitePace = { rates: [], concurrency: null }

/** The pace of a site: its own entry, else the longest pattern that covers it, else `default`, else no limit. */
export function paceOf(sites: Readonly<Record<string, SitePace>>, site: string, domain: string): SitePace {
  const fitting = Object.keys(sites)
    .filter(key => key !== 'default' && patternCovers(key, site, domain))
    .sort((a, b) => Number(a.includes('*')) - Number(b.includes('*')) || b.length - a.length)
  return sites[fitting[0] ?? 'default'] ?? unlimited
}
