/** What a drill's campaign is: to whom, by which way out, how much at once; and its files. */

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Rule } from '../../src/sink/rules.ts'
import type { Sink } from '../../src/sink/sink.ts'
import { body, campaign, sendgridRoute, smtpRoute } from '../support/campaigns.ts'
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

export type Way = { readonly provider: 'smtp' } | { readonly provider: 'sendgrid'; readonly batch: number | 'off' }

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
    if (way.provider === 'smtp') return smtpRoute(sink.smtpPort, more)
    return sendgridRoute(sink.url('sendgrid'), `${more}, batch: ${way.batch}`)
  }).join('\n')
}
