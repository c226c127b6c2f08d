/** Who is on the lists of a simulated world, and the campaigns by which they are sent to. */

import type { RowBatch } from '../../../src/engine/enqueue.ts'
import { type Address, parseAddress } from '../../../src/model/address.ts'
import type { DeliverySettings, RouteSettings, SitePace, Threshold } from '../../../src/model/campaign.ts'
import type { Rate } from '../../../src/model/rate.ts'
import type { Recipient } from '../../../src/model/recipient.ts'
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

export function delivery(chance: Seeded): DeliverySettings {
  const names = chance.shuffled(['alpha', 'beta', 'gamma']).slice(0, chance.between(1, 3))
  const minute = 60_000
  return {
    // The first serves everybody, or a send would be refused.
    routes: names.map((name, index) => route(name, index === 0 ? 0 : 0.4, chance)),
    sites: chance.has(0.4) ? { default: pace(chance), google: pace(chance) } : {},
    sitesBy: 'domain',
    schedule: null,
    retry: {
      classes: {},
      delaysMs: Array.from({ length: chance.between(1, 3) }, () => chance.spread(1000, 60 * minute)),
      maxAgeMs: chance.pick([10 * minute, 60 * minute, 72 * 60 * minute]),
    },
    guard: { stopWhen: chance.has(0.15) ? [threshold(chance)] : [], maxRecipients: null },
    priority: 'bulk',
    canary: null,
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
    warmup: null,
    order: 1,
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
