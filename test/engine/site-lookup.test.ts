import { describe, expect, test } from 'vitest'
import { type FoundSite, SiteLookup, type SiteLookupSettings, type SiteMemory } from '../../src/engine/site-lookup.ts'
import type { MxAnswer } from '../../src/model/mx.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

const second = 1000
const hour = 3600 * second

/** Remembers everything until it runs out. */
class PlainMemory implements SiteMemory {
  readonly found = new Map<string, FoundSite>()
  readonly writes: number[] = []

  known(domains: readonly string[], nowMs: number): ReadonlyMap<string, string> {
    const known = domains.flatMap(domain => this.found.get(domain) ?? []).filter(({ untilMs }) => untilMs > nowMs)
    return new Map(known.map(({ domain, site }) => [domain, site]))
  }

  remember(found: readonly FoundSite[]): void {
    this.writes.push(found.length)
    for (const each of found) this.found.set(each.domain, each)
  }
}

const forgetful: SiteMemory = { known: () => new Map(), remember: () => undefined }

/** What DNS says of a domain, and after how long. */
interface Scripted {
  readonly answer: MxAnswer
  readonly takesMs?: number
}

const silence: Scripted = {
  answer: { kind: 'no answer', heard: false, detail: 'nothing from 192.0.2.53:53' },
  takesMs: 10 * second,
}
const servfail: Scripted = { answer: { kind: 'no answer', heard: true, detail: '192.0.2.53:53: SERVFAIL' } }

function hosted(exchange: string, ttlMs = hour): Scripted {
  return { answer: { kind: 'records', records: [{ priority: 10, exchange }], ttlMs } }
}

/** A lookup with DNS as the script has it, in virtual time. */
class LookupBench {
  readonly clock = new VirtualClock()
  readonly startMs = this.clock.nowMs()
  readonly asked: string[] = []
  readonly gaveUp: string[] = []
  openNow = 0
  openMost = 0
  readonly memory: SiteMemory
  readonly lookup: SiteLookup

  constructor(
    script: (domain: string) => Scripted,
    { memory = new PlainMemory() as SiteMemory, paces = {} as SiteLookupSettings['paces'] } = {},
  ) {
    this.memory = memory
    this.lookup = new SiteLookup({
      paces,
      memory,
      clock: this.clock,
      gaveUp: detail => this.gaveUp.push(`after ${this.elapsed()}: ${detail}`),
      ask: async (domain, signal) => {
        this.asked.push(domain)
        this.openNow += 1
        this.openMost = Math.max(this.openMost, this.openNow)
        const { answer, takesMs = 20 } = script(domain)
        await this.clock.sleep(takesMs, signal)
        this.openNow -= 1
        return answer
      },
    })
  }

  async sitesOf(...domains: string[]): Promise<Record<string, string>> {
    return Object.fromEntries(await this.clock.run(this.lookup.sitesOf(domains)))
  }

  elapsed(): string {
    return `${(this.clock.nowMs() - this.startMs) / second} s`
  }
}

