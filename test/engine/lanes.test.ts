/** Live lanes: whose turn it is, what is left to the journal, and that there are never more than there is room for. */

import { afterEach, describe, expect, test } from 'vitest'
import { forever, type Lane } from '../../src/engine/lane.ts'
import { Lanes } from '../../src/engine/lanes.ts'
import type { LanesDoors } from '../../src/engine/lanes-doors.ts'
import { learnedCall } from '../../src/engine/lesson.ts'
import type { LaneRoutes } from '../../src/engine/offers.ts'
import type { Use } from '../../src/engine/pace-memory.ts'
import { domainOf } from '../../src/model/address.ts'
import type { SitePace } from '../../src/model/campaign.ts'
import type { QueuedMessage } from '../../src/model/message.ts'
import type { Outcome } from '../../src/model/outcome.ts'
import { accepted, address, type BenchSettings, DeliveryBench, minute, route } from '../support/delivery-bench.ts'

const unlimited: SitePace = { rates: [], concurrency: null }

function per(count: number, perMs: number, concurrency: number | null = null): SitePace {
  return { rates: [{ count, perMs }], concurrency }
}

const alone: LaneRoutes = { names: ['alpha'], serveAll: true }

/** Lanes with a journal and a memory that only note what they are told. */
class Stage {
  nowMs = 0
  /** Until when all routes rest; by site. */
  readonly rests = new Map<string, number>()
  readonly paces: Record<string, SitePace> = {}
  readonly given: string[] = []
  readonly putOff: string[] = []
  readonly memory = new Map<string, Use>()
  readonly lanes: Lanes
  #id = 0

  constructor(doors: Partial<LanesDoors> = {}) {
    this.lanes = new Lanes({
      laneCapacity: 500,
      perCall: 1,
      lanesMax: 1000,
      paceOf: site => this.paces[site] ?? this.paces['default'] ?? unlimited,
      offers: { routesFor: () => alone, isServed: () => true, of: () => alone.names },
      routesRest: ({ site }) => ({ untilMs: this.rests.get(site) ?? 0, route: 'alpha', cause: 'breaker' }),
      giveBack: messages => this.given.push(...messages.map(each => each.address)),
      putOff: sites => this.putOff.push(...sites.map(({ site, dueAtMs }) => `${site} ${dueAtMs}`)),
      recall: site => this.memory.get(site),
      keep: lane => this.memory.set(lane.site, lane.use),
      ...doors,
    })
  }

  add(...names: readonly string[]): void {
    this.lanes.add(
      names.map(name => this.message(name)),
      this.nowMs,
    )
  }

  message(name: string): QueuedMessage {
    const to = address(name)
    const site = domainOf(to)
    const id = ++this.#id
    const rest = {
      line: id,
      fields: {},
      attempts: 0,
      agesFromMs: null,
      dueAtMs: 0,
      refusedRoutes: [],
      files: [],
      zone: null,
    }
    return { id, address: to, site, ...rest }
  }

  /** Takes up to so many for one call, which is open until `end` is given what it gives. */
  take(limit: number): { readonly names: string; readonly lanes: ReadonlySet<Lane> } {
    const { claimed, lanes } = this.lanes.take('alpha', limit, () => true, this.nowMs)
    return { names: claimed.map(each => each.message.address.split('@')[0]).join(' '), lanes }
  }

  end(lanes: Iterable<Lane>): void {
    const call = learnedCall([{ kind: 'went well' }], this.nowMs, 10)
    this.lanes.ended(lanes, () => call, this.nowMs)
  }

  /** Takes one at a time, each call ending at once, until none may go. */
  takeAll(): string {
    const names: string[] = []
    for (let taken = this.take(1); taken.names !== ''; taken = this.take(1)) {
      names.push(taken.names)
      this.end(taken.lanes)
    }
    return names.join(' ')
  }

  pass(ms: number): void {
    this.nowMs += ms
    this.lanes.wake(this.nowMs)
  }
}

