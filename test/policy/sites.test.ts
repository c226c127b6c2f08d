import { describe, expect, test } from 'vitest'
import type { SitePace } from '../../src/model/campaign.ts'
import { ownEntry, paceOf, patternCovers, siteOf } from '../../src/policy/sites.ts'

describe('the site of a domain', () => {
  test.each([
    ['gmail.com', 'google'],
    ['googlemail.com', 'google'],
    ['hotmail.com', 'microsoft'],
    ['hotmail.fr', 'microsoft'],
    ['live.com.pt', 'microsoft'],
    ['outlook.com.br', 'microsoft'],
    ['yahoo.es', 'yahoo'],
    ['aol.com', 'yahoo'],
    ['verizon.net', 'yahoo'],
    ['sbcglobal.net', 'yahoo'],
    ['yahoo.co.jp', 'yahoo-japan'],
    ['web.de', 'gmx'],
    ['mail.com', 'gmx'],
    ['mail.ru', 'mailru'],
    ['xs4all.nl', 'kpn'],
    ['example.org', 'example.org'],
    ['mail.gmail.com', 'mail.gmail.com'],
    ['google', 'google'],
    ['constructor', 'constructor'],
  ])('%s is %s', (domain, site) => {
    expect(siteOf(domain)).toBe(site)
  })
})

describe('a pattern of the campaign file', () => {
  test.each([
    ['google', 'gmail.com', true],
    ['gmail.com', 'googlemail.com', true],
    ['GMail.com', 'gmail.com', true],
    ['*.edu', 'cs.example.edu', true],
    ['*.edu', 'example.education', false],
    ['*.edu', 'edu', false],
    ['*', 'example.org', true],
    ['example.org', 'example.net', false],
  ])('%s for %s: %s', (pattern, domain, covers) => {
    expect(patternCovers(pattern, siteOf(domain), domain)).toBe(covers)
  })
})

describe('a site is paced by its own entry, else by the longest pattern, else by the default', () => {
  const pace = (perSecond: number): SitePace => ({ rates: [{ count: perSecond, perMs: 1000 }], concurrency: null })
  const sites = {
    default: pace(1),
    '*.edu': pace(2),
    '*.example.edu': pace(3),
    'gmail.com': pace(4),
    '*.fr': pace(5),
    yahoo: pace(6),
    'cs.example.edu': pace(7),
  }

  test.each([
    ['example.org', 'default', 1],
    ['x.edu', '*.edu', 2],
    ['math.example.edu', '*.example.edu', 3],
    ['cs.example.edu', 'cs.example.edu', 7],
    ['gmail.com', 'gmail.com', 4],
    ['googlemail.com', 'gmail.com', 4],
    ['rocketmail.com', 'yahoo', 6],
    // An ending is for a family if all its domains end so, and otherwise for none of them: a site has one lane.
    ['wanadoo.fr', '*.fr', 5],
    ['example.fr', '*.fr', 5],
    ['yahoo.fr', 'yahoo', 6],
    ['hotmail.fr', 'default', 1],
    ['hotmail.com', 'default', 1],
  ])('%s by %s: %d/s', (domain, key, perSecond) => {
    const site = siteOf(domain)
    expect(ownEntry(sites, site) ?? 'default').toBe(key)
    expect(paceOf(sites, site)).toEqual(pace(perSecond))
  })

  test('without any entry there is no limit', () => {
    expect(paceOf({}, 'example.org')).toEqual({ rates: [], concurrency: null })
    expect(paceOf({ yahoo: pace(6) }, 'google')).toEqual({ rates: [], concurrency: null })
  })

  test('`*` is for every site before `default` is', () => {
    expect(paceOf({ '*': pace(8), default: pace(1) }, 'google')).toEqual(pace(8))
    expect(paceOf({ '*': pace(8), default: pace(1) }, 'example.org')).toEqual(pace(8))
  })
})