function many(count: number, prefix = 'd'): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index}.example`)
}

describe('the sites of a batch', () => {
  test('are those of the hosts of their mail, and every domain has one', async () => {
    const bench = new LookupBench(domain => {
      if (domain === 'acme.example') return hosted('aspmx.l.google.com')
      if (domain === 'bolt.example') return hosted('mx1.pphosted.com')
      if (domain === 'none.example') return { answer: { kind: 'no records' } }
      return domain === 'broken.example' ? servfail : { answer: { kind: 'no such domain' } }
    })
    expect(
      await bench.sitesOf(
        'acme.example',
        'bolt.example',
        'none.example',
        'broken.example',
        'gone.example',
        'gmail.com',
      ),
    ).toEqual({
      'acme.example': 'google',
      'bolt.example': 'pphosted.com',
      'none.example': 'none.example',
      'broken.example': 'broken.example',
      'gone.example': 'gone.example',
      'gmail.com': 'google',
    })
    expect(bench.lookup.untold).toBe(1)
  })

  test('of the families, and of domains that the campaign names, are nobody’s to ask', async () => {
    const bench = new LookupBench(() => hosted('aspmx.l.google.com'), {
      paces: { 'named.example': { rates: [], concurrency: 1 } },
    })
    expect(await bench.sitesOf('gmail.com', 'hotmail.fr', 'named.example', 'other.example')).toEqual({
      'gmail.com': 'google',
      'hotmail.fr': 'microsoft',
      'named.example': 'named.example',
      'other.example': 'google',
    })
    expect(bench.asked).toEqual(['other.example'])
  })

  test('are asked for once, whatever is asked twice', async () => {
    const bench = new LookupBench(() => hosted('mx.hoster.example'))
    await bench.sitesOf('a.example', 'b.example', 'a.example')
    await bench.sitesOf('b.example', 'c.example')
    expect(bench.asked).toEqual(['a.example', 'b.example', 'c.example'])
    expect(bench.elapsed()).toBe('0.04 s')
  })

  test('of none are none', async () => {
    expect(await new LookupBench(() => servfail).sitesOf()).toEqual({})
  })

  test('are asked for together, but not all at once', async () => {
    const bench = new LookupBench(() => hosted('mx.hoster.example'))
    const sites = await bench.sitesOf(...many(1000))
    expect(new Set(Object.values(sites))).toEqual(new Set(['hoster.example']))
    expect([Object.keys(sites).length, bench.asked.length, bench.openMost]).toEqual([1000, 1000, 32])
  })
})

describe('batches at the same time', () => {
  test('share a question, from when it is asked until its answer is remembered', async () => {
    const bench = new LookupBench(domain =>
      domain === 'slow.example' ? { ...hosted('mx.hoster.example'), takesMs: 5000 } : hosted('mx.hoster.example'),
    )
    const first = bench.lookup.sitesOf(['slow.example', 'shared.example'])
    const second = bench.lookup.sitesOf(['shared.example', 'other.example'])
    // By now the shared one is answered, and not remembered, for the first batch still waits for the slow one.
    const third = bench.clock.run(bench.clock.sleep(1000)).then(() => bench.lookup.sitesOf(['shared.example']))
    const sites = await bench.clock.run(Promise.all([first, second, third]))
    expect(sites.map(each => each.get('shared.example'))).toEqual(Array(3).fill('hoster.example'))
    expect(bench.asked).toEqual(['slow.example', 'shared.example', 'other.example'])
    expect((bench.memory as PlainMemory).writes.sort()).toEqual([1, 2])
  })
})

describe('what was found is remembered, and nothing else keeps it', () => {
  const minutes = (bench: LookupBench): string =>
    [...(bench.memory as PlainMemory).found.values()]
      .map(({ domain, site, untilMs }) => `${domain} is ${site} for ${(untilMs - bench.clock.nowMs()) / 60_000} min`)
      .join(', ')

  test.each([
    ['at least an hour', hosted('mx.hoster.example', 0), 'a.example is hoster.example for 60 min'],
    ['as long as its records say', hosted('mx.hoster.example', 2 * hour), 'a.example is hoster.example for 120 min'],
    ['at most a week', hosted('mx.hoster.example', 365 * 24 * hour), 'a.example is hoster.example for 10080 min'],
    [
      'an hour if there are no records',
      { answer: { kind: 'no records' } } as const,
      'a.example is a.example for 60 min',
    ],
    [
      'an hour if it is not there',
      { answer: { kind: 'no such domain' } } as const,
      'a.example is a.example for 60 min',
    ],
    ['ten minutes if nobody could tell', servfail, 'a.example is a.example for 10 min'],
  ])('%s', async (_, scripted, expected) => {
    const bench = new LookupBench(() => scripted)
    await bench.sitesOf('a.example')
    expect(minutes(bench)).toBe(expected)
  })

  test('and asked for again when it has run out', async () => {
    const bench = new LookupBench(() => hosted('mx.hoster.example', 0))
    await bench.sitesOf('a.example')
    bench.clock.set(bench.clock.nowMs() + hour - 1)
    await bench.sitesOf('a.example')
    expect(bench.asked.length).toBe(1)
    bench.clock.set(bench.clock.nowMs() + 1)
    await bench.sitesOf('a.example')
    expect(bench.asked.length).toBe(2)
  })

  test('a memory that forgets is asked in vain, every time', async () => {
    const bench = new LookupBench(() => hosted('mx.hoster.example'), { memory: forgetful })
    await bench.sitesOf('a.example')
    await bench.sitesOf('a.example')
    expect(bench.asked).toEqual(['a.example', 'a.example'])
  })

  test('a memory that fails is a failure, after which it is asked again', async () => {
    let full = true
    const bench = new LookupBench(() => hosted('mx.hoster.example'), {
      memory: {
        known: () => new Map(),
        remember: () => {
          if (full) throw new Error('the disk is full')
        },
      },
    })
    await expect(bench.sitesOf('a.example')).rejects.toThrow('the disk is full')
    full = false
    expect(await bench.sitesOf('a.example')).toEqual({ 'a.example': 'hoster.example' })
    expect(bench.asked.length).toBe(2)
  })
})

describe('DNS that does not answer', () => {
  test('is given up after one question’s time, and every domain is a site of its own', async () => {
    const bench = new LookupBench(() => silence)
    const sites = await bench.sitesOf(...many(1000))
    expect(Object.entries(sites).filter(([domain, site]) => domain !== site)).toEqual([])
    // The first 32, and one more for each of them that came to nothing before it was given up.
    expect([Object.keys(sites).length, bench.asked.length, bench.elapsed()]).toEqual([1000, 51, '10 s'])
    expect(bench.gaveUp).toEqual(['after 10 s: nothing from 192.0.2.53:53'])
  })

  test('is not asked for the rest of the list, and it is said once', async () => {
    const bench = new LookupBench(() => silence)
    await bench.clock.run(Promise.all(many(10).map(each => bench.lookup.sitesOf(many(100, each)))))
    expect(await bench.sitesOf('later.example', 'gmail.com')).toEqual({
      'later.example': 'later.example',
      'gmail.com': 'google',
    })
    expect([bench.asked.length, bench.gaveUp.length, bench.elapsed()]).toEqual([51, 1, '10 s'])
    // What was not asked is not remembered.
    expect((bench.memory as PlainMemory).found.size).toBe(20)
  })

  test('for a short list is not given up', async () => {
    const bench = new LookupBench(() => silence)
    await bench.sitesOf(...many(19))
    expect([bench.gaveUp, bench.lookup.untold]).toEqual([[], 19])
  })

  test('in between is not given up', async () => {
    const bench = new LookupBench(domain => (domain.startsWith('good') ? hosted('mx.hoster.example') : silence))
    await bench.sitesOf(...many(19, 'a'))
    await bench.sitesOf('good.example')
    await bench.sitesOf(...many(19, 'b'))
    expect(bench.gaveUp).toEqual([])
  })

  test('for some domains, which then take all the time, is not given up', async () => {
    const bench = new LookupBench(domain => (/[05]\./.test(domain) ? silence : hosted('mx.hoster.example')))
    const sites = await bench.sitesOf(...many(1000))
    const found = Object.values(sites).filter(site => site === 'hoster.example')
    expect([found.length, bench.lookup.untold, bench.gaveUp]).toEqual([800, 200, []])
  })

  test('but says that it cannot tell has more time', async () => {
    const bench = new LookupBench(() => servfail)
    await bench.sitesOf(...many(199))
    expect([bench.asked.length, bench.gaveUp]).toEqual([199, []])
    await bench.sitesOf(...many(1000, 'more'))
    expect(bench.asked.length).toBeLessThan(199 + 33)
    expect(bench.gaveUp).toEqual(['after 0.16 s: 192.0.2.53:53: SERVFAIL'])
  })
})

test('closing ends what is being asked, and asks no more', async () => {
  const bench = new LookupBench(() => silence)
  const asking = bench.lookup.sitesOf(many(100))
  bench.lookup.close()
  expect([...(await bench.clock.run(asking))].filter(([domain, site]) => domain !== site)).toEqual([])
  await bench.sitesOf('later.example')
  expect([bench.asked.length <= 32, bench.elapsed(), bench.gaveUp]).toEqual([true, '0 s', []])
  expect((bench.memory as PlainMemory).found.size).toBe(0)
})
