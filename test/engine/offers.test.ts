import { describe, expect, test } from 'vitest'
import { type OfferedRoute, Offers } from '../../src/engine/offers.ts'
import type { RouteSettings } from '../../src/model/campaign.ts'
import { route } from '../support/delivery-bench.ts'

/** Whether each route is up, rests, or is being tried after a rest. */
type Use = 'up' | 'rests' | 'tried'

class Stage {
  readonly uses: Record<string, Use> = {}
  readonly offers: Offers

  constructor(routes: readonly RouteSettings[]) {
    this.offers = new Offers(routes.map(settings => this.#route(settings)))
    this.offers.look(0)
  }

  #route(settings: RouteSettings): OfferedRoute {
    const use = (): Use => this.uses[settings.name] ?? 'up'
    return {
      name: settings.name,
      settings,
      isUp: () => use() === 'up',
      rest: nowMs => ({ untilMs: use() === 'rests' ? nowMs + 1000 : nowMs, cause: 'breaker' }),
    }
  }

  /** To whom a site's lane is offered while routes are as they are; a dash: to nobody, for all of them rest. */
  offered(site: string, uses: Record<string, Use> = {}, { domain = site, refused = 0 } = {}): string {
    for (const name of Object.keys(this.uses)) delete this.uses[name]
    Object.assign(this.uses, uses)
    this.offers.look(0)
    const lane = { routes: this.offers.routesFor(site, domain), refused }
    return this.offers.isServed(lane) ? this.offers.of(lane).join(' ') : '-'
  }
}

describe('a lane is offered', () => {
  const inLine = new Stage([route('first'), route('also'), route('second', { order: 2 }), route('third', { order: 3 })])

  test.each<[string, Record<string, Use>, number, string]>([
    ['to the first in line', {}, 0, 'first also'],
    ['to them too while one of them rests, for it may be of use again', { also: 'rests' }, 0, 'first also'],
    ['to the next in line while they all rest', { first: 'rests', also: 'rests' }, 0, 'first also second'],
    [
      'to the next while the only one that does not rest is tried',
      { first: 'tried', also: 'rests' },
      0,
      'first also second',
    ],
    ['to all where one has refused some of it', {}, 1, 'first also second third'],
    ['to nobody while all rest', { first: 'rests', also: 'rests', second: 'rests', third: 'rests' }, 0, '-'],
  ])('%s', (_, uses, refused, expected) => {
    expect(inLine.offered('a.example', uses, { refused })).toBe(expected)
  })

  const bySite = new Stage([
    route('google', { sites: ['google'] }),
    route('edu', { sites: ['*.edu'] }),
    route('others', { order: 2 }),
  ])

  test.each<[string, string, string, Record<string, Use>, string]>([
    ['to the route of its site', 'google', 'gmail.com', {}, 'google edu others'],
    ['to the route of its domain', 'mit.edu', 'mit.edu', {}, 'edu'],
    ['to the next while that one rests', 'mit.edu', 'mit.edu', { edu: 'rests' }, 'edu others'],
    ['to whom is left', 'a.example', 'a.example', {}, 'others'],
    ['to all that may serve one of its domains', 'relay.net', 'mit.edu', {}, 'edu others'],
    ['also where the known one is not of them', 'relay.net', 'a.example', {}, 'edu others'],
  ])('%s: %s (%s)', (_, site, domain, uses, expected) => {
    expect(bySite.offered(site, uses, { domain })).toBe(expected)
  })
})

test('what changes is told once, and lanes with the same routes have the same offer', () => {
  const stage = new Stage([route('first'), route('second', { order: 2 })])
  expect(stage.offers.look(0)).toBe(false)
  stage.uses['first'] = 'tried'
  expect([stage.offers.look(0), stage.offers.look(0)]).toEqual([true, false])
  stage.uses['first'] = 'rests'
  expect([stage.offers.look(0), stage.offers.look(0)]).toEqual([true, false])
  const [one, other] = ['a.example', 'b.example'].map(site => stage.offers.routesFor(site, site))
  expect(one).toBe(other)
  if (one === undefined) throw new Error('there are two')
  const lane = { routes: one, refused: 0 }
  expect(stage.offers.of(lane)).toBe(stage.offers.of({ ...lane }))
})
