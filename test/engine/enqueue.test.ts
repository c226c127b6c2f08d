import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import {
  type Enqueued,
  type Enqueueing,
  enqueue,
  type RowBatch,
  type SitesOf,
  sitesByDomain,
} from '../../src/engine/enqueue.ts'
import type { Journal } from '../../src/journal/journal.ts'
import { openJournal } from '../../src/journal/open.ts'
import type { Run } from '../../src/model/run.ts'
import type { Suppression } from '../../src/model/suppression.ts'
import { draft } from '../journal/samples.ts'
import { address, route } from '../support/delivery-bench.ts'

const benches: EnqueueBench[] = []

afterEach(() => {
  for (const bench of benches.splice(0)) bench.close()
})

/** A list that is read into a real journal; what happens is written down in its order. */
class EnqueueBench {
  readonly told: string[] = []
  readonly journal: Journal
  readonly run: Run
  readonly #folder = mkdtempSync(join(tmpdir(), 'mailblast-enqueue-'))

  constructor() {
    benches.push(this)
    const options = { nowMs: () => 0, randomBytes: (size: number) => Buffer.alloc(size, 1) }
    this.journal = openJournal(join(this.#folder, 'journal.db'), options)
    this.journal.suppress([suppressed])
    this.run = this.journal.createRun(draft())
  }

  /** Each batch is a text of addresses; `!` before one means that its row cannot be rendered. */
  read(batches: readonly string[], sitesOf: SitesOf, more: Partial<Enqueueing> = {}): Promise<Enqueued> {
    return enqueue({
      run: this.run.id,
      journal: this.journal,
      clock: { nowMs: () => 0, sleep: async () => undefined },
      batches: this.#batches(batches),
      rehearse: async ({ fields }) =>
        fields['bad'] === '!'
          ? { ok: false, problem: { reason: 'cannot be rendered', detail: 'it is bad' } }
          : { ok: true, files: [] },
      sitesOf,
      zoneOf: () => ({ ok: true, zone: null }),
      routes: [route('relay')],
      limit: Number.POSITIVE_INFINITY,
      reject: async problems => {
        this.told.push(`rejects ${problems.map(({ line, text }) => `${line} ${text}`).join(', ')}`)
      },
      progress: rows => this.told.push(`stored ${rows}`),
      ...more,
    })
  }

  async *#batches(batches: readonly string[]): AsyncGenerator<RowBatch> {
    let line = 1
    for (const text of batches) {
      const recipients = text.split(' ').map(each => {
        line += 1
        return { address: address(each.replace('!', '')), line, fields: { bad: each.startsWith('!') ? '!' : '' } }
      })
      yield { recipients, problems: [], textOf: recipient => recipient.address }
    }
  }

  /** The rows of the run as a report has them, with the sites of those who wait. */
  rows(): readonly string[] {
    const { journal, run } = this
    journal.openRun(run.id)
    const { messages } = journal.claim(run.id, { dueByMs: 0, limit: 1000, after: null })
    const sites = new Map<string, string>(messages.map(message => [message.address, message.site]))
    return [...journal.records(run.id)].map(({ line, address: to, state, skipReason }) =>
      [line, to || '-', skipReason ?? (state === 'queued' ? sites.get(to) : state)].join(' '),
    )
  }

  close(): void {
    this.journal.close()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

const suppressed: Suppression = { address: address('gone@example.org'), reason: 'manual', source: 'test', atMs: 0 }

/** Finds sites only when so many batches have asked, or nothing more is read. */
class SlowSites {
  readonly asked: string[] = []
  #waiting: (() => void)[] = []
  readonly #from: number

  constructor(from: number) {
    this.#from = from
  }

  readonly sitesOf: SitesOf = async domains => {
    this.asked.push(domains.join(' '))
    if (this.asked.length < this.#from) await new Promise<void>(resolve => this.#waiting.push(resolve))
    else for (const wake of this.#waiting.splice(0).reverse()) wake()
    return new Map(domains.map(domain => [domain, `site of ${domain}`]))
  }
}

const list = [
  'ada@example.org bob@example.org',
  'ada@example.org cleo@example.com gone@example.org gone@example.org',
  '!dan@example.net eve@example.net',
  'gone@example.org dan@example.net dan@example.net',
  '!fay@example.net !fay@example.net ada@example.org',
  'fay@example.net',
]

const rows = (siteOf: (domain: string) => string) => [
  `2 ada@example.org ${siteOf('example.org')}`,
  `3 bob@example.org ${siteOf('example.org')}`,
  '4 ada@example.org duplicate',
  `5 cleo@example.com ${siteOf('example.com')}`,
  '6 gone@example.org suppressed',
  '7 gone@example.org suppressed',
  '8 - row problem',
  `9 eve@example.net ${siteOf('example.net')}`,
  '10 gone@example.org duplicate',
  `11 dan@example.net ${siteOf('example.net')}`,
  '12 dan@example.net duplicate',
  '13 - row problem',
  '14 - row problem',
  '15 ada@example.org duplicate',
  `16 fay@example.net ${siteOf('example.net')}`,
]

describe('a list becomes a run', () => {
  test('batch by batch where nobody is asked for sites', async () => {
    const bench = new EnqueueBench()
    const { queued, unrendered } = await bench.read(list, sitesByDomain)
    expect(bench.rows()).toEqual(rows(domain => domain))
    expect([queued, unrendered.count]).toEqual([6, 3])
    expect(bench.told).toEqual([
      'stored 2',
      'stored 6',
      'rejects 8 dan@example.net',
      'stored 8',
      'stored 11',
      'rejects 13 fay@example.net, 14 fay@example.net',
      'stored 14',
      'stored 15',
    ])
  })

  // What is known of an address must not depend on whether the batch it stood in has been stored by now.
  test.each([1, 2, 3, 4, 5, 6])('the same one when %d batches wait for their sites together', async waiting => {
    const bench = new EnqueueBench()
    const sites = new SlowSites(waiting)
    const { queued, unrendered } = await bench.read(list, sites.sitesOf)
    expect(bench.rows()).toEqual(rows(domain => `site of ${domain}`))
    expect([queued, unrendered.count]).toEqual([6, 3])
    expect(bench.told.filter(each => each.startsWith('rejects'))).toEqual([
      'rejects 8 dan@example.net',
      'rejects 13 fay@example.net, 14 fay@example.net',
    ])
    expect(bench.told.at(-1)).toBe('stored 15')
  })

  test('and no more than eight batches wait', async () => {
    const bench = new EnqueueBench()
    const sites = new SlowSites(8)
    await bench.read(
      Array.from({ length: 20 }, (_, index) => `p${index}@example.org`),
      sites.sitesOf,
    )
    expect([sites.asked.length, bench.rows().length]).toEqual([20, 20])
  })
})

describe('time zones', () => {
  test('are stored; a row whose zone is none is a row problem, and a good one with its address takes its place', async () => {
    const bench = new EnqueueBench()
    const zones: Readonly<Record<number, string | null>> = { 2: 'Europe/Berlin', 3: null, 6: 'Asia/Tokyo' }
    const zoneOf: Enqueueing['zoneOf'] = ({ line }) =>
      line === 4 ? { ok: false, detail: 'no such zone' } : { ok: true, zone: zones[line] ?? null }
    const { queued, unrendered } = await bench.read(
      ['ada@example.org bob@example.org cleo@example.org', 'gone@example.org cleo@example.org'],
      sitesByDomain,
      { zoneOf },
    )
    expect(bench.told.filter(each => each.startsWith('rejects'))).toEqual(['rejects 4 cleo@example.org'])
    expect([queued, unrendered.count]).toEqual([3, 0])
    bench.journal.openRun(bench.run.id)
    const { messages } = bench.journal.claim(bench.run.id, { dueByMs: 0, limit: 10, after: null })
    expect(messages.map(({ address: to, zone }) => `${to} ${zone}`)).toEqual([
      'ada@example.org Europe/Berlin',
      'bob@example.org null',
      'cleo@example.org Asia/Tokyo',
    ])
    expect(bench.journal.tally(bench.run.id).rowProblems).toEqual([{ reason: 'unknown time zone', count: 1 }])
  })
})

describe('sites', () => {
  test('are asked for only of who is to be mailed, each once a batch', async () => {
    const sites = new SlowSites(1)
    await new EnqueueBench().read(
      ['gone@example.org ada@example.com bob@example.com', '!cleo@example.net ada@example.com', 'eve@example.net'],
      sites.sitesOf,
      { limit: 2 },
    )
    expect(sites.asked).toEqual(['example.com', '', ''])
  })

  test('say which routes serve', async () => {
    const bench = new EnqueueBench()
    const sitesOf: SitesOf = async domains =>
      new Map(domains.map(domain => [domain, domain.endsWith('.com') ? 'google' : domain]))
    const { unserved } = await bench.read(['ada@example.com bob@example.org', 'cleo@example.net'], sitesOf, {
      routes: [route('relay', { sites: ['google', 'example.net'] })],
    })
    expect([unserved.count, unserved.first.map(each => each.address)]).toEqual([1, ['bob@example.org']])
  })

  test('that cannot be found for a bug or a full disk are a failure, wherever one is just then', async () => {
    const bench = new EnqueueBench()
    const failing: SitesOf = async domains => {
      if (domains.includes('example.com')) throw new Error('the disk is full')
      return new SlowSites(1).sitesOf(domains)
    }
    await expect(bench.read(['ada@example.org', 'bob@example.com', 'cleo@example.org'], failing)).rejects.toThrow(
      'the disk is full',
    )
  })
})
