/**
 * One delivery of the lanes' bench, in a process of its own so that its memory is its own: the engine and a real journal, and
 * a provider that takes a few milliseconds for each message. Prints its figures as JSON.
 */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { processContext } from '../../src/cli/context.ts'
import { keepHeapSmall } from '../../src/cli/heap.ts'
import { deliver } from '../../src/engine/deliver.ts'
import type { Journal, Lease, QueuedRecipient } from '../../src/journal/journal.ts'
import { openJournal } from '../../src/journal/open.ts'
import type { Outcome } from '../../src/model/outcome.ts'
import type { Run } from '../../src/model/run.ts'
import type { Profile, Provider } from '../../src/providers/provider.ts'
import { draft } from '../journal/samples.ts'
import { accepted, address, route } from '../support/delivery-bench.ts'

export interface Scenario {
  readonly domains: number
  readonly perDomain: number
  /** How many more are at a site that accepts nothing, and at one that takes two seconds for each. */
  readonly atBadSites: number
}

export interface Figures {
  /** Messages to the other sites, and how long they took. */
  readonly others: number
  readonly seconds: number
  /** The most that the process had in memory, and what it had at each quarter of the others. */
  readonly peakMiB: number
  readonly quartersMiB: readonly number[]
  readonly slowAccepted: number
}

keepHeapSmall()
const [domains = 0, perDomain = 0, atBadSites = 0] = process.argv.slice(2).map(Number)
const { clock, randomBytes } = processContext()
const dead: Outcome = {
  kind: 'deferred',
  scope: 'lane',
  cause: { class: 'transient', text: 'connection refused' },
}

const folder = mkdtempSync(join(tmpdir(), 'mailblast-lanes-'))
try {
  process.stdout.write(`${JSON.stringify(await measure({ domains, perDomain, atBadSites }))}\n`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function measure(scenario: Scenario): Promise<Figures> {
  const journal = openJournal(join(folder, 'journal.db'), { nowMs: Date.now, randomBytes })
  const lease = leaseOf(journal)
  const run = prepare(journal, scenario)
  const others = scenario.domains * scenario.perDomain
  const stopping = new AbortController()
  const abort = new AbortController()
  const quartersMiB: number[] = []
  let [othersAccepted, slowAccepted] = [0, 0]
  const startedMs = performance.now()
  let endedMs = startedMs
  const took = (to: string): void => {
    if (to.endsWith('@slow.example')) slowAccepted += 1
    else othersAccepted += 1
    if (othersAccepted >= (others * (quartersMiB.length + 1)) / 4) quartersMiB.push(memoryMiB('VmRSS'))
    if (othersAccepted < others || stopping.signal.aborted) return
    endedMs = performance.now()
    stopping.abort()
    abort.abort()
  }
  await deliver({
    run,
    lease,
    journal,
    routes: [{ settings: run.delivery.routes[0] ?? route('alpha'), provider: provider(took) }],
    zone: () => 'UTC',
    fill: async ({ id, address: to }) => {
      return {
        id,
        to,
        messageId: `<${id}@bench>`,
        run: run.id,
        subject: '',
        html: [],
        text: [],
        headers: [],
        attachments: [],
      }
    },
    clock,
    chance: { fraction: Math.random },
    patienceMs: 60_000,
    stopping: stopping.signal,
    abort: abort.signal,
    notify: () => undefined,
  })
  journal.close()
  if (othersAccepted !== others) throw new Error(`${othersAccepted} of ${others} were accepted`)
  const seconds = (endedMs - startedMs) / 1000
  return { others, seconds, peakMiB: memoryMiB('VmHWM'), quartersMiB, slowAccepted }
}

function provider(took: (to: string) => void): Provider {
  const profile: Profile = {
    name: 'alpha',
    title: 'bench',
    delivers: true,
    batchMax: 1,
    rateCounts: 'messages',
    messageMaxBytes: 1_000_000,
    idempotency: { kind: 'none' },
    lookup: 'no',
    guarantee: 'none',
    defaultConcurrency: 64,
  }
  return {
    profile,
    fits: () => 1,
    async send([message], signal) {
      const to = message?.to ?? ''
      if (to.endsWith('@dead.example')) return [dead]
      await delay(to.endsWith('@slow.example') ? 2000 : 5, undefined, { signal }).catch(() => undefined)
      took(to)
      return [accepted]
    },
    close: async () => undefined,
  }
}

/** Everybody in an order that has nothing to do with domains. */
function prepare(journal: Journal, { domains: sites, perDomain: each, atBadSites: bad }: Scenario): Run {
  const run = journal.createRun({
    ...draft(),
    delivery: { ...draft().delivery, routes: [route('alpha', { concurrency: 64 })] },
    nowMs: Date.now(),
  })
  const all = sites * each + 2 * bad
  const badEvery = bad === 0 ? Number.POSITIVE_INFINITY : Math.floor(all / (2 * bad))
  let [line, other, badSoFar] = [2, 0, 0]
  while (line < all + 2) {
    const recipients: QueuedRecipient[] = []
    while (recipients.length < 1000 && line < all + 2) {
      const isBad = badSoFar < 2 * bad && line % badEvery === 0
      const name = isBad ? ['dead', 'slow'][badSoFar % 2] : `d${(other * 7919) % sites}`
      recipients.push(recipientOf(line, `${name}.example`))
      if (isBad) badSoFar += 1
      else other += 1
      line += 1
    }
    journal.enqueue(run.id, { recipients, skipped: [], problems: [], nowMs: Date.now() })
  }
  journal.openRun(run.id)
  return journal.run(run.id) ?? run
}

function recipientOf(line: number, domain: string): QueuedRecipient {
  return { address: address(`p${line}@${domain}`), line, fields: {}, site: domain, files: [], zone: null }
}

function leaseOf(journal: Journal): Lease {
  const nowMs = Date.now()
  const acquired = journal.acquire(draft().key, {
    mark: { host: 'here', space: 'here', pid: process.pid, started: '' },
    nowMs,
    untilMs: nowMs + 86_400_000,
    isAlive: () => false,
  })
  if (!acquired.ok) throw new Error('the key is held')
  return acquired.lease
}

function memoryMiB(name: 'VmHWM' | 'VmRSS'): number {
  const status = readFileSync('/proc/self/status', 'utf8')
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) / 1024
}
