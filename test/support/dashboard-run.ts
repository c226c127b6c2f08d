/** A run as the dashboard hears of it: two routes, sites that throttle, rest and refuse, names of every width. */

import type { Notice, SettledMessage } from '../../src/model/notice.ts'
import type { Cause } from '../../src/model/outcome.ts'
import type { LaneStanding, RouteStanding, Standing } from '../../src/model/run.ts'
import { Seeded } from '../faults/simulation/seeded.ts'

export const startMs = Date.UTC(2026, 10, 22, 9)

const sites = ['google', 'microsoft', 'yahoo', 'orange', 'xn--bcher-kva.example', '日本.example', 'emoji-🎉.example']
const more = Array.from({ length: 30 }, (_, index) => `firma${index + 1}.example`)

const throttled: Cause = {
  class: 'throttled',
  code: '421',
  status: '4.7.28',
  text: 'Gmail holds mail from you back for a while',
}
const unknown: Cause = { class: 'hard', code: '550', status: '5.1.1', text: '<p7@yahoo.com>: no such user here' }
const full: Cause = { class: 'soft', code: '452', status: '4.2.2', text: 'Mailbox full' }
const blocked: Cause = {
  class: 'block',
  code: '550',
  status: '5.7.1',
  text: 'Mail from you was turned away by our block list (S3140)',
}

/** The first `seconds` of it, with a call a tenth of a second. */
export function dashboardRun(seconds: number): readonly Notice[] {
  const chance = Seeded.for(7, 'dashboard')
  const pick = <T>(from: readonly T[]): T => from[Math.floor(chance.fraction() * from.length)] as T
  const counts = { rows: 20_250, accepted: 0, failed: 0, skipped: 40, inDoubt: 0, waiting: 20_000, rowProblems: 210 }
  const notices: Notice[] = [
    { type: 'started', atMs: startMs, run: '20261122-f86ya6', campaign: 'november-newsletter', counts, recovered: 0 },
  ]
  for (let tenth = 1; tenth <= seconds * 10; tenth++) {
    const atMs = startMs + tenth * 100
    const messages = Array.from({ length: 6 + Math.floor(8 * chance.fraction()) }, (_, index): SettledMessage => {
      const site = chance.fraction() < 0.8 ? pick(sites) : pick(more)
      const base = { address: `p${tenth}${index}@${site}`, site, line: tenth * 10 + index }
      const luck = chance.fraction()
      if (site === 'google' && luck < 0.2) return { ...base, state: 'queued', cause: throttled, dueAtMs: atMs + 60_000 }
      if (luck < 0.02) return { ...base, state: 'failed', cause: unknown }
      if (luck < 0.03) return { ...base, state: 'queued', cause: full, dueAtMs: atMs + 300_000 }
      return site === 'microsoft' && luck < 0.1
        ? { ...base, state: 'failed', cause: blocked }
        : { ...base, state: 'accepted' }
    })
    const route = tenth % 3 === 0 ? 'sendgrid' : 'smtp'
    notices.push({ type: 'settled', atMs, route, tookMs: 20 + Math.floor(300 * chance.fraction() ** 4), messages })
    if (tenth === 40)
      notices.push({
        type: 'pace-changed',
        atMs,
        what: 'site',
        name: 'google',
        cause: throttled,
        rateCounts: 'messages',
        fromPerSecond: 40,
        toPerSecond: 28,
      })
    if (tenth % 10 === 0) notices.push({ type: 'standing', atMs, standing: standingAt(atMs) })
  }
  return notices
}

function standingAt(atMs: number): Standing {
  return {
    priority: 'bulk',
    accounts: [],
    sites: [],
    openCalls: 12,
    routes: [
      routeStanding('smtp', { limitPerSecond: 50, openCalls: 8 }),
      routeStanding('sendgrid', {
        breaker: 'open',
        health: 0.4,
        limitPerSecond: 4,
        adaptedPerSecond: 2.8,
        rateCounts: 'calls',
      }),
    ],
    lanes: [
      lane('google', { held: 56, openCalls: 2, limitPerSecond: 50, adaptedPerSecond: 28.4 }),
      lane('microsoft', { held: 12, limitPerSecond: 30 }),
      lane('日本.example', { held: 3 }),
    ],
    waits: [
      { what: 'route', name: 'sendgrid', cause: 'breaker', untilMs: atMs + 8000 },
      { what: 'site', name: 'google', cause: 'adapted down', untilMs: atMs + 40 },
      { what: 'site', name: 'microsoft', cause: 'rate', untilMs: atMs + 33 },
    ],
  }
}

export function routeStanding(name: string, facts: Partial<RouteStanding> = {}): RouteStanding {
  return {
    name,
    breaker: 'closed',
    openCalls: 0,
    limitPerSecond: null,
    rateCounts: 'messages',
    adaptedPerSecond: null,
    health: 1,
    ...facts,
  }
}

function lane(site: string, facts: Partial<LaneStanding>): LaneStanding {
  return { site, held: 0, openCalls: 0, limitPerSecond: null, adaptedPerSecond: null, ...facts }
}
