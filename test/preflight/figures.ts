/** Figures of a prepared run, and the settings by which it is planned. */

import type { Tally } from '../../src/journal/journal.ts'
import type { DeliverySettings } from '../../src/model/campaign.ts'
import { parseRate } from '../../src/model/rate.ts'

const none = { waiting: 0, accepted: 0, failed: 0, inDoubt: 0 }

export function tally(waiting: number, sites: Readonly<Record<string, number>> = {}): Tally {
  return {
    counts: { rows: waiting, accepted: 0, failed: 0, skipped: 0, inDoubt: 0, waiting, rowProblems: 0 },
    skipped: [],
    rowProblems: [],
    sites: Object.entries(sites).map(([site, count]) => ({ site, ...none, waiting: count })),
    siteCount: Object.keys(sites).length,
    routes: [],
    classes: [],
    causes: [],
    settled: [],
  }
}

export function rates(...texts: string[]) {
  return texts.flatMap(text => parseRate(text) ?? [])
}

export function delivery(routes: DeliverySettings['routes'], sites: DeliverySettings['sites'] = {}): DeliverySettings {
  return {
    routes,
    sites,
    sitesBy: 'domain',
    schedule: null,
    retry: { delaysMs: [], maxAgeMs: 0, classes: {} },
    guard: { stopWhen: [], maxRecipients: null },
    thresholds: [],
    priority: 'bulk',
    canary: null,
  }
}

export const single = { batchMax: 1, rateCounts: 'messages' } as const
