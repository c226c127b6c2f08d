/** Who is on the lists of a simulated world, and the campaigns by which they are sent to. */

import type { RowBatch } from '../../../src/engine/enqueue.ts'
import { type Address, parseAddress } from '../../../src/model/address.ts'
import type { DeliverySettings, PacingChange, RouteSettings, SitePace, Threshold } from '../../../src/model/campaign.ts'
import type { Rate } from '../../../src/model/rate.ts'
import type { Recipient } from '../../../src/model/recipient.ts'
import type { Schedule } from '../../../src/model/schedule.ts'
import type { Seeded } from './seeded.ts'

export function address(text: string): Address {
  const parsed = parseAddress(text)
  if (!parsed.ok) throw new Error(`${text}: ${parsed.problem}`)
  return parsed.address
}

const domains = ['gmail.com', 'googlemail.com', 'yahoo.com', 'acme.example', 'cs.uni.example', 'example.org'] as const

/** 5 to 60 people at 1 to 6 domains; short lists are likelier, for they take less time to go through. */
export function people(chance: Seeded): readonly Address[] {
  const used = chance.shuffled(domains).slice(0, chance.between(1, domains.length))
  return Array.from({ length: chance.spread(5, 60) }, (_, index) => address(`p${index}@${chance.pick(used)}`))
}

/** A list with some of them, some twice, and some rows that cannot be mailed; in batches as intake reads them. */
export function list(everybody: readonly Address[], chance: Seeded): readonly RowBatch[] {
  const share = chance.has(0.5) ? 1 : chance.fraction()
  const some = everybody.filter(() => chance.has(share))
  const twice = chance.has(0.3) ? some.filter(() => chance.has(0.1)) : []
  const recipients: Recipient[] = [...(chance.has(0.5) ? some : chance.shuffled(some)), ...twice].map(
    (each, index) => ({
      address: each,
      line: index + 2,
      fields: {
        name: chance.has(0.02) ? '' : `name ${index}`,
        file: chance.has(0.02) ? 'changed' : 'same',
      },
    }),
  )
  const size = chance.between(3, 40)
  const batches: RowBatch[] = []
  for (let from = 0; from < recipients.length; from += size) {
    const line = recipients.length + 2 + from
    const problem = { line, reason: 'invalid address' as const, detail: 'no @', text: 'nobody' }
    batches.push({
      recipients: recipients.slice(from, from + size),
      problems: chance.has(0.2) ? [problem] : [],
      textOf: recipient => recipient.address,
    })
  }
  return batches
}

const minute = 60_000
const hour = 60 * minute

export function delivery(chance: Seeded): DeliverySettings {
  const names = chance.shuffled(['alpha', 'beta', 'gamma']).slice(0, chance.between(1, 3))
  return {
    // The first serves everybody, or a send would be refused.
    routes: names.map((name, index) => route(name, index === 0 ? 0 : 0.4, chance)),
    sites: chance.has(0.4) ? { default: pace(chance), google: pace(chance) } : {},
    sitesBy: 'domain',
    schedule: chance.has(0.15) ? schedule(chance) : null,
    retry: {
      classes: {},
      delaysMs: Array.from({ length: chance.between(1, 3) }, () => chance.spread(1000, 60 * minute)),
      maxAgeMs: chance.pick([10 * minute, 60 * minute, 72 * 60 * minute]),
    },
    guard: { stopWhen: chance.has(0.15) ? [threshold(chance)] : [], maxRecipients: null },
    thresholds: [],
    priority: chance.pick(['bulk', 'bulk', 'transactional', 'critical']),
    canary: chance.has(0.25)
      ? { share: 1 / chance.between(1, 10), holdMs: chance.has(0.1) ? 0 : chance.spread(minute, 2 * hour) }
      : null,
  }
}

/** Other paces for a run with these settings; no route has more calls than before, so that their number can be told. */
export function pacing({ routes }: DeliverySettings, chance: Seeded): PacingChange {
  const changed = routes.filter(() => chance.has(0.7))
  return {
    routes: Object.fromEntries(
      changed.map(({ name, concurrency }) => [
        name,
        {
          rates: chance.has(0.6) ? [rate(chance)] : [],
          concurrency: chance.has(0.5) ? chance.between(1, concurrency) : null,
        },
      ]),
    ),
    sites: chance.has(0.4) ? { default: pace(chance) } : chance.has(0.3) ? {} : null,
  }
}

/** Open for some hours each day, or from some time on, or until some time. */
function schedule(chance: Seeded): Schedule {
  const startMs = Date.UTC(2026, 0, 1)
  const days = [1, 2, 3, 4, 5, 6, 7]
  const fromMinute = chance.between(0, 1439)
  const hours = { days, fromMinute, toMinute: (fromMinute + chance.between(240, 1000)) % 1440 }
  const kind = chance.pick(['windows', 'quiet', 'neither'] as const)
  return {
    at: chance.has(0.3) ? { kind: 'instant', atMs: startMs + chance.spread(minute, 6 * hour) } : null,
    notAfter: chance.has(0.3) ? { kind: 'instant', atMs: startMs + chance.spread(10 * minute, 60 * hour) } : null,
    zone: 'UTC',
    zoneColumn: null,
    windows: kind === 'windows' ? [hours] : [],
    quiet: kind === 'quiet' ? [hours] : [],
  }
}

function route(name: string, filtered: number, chance: Seeded): RouteSettings {
  return {
    name,
    provider: name,
    rates: chance.has(0.35) ? [rate(chance)] : [],
    concurrency: chance.between(1, 6),
    weight: chance.between(1, 3),
    sites: chance.has(filtered) ? [chance.pick(['google', 'yahoo.com', '*.example'])] : null,
    batch: chance.pick(['auto', 'auto', 'off', 3]),
    warmup: chance.has(0.12) ? { startPerDay: chance.between(2, 20), growth: 2, untilPerDay: 100 } : null,
    order: chance.has(0.3) ? 2 : 1,
    senders: null,
    options: {},
  }
}

function pace(chance: Seeded): SitePace {
  return {
    rates: chance.has(0.5) ? [rate(chance)] : [],
    concurrency: chance.has(0.5) ? chance.between(1, 3) : null,
  }
}

function rate(chance: Seeded): Rate {
  return chance.pick([
    { count: 1, perMs: 1000 },
    { count: 5, perMs: 1000 },
    { count: 30, perMs: 60_000 },
    { count: 100, perMs: 1000 },
  ])
}

function threshold(chance: Seeded): Threshold {
  const metric = chance.pick([
    'hard_bounce_rate',
    'failure_rate',
    'deferral_rate',
    'complaint_rate',
    'p95_latency',
  ] as const)
  if (metric === 'p95_latency') return { text: `${metric} > 10s of 5`, metric, limitMs: 10_000, atLeast: 5 }
  return { text: `${metric} > 30% of 5`, metric, share: 0.3, atLeast: 5 }
}
