import { describe, expect, test } from 'vitest'
import type { Priority, RouteSettings } from '../../src/model/campaign.ts'
import { accountOf, byTurn, parcelMax, type RouteTurn, serves, stride } from '../../src/policy/routing.ts'
import { siteOf } from '../../src/policy/sites.ts'
import { route } from '../support/delivery-bench.ts'

describe('the sites that a route is for', () => {
  test.each<[readonly string[] | null, string, boolean]>([
    [null, 'example.org', true],
    [['google'], 'gmail.com', true],
    [['google'], 'googlemail.com', true],
    [['gmail.com'], 'googlemail.com', true],
    [['google', '*.edu'], 'cs.example.edu', true],
    [['google', '*.edu'], 'example.org', false],
    [['*.edu'], 'edu', false],
    [['example.org'], 'mail.example.org', false],
    [['*'], 'example.org', true],
    [[], 'example.org', false],
  ])('%j for %s: %s', (sites, domain, is) => {
    expect(serves({ sites }, siteOf(domain), domain)).toBe(is)
  })

  test('found by MX, a domain is served by its name, its ending, and the site that hosts it', () => {
    const hosted = (sites: readonly string[]): boolean => serves({ sites }, 'google', 'acme.example')
    expect([['acme.example'], ['*.example'], ['google'], ['gmail.com'], ['microsoft']].map(hosted)).toEqual([
      true,
      true,
      true,
      true,
      false,
    ])
  })
})

test.each<[RouteSettings['batch'], number, number]>([
  ['auto', 1000, 1000],
  ['off', 1000, 1],
  [50, 1000, 50],
  [5000, 1000, 1000],
  ['auto', 1, 1],
  [50, 1, 1],
])('with batch: %s, of a provider that takes %i, a call has %i messages at most', (batch, batchMax, most) => {
  expect(parcelMax(route('alpha', { batch }), { batchMax })).toBe(most)
})

describe('the account behind a route', () => {
  const smtp = { provider: 'smtp', options: { url: 'smtps://mail.acme.example', tls: { verify: true } } }

  test.each<[string, { provider: string; options: RouteSettings['options'] }, boolean]>([
    ['the same', { ...smtp }, true],
    ['its options in another order', { ...smtp, options: { tls: { verify: true }, url: smtp.options.url } }, true],
    ['another server', { ...smtp, options: { ...smtp.options, url: 'smtps://mail.acme.test' } }, false],
    ['another provider', { ...smtp, provider: 'sendgrid' }, false],
    ['one option fewer', { ...smtp, options: { url: smtp.options.url } }, false],
  ])('%s: %s', (_, other, isSame) => {
    expect(accountOf(other) === accountOf(smtp)).toBe(isSame)
  })

  test('tells nothing of its options', () => {
    expect(accountOf(smtp)).toMatch(/^smtp:[0-9a-f]{16}$/)
  })
})

/** A route that is handed so many messages, one at a time, by its turn. */
class Turn implements RouteTurn {
  readonly name: string
  readonly weight: number
  readonly score: number
  passed = 0
  count = 0

  constructor(name: string, weight: number, score = 1) {
    this.name = name
    this.weight = weight
    this.score = score
  }

  take(messages: number): void {
    this.count += messages
    this.passed += messages * stride(this)
  }
}

/** Who is first each time, and how many each has got in the end. */
function shared(routes: readonly Turn[], priority: Priority, messages: number, perCall = 1): string {
  const order: string[] = []
  for (let given = 0; given < messages; given += perCall) {
    const [first] = byTurn(routes, priority)
    first?.take(perCall)
    order.push(first?.name ?? '')
  }
  return `${order.slice(0, 12).join('')}… ${routes.map(({ name, count }) => `${name} ${count}`).join(', ')}`
}

describe('the turns of routes that are all free', () => {
  const pair = (weights: readonly [number, number], scores: readonly [number, number] = [1, 1]): readonly Turn[] => [
    new Turn('a', weights[0], scores[0]),
    new Turn('b', weights[1], scores[1]),
  ]

  test.each<[string, readonly Turn[], Priority, string]>([
    ['equals', pair([1, 1]), 'bulk', 'abababababab… a 60, b 60'],
    ['by weight', pair([3, 1]), 'bulk', 'aaabaaabaaab… a 90, b 30'],
    ['the second is the heavier', pair([1, 2]), 'transactional', 'babbabbabbab… a 40, b 80'],
    ['by health', pair([1, 1], [1, 0.25]), 'bulk', 'aaaabaaaabaa… a 96, b 24'],
    ['by both', pair([4, 1], [0.5, 1]), 'bulk', 'aabaabaabaab… a 80, b 40'],
    ['three', [new Turn('a', 5), new Turn('b', 2), new Turn('c', 1)], 'bulk', 'aabaaabcaaba… a 75, b 30, c 15'],
    ['one that is failing', pair([1, 1], [0.01, 1]), 'bulk', 'bbbbbbbbbbbb… a 1, b 119'],
    ['critical, all healthy: the first, whatever they weigh', pair([1, 9]), 'critical', 'aaaaaaaaaaaa… a 120, b 0'],
    ['critical: the healthiest', pair([9, 1], [0.7, 1]), 'critical', 'bbbbbbbbbbbb… a 0, b 120'],
    ['critical: a small difference is chance', pair([1, 1], [0.96, 1]), 'critical', 'aaaaaaaaaaaa… a 120, b 0'],
  ])('%s', (_, routes, priority, shares) => {
    expect(shared(routes, priority, 120)).toBe(shares)
  })

  test('the size of parcels makes no difference to the shares', () => {
    const routes = [new Turn('a', 3), new Turn('b', 1)]
    expect(shared(routes, 'bulk', 40_000, 1000)).toBe('abaaabaaabaa… a 30000, b 10000')
  })

  test('all of them are offered, so that a busy one holds up nobody', () => {
    const routes = [new Turn('a', 1), new Turn('b', 2), new Turn('c', 3)]
    for (const priority of ['bulk', 'critical'] as const)
      expect(
        byTurn(routes, priority)
          .map(({ name }) => name)
          .toSorted(),
      ).toEqual(['a', 'b', 'c'])
  })
})
