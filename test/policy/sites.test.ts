import { describe, expect, test } from 'vitest'
import { paceOf, patternCovers, siteOf } from '../../src/policy/sites.ts'

describe('the site of a domain', () => {
  test.each([
    ['gmail.com', 'google'],
    ['googlemail.com', 'google'],
    ['hotmail.com', 'microsoft'],
    ['aol.com', 'yahoo'],
    ['example.org', 'example.org'],
    ['mail.gmail.com', 'mail.gmail.com'],
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

test('a site is paced by its own entry, else by the longest pattern, else by the default', () => {
  const pace = (perSecond: number) => ({ rates: [{ count: perSecond, perMs: 1000 }], concurrency: null })
  const sites = { default: pace(1), '*.edu': pace(2), '*.example.edu': pace(3), 'gmail.com': pace(4) }
  const found = ['example.org', 'x.edu', 'cs.example.edu', 'googlemail.com'].map(domain => {
    return `${domain} ${paceOf(sites, siteOf(domain), domain).rates[0]?.count}`
  })
  expect(found).toEqual(['example.org 1', 'x.edu 2', 'cs.example.edu 3', 'googlemail.com 4'])
  expect(paceOf({}, 'example.org', 'example.org')).toEqual({ rates: [], concurrency: null })
})
