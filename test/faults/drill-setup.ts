/** What a drill's campaign is: to whom, by which way out, how much at once; and its files. */

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { providerKind } from '../../src/providers/index.ts'
import type { Rule } from '../../src/sink/rules.ts'
import type { Sink } from '../../src/sink/sink.ts'
import { sinkVendors } from '../../src/sink/vendors.ts'
import { body, campaign, smtpRoute } from '../support/campaigns.ts'
import type { Person } from './drill-people.ts'

export interface Setup {
  readonly people: readonly Person[]
  readonly way: Way
  /** Accounts, all of them at the one sink; a call whose answer is lost lets only its own rest. */
  readonly routes: number
  /** Calls that each route may have open. */
  readonly concurrency: number
  /** How long the sink takes for each answer. */
  readonly answersAfterMs: number
  /** How the sink misbehaves beside that. */
  readonly rules?: readonly Rule[]
  /** From which the sink draws. */
  readonly seed?: number
}

/** `provider` is `smtp`, which has no batches, or one with an API that the sink stands for. */
export type Way = { readonly provider: 'smtp' } | { readonly provider: string; readonly batch: number | 'off' }

/** The most messages in one call. */
export function largestCall(way: Way): number {
  return 'batch' in way && way.batch !== 'off' ? way.batch : 1
}

/** How `settle` finds out by itself what became of a call: by asking, by repeating it under its key, or not at all. */
export function settledBy({ provider }: Way): 'asking' | 'repeating' | 'nobody' {
  const { idempotency, lookup } = providerKind(provider).profile
  if (idempotency.kind === 'key') return 'repeating'
  return lookup === 'no' ? 'nobody' : 'asking'
}

/** The environment variables in which routes to the sink look for their secrets. */
export function secretNames(): readonly string[] {
  return sinkVendors.flatMap(vendor => [...vendor.routeOptions.matchAll(/\$\{(\w+)\}/g)].map(match => match[1] ?? ''))
}

export function transportOf(way: Way): 'smtp' | 'http' {
  return way.provider === 'smtp' ? 'smtp' : 'http'
}

/** Writes the campaign's files, with routes to the sink. */
export function writeCampaign(folder: string, setup: Setup, sink: Sink): void {
  mkdirSync(join(folder, '.mailblast'))
  writeFileSync(join(folder, 'body.hbs'), body)
  writeFileSync(join(folder, 'campaign.yml'), campaign({ routes: routesTo(sink, setup), more: unpaced }))
  const rows = setup.people.map(({ address, name, city }) => `${address},${name},${city}\n`)
  writeFileSync(join(folder, 'list.csv'), `email,name,city\n${rows.join('')}`)
}

/** A drill is over sooner where nothing holds back the large sites. */
const unpaced = 'sites: { "*": { rate: unlimited } }'

function routesTo(sink: Sink, { way, routes, concurrency }: Setup): string {
  return Array.from({ length: routes }, (_, index) => {
    const more = `, name: route-${index}, concurrency: ${concurrency}`
    if (!('batch' in way)) return smtpRoute(sink.smtpPort, more)
    const { provider, batch } = way
    const { routeOptions } = sinkVendors.find(vendor => vendor.name === provider) ?? {}
    const headers = provider === 'brevo' ? ', batch_headers: true' : ''
    return `  - { provider: ${provider}, base_url: '${sink.url(provider)}', ${routeOptions}${headers}${more}, batch: ${batch} }`
  }).join('\n')
}
