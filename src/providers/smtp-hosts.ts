/**
 * Which of a route's servers gets the next new connection. One that cannot be reached, or greets with a refusal, rests
 * for twice as long each time; of the others the best is the one that lets us in fastest and carries the least. Pure:
 * `(hosts, fact, now) → hosts`; connections that are open are not its business.
 */

import type { Negative } from './smtp-reply.ts'

/** What is remembered of one server. */
export interface HostMemory {
  /** In a row. */
  readonly failures: number
  readonly restsUntilMs: number
  /** Why it rests; null after a success. */
  readonly failure: Negative | null
  /** How long it took to let us in, smoothed, and when that was last seen; null before the first time. */
  readonly setup: { readonly ms: number; readonly atMs: number } | null
}

export type Hosts = readonly HostMemory[]

const firstRestMs = 5000
const longestRestMs = 10 * 60_000
/** Below it one server is as near as another. */
const nearMs = 50
/** How much the newest of the times counts. */
const newest = 0.3
/** A server that was far away once, and was left for it, may be near again: what is older counts no more. */
const rememberedMs = 5 * 60_000

export function newHosts(count: number): Hosts {
  return Array.from({ length: count }, () => ({ failures: 0, restsUntilMs: 0, failure: null, setup: null }))
}

/**
 * The server for a new connection, by its place in the list; null if none is left. While all of them rest, the one whose
 * rest ends first is tried all the same: how often is then a question for the route, as with a single server.
 */
export function chooseHost(
  hosts: Hosts,
  facts: {
    readonly nowMs: number
    /** Those tried for the same message. */
    readonly tried: ReadonlySet<number>
    /** Connections that are open or being opened, by server. */
    readonly open: readonly number[]
  },
): number | null {
  const { nowMs, tried, open } = facts
  const places = hosts.map((host, place) => ({ host, place }))
  const awake = places.filter(({ host, place }) => !tried.has(place) && host.restsUntilMs <= nowMs)
  const best = lowest(awake, ({ host, place }) => {
    const setupMs = Math.max(nearMs, rememberedSetupMs(host, nowMs) ?? nearMs)
    return ((open[place] ?? 0) + 1) * setupMs
  })
  if (best !== undefined) return best.place
  return tried.size > 0 ? null : (lowest(places, ({ host }) => host.restsUntilMs)?.place ?? null)
}

/** It let us in, and was able to do its part with the message. */
export function hostServed(hosts: Hosts, place: number, setupMs: number, nowMs: number): Hosts {
  return changed(hosts, place, host => {
    const before = rememberedSetupMs(host, nowMs)
    const ms = before === null ? setupMs : before + (setupMs - before) * newest
    return { failures: 0, restsUntilMs: 0, failure: null, setup: { ms, atMs: nowMs } }
  })
}

/** Connections that were begun together fail together, and count as one failure: while it rests, its rest stays as it is. */
export function hostFailed(hosts: Hosts, place: number, failure: Negative, nowMs: number): Hosts {
  return changed(hosts, place, host => {
    if (nowMs < host.restsUntilMs) return { ...host, failure }
    const restMs = Math.min(longestRestMs, firstRestMs * 2 ** Math.min(host.failures, 30))
    return { ...host, failures: host.failures + 1, restsUntilMs: nowMs + restMs, failure }
  })
}

/**
 * What to say of a message for which no server is left. Only if each of them has refused us for good is the route at its
 * end; one that may come back makes it wait.
 */
export function outage(hosts: Hosts, last: Negative): Negative {
  if (last.kind === 'deferred') return last
  return hosts.map(({ failure }) => failure).find(failure => failure?.kind === 'deferred') ?? last
}

function rememberedSetupMs({ setup }: HostMemory, nowMs: number): number | null {
  return setup === null || nowMs - setup.atMs > rememberedMs ? null : setup.ms
}

function changed(hosts: Hosts, place: number, change: (host: HostMemory) => HostMemory): Hosts {
  return hosts.map((host, at) => (at === place ? change(host) : host))
}

/** The first of those with the lowest measure. */
function lowest<Item>(items: readonly Item[], measure: (item: Item) => number): Item | undefined {
  return items.reduce<Item | undefined>(
    (best, item) => (best === undefined || measure(item) < measure(best) ? item : best),
    undefined,
  )
}