/** `a1@a.example a2@a.example …` */
function people(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${name}${index + 1}@${name}.example`)
}

describe('turns', () => {
  test('each lane gives one at a time, in a parcel and from one parcel to the next', () => {
    const stage = new Stage()
    stage.add(...people('a', 5), ...people('b', 2), ...people('c', 3))
    expect([stage.take(4).names, stage.take(4).names, stage.take(4).names]).toEqual([
      'a1 b1 c1 a2',
      'b2 c2 a3 c3',
      'a4 a5',
    ])
  })

  test('a lane that waits is passed over until its time comes', () => {
    const stage = new Stage()
    stage.paces['a.example'] = per(2, 1000)
    stage.add(...people('a', 4), ...people('b', 3))
    const story = [stage.takeAll()]
    for (const ms of [499, 1, 499, 1]) {
      stage.pass(ms)
      story.push(stage.takeAll())
    }
    expect(story).toEqual(['a1 b1 b2 b3', '', 'a2', '', 'a3'])
  })

  test('a lane with as many calls open as it may have waits for the end of one, and its parcel may have more of it', () => {
    const stage = new Stage({ perCall: 3 })
    stage.paces['a.example'] = { rates: [], concurrency: 1 }
    stage.add(...people('a', 5))
    const first = stage.take(3)
    expect([first.names, stage.take(3).names]).toEqual(['a1 a2 a3', ''])
    stage.end(first.lanes)
    expect(stage.take(3).names).toBe('a4 a5')
  })

  test('what was not sent after all is next again', () => {
    const stage = new Stage()
    stage.add(...people('a', 3))
    const { claimed, lanes } = stage.lanes.take('alpha', 2, () => true, 0)
    stage.lanes.putBack(claimed, 0)
    stage.end(lanes)
    expect(stage.takeAll()).toBe('a1 a2 a3')
  })
})

describe('what is left in the journal', () => {
  test('what a lane has no room for; it asks for that when it is half empty', () => {
    const stage = new Stage({ laneCapacity: 4 })
    stage.add(...people('a', 6))
    expect([stage.given, stage.lanes.held, stage.lanes.isBehind]).toEqual([['a5@a.example', 'a6@a.example'], 4, true])
    const hungry = (): unknown[] => [...stage.lanes.hungry(stage.nowMs)].map(({ site, room }) => `${site} ${room}`)
    stage.take(1)
    expect(hungry()).toEqual([])
    stage.take(1)
    expect(hungry()).toEqual(['a.example 2'])
    expect([hungry(), stage.lanes.isBehind]).toEqual([[], false])
  })

  test('all of a lane that waits long, and nothing of one that goes on soon', () => {
    const stage = new Stage()
    Object.assign(stage.paces, { 'a.example': per(1, 1000), 'b.example': per(1, 1001) })
    stage.add('a1@a.example', 'b1@b.example')
    stage.takeAll()
    stage.add('a2@a.example', 'b2@b.example')
    stage.takeAll()
    expect([stage.given, stage.lanes.held]).toEqual([['b2@b.example'], 1])
    expect([stage.lanes.leavesAside('a.example', 0), stage.lanes.leavesAside('b.example', 0)]).toEqual([false, true])
  })

  test('nothing is kept of a lane that is empty and as good as new', () => {
    const stage = new Stage()
    stage.paces['b.example'] = per(1, 1000)
    stage.add('a1@a.example', 'b1@b.example')
    stage.takeAll()
    expect(stage.lanes.count).toBe(1)
    stage.pass(1000)
    expect([stage.lanes.count, stage.memory.size]).toEqual([0, 0])
  })
})

describe('more lanes than there is room for', () => {
  const everyMinute = per(1, minute)

  /** One message at each of so many sites is sent, and another one waits. */
  function waiting(count: number, stage: Stage): void {
    for (let site = 0; site < count; site++) {
      stage.add(`x1@s${site}.example`)
      stage.takeAll()
      stage.pass(10)
      stage.add(`x2@s${site}.example`)
      stage.takeAll()
    }
  }

  test('those that wait longest are left to the journal until their time comes, and are known again then', () => {
    const stage = new Stage({ lanesMax: 20 })
    stage.paces['default'] = everyMinute
    waiting(21, stage)
    expect([stage.lanes.count, stage.lanes.held]).toEqual([19, 0])
    // Two are a tenth of 20: the last of those that were there.
    expect(stage.putOff).toEqual(['s19.example 60190', 's18.example 60180'])
    stage.add('x3@s19.example')
    expect(stage.takeAll()).toBe('')
    stage.pass(60_190 - stage.nowMs)
    stage.add('x3@s19.example')
    expect(stage.takeAll()).toContain('x3')
  })

  test('their number stays bounded, however many there are', () => {
    const stage = new Stage({ lanesMax: 50 })
    stage.paces['default'] = everyMinute
    waiting(1500, stage)
    expect(stage.lanes.count).toBeLessThanOrEqual(51)
    expect(new Set([...stage.putOff, ...stage.given]).size).toBeGreaterThan(1400)
  })

  test('those that are in calls are kept, with what the end of the call says', () => {
    const stage = new Stage({ lanesMax: 10 })
    stage.paces['busy.example'] = { ...everyMinute, concurrency: 1 }
    stage.paces['default'] = everyMinute
    stage.add('busy1@busy.example', 'busy2@busy.example')
    const { lanes } = stage.take(1)
    expect(stage.take(1).names).toBe('')
    waiting(40, stage)
    expect(stage.putOff.join()).not.toContain('busy')
    stage.end(lanes)
    stage.pass(minute)
    stage.add('busy3@busy.example')
    expect(stage.take(100).names).toContain('busy')
  })

  test('those that no route is left for are not even made, and that there are some is not forgotten', () => {
    const stage = new Stage({
      lanesMax: 100,
      routesRest: () => ({ untilMs: forever, route: 'alpha', cause: 'stopped' }),
    })
    for (let site = 0; site < 30_000; site++) stage.add(`x@s${site}.example`)
    expect([stage.lanes.count, stage.lanes.held, stage.given.length]).toEqual([0, 0, 30_000])
    expect([stage.lanes.isBehind, stage.lanes.nextReady(0), stage.putOff]).toEqual([true, undefined, []])
  })

  test('those whose routes were stopped while they waited make room too', () => {
    const stage = new Stage({ lanesMax: 10 })
    for (let site = 0; site < 10; site++) {
      stage.rests.set(`s${site}.example`, minute)
      stage.add(`x@s${site}.example`)
    }
    stage.takeAll()
    for (const site of stage.rests.keys()) stage.rests.set(site, forever)
    stage.pass(minute)
    for (const { site } of [...stage.lanes.hungry(stage.nowMs)]) {
      stage.add(`x@${site}`)
      stage.lanes.fed(site, false, stage.nowMs)
    }
    stage.takeAll()
    stage.add('y@other.example')
    expect([stage.lanes.count, stage.takeAll(), stage.lanes.isBehind]).toEqual([10, 'y', true])
  })
})

describe('a delivery to more sites than it has lanes for', () => {
  let bench: DeliveryBench | undefined
  afterEach(() => bench?.close())

  const deferral: Outcome = { kind: 'deferred', scope: 'recipient', cause: { class: 'soft', text: 'full' } }
  const throttle: Outcome = { kind: 'deferred', scope: 'lane', cause: { class: 'throttled', text: 'slower' } }
  const rest: Outcome = { ...throttle, scope: 'route', retryAfterMs: 90_000 }

  const half = (name: string, ending: string) => route(name, { sites: [ending] })

  test.each<[string, BenchSettings]>([
    ['that take one a minute each', { sites: { default: per(1, minute) } }],
    ['half of which have a route that rests', { routes: [half('alpha', '*.example'), half('beta', '*.test')] }],
  ])('%s: everybody is sent to exactly once', async (_, settings) => {
    // More than are in hand at a time.
    const domains = Array.from({ length: 1500 }, (_, index) => `s${index}.${index % 2 === 0 ? 'example' : 'test'}`)
    const people = [1, 2].flatMap(person => domains.map(domain => `p${person}@${domain}`))
    bench = new DeliveryBench(people, { profile: { batchMax: 20 }, ...settings })
    const { journal } = bench
    const putOffSites = journal.putOffSites
    let putOff = 0
    journal.putOffSites = (run, sites, nowMs) => {
      putOff += sites.length
      return putOffSites(run, sites, nowMs)
    }
    let calls = 0
    const rests = settings.routes === undefined ? [] : [10, 40, 70]
    const taken: string[] = []
    const ending = await bench.deliver(
      ({ to, route }) => {
        calls += 1
        if (rests.length > 0 && route === 'alpha' && calls >= (rests[0] ?? 0)) {
          rests.shift()
          return rest
        }
        if (calls % 7 === 0) return deferral
        if (calls % 31 === 0) return throttle
        taken.push(...to)
        return accepted
      },
      { lanesMax: 30 },
    )
    expect(ending).toEqual({ kind: 'finished' })
    expect([taken.length, new Set(taken).size]).toEqual([3000, 3000])
    expect(putOff).toBeGreaterThan(100)
    expect(bench.figures()).toBe('accepted 3000, failed 0, in doubt 0, waiting 0, skipped 0')
  })
})
